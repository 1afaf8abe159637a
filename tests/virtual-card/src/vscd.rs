// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protocol of QEMU's emulated CCID reader (`ccid-card-passthru`), from the card's end of its
//! socket: `libcacard`'s VSCARD messages, each with a header of three big-endian numbers of four
//! bytes (type, reader, length). A connection is a card in the reader.

use std::{
    io::{self, Read as _, Write as _},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    path::Path,
    time::Duration,
};

/// A slot of the emulated reader, taken.
pub(crate) struct Connection(UnixStream);

/// How long QEMU may take to answer at first, and to finish a message that it has begun.
const PATIENCE: Duration = Duration::from_secs(5);

/// The first message: magic, version 2, no capabilities.
const GREETING: [u8; 12] = *b"VSCD\0\0\0\x02\0\0\0\0";

const INIT: u32 = 1;
const ERROR: u32 = 2;
const READER_ADD: u32 = 3;
const ATR: u32 = 5;
const CARD_REMOVE: u32 = 6;
const APDU: u32 = 7;

/// QEMU itself knows one reader.
const READER: u32 = 0;
const HEADER: usize = 12;
/// An extended APDU at its longest; more is no message of this protocol.
const LONGEST: usize = 65_544;

impl Connection {
    /// Greets QEMU, which speaks only when spoken to, and lays a card with this ATR there.
    pub(crate) fn open(path: &Path, atr: &[u8]) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut connection = Self(stream);
        connection.tell(INIT, &GREETING)?;
        connection.expect(INIT)?;
        connection.tell(READER_ADD, b"")?;
        connection.expect(ERROR)?;
        // What is answered to it is read with the first command.
        connection.tell(ATR, atr)?;
        Ok(connection)
    }

    /// The next command APDU; `None` for every other message.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (kind, payload) = self.message()?;
        Ok((kind == APDU).then_some(payload))
    }

    pub(crate) fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        self.tell(APDU, answer)
    }

    /// Reads on to the answer of this kind. What QEMU says of an error has the code 0 for success.
    fn expect(&mut self, expected: u32) -> io::Result<()> {
        loop {
            let (kind, payload) = self.message()?;
            if kind == ERROR && payload.iter().any(|&byte| byte != 0) {
                return Err(io::Error::other("QEMU's reader refuses the card"));
            }
            if kind == expected {
                return Ok(());
            }
        }
    }

    fn message(&mut self) -> io::Result<(u32, Vec<u8>)> {
        let mut header = [0; HEADER];
        self.0.read_exact(&mut header)?;
        let number = |at: usize| {
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let length = number(8) as usize;
        if length > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a VSCARD message"));
        }
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload)?;
        Ok((number(0), payload))
    }

    fn tell(&mut self, kind: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a message over 4 GiB"))?;
        let mut message = Vec::with_capacity(HEADER + payload.len());
        for number in [kind, READER, length] {
            message.extend(number.to_be_bytes());
        }
        message.extend(payload);
        self.0.write_all(&message)
    }
}

impl Drop for Connection {
    /// QEMU does not take a closed socket for a card that is lifted.
    fn drop(&mut self) {
        // A QEMU that has ended has no reader left.
        let _ = self.tell(CARD_REMOVE, b"");
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
