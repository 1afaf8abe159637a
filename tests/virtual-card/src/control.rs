// SPDX-License-Identifier: MIT OR Apache-2.0
//! The control socket: a test's hand on the reader. One command a line; the answer is a line `ok`
//! or `error …`, after what the command shows, if it shows something.

use std::{
    fmt,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    num::NonZeroU64,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use crate::{
    fault::{Fault, Moment},
    hex,
};

/// What the socket understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlCommand {
    /// Lay the card with this state file on the reader.
    Insert(PathBuf),
    /// Take the card away.
    Remove,
    /// Let something go wrong with the n-th command from now; the next is number 1.
    Fault(NonZeroU64, Fault),
    /// Forget the faults that have not happened yet.
    Clear,
    /// Show the trace so far.
    Trace,
    /// Show which card lies on the reader.
    Status,
}

/// A line that is no command.
#[derive(Debug, thiserror::Error)]
#[error("not a command; there are: {USAGE}")]
pub struct NotACommand;

/// A command that could not be given, or was refused.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nothing answers at the socket.
    #[error("cannot reach a running virtual-card at {}", path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The running virtual-card refused.
    #[error("{0}")]
    Refused(String),
}

const USAGE: &str = "insert CARD.json | remove | tear N before|after | remove-at N before|after \
                     | delay N MILLISECONDS | answer N HEX | garble N | truncate N LEN | mute N | clear | trace \
                     | status";

/// How long an end of the socket may take for a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// Gives one command to the `virtual-card run` that listens at `path`, and gives back what it
/// shows.
///
/// # Errors
/// Where it cannot be reached, or refuses.
pub fn send(path: &Path, command: &ControlCommand) -> Result<Vec<String>, ControlError> {
    let unreachable = |source| ControlError::Unreachable { path: path.to_owned(), source };
    let mut stream = UnixStream::connect(path).map_err(unreachable)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(unreachable)?;
    writeln!(stream, "{command}").map_err(unreachable)?;
    let mut shown = Vec::new();
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(unreachable)?;
        match line.strip_prefix("error ") {
            Some(reason) => return Err(ControlError::Refused(reason.to_owned())),
            None if line == "ok" => return Ok(shown),
            None => shown.push(line),
        }
    }
    Err(unreachable(io::ErrorKind::UnexpectedEof.into()))
}

impl FromStr for ControlCommand {
    type Err = NotACommand;

    fn from_str(line: &str) -> Result<Self, NotACommand> {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let (number, argument) = rest.split_once(' ').unwrap_or((rest, ""));
        let nth = || number.parse().map_err(|_| NotACommand);
        let fault = match word {
            "insert" if !rest.is_empty() => return Ok(Self::Insert(rest.into())),
            "remove" if rest.is_empty() => return Ok(Self::Remove),
            "clear" if rest.is_empty() => return Ok(Self::Clear),
            "trace" if rest.is_empty() => return Ok(Self::Trace),
            "status" if rest.is_empty() => return Ok(Self::Status),
            "tear" | "remove-at" => Fault::Tear(argument.parse()?),
            "delay" => Fault::Delay(Duration::from_millis(parse(argument)?)),
            "answer" => Fault::Answer(hex::decode(argument).ok_or(NotACommand)?),
            "garble" if argument.is_empty() => Fault::Garble,
            "truncate" => Fault::Truncate(parse(argument)?),
            "mute" if argument.is_empty() => Fault::Mute,
            _ => return Err(NotACommand),
        };
        Ok(Self::Fault(nth()?, fault))
    }
}

fn parse<T: FromStr>(argument: &str) -> Result<T, NotACommand> {
    argument.parse().map_err(|_| NotACommand)
}

impl fmt::Display for ControlCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert(path) => write!(f, "insert {}", path.display()),
            Self::Remove => write!(f, "remove"),
            Self::Fault(nth, Fault::Tear(moment)) => write!(f, "tear {nth} {moment}"),
            Self::Fault(nth, Fault::Delay(delay)) => write!(f, "delay {nth} {}", delay.as_millis()),
            Self::Fault(nth, Fault::Answer(bytes)) => {
                write!(f, "answer {nth} {}", hex::encode(bytes))
            }
            Self::Fault(nth, Fault::Garble) => write!(f, "garble {nth}"),
            Self::Fault(nth, Fault::Truncate(length)) => write!(f, "truncate {nth} {length}"),
            Self::Fault(nth, Fault::Mute) => write!(f, "mute {nth}"),
            Self::Clear => write!(f, "clear"),
            Self::Trace => write!(f, "trace"),
            Self::Status => write!(f, "status"),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

impl FromStr for Moment {
    type Err = NotACommand;

    fn from_str(text: &str) -> Result<Self, NotACommand> {
        match text {
            "before" => Ok(Self::Before),
            "after" => Ok(Self::After),
            _ => Err(NotACommand),
        }
    }
}

/// The listening end.
pub(crate) struct Control {
    listener: UnixListener,
    clients: Vec<Client>,
}

/// One who is connected, and the part of a line that has come so far.
struct Client {
    stream: UnixStream,
    received: Vec<u8>,
}

impl Control {
    /// Listens at `path`; a socket there that nobody listens at any more is replaced.
    pub(crate) fn listen(path: &Path) -> io::Result<Self> {
        let is_stale = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        if UnixStream::connect(path).is_err_and(is_stale) {
            std::fs::remove_file(path)?;
        }
        Ok(Self { listener: UnixListener::bind(path)?, clients: Vec::new() })
    }

    /// What to poll for reading: the listener, then each client.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let clients = self.clients.iter().map(|client| client.stream.as_fd());
        std::iter::once(self.listener.as_fd()).chain(clients)
    }

    pub(crate) fn accept(&mut self) -> io::Result<()> {
        let (stream, _) = self.listener.accept()?;
        stream.set_write_timeout(Some(PATIENCE))?;
        self.clients.push(Client { stream, received: Vec::new() });
        Ok(())
    }

    /// The whole lines that client number `index`, ready to be read, has sent; `None` once it has
    /// gone.
    pub(crate) fn lines(&mut self, index: usize) -> Option<Vec<String>> {
        let Client { stream, received } = self.clients.get_mut(index)?;
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).ok().filter(|&count| count > 0)?;
        received.extend(&buffer[..count]);
        let end = received.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let lines = received.drain(..end).collect::<Vec<_>>();
        Some(String::from_utf8_lossy(&lines).lines().map(str::to_owned).collect())
    }

    pub(crate) fn answer(&mut self, index: usize, text: &str) {
        if let Some(client) = self.clients.get_mut(index) {
            // One who does not wait for the answer is noticed at the next read.
            let _ = client.stream.write_all(text.as_bytes());
        }
    }

    pub(crate) fn hang_up(&mut self, index: usize) {
        self.clients.remove(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_read_as_they_are_written() {
        for line in [
            "insert /tmp/a card.json",
            "remove",
            "tear 3 before",
            "tear 1 after",
            "delay 2 1500",
            "answer 1 6f00",
            "garble 2",
            "truncate 4 1",
            "mute 1",
            "clear",
            "trace",
            "status",
        ] {
            let command: ControlCommand = line.parse().expect(line);
            assert_eq!(command.to_string(), line);
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for line in [
            "",
            "insert",
            "tear 0 before",
            "tear 1",
            "tear 1 during",
            "answer 1 6F0",
            "mute",
            "removed",
        ] {
            assert!(line.parse::<ControlCommand>().is_err(), "{line}");
        }
    }
}
