// SPDX-License-Identifier: MIT OR Apache-2.0
//! The connection to one card. Exclusive: between a VERIFY and what it is for,
//! no other program on the machine may speak to the card. Ends with a reset, so
//! that a verified PIN dies with it.

use std::ffi::CString;
use std::time::Duration;

use ::pcsc::{Card, Context, Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};
use thiserror::Error as ThisError;
use tracing::debug;

use super::extended;
use crate::channel::{CardChannel, ChannelError};
use crate::jpki::Reading;
use crate::media::{Atr, ReaderName};

/// A card that nobody else can speak to. Dropping it resets the card.
pub struct PcscChannel {
    context: Context,
    reader: CString,
    card: Card,
    atr: Atr,
    reading: Reading,
}

/// Why there is no connection to a card.
#[derive(Debug, ThisError)]
pub enum ConnectError {
    /// The reader holds no card, or no longer.
    #[error("there is no card on the reader")]
    NoCard,
    /// The card's chip does not answer: upside down, at the edge, or broken.
    #[error("the card's chip does not answer")]
    Mute,
    /// Another program holds the card.
    #[error("another program uses the card")]
    InUse,
    /// The reader is no longer there.
    #[error("the reader is gone")]
    ReaderGone,
    /// The smart-card service does not answer.
    #[error("the smart-card service does not answer")]
    ServiceGone,
    /// Anything else that PC/SC reports.
    #[error("the card could not be connected")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl PcscChannel {
    /// Connects to the card on `reader`.
    pub fn connect(reader: &ReaderName) -> Result<Self, ConnectError> {
        let name = CString::new(reader.as_str()).map_err(|_| ConnectError::ReaderGone)?;
        let context = Context::establish(Scope::User).map_err(connect_error)?;
        let card =
            context.connect(&name, ShareMode::Exclusive, Protocols::ANY).map_err(connect_error)?;
        let status = card.status2_owned().map_err(connect_error)?;
        let atr = Atr(status.atr().to_vec());
        let both_can = atr.announces_extended_length() && extended::reader_can(&card);
        let reading = if both_can { Reading::Extended } else { Reading::Short };
        debug!(%reader, %atr, ?reading, "card connected");
        Ok(Self { context, reader: name, card, atr, reading })
    }

    /// The card's answer to reset.
    pub const fn atr(&self) -> &Atr {
        &self.atr
    }

    /// How this reader and this card may be read.
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// Ends the connection and resets the card; what dropping does, too.
    pub fn close(self) {
        // The card may be gone, which resets it just as well.
        let _ = self.card.disconnect(Disposition::ResetCard);
    }

    /// After a lost answer: whether the card is still there to be asked.
    fn why_lost(&self) -> ChannelError {
        match self.card.status2_owned() {
            Ok(_) if self.is_leaving() => ChannelError::CardGone,
            Ok(_) => ChannelError::AnswerLost,
            Err(error) => transmit_error(error).unwrap_or(ChannelError::AnswerLost),
        }
    }

    /// Whether the service notices now that the card has left. It looks for cards every 0.4 s
    /// (pcsc-lite), so a command meets a card that is gone before the service does.
    fn is_leaving(&self) -> bool {
        let mut states = [ReaderState::new(self.reader.clone(), State::UNAWARE)];
        // What is so now; then the next change, be it that somebody else looks at the reader.
        for _ in 0..LOOKS {
            if self.context.get_status_change(NOTICING, &mut states).is_err() {
                return false;
            }
            let [state] = &mut states;
            if !state.event_state().contains(State::PRESENT) {
                return true;
            }
            state.sync_current_state();
        }
        false
    }
}

impl CardChannel for PcscChannel {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        match self.card.transmit(command, answer).map(<[u8]>::len) {
            Ok(length) if length >= STATUS_WORD => Ok(length),
            Ok(_) => Err(self.why_lost()),
            Err(error) => Err(transmit_error(error).unwrap_or_else(|| self.why_lost())),
        }
    }
}

/// What PC/SC says of a command without an answer; `None` where it says only
/// that there was none.
fn transmit_error(error: Error) -> Option<ChannelError> {
    Some(match error {
        Error::NotTransacted
        | Error::CommDataLost
        | Error::InsufficientBuffer
        | Error::Timeout
        | Error::UnresponsiveCard => return None,
        Error::RemovedCard | Error::NoSmartcard | Error::UnpoweredCard => ChannelError::CardGone,
        Error::ResetCard => ChannelError::CardReset,
        Error::ReaderUnavailable | Error::UnknownReader => ChannelError::ReaderGone,
        error if is_service_gone(error) => ChannelError::ServiceGone,
        error => ChannelError::Failed(Box::new(error)),
    })
}

pub(super) fn connect_error(error: Error) -> ConnectError {
    match error {
        Error::NoSmartcard | Error::RemovedCard => ConnectError::NoCard,
        Error::UnresponsiveCard
        | Error::UnpoweredCard
        | Error::UnsupportedCard
        | Error::ProtoMismatch => ConnectError::Mute,
        Error::SharingViolation => ConnectError::InUse,
        Error::ReaderUnavailable | Error::UnknownReader => ConnectError::ReaderGone,
        error if is_service_gone(error) => ConnectError::ServiceGone,
        error => ConnectError::Failed(Box::new(error)),
    }
}

/// What a service that has stopped, or was started anew under an old context,
/// makes of a call.
const fn is_service_gone(error: Error) -> bool {
    matches!(
        error,
        Error::NoService
            | Error::ServiceStopped
            | Error::Shutdown
            | Error::InvalidHandle
            | Error::CommError
            | Error::InternalError
    )
}

const STATUS_WORD: usize = 2;
/// Longer than pcsc-lite takes to notice that a card has left.
const NOTICING: Duration = Duration::from_millis(500);
const LOOKS: usize = 3;
