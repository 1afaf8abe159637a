// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is answered. The member that comes first names the answer.

use serde::{Deserialize, Serialize};

use crate::{Health, Status};

/// One answer, a line on the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// To [`Ask::Status`](crate::Ask::Status).
    Status {
        /// How the kiosk is.
        status: Box<Status>,
    },
    /// To [`Ask::Health`](crate::Ask::Health).
    Health {
        /// Its checks.
        health: Health,
    },
    /// To [`Ask::Lease`](crate::Ask::Lease): no session begins from now on.
    Leased {
        /// For how long.
        leased: Leased,
    },
    /// To [`Ask::Release`](crate::Ask::Release), whether there was a lease or none.
    Released {
        /// Nothing more to say.
        released: Empty,
    },
    /// To [`Ask::Update`](crate::Ask::Update).
    Noted {
        /// Nothing more to say.
        noted: Empty,
    },
    /// To [`Ask::Restart`](crate::Ask::Restart). A session and its outcome come first.
    Restarting {
        /// Nothing more to say.
        restarting: Empty,
    },
    /// To [`Ask::Metrics`](crate::Ask::Metrics).
    Metrics {
        /// Prometheus' text format 0.0.4.
        metrics: String,
    },
    /// It is not done.
    Refused(Refused),
}

impl Answer {
    /// Nothing was asked that this version knows.
    #[must_use]
    pub fn malformed(said: impl Into<String>) -> Self {
        Self::Refused(Refused { refused: Refusal::Malformed, said: said.into() })
    }

    /// The answer's name, for messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Health { .. } => "health",
            Self::Leased { .. } => "leased",
            Self::Released { .. } => "released",
            Self::Noted { .. } => "noted",
            Self::Restarting { .. } => "restarting",
            Self::Metrics { .. } => "metrics",
            Self::Refused(_) => "refused",
        }
    }
}

/// A lease that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leased {
    /// For how long from now, if the connection stays open.
    pub seconds: u32,
}

/// An answer that has nothing to add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its kind.
    pub refused: Refusal,
    /// The same for people, in English.
    pub said: String,
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// A resident, or staff, are at the kiosk.
    InSession,
    /// A card lies on the reader.
    CardPresent,
    /// Within opening hours, and not forced.
    OpenHours,
    /// There is a lease already.
    Leased,
    /// What may have happened to a card is not settled yet, or the kiosk has only just started.
    Settling,
    /// The line is no request. The connection is closed.
    Malformed,
}

impl Refusal {
    /// As on the socket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InSession => "in-session",
            Self::CardPresent => "card-present",
            Self::OpenHours => "open-hours",
            Self::Leased => "leased",
            Self::Settling => "settling",
            Self::Malformed => "malformed",
        }
    }
}
