// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a card is laid: a slot of pcscd's virtual reader, or the reader of a QEMU machine.

use std::{
    fmt, io,
    os::fd::{AsFd, BorrowedFd},
    path::PathBuf,
};

use crate::{vpcd, vscd};

/// Which reader's slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Socket {
    /// vpcd's port on 127.0.0.1.
    Vpcd(u16),
    /// The Unix socket of QEMU's `ccid-card-passthru`. It tells nothing of power: the card is
    /// under it as long as it lies there, and a reset by the host does not reach it.
    Ccid(PathBuf),
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vpcd(port) => write!(
                f,
                "no vpcd listens on 127.0.0.1:{port}; start pcscd with vsmartcard-vpcd first"
            ),
            Self::Ccid(path) => write!(f, "no QEMU reader listens at {}", path.display()),
        }
    }
}

/// What the reader wants of the card.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    PowerOff,
    PowerOn,
    Reset,
    AnswerToReset,
    Command(Vec<u8>),
}

/// A slot, taken.
pub(crate) enum Connection {
    Vpcd(vpcd::Connection),
    Ccid(vscd::Connection),
}

impl Connection {
    pub(crate) fn open(socket: &Socket, atr: &[u8]) -> io::Result<Self> {
        match socket {
            Socket::Vpcd(port) => vpcd::Connection::open(*port).map(Self::Vpcd),
            Socket::Ccid(path) => vscd::Connection::open(path, atr).map(Self::Ccid),
        }
    }

    /// Whether the reader says by itself when it gives power.
    pub(crate) const fn tells_of_power(&self) -> bool {
        matches!(self, Self::Vpcd(_))
    }

    /// The next request; `None` for a message that asks nothing.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Request>> {
        match self {
            Self::Vpcd(connection) => connection.receive(),
            Self::Ccid(connection) => Ok(connection.receive()?.map(Request::Command)),
        }
    }

    pub(crate) fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        match self {
            Self::Vpcd(connection) => connection.send(answer),
            Self::Ccid(connection) => connection.send(answer),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Vpcd(connection) => connection.as_fd(),
            Self::Ccid(connection) => connection.as_fd(),
        }
    }
}
