// SPDX-License-Identifier: MIT OR Apache-2.0
//! A pcscd of our own with a vpcd reader: own socket, own port pair, not root, gone when dropped.
//!
//! pcscd's socket path is compiled in, so the socket is handed over the way systemd would do it:
//! as descriptor 3. vpcd takes a port and the next one, and pcscd starts without a reader where
//! one of them is in use: readers are looked for, and another pair is tried.

use std::{
    fs::{self, Permissions},
    net::{Ipv4Addr, TcpListener},
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt as _, net::UnixListener},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::program::{output, required};

const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const ATTEMPTS: usize = 5;

/// Takes the socket from standard input, and becomes pcscd without privileges.
const LAUNCH: &str = r#"
exec 3<&0 0</dev/null
export LISTEN_FDS=1 LISTEN_PID=$$
[ "$(id -u)" = 0 ] && set -- setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
exec "$@"
"#;

pub(crate) struct Pcscd {
    process: Child,
    socket: PathBuf,
    /// The first slot's port; the second's is the next.
    pub(crate) port: u16,
}

impl Pcscd {
    /// Starts one whose files are in `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        required("/usr/sbin/pcscd", "pcscd");
        required(DRIVER, "vsmartcard-vpcd");
        required("/usr/bin/setpriv", "util-linux");
        for attempt in 0..ATTEMPTS {
            let folder = folder.join(format!("pcscd-{attempt}"));
            let pcscd = Self::try_start(&folder, free_port_pair());
            if pcscd.lists_its_readers() {
                return pcscd;
            }
        }
        panic!("no pcscd with a vpcd reader after {ATTEMPTS} attempts");
    }

    fn try_start(folder: &Path, port: u16) -> Self {
        // pcscd takes each file of this folder for a configuration: its log must not be there.
        let readers = folder.join("readers");
        fs::create_dir_all(&readers).expect("a folder");
        let configuration = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port}\nLIBPATH {DRIVER}\n\
             CHANNELID {port}\n"
        );
        fs::write(readers.join("reader.conf"), configuration).expect("a configuration");
        let socket = folder.join("pcscd.comm");
        let listener = UnixListener::bind(&socket).expect("a socket");
        fs::set_permissions(&socket, Permissions::from_mode(0o666)).expect("a mode");
        let log = fs::File::create(folder.join("log")).expect("a log");
        let process = Command::new("/bin/sh")
            .args(["-c", LAUNCH, "sh", "/usr/sbin/pcscd", "-f", "-i", "-c"])
            .arg(readers)
            .stdin(OwnedFd::from(listener))
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("pcscd");
        Self { process, socket, port }
    }

    /// A client of this pcscd and of no other.
    pub(crate) fn client(&self, program: &str) -> Command {
        let mut command = Command::new("/usr/bin/timeout");
        command.args(["60", program]);
        command.env("PCSCLITE_CSOCK_NAME", &self.socket).stdin(Stdio::null());
        command
    }

    fn lists_its_readers(&self) -> bool {
        let listed = output(self.client("/usr/bin/opensc-tool").arg("--list-readers"));
        ["Virtual PCD 00 00", "Virtual PCD 00 01"].iter().all(|name| listed.text.contains(name))
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that nobody listens at now, nor at the next one.
fn free_port_pair() -> u16 {
    let listen = |port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    loop {
        let first = listen(0).expect("a free port");
        let port = first.local_addr().expect("an address").port();
        if port < u16::MAX && listen(port + 1).is_ok() {
            return port;
        }
    }
}
