// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one-time code: 100 random bits in Crockford's base 32, in four groups that can be read out
//! and typed. Only its hash is kept.

use std::fmt;

use ring::digest::{SHA256, digest};
use ring::rand::SecureRandom;

/// 5 bits each.
const LETTERS: usize = 20;

/// Letters between two hyphens.
const GROUP: usize = 5;

/// No I, L, O and U: they are read as others.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code, which its holder sees once. It has no `Debug`.
pub struct Code(String);

impl Code {
    /// A new one, or `None` where there are no random numbers.
    pub fn random(random: &dyn SecureRandom) -> Option<Self> {
        let mut bytes = [0; LETTERS];
        random.fill(&mut bytes).ok()?;
        // 256 is a multiple of 32: every letter is as likely as any other.
        Some(Self(bytes.iter().map(|byte| letter(byte & 0x1F)).collect()))
    }

    /// As somebody typed it: hyphens, blanks and case do not matter, O is 0, I and L are 1.
    pub fn typed(text: &str) -> Option<Self> {
        let letters = text.chars().filter(|c| !matches!(c, '-' | ' '));
        let code: Option<String> = letters
            .map(|c| match c.to_ascii_uppercase() {
                'O' => Some('0'),
                'I' | 'L' => Some('1'),
                other if other.is_ascii() && ALPHABET.contains(&(other as u8)) => Some(other),
                _ => None,
            })
            .collect();
        code.filter(|code| code.len() == LETTERS).map(Self)
    }

    /// What is kept of it.
    pub fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.0.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

fn letter(five_bits: u8) -> char {
    ALPHABET.get(usize::from(five_bits)).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn a_code_is_read_back_however_it_was_typed() {
        let code = Code::random(&SystemRandom::new()).unwrap();
        let shown = code.to_string();
        assert_eq!(shown.len(), LETTERS + 3);
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " ")] {
            assert_eq!(Code::typed(&typed).unwrap().hash(), code.hash());
        }
        let misread = Code::typed("OIL00-00000-00000-00000").unwrap();
        assert_eq!(misread.to_string(), "01100-00000-00000-00000");
    }

    #[test]
    fn what_is_no_code_is_none() {
        for typed in ["", "0000", "UUUUU-00000-00000-00000", "00000-00000-00000-000000", "é"] {
            assert!(Code::typed(typed).is_none(), "{typed}");
        }
    }
}
