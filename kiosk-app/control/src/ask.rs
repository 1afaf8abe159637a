// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may be asked, and the bounds of it: a request is read whole and within them, or not at all.

use serde::{Deserialize, Serialize};

/// Longest lease that may be asked for, in seconds.
pub const LONGEST_LEASE_SECONDS: u32 = 3_600;

/// Most characters of what an update says of itself: one line of the staff page.
pub const MOST_SAID: usize = 200;

/// Most characters of a version.
pub const MOST_VERSION: usize = 64;

/// One request, a line on the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// How the kiosk is.
    Status {},
    /// Whether it could serve a resident now, check by check.
    Health {},
    /// No session is to begin as long as this connection stays open, and no longer than this.
    Lease {
        /// Within opening hours too. It overrides nothing else.
        forced: bool,
        /// At most [`LONGEST_LEASE_SECONDS`], at least one.
        seconds: u32,
    },
    /// The lease of this connection is over.
    Release {},
    /// How far an update is.
    Update(Update),
    /// End in order, as on SIGTERM, to be started again.
    Restart {},
    /// What has been counted.
    Metrics {},
}

/// How far an update is, as the update client told last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// Its stage.
    pub phase: Phase,
    /// The version that it is about, where there is one.
    pub version: Option<String>,
    /// For staff, in English, of at most [`MOST_SAID`] characters; nothing of a person.
    pub said: String,
    /// How much of the stage is done, 0 to 100, where that is known.
    pub percent: Option<u8>,
}

/// The stages of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// There is none.
    Idle,
    /// A bundle is on its way.
    Downloading,
    /// A bundle is here and passed its check.
    Ready,
    /// It waits for a lease.
    Waiting,
    /// It is being written to the other slot.
    Installing,
    /// The new system runs and has yet to show that it is well.
    Trying,
    /// The new system is well and stays.
    Confirmed,
    /// The new system was not well; the old one runs again.
    FellBack,
    /// The bundle was refused.
    Refused,
}

impl Phase {
    /// As on the socket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Downloading => "downloading",
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Installing => "installing",
            Self::Trying => "trying",
            Self::Confirmed => "confirmed",
            Self::FellBack => "fell-back",
            Self::Refused => "refused",
        }
    }
}

/// A line that is no request.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// It is not the JSON of a request.
    #[error("no request of this version")]
    Unreadable(#[source] serde_json::Error),
    /// One of its members is out of its bounds.
    #[error("{member} is to be {bounds}")]
    OutOfBounds {
        /// Which.
        member: &'static str,
        /// What it may be.
        bounds: &'static str,
    },
}

impl Ask {
    /// The request in a line.
    ///
    /// # Errors
    ///
    /// [`Malformed`]: no request, or one with a member out of its bounds.
    pub fn read(line: &[u8]) -> Result<Self, Malformed> {
        let ask: Self = serde_json::from_slice(line).map_err(Malformed::Unreadable)?;
        match ask.fault() {
            Some((member, bounds)) => Err(Malformed::OutOfBounds { member, bounds }),
            None => Ok(ask),
        }
    }

    /// The request's name, for messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Status {} => "status",
            Self::Health {} => "health",
            Self::Lease { .. } => "lease",
            Self::Release {} => "release",
            Self::Update(_) => "update",
            Self::Restart {} => "restart",
            Self::Metrics {} => "metrics",
        }
    }

    fn fault(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Lease { seconds: 1..=LONGEST_LEASE_SECONDS, .. } => None,
            Self::Lease { .. } => Some(("seconds", "1 to 3600")),
            Self::Update(update) => update.fault(),
            Self::Status {}
            | Self::Health {}
            | Self::Release {}
            | Self::Restart {}
            | Self::Metrics {} => None,
        }
    }
}

impl Update {
    fn fault(&self) -> Option<(&'static str, &'static str)> {
        let version = self.version.as_deref().unwrap_or_default();
        if self.percent.is_some_and(|percent| percent > 100) {
            Some(("percent", "0 to 100"))
        } else if !is_a_line(&self.said, MOST_SAID) {
            Some(("said", "one line of at most 200 characters"))
        } else if !is_a_line(version, MOST_VERSION) {
            Some(("version", "one line of at most 64 characters"))
        } else {
            None
        }
    }
}

fn is_a_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}
