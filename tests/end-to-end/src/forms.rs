// SPDX-License-Identifier: MIT OR Apache-2.0
//! The forms in which a program may hold a PIN in its memory, byte for byte: as text, as the keys
//! that were touched, and as what a protocol or a debugger makes of it.

use crate::pin::Pin;

/// One form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A byte a character.
    Ascii,
    /// Two bytes a character, the lower one first.
    Utf16Le,
    /// Two bytes a character, the higher one first.
    Utf16Be,
    /// Two hexadecimal digits a character, in lower case.
    HexLower,
    /// Two hexadecimal digits a character, in upper case.
    HexUpper,
    /// The position of each key on the screen (0 to 35), a byte each.
    Positions,
    /// The same as Slint's `int`: four bytes each, the lowest one first.
    PositionsAsInt,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 7] = [
        Self::Ascii,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::HexLower,
        Self::HexUpper,
        Self::Positions,
        Self::PositionsAsInt,
    ];

    /// The text in this form.
    #[must_use]
    pub fn of(self, text: &str) -> Vec<u8> {
        text.chars().flat_map(|character| self.of_character(character)).collect()
    }

    fn of_character(self, character: char) -> Vec<u8> {
        let byte = u8::try_from(character).unwrap_or_default();
        match self {
            Self::Ascii => vec![byte],
            Self::Utf16Le => vec![byte, 0],
            Self::Utf16Be => vec![0, byte],
            Self::HexLower => format!("{byte:02x}").into_bytes(),
            Self::HexUpper => format!("{byte:02X}").into_bytes(),
            Self::Positions => vec![position(byte)],
            Self::PositionsAsInt => vec![position(byte), 0, 0, 0],
        }
    }
}

/// Where the key stands: the ten digits first, then A to Z.
fn position(key: u8) -> u8 {
    match key {
        b'0'..=b'9' => key - b'0',
        _ => key.wrapping_sub(b'A').wrapping_add(10),
    }
}

/// Bytes that are looked for, and what it means to find them.
#[derive(Clone, PartialEq, Eq)]
pub struct Needle {
    /// Whose, and in which form; to be printed.
    pub what: String,
    pub(crate) bytes: Vec<u8>,
}

/// Everything to look for when looking for a PIN that is called `name`: all forms of it, and where
/// it is long, of each part of it, since a register takes away eight bytes and no more.
#[must_use]
pub fn needles(name: &str, pin: &Pin) -> Vec<Needle> {
    let text = pin.reveal();
    let length = text.len().min(PART);
    let parts = (0..=text.len() - length).filter_map(|start| text.get(start..start + length));
    let mut needles: Vec<_> = parts
        .flat_map(|part| Form::ALL.map(|form| (form, form.of(part))))
        .map(|(form, bytes)| Needle { what: format!("{name} ({form:?})"), bytes })
        .collect();
    // Of digits alone both kinds of hexadecimal are the same.
    needles.sort_by(|one, other| one.bytes.cmp(&other.bytes));
    needles.dedup_by(|one, other| one.bytes == other.bytes);
    needles
}

/// Characters of a long PIN that are met by chance once in two billion places.
const PART: usize = 6;

#[cfg(test)]
mod tests {
    use super::{Form, needles};
    use crate::pin::Pin;

    #[test]
    fn each_form_has_its_golden_bytes() {
        let golden: [(Form, &[u8]); 7] = [
            (Form::Ascii, b"0K9Z"),
            (Form::Utf16Le, b"0\x00K\x009\x00Z\x00"),
            (Form::Utf16Be, b"\x000\x00K\x009\x00Z"),
            (Form::HexLower, b"304b395a"),
            (Form::HexUpper, b"304B395A"),
            (Form::Positions, &[0, 20, 9, 35]),
            (Form::PositionsAsInt, &[0, 0, 0, 0, 20, 0, 0, 0, 9, 0, 0, 0, 35, 0, 0, 0]),
        ];
        assert_eq!(golden.map(|(form, _)| form), Form::ALL);
        for (form, bytes) in golden {
            assert_eq!(form.of("0K9Z"), bytes, "{form:?}");
        }
    }

    #[test]
    fn a_long_pin_is_looked_for_by_each_of_its_parts_and_a_short_one_whole() {
        let long = Pin::of_letters();
        let looked_for = needles("it", &long);
        for part in (0..5).map(|start| &long.reveal()[start..start + 6]) {
            for form in Form::ALL.map(|form| form.of(part)) {
                assert!(looked_for.iter().any(|needle| needle.bytes == form));
            }
        }
        let short = Pin::of_digits();
        assert_eq!(needles("it", &short).len(), Form::ALL.len() - 1);
    }
}
