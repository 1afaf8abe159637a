// SPDX-License-Identifier: MIT OR Apache-2.0
//! vpcd's protocol, from the card's end of the TCP connection: messages with a two-byte length;
//! one byte is a control code, more is a command APDU. A connection is a card on the reader.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::fd::{AsFd, BorrowedFd},
    time::Duration,
};

use rustix::net::sockopt::set_tcp_quickack;

use crate::socket::Request;

/// A slot of the virtual reader, taken.
pub(crate) struct Connection(TcpStream);

/// How long vpcd may take to accept, or to finish a message that it has begun.
const PATIENCE: Duration = Duration::from_secs(5);

impl Connection {
    pub(crate) fn open(port: u16) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    /// The next request; `None` for a control code that this protocol does not have.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Request>> {
        let mut length = [0; 2];
        self.read(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        self.read(&mut message)?;
        Ok(match message[..] {
            [0x00] => Some(Request::PowerOff),
            [0x01] => Some(Request::PowerOn),
            [0x02] => Some(Request::Reset),
            [0x04] => Some(Request::AnswerToReset),
            [] | [_] => None,
            _ => Some(Request::Command(message)),
        })
    }

    pub(crate) fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        let length = u16::try_from(answer.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "answer over 65,535 bytes"))?;
        let mut message = length.to_be_bytes().to_vec();
        message.extend(answer);
        self.0.write_all(&message)
    }

    /// vpcd sends length and message apart; without an immediate acknowledgement of the first its
    /// kernel holds the second back for 40 ms. The option wears off, so it is set each time.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        set_tcp_quickack(&self.0, true)?;
        self.0.read_exact(buffer)
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
