// SPDX-License-Identifier: MIT OR Apache-2.0
//! The asking end: one question at a time, blocking, with a deadline.

use std::{
    io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{Answer, Ask, Health, LineError, Lines, Refused, Status, Update};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens there, or not to this user.
    #[error("{} is not there to be asked: does kiosk run, and may this user ask it?", path.display())]
    NotThere {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The connection ended, or the kiosk did not answer in time.
    #[error("no answer of the kiosk to {ask}")]
    Broken {
        /// What was asked.
        ask: &'static str,
        /// Why.
        source: LineError,
    },
    /// The kiosk closed the connection without an answer: it sends strangers away so, and whoever
    /// asks when it is about to end.
    #[error("the kiosk closed the connection at {ask}: it is ending, or does not serve this user")]
    Closed {
        /// What was asked.
        ask: &'static str,
    },
    /// The line is no answer of this version.
    #[error("the kiosk's answer to {ask} cannot be read: is it of another version?")]
    Unreadable {
        /// What was asked.
        ask: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// An answer to something else.
    #[error("the kiosk answered {ask} with {answer}")]
    Unexpected {
        /// What was asked.
        ask: &'static str,
        /// What came.
        answer: &'static str,
    },
    /// The kiosk does not do it.
    #[error("the kiosk refused {ask} ({}): {}", refused.refused.as_str(), refused.said)]
    Refused {
        /// What was asked.
        ask: &'static str,
        /// Why not.
        refused: Refused,
    },
}

/// The answer to a request for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lease {
    /// It holds for so many seconds, and as long as the client is kept.
    Granted {
        /// How many.
        seconds: u32,
    },
    /// Not now.
    Refused(Refused),
}

/// A connection to the kiosk. A lease ends with it.
#[derive(Debug)]
pub struct Client {
    lines: Lines,
    patience: Duration,
}

impl Client {
    /// Connects to the kiosk's socket. Each answer is waited for as long as `patience`.
    ///
    /// # Errors
    ///
    /// [`ControlError::NotThere`]
    pub fn connect(path: &Path, patience: Duration) -> Result<Self, ControlError> {
        let stream = UnixStream::connect(path)
            .map_err(|source| ControlError::NotThere { path: path.to_owned(), source })?;
        Ok(Self { lines: Lines::new(stream), patience })
    }

    /// How the kiosk is.
    ///
    /// # Errors
    ///
    /// [`ControlError`], as for every question here.
    pub fn status(&mut self) -> Result<Status, ControlError> {
        match self.ask(&Ask::Status {})? {
            Answer::Status { status } => Ok(*status),
            answer => Err(unexpected("status", answer)),
        }
    }

    /// Whether it could serve a resident now.
    ///
    /// # Errors
    ///
    /// [`ControlError`]
    pub fn health(&mut self) -> Result<Health, ControlError> {
        match self.ask(&Ask::Health {})? {
            Answer::Health { health } => Ok(health),
            answer => Err(unexpected("health", answer)),
        }
    }

    /// No session is to begin for `seconds`, or until this client is dropped. `forced`: within
    /// opening hours too.
    ///
    /// # Errors
    ///
    /// [`ControlError`]; that it is refused is no error.
    pub fn lease(&mut self, forced: bool, seconds: u32) -> Result<Lease, ControlError> {
        match self.ask(&Ask::Lease { forced, seconds })? {
            Answer::Leased { leased } => Ok(Lease::Granted { seconds: leased.seconds }),
            Answer::Refused(refused) => Ok(Lease::Refused(refused)),
            answer => Err(unexpected("lease", answer)),
        }
    }

    /// This client's lease is over; nothing happens where there is none.
    ///
    /// # Errors
    ///
    /// [`ControlError`]
    pub fn release(&mut self) -> Result<(), ControlError> {
        match self.ask(&Ask::Release {})? {
            Answer::Released { .. } => Ok(()),
            answer => Err(unexpected("release", answer)),
        }
    }

    /// Tells how far an update is.
    ///
    /// # Errors
    ///
    /// [`ControlError`]
    pub fn update(&mut self, update: Update) -> Result<(), ControlError> {
        match self.ask(&Ask::Update(update))? {
            Answer::Noted { .. } => Ok(()),
            answer => Err(unexpected("update", answer)),
        }
    }

    /// Has the kiosk end in order; its service manager starts it again.
    ///
    /// # Errors
    ///
    /// [`ControlError`]
    pub fn restart(&mut self) -> Result<(), ControlError> {
        match self.ask(&Ask::Restart {})? {
            Answer::Restarting { .. } => Ok(()),
            answer => Err(unexpected("restart", answer)),
        }
    }

    /// What it has counted, as Prometheus text.
    ///
    /// # Errors
    ///
    /// [`ControlError`]
    pub fn metrics(&mut self) -> Result<String, ControlError> {
        match self.ask(&Ask::Metrics {})? {
            Answer::Metrics { metrics } => Ok(metrics),
            answer => Err(unexpected("metrics", answer)),
        }
    }

    fn ask(&mut self, request: &Ask) -> Result<Answer, ControlError> {
        let ask = request.name();
        let broken = |source| ControlError::Broken { ask, source };
        let sent = self.lines.send(request, self.patience);
        // A kiosk that sends us away may have said why before it closed.
        let received = self.lines.receive(self.patience, self.patience);
        let line = match (sent, received) {
            (_, Ok(Some(line))) => line,
            (Ok(()) | Err(LineError::Socket(_)), Ok(None)) => {
                return Err(ControlError::Closed { ask });
            }
            (Err(error), _) | (Ok(()), Err(error)) => return Err(broken(error)),
        };
        serde_json::from_slice(&line).map_err(|source| ControlError::Unreadable { ask, source })
    }
}

fn unexpected(ask: &'static str, answer: Answer) -> ControlError {
    match answer {
        Answer::Refused(refused) => ControlError::Refused { ask, refused },
        answer => ControlError::Unexpected { ask, answer: answer.name() },
    }
}
