// SPDX-License-Identifier: MIT OR Apache-2.0
//! `card_id`: the 16 bytes that a card of profile ref-eac-1 carries in its certificates, its
//! tickets and its receipts (reset-profile section 1), and by which the register knows it.

use std::fmt;
use std::str::FromStr;

/// Length of a card_id (reset-profile section 1).
pub const CARD_ID_BYTES: usize = 16;

/// A card's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardId(pub [u8; CARD_ID_BYTES]);

/// The text is not 32 lower-case hex digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a card_id is 32 lower-case hex digits")]
pub struct NotACardId;

impl fmt::Display for CardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl FromStr for CardId {
    type Err = NotACardId;

    fn from_str(text: &str) -> Result<Self, NotACardId> {
        let is_lower_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 2 * CARD_ID_BYTES || !text.as_bytes().iter().all(is_lower_hex) {
            return Err(NotACardId);
        }
        let mut id = [0; CARD_ID_BYTES];
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(digits).map_err(|_| NotACardId)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NotACardId)?;
        }
        Ok(Self(id))
    }
}

/// Lower-case hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('?'));
        text.push(char::from_digit(u32::from(byte & 0xF), 16).unwrap_or('?'));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_id_is_exactly_32_lower_case_hex_digits() {
        let text = "94f4b0ba88d0d3e7478cb07f7eadfe66";
        assert_eq!(text.parse::<CardId>().unwrap().to_string(), text);
        for wrong in
            ["94F4B0BA88D0D3E7478CB07F7EADFE66", "94f4", "+4f4b0ba88d0d3e7478cb07f7eadfe66"]
        {
            assert_eq!(wrong.parse::<CardId>(), Err(NotACardId), "{wrong}");
        }
    }
}
