// SPDX-License-Identifier: MIT OR Apache-2.0
//! The marker application (profile section 1): a card of the published,
//! simulated profile has it, a real one does not, and a real one is sent none
//! of this profile's commands.

use crate::channel::{CardChannel, transmit};
use crate::error::CardError;
use crate::iso7816::StatusWord;
use crate::jpki::{Aid, select_by_name};

const MARKER: Aid = Aid(&[0xF0, 0x6A, 0x70, 0x6B, 0x69, 0x2D, 0x72, 0x65, 0x66, 0x31]);

/// Whether the card has the marker. Any status but 9000 makes it a real card, one
/// that announces more to fetch (61xx) too; a lost answer decides nothing and is
/// an error.
pub(crate) fn is_simulated<C: CardChannel + ?Sized>(channel: &mut C) -> Result<bool, CardError> {
    let select = select_by_name(MARKER);
    let answer = transmit(channel, select.instruction.name(), &select.to_bytes(), select.ne)?;
    Ok(answer.status == StatusWord::OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;

    const SELECT: &str = "00A4040C0AF06A706B692D72656631";

    #[test]
    fn only_9000_makes_a_card_a_simulated_one() {
        for (answer, simulated) in [
            ("9000", true),
            ("6A82", false),
            ("6283", false),
            ("6D00", false),
            ("6110", false),
            ("6C00", false),
        ] {
            assert_eq!(is_simulated(&mut Script::new(&[(SELECT, answer)])).unwrap(), simulated);
        }
    }

    #[test]
    fn a_lost_answer_decides_nothing() {
        for answer in ["", "gone"] {
            assert!(is_simulated(&mut Script::new(&[(SELECT, answer)])).is_err());
        }
    }
}
