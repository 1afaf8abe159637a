// SPDX-License-Identifier: MIT OR Apache-2.0
//! VERIFY (ISO/IEC 7816-4, 11.6.6; profile, 7.6): reads a retry counter, or spends a try.

use super::Card;
use crate::{
    apdu::{Answer, CommandApdu},
    file::File,
    reference::{PinKind, Reference},
    status::StatusWord,
};

impl Card {
    pub(super) fn verify(&mut self, command: &CommandApdu) -> Answer {
        let short_id = match (command.p1, command.p2) {
            (0x00, 0x80..=0x9E) => command.p2 & 0x1F,
            _ => return Err(StatusWord::INCORRECT_P1_P2),
        };
        let (id, file) = self.meant_file(short_id)?;
        let &File::Pin(pin) = file else {
            return Err(StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE);
        };
        let value = command.body()?.data.as_slice();
        if value.is_empty() {
            return Err(StatusWord::counter(self.reference(pin)?.retries_left()));
        }
        if !pin.accepts_length(value.len()) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.compare(pin, value)?;
        self.volatile.current = Some(id);
        Ok(Vec::new())
    }

    /// The try is spent before anything is compared, so that cutting the power saves none.
    fn compare(&mut self, pin: PinKind, value: &[u8]) -> Result<(), StatusWord> {
        if self.reference(pin)?.retries_left() == 0 {
            return Err(StatusWord::AUTHENTICATION_METHOD_BLOCKED);
        }
        self.commit(|memory| {
            memory.references.entry(pin).and_modify(Reference::spend);
        })?;
        self.volatile.verified.retain(|&verified| verified != pin);
        let reference = self.reference(pin)?;
        if !reference.is(value) {
            return Err(StatusWord::counter(reference.retries_left()));
        }
        self.commit(|memory| {
            memory.references.entry(pin).and_modify(Reference::refill);
        })?;
        self.volatile.verified.push(pin);
        Ok(())
    }

    fn reference(&self, pin: PinKind) -> Result<&Reference, StatusWord> {
        self.state.memory.references.get(&pin).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)
    }
}
