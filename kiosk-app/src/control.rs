// SPDX-License-Identifier: MIT OR Apache-2.0
//! The control socket (docs/control.md): who may ask, how many at once, and the way of each question
//! to the driver and of its answer back. A thread accepts; each connection has one of its own.
//! Beside it, where it is wanted, a socket that a collector scrapes. Nothing is decided here: the driver answers from what it knows.

mod peer;
mod scrape;
mod socket;

use std::{
    io,
    os::unix::net::UnixStream,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::Sender,
    },
    thread,
    time::Duration,
};

use kiosk_control::{Answer, Ask};
use rustix::net::sockopt::socket_peercred;
use tracing::{info, warn};

use crate::{config, message::Queue, telemetry::Chain};
use peer::Peer;
use socket::ControlSocket;
pub(crate) use socket::SocketError;

/// A question, on its way to the driver.
#[derive(Debug)]
pub(crate) struct Question {
    /// Whose: a number that no other connection of this process has.
    pub(crate) connection: u64,
    /// What is asked.
    pub(crate) ask: Ask,
    /// Where the answer goes. Whoever is gone hears it no more.
    pub(crate) answer: Sender<Answer>,
}

/// Listens from now on, on each socket that there is to be. The threads end with the process.
///
/// # Errors
///
/// [`SocketError`]: a socket cannot be made, or there is no thread.
pub(crate) fn listen(
    config: &config::Control,
    metrics: &config::Metrics,
    queue: Queue,
) -> Result<(), SocketError> {
    if let Some(path) = &config.socket {
        let door = Door::open(path, config)?;
        let queue = queue.clone();
        let mut server = Server { queue, room: Room::default(), connections: 0 };
        attend(path, "control", move || door.admit_all(|stream| server.take(stream)))?;
    }
    if let Some(path) = &metrics.socket {
        let door = Door::open(path, config)?;
        attend(path, "metrics", move || door.admit_all(|stream| scrape::serve(stream, &queue)))?;
    }
    Ok(())
}

fn attend(
    path: &Path,
    name: &str,
    serve: impl FnOnce() + Send + 'static,
) -> Result<(), SocketError> {
    info!(path = %path.display(), "{name} socket");
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(serve)
        .map(drop)
        .map_err(|source| SocketError::Io { path: path.to_owned(), step: "served", source })
}

/// A socket, and who may come in.
struct Door {
    socket: ControlSocket,
    allowed: Vec<u32>,
}

impl Door {
    fn open(path: &Path, config: &config::Control) -> Result<Self, SocketError> {
        let socket = ControlSocket::bind(path)?;
        Ok(Self { socket, allowed: config.allowed_uids.clone() })
    }

    fn admit_all(&self, mut take: impl FnMut(UnixStream)) {
        loop {
            match self.socket.accept() {
                Ok(stream) if self.admits(&stream) => take(stream),
                Ok(_) => {}
                Err(error) => {
                    warn!(error = %Chain(&error), "a control connection could not be taken");
                    // Out of file descriptors, most likely: another try at once would spin.
                    thread::park_timeout(PAUSE);
                }
            }
        }
    }

    fn admits(&self, stream: &UnixStream) -> bool {
        match socket_peercred(stream) {
            Ok(peer) if is_allowed(&self.allowed, peer.uid.as_raw()) => true,
            Ok(peer) => {
                let uid = peer.uid.as_raw();
                warn!(uid, "a stranger was sent away from the control socket");
                false
            }
            Err(error) => {
                warn!(%error, "a control peer without credentials was sent away");
                false
            }
        }
    }
}

struct Server {
    queue: Queue,
    room: Room,
    connections: u64,
}

impl Server {
    fn take(&mut self, stream: UnixStream) {
        let Some(place) = self.room.take() else {
            warn!("a control connection was sent away: there are {MOST_CONNECTIONS} already");
            return;
        };
        self.connections += 1;
        let peer = Peer::new(self.connections, stream, self.queue.clone());
        if let Err(error) = start(peer, place) {
            warn!(error = %Chain(&error), "a control connection has no thread");
        }
    }
}

fn start(peer: Peer, place: Place) -> io::Result<()> {
    thread::Builder::new().name("control-peer".to_owned()).stack_size(STACK).spawn(move || {
        peer.converse();
        drop(place);
    })?;
    Ok(())
}

/// Root, who could be anybody anyway, and those whom the configuration names.
fn is_allowed(allowed: &[u32], uid: u32) -> bool {
    uid == 0 || allowed.contains(&uid)
}

/// For so many connections there is room.
#[derive(Debug, Default)]
struct Room(Arc<AtomicUsize>);

/// One of them; free again when this is dropped.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Room {
    fn take(&self) -> Option<Place> {
        // Only this thread takes; others give back meanwhile.
        if self.0.load(Ordering::Acquire) >= MOST_CONNECTIONS {
            return None;
        }
        self.0.fetch_add(1, Ordering::AcqRel);
        Some(Place(Arc::clone(&self.0)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The update client has two at most, and a person one.
const MOST_CONNECTIONS: usize = 8;
/// A conversation holds a line of 64 KiB on the heap and little on the stack.
const STACK: usize = 256 * 1024;
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests;
