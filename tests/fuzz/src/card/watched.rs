// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may never be sent to a card, whatever it answers, looked at command by command.

use card_io::channel::{CardChannel, ChannelError};

use super::lab::{FORGOTTEN_PIN, KNOWN_PIN, NEW_PIN};

/// A channel whose commands are looked at.
pub struct Watched<C> {
    /// The channel itself.
    pub channel: C,
    /// Whether the answer before was a count that allows a VERIFY with data, of the PIN with this
    /// full count.
    has_fresh_count: bool,
    selected: [u8; 2],
    /// Every answer, for seeds.
    pub answers: Vec<Vec<u8>>,
}

impl<C> Watched<C> {
    /// Looks at this channel.
    pub const fn new(channel: C) -> Self {
        Self { channel, has_fresh_count: false, selected: [0; 2], answers: Vec::new() }
    }

    fn look_at(&mut self, command: &[u8]) {
        let holds = |pin: &str| command.windows(pin.len()).any(|bytes| bytes == pin.as_bytes());
        assert!(!holds(NEW_PIN) && !holds(FORGOTTEN_PIN), "a signature PIN crosses in clear");
        let is_verify_with_data = command.starts_with(&[0x00, 0x20]) && command.len() > 5;
        assert!(
            is_verify_with_data || !holds(KNOWN_PIN) || command.len() > 30,
            "the known PIN is in another command than VERIFY"
        );
        if is_verify_with_data {
            assert!(self.has_fresh_count, "VERIFY without a fresh count");
        }
        assert!(
            command.get(1) != Some(&0x2C) || command.first() == Some(&0x0C),
            "a reset is sent in clear"
        );
        if let [0x00, 0xA4, 0x02, 0x0C, 0x02, high, low] = command {
            self.selected = [*high, *low];
        }
    }

    /// What the answer to an empty VERIFY allows.
    fn heed(&mut self, command: &[u8], answer: Option<&[u8]>) {
        let full = match self.selected {
            [0x00, 0x18] => 0xC3,
            [0x00, 0x1B] => 0xC5,
            _ => 0xC0,
        };
        self.has_fresh_count = command == [0x00, 0x20, 0x00, 0x80]
            && matches!(answer, Some([0x63, count]) if (0xC1..=full).contains(count));
    }
}

impl<C: CardChannel> CardChannel for Watched<C> {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        self.look_at(command);
        let length = self.channel.transmit(command, answer);
        let given = length.as_ref().ok().and_then(|&length| answer.get(..length));
        self.heed(command, given);
        self.answers.push(given.unwrap_or_default().to_vec());
        length
    }
}
