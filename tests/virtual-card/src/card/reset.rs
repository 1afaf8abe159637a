// SPDX-License-Identifier: MIT OR Apache-2.0
//! RESET RETRY COUNTER: the new PIN, under secure messaging only (profile, 7.5).

use super::Card;
use crate::{
    apdu::{Answer, CommandApdu},
    reference::{PinKind, Reference},
    status::StatusWord,
};

/// New reference data only (ISO/IEC 7816-4, 11.6.10).
const NEW_REFERENCE_DATA: u8 = 0x02;
/// The answer 6A80 with which a ticket is used up.
const LAST_REFUSED_PIN: u8 = 3;

impl Card {
    pub(super) fn reset_retry_counter(&mut self, command: &CommandApdu) -> Answer {
        let pin_ref = match (command.p1, command.p2) {
            (NEW_REFERENCE_DATA, 0x98 | 0x9B) => command.p2 & 0x1F,
            _ => return Err(StatusWord::INCORRECT_P1_P2),
        };
        let pin = PinKind::from_reference(pin_ref).ok_or(StatusWord::INCORRECT_P1_P2)?;
        let accepted = self.volatile.ticket.as_ref();
        let accepted = accepted.ok_or(StatusWord::CONDITIONS_OF_USE_NOT_SATISFIED)?;
        if accepted.ticket.pin_ref != pin_ref {
            self.volatile.ticket = None;
            return Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        }
        if !self.is_verified(pin.proved_by()) {
            return Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
        }
        let new_pin = &command.body()?.data;
        if !pin.accepts(new_pin) {
            self.refuse_pin();
            return Err(StatusWord::INCORRECT_DATA);
        }
        self.set(pin, new_pin)
    }

    fn refuse_pin(&mut self) {
        if let Some(mut accepted) = self.volatile.ticket.take() {
            accepted.refused_pins += 1;
            self.volatile.ticket = (accepted.refused_pins < LAST_REFUSED_PIN).then_some(accepted);
        }
    }

    /// The new PIN, its full counter and the receipt are one commit.
    fn set(&mut self, pin: PinKind, value: &[u8]) -> Answer {
        let reference = Reference::new(pin, rand::random(), value);
        self.commit(|memory| {
            memory.references.insert(pin, reference);
            if let Some(accepted) = &mut memory.accepted {
                accepted.is_used = true;
            }
        })?;
        self.volatile.verified.retain(|&verified| verified != pin);
        self.volatile.ticket = None;
        Ok(Vec::new())
    }
}
