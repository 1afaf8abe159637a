// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a fuzzer's bytes become commands, answers and choices: a reader that
//! never fails, and whose end is the end of the story.

/// What is left of an input.
#[derive(Clone, Debug)]
pub struct Input<'d>(&'d [u8]);

impl<'d> Input<'d> {
    /// All of it.
    #[must_use]
    pub const fn new(data: &'d [u8]) -> Self {
        Self(data)
    }

    /// The next byte; `None` at the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    /// The next piece: two bytes of length, big-endian, and that many bytes, or as many as there
    /// are. `None` at the end.
    pub fn piece(&mut self) -> Option<&'d [u8]> {
        let (&high, &low) = (self.0.first()?, self.0.get(1).unwrap_or(&0));
        let rest = self.0.get(2..).unwrap_or_default();
        let length = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
        let (piece, rest) = rest.split_at(length);
        self.0 = rest;
        Some(piece)
    }

    /// Everything that is left.
    #[must_use]
    pub const fn rest(self) -> &'d [u8] {
        self.0
    }
}

/// The writer that goes with [`Input::piece`], for seeds.
pub fn push_piece(data: &mut Vec<u8>, piece: &[u8]) {
    let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
    data.extend(length.to_be_bytes());
    data.extend(piece.iter().take(length.into()));
}
