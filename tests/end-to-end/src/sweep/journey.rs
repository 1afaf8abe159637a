// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a resident comes for. Each journey is made once without a fault, which gives its points,
//! and then once for every fault at every one of them.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A visit from the card on the reader to the attract screen.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Journey {
    /// Set a new signature PIN
    Reset,
    /// The card was lifted just after it took the new PIN; it is put back and asked
    Settling,
    /// Another day: the outcome of an earlier visit is not known, and its receipt settles it
    Returning,
    /// Check my card, without a PIN
    Checking,
    /// Two wrong PINs, the last try, and a new PIN that is not repeated as it was typed
    Mistyping,
}

impl Journey {
    /// All of them, the gravest first.
    pub const ALL: [Self; 5] =
        [Self::Reset, Self::Settling, Self::Returning, Self::Checking, Self::Mistyping];

    /// In ids and file names.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Settling => "settling",
            Self::Returning => "returning",
            Self::Checking => "checking",
            Self::Mistyping => "mistyping",
        }
    }

    /// The requests that a visit without a fault makes, by what tells their paths.
    pub(crate) const fn requests(self) -> &'static [&'static str] {
        match self {
            Self::Reset => &["/v1/sessions", "/proof", "/ticket", "/outcome"],
            Self::Settling => &["/outcome"],
            Self::Returning => &["/v1/sessions", "/v1/receipts", "/proof", "/ticket", "/outcome"],
            Self::Checking | Self::Mistyping => &[],
        }
    }

    /// For the report.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Reset => "A new signature PIN is set",
            Self::Settling => "The card was lifted as it took the new PIN, and is put back",
            Self::Returning => "The outcome of an earlier visit is settled by the card's receipt",
            Self::Checking => "Check my card, without a PIN",
            Self::Mistyping => "Two wrong PINs, the last try, and a new PIN not repeated as typed",
        }
    }
}
