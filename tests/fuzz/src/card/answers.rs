// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card that answers from the input, to every command of a visit.

use card_io::channel::{CardChannel, ChannelError};

use super::story::{Choices, Told, play};
use super::watched::Watched;
use crate::input::Input;

/// The resident's choices, then the answers. An empty answer is a lost one; after the last the card
/// is gone.
pub fn run(data: &[u8]) {
    visit(data);
}

/// The same, and what came of it.
pub fn visit(data: &[u8]) -> Told {
    let mut input = Input::new(data);
    let choices = Choices(input.byte().unwrap_or_default());
    play(&mut Watched::new(Answers(input)), choices)
}

struct Answers<'d>(Input<'d>);

impl CardChannel for Answers<'_> {
    fn transmit(&mut self, _command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        let given = self.0.piece().ok_or(ChannelError::CardGone)?;
        let room = answer.get_mut(..given.len());
        // More than the reader's buffer takes: PC/SC gives nothing of it.
        room.ok_or(ChannelError::AnswerLost)?.copy_from_slice(given);
        Ok(given.len())
    }
}
