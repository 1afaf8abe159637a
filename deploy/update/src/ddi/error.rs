// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why the fleet server was of no use, and whether another try may help.

use std::io;

/// Why the fleet server was of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DdiError {
    /// The network, or TLS.
    #[error("the fleet server did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// It said no.
    #[error("the fleet server answered with HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// It said something else.
    #[error("the fleet server's answer holds something else than {what}")]
    Malformed {
        /// What there should be.
        what: &'static str,
    },
    /// No JSON of the API.
    #[error("the fleet server's answer is not that of the DDI API")]
    Unreadable(#[source] serde_json::Error),
    /// A link that leads away.
    #[error("the fleet server points to another server, which nobody configured")]
    Elsewhere,
    /// Nothing that can be sent.
    #[error("the message to the fleet server cannot be written")]
    Unwritable(#[source] serde_json::Error),
    /// The disk.
    #[error("the bundle cannot be kept")]
    Disk(#[source] io::Error),
    /// The disk is full, or would be.
    #[error("the bundle needs {needed} bytes and {free} are free, of which {spare} are kept free")]
    Space {
        /// What is still to come.
        needed: u64,
        /// What the disk has.
        free: u64,
        /// What must stay.
        spare: u64,
    },
    /// Less than was announced.
    #[error("the file ended after {have} of {size} bytes")]
    Short {
        /// What is here.
        have: u64,
        /// What was announced.
        size: u64,
    },
    /// More than was announced.
    #[error("the file is larger than the {size} bytes that were announced")]
    TooLong {
        /// What was announced.
        size: u64,
    },
}

impl DdiError {
    /// Whether the same call may go well later.
    pub(crate) const fn is_worth_retrying(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Disk(_) | Self::Short { .. } => true,
            // Too early, too often, not now; and who is not known yet may be made known.
            Self::Status { status } => {
                matches!(status, 401 | 403 | 408 | 425 | 429 | 500..=599)
            }
            Self::Malformed { .. }
            | Self::Unreadable(_)
            | Self::Elsewhere
            | Self::Unwritable(_)
            | Self::Space { .. }
            | Self::TooLong { .. } => false,
        }
    }
}
