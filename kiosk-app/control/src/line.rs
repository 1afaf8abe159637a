// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lines over the socket, bounded in length and in time, the same at both ends.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use serde::Serialize;

/// Longest line, without its end, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// What comes over the socket is no line of ours, or does not come.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// More than [`MAX_LINE`] bytes without an end.
    #[error("a line of more than {MAX_LINE} bytes")]
    TooLong,
    /// The other end is gone in the midst of a line.
    #[error("the connection ended within a line")]
    Torn,
    /// The other end took longer than it may.
    #[error("the other end took too long")]
    TooSlow,
    /// What was to be sent is no JSON.
    #[error("the message cannot be written")]
    Unwritable(#[source] serde_json::Error),
    /// The socket failed.
    #[error("the control socket failed")]
    Socket(#[source] io::Error),
}

/// One end of a connection.
#[derive(Debug)]
pub struct Lines {
    stream: UnixStream,
    /// What has been read, of a line that has no end yet or of lines that nobody has asked for.
    read: Vec<u8>,
}

impl Lines {
    /// This end of a connection.
    #[must_use]
    pub const fn new(stream: UnixStream) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// The next line, without its end; none once the other end has closed between two lines.
    ///
    /// # Errors
    ///
    /// [`LineError::TooSlow`] when it does not begin within `idle`, or is not whole `within` a
    /// time from its first byte; and the other [`LineError`]s.
    pub fn receive(
        &mut self,
        idle: Duration,
        within: Duration,
    ) -> Result<Option<Vec<u8>>, LineError> {
        let now = Instant::now();
        let mut deadline = if self.read.is_empty() { now + idle } else { now + within };
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let rest = self.read.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.read, rest);
                line.truncate(end);
                return if line.len() > MAX_LINE {
                    Err(LineError::TooLong)
                } else {
                    Ok(Some(line))
                };
            }
            if self.read.len() > MAX_LINE {
                return Err(LineError::TooLong);
            }
            let was_empty = self.read.is_empty();
            match self.read_some(deadline)? {
                0 if was_empty => return Ok(None),
                0 => return Err(LineError::Torn),
                _ if was_empty => deadline = Instant::now() + within,
                _ => {}
            }
        }
    }

    /// Sends a message as one line.
    ///
    /// # Errors
    ///
    /// [`LineError`]: the other end does not take it `within` this time, or it is too long.
    pub fn send(&mut self, message: &impl Serialize, within: Duration) -> Result<(), LineError> {
        let mut line = serde_json::to_vec(message).map_err(LineError::Unwritable)?;
        if line.len() > MAX_LINE {
            return Err(LineError::TooLong);
        }
        line.push(b'\n');
        let deadline = Instant::now() + within;
        let mut unsent = line.as_slice();
        while !unsent.is_empty() {
            self.stream.set_write_timeout(Some(left(deadline)?)).map_err(LineError::Socket)?;
            match self.stream.write(unsent) {
                Ok(0) => return Err(LineError::Torn),
                Ok(count) => unsent = unsent.get(count..).unwrap_or_default(),
                Err(error) => is_worth_another_try(error)?,
            }
        }
        Ok(())
    }

    fn read_some(&mut self, deadline: Instant) -> Result<usize, LineError> {
        let mut chunk = [0; 4096];
        loop {
            self.stream.set_read_timeout(Some(left(deadline)?)).map_err(LineError::Socket)?;
            match self.stream.read(&mut chunk) {
                Ok(count) => {
                    self.read.extend(chunk.iter().take(count));
                    return Ok(count);
                }
                Err(error) => is_worth_another_try(error)?,
            }
        }
    }
}

/// Interrupted, or a timeout that [`left`] decides on.
fn is_worth_another_try(error: io::Error) -> Result<(), LineError> {
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Ok(()),
        _ => Err(LineError::Socket(error)),
    }
}

fn left(deadline: Instant) -> Result<Duration, LineError> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(LineError::TooSlow),
        left => Ok(left),
    }
}
