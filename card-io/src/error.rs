// SPDX-License-Identifier: MIT OR Apache-2.0
//! What went wrong between us and a card: a broken promise, never an answer
//! that the protocol expects (those are values).

use thiserror::Error;

use crate::channel::ChannelError;
use crate::iso7816::StatusWord;

/// A card or its reader did not keep to the protocol.
#[derive(Debug, Error)]
pub enum CardError {
    /// The command, or its answer, was lost on the way.
    #[error("{command} got no answer from the card")]
    Channel {
        /// ISO name of the command.
        command: &'static str,
        /// What the channel reported.
        source: ChannelError,
    },
    /// The card answered with a status that the protocol does not foresee here.
    #[error("{command} was answered with {status}")]
    Status {
        /// ISO name of the command.
        command: &'static str,
        /// SW1-SW2.
        status: StatusWord,
    },
    /// The card's answer does not have the form it should.
    #[error("the card sent a malformed {what}")]
    Malformed {
        /// The thing that was expected.
        what: &'static str,
    },
}

impl CardError {
    /// Whether the card has left its reader, was reset, or went away with the
    /// reader or the service: this connection is of no more use.
    pub const fn is_connection_over(&self) -> bool {
        match self {
            Self::Channel { source, .. } => source.is_connection_over(),
            Self::Status { .. } | Self::Malformed { .. } => false,
        }
    }
}
