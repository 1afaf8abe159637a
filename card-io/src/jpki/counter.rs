// SPDX-License-Identifier: MIT OR Apache-2.0
//! Retry counters, read by an empty VERIFY (ISO/IEC 7816-4 clause 11.6.6), and what is believed of
//! them: a VERIFY with data goes out on the strength of one, so whatever a card answers but a
//! plain count within the PIN's own bounds is no counter at all.

use super::{PinKind, verify_command};
use crate::channel::{CardChannel, transmit};
use crate::error::CardError;
use crate::iso7816::ResponseApdu;

/// What is known of the retry counters since the application was selected. Nobody but us speaks to
/// the card in that time, so a counter that reads otherwise than it must is not believed: what a
/// resident was told before they typed is what their try goes out under.
#[derive(Debug, Default)]
pub(super) struct Counts {
    user_authentication: Option<u8>,
    digital_signature: Option<u8>,
}

impl Counts {
    /// A counter that was read; an error where it changed by itself.
    pub(super) fn read(&mut self, kind: PinKind, retries_left: u8) -> Result<u8, CardError> {
        match self.of(kind).replace(retries_left) {
            Some(known) if known != retries_left => {
                // Until it is read once more, nothing is known.
                self.forget(kind);
                Err(CardError::Malformed { what: "retry counter" })
            }
            _ => Ok(retries_left),
        }
    }

    /// A command that changes it is about to go out.
    pub(super) const fn forget(&mut self, kind: PinKind) {
        *self.of(kind) = None;
    }

    pub(super) const fn keep(&mut self, kind: PinKind, retries_left: u8) {
        *self.of(kind) = Some(retries_left);
    }

    const fn of(&mut self, kind: PinKind) -> &mut Option<u8> {
        match kind {
            PinKind::UserAuthentication => &mut self.user_authentication,
            PinKind::DigitalSignature => &mut self.digital_signature,
        }
    }
}

/// The empty VERIFY of the selected PIN file: 63Cx with the counter, also when
/// the PIN is verified. `full` is the most that this PIN's counter can show.
///
/// It goes out as it is and is answered in one: there is nothing to be fetched (61xx) and no other
/// length to be asked with (6Cxx).
pub(super) fn retries_left<C: CardChannel + ?Sized>(
    channel: &mut C,
    full: u8,
) -> Result<u8, CardError> {
    let command = verify_command(&[]);
    counter(&transmit(channel, command.instruction.name(), &command.to_bytes(), 0)?, full)
}

/// The retry counter that the answer to an empty VERIFY holds: 63C0 to 63Cn, n being the PIN's full
/// counter, or one of the statuses of a blocked PIN, and no data. Anything else says nothing about
/// it, and nothing is sent on the strength of it.
pub(crate) fn counter(answer: &ResponseApdu, full: u8) -> Result<u8, CardError> {
    match answer.status.retries_left() {
        _ if !answer.data.is_empty() => Err(CardError::Malformed { what: "retry counter" }),
        Some(retries_left) if retries_left <= full => Ok(retries_left),
        None if answer.status.is_blocked() => Ok(0),
        Some(_) | None => Err(CardError::Malformed { what: "retry counter" }),
    }
}
