// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the kiosk could serve a resident now.

use serde::{Deserialize, Serialize};

/// Every check, each with its result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// In the order of [`CheckName::ALL`].
    pub checks: Vec<Check>,
}

impl Health {
    /// Whether every check there must be is there, and passed.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let passed = |name| self.checks.iter().any(|check| check.name == name && check.ok);
        CheckName::ALL.into_iter().all(passed) && self.checks.iter().all(|check| check.ok)
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Of what.
    pub name: CheckName,
    /// Whether it passed.
    pub ok: bool,
    /// What was found, in English; nothing of a person.
    pub said: String,
    /// What to do about it; empty where nothing is to be done.
    #[serde(default)]
    pub remedy: String,
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckName {
    /// The screen has drawn a frame.
    Frame,
    /// There is something to touch the screen with.
    Touch,
    /// There is a reader.
    Reader,
    /// The smart-card service answers.
    Pcscd,
    /// The certificate with which the link speaks to the service is valid.
    Certificate,
    /// The clock is set.
    Clock,
    /// The service answered a call lately.
    Service,
    /// The journal can be written.
    Journal,
}

impl CheckName {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Frame,
        Self::Touch,
        Self::Reader,
        Self::Pcscd,
        Self::Certificate,
        Self::Clock,
        Self::Service,
        Self::Journal,
    ];

    /// As on the socket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Touch => "touch",
            Self::Reader => "reader",
            Self::Pcscd => "pcscd",
            Self::Certificate => "certificate",
            Self::Clock => "clock",
            Self::Service => "service",
            Self::Journal => "journal",
        }
    }
}
