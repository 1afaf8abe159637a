// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the service manager is told (sd_notify(3)): a datagram of `NAME=value` lines to the socket
//! that `NOTIFY_SOCKET` names. Without one, nothing is said. Nothing waits: a manager that does not
//! read loses the line.

use std::{
    ffi::OsStr,
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    sync::Arc,
};

/// Where to say it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceManager(Option<Arc<UnixDatagram>>);

impl ServiceManager {
    /// The one that started this process.
    ///
    /// # Errors
    ///
    /// When it named a socket that cannot be reached: it would end us in a while for our silence.
    pub(crate) fn of_this_process() -> io::Result<Self> {
        std::env::var_os("NOTIFY_SOCKET")
            .map_or_else(|| Ok(Self::default()), |name| Self::at(&name))
    }

    fn at(name: &OsStr) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        let address = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(name)?,
        };
        socket.connect_addr(&address)?;
        socket.set_nonblocking(true)?;
        Ok(Self(Some(Arc::new(socket))))
    }

    /// The first frame is drawn.
    pub(crate) fn ready(&self) {
        self.say("READY=1");
    }

    /// Driver and screen are alive.
    pub(crate) fn alive(&self) {
        self.say("WATCHDOG=1");
    }

    /// The process is about to end, and may take a while.
    pub(crate) fn stopping(&self) {
        self.say("STOPPING=1");
    }

    /// What the kiosk is doing: a word of its own, never anything of a person.
    pub(crate) fn status(&self, word: &'static str) {
        self.say(&format!("STATUS={word}"));
    }

    fn say(&self, line: &str) {
        if let Some(socket) = &self.0 {
            // The manager is gone or busy; it has its own ways to find out about us.
            let _ = socket.send(line.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    #[test]
    fn each_word_is_a_datagram_of_its_own_to_a_path_or_an_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let abstract_name = format!("@{}", path.display());
        let listeners = [
            (path.clone().into_os_string(), UnixDatagram::bind(&path).unwrap()),
            (
                abstract_name.clone().into(),
                UnixDatagram::bind_addr(
                    &SocketAddr::from_abstract_name(&abstract_name[1..]).unwrap(),
                )
                .unwrap(),
            ),
        ];
        for (name, listener) in listeners {
            let manager = ServiceManager::at(&name).unwrap();
            manager.ready();
            manager.alive();
            manager.status("Idle");
            manager.stopping();
            let words = [(); 4].map(|()| heard(&listener));
            assert_eq!(words, ["READY=1", "WATCHDOG=1", "STATUS=Idle", "STOPPING=1"]);
        }
    }

    #[test]
    fn without_a_manager_nothing_is_said_and_one_that_is_gone_stops_nothing() {
        ServiceManager::default().ready();
        assert!(ServiceManager::at(OsStr::new("/nowhere/notify")).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let manager = ServiceManager::at(path.as_os_str()).unwrap();
        for _ in 0..10_000 {
            manager.alive();
        }
        drop(listener);
        manager.alive();
    }
}
