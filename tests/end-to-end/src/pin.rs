// SPDX-License-Identifier: MIT OR Apache-2.0
//! PINs of test residents, drawn at random, and the search for what may hold them.
//!
//! A PIN is looked for as text, as hexadecimal bytes and as decimal bytes. Four digits alone
//! stand in many an innocent line (a time, a length, a port), so as text they only count as a
//! word of their own that is not the value of a field of `COUNTS`, and a PIN is never drawn
//! that is a known number.

use std::fmt;

use rand::RngExt;

use crate::record::Line;

/// A PIN that somebody knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

/// Status words, lengths and years that logs are full of.
const KNOWN_NUMBERS: &[&str] = &[
    "1024", "1080", "1280", "1500", "1920", "2025", "2026", "2027", "2048", "3072", "4096", "8192",
    "6282", "6300", "6581", "6700", "6982", "6983", "6984", "6985", "6986", "6987", "6988", "9000",
];

/// Fields of log lines (`name=number`) that count bytes, as HTTP/2 at trace level does by the
/// dozen, or that number processes.
const COUNTS: &[&str] = &[
    "additional",
    "assigned",
    "available",
    "buffered",
    "bytes",
    "capacity",
    "conn",
    "len",
    "length",
    "pid",
    "requested",
    "size",
    "sz",
    "window",
];

impl Pin {
    /// Four digits, as for the user-authentication certificate.
    #[must_use]
    pub fn of_digits() -> Self {
        loop {
            // From 0100: EF identifiers stand in state files.
            let pin = format!("{:04}", rand::rng().random_range(100..10_000));
            if !KNOWN_NUMBERS.contains(&pin.as_str()) {
                return Self(pin);
            }
        }
    }

    /// Four digits that are another PIN.
    #[must_use]
    pub fn of_digits_unlike(known: &Self) -> Self {
        loop {
            let pin = Self::of_digits();
            if pin != *known {
                return pin;
            }
        }
    }

    /// Ten letters and digits, as for the signature certificate: not to be met by chance.
    #[must_use]
    pub fn of_letters() -> Self {
        let mut rng = rand::rng();
        let mut pin: String =
            (0..8).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect();
        pin.push(char::from(rng.random_range(b'A'..=b'Z')));
        pin.push(char::from(rng.random_range(b'0'..=b'9')));
        Self(pin)
    }

    /// A PIN of the same form that is another one.
    #[must_use]
    pub fn another(&self) -> Self {
        loop {
            let other = if self.is_of_digits() { Self::of_digits() } else { Self::of_letters() };
            if other != *self {
                return other;
            }
        }
    }

    /// A PIN that was drawn before.
    pub(crate) fn known(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The PIN itself, for fingers and tools.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The lines that hold the PIN in any form.
    #[must_use]
    pub fn found_in<'l>(&self, lines: &'l [Line]) -> Vec<&'l Line> {
        let forms = self.forms();
        let holds = |line: &&Line| {
            forms.iter().any(|form| line.text.contains(form))
                || if self.is_of_digits() {
                    has_word(&line.text, &self.0)
                } else {
                    line.text.contains(&self.0)
                }
        };
        lines.iter().filter(holds).collect()
    }

    /// Hexadecimal and decimal bytes, as `{:x?}`, `{:?}` and hexadecimal encoders print them.
    fn forms(&self) -> Vec<String> {
        let joined = |form: fn(u8) -> String, between: &str| {
            self.0.bytes().map(form).collect::<Vec<_>>().join(between)
        };
        let lower = |byte| format!("{byte:02x}");
        let upper = |byte| format!("{byte:02X}");
        let decimal = |byte: u8| byte.to_string();
        let mut forms = vec![
            joined(lower, ""),
            joined(lower, " "),
            joined(lower, ":"),
            joined(lower, ", "),
            joined(upper, ""),
            joined(upper, " "),
            joined(upper, ":"),
            joined(upper, ", "),
            joined(decimal, ", "),
            joined(decimal, ","),
            joined(decimal, " "),
        ];
        forms.sort();
        forms.dedup();
        forms
    }

    fn is_of_digits(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(*)")
    }
}

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Whether `word` stands in the text outside longer numbers, names, times and measures: not
/// next to a letter, a digit or what joins digits (`.`, `:`, `-`, `_`), nor before a unit.
fn has_word(text: &str, word: &str) -> bool {
    let joins = |letter: char| letter.is_alphanumeric() || ".:-_".contains(letter);
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let mut after = text[start + word.len()..].chars();
        let (next, second) = (after.next(), after.next());
        // A full stop at the end of a sentence joins nothing.
        let ends = match next {
            Some('.' | ':') => !second.is_some_and(char::is_alphanumeric),
            Some(next) => !joins(next),
            None => true,
        };
        !before.is_some_and(joins) && ends && !is_count(&text[..start])
    })
}

/// Whether what stands before a number is the name of a field that counts.
fn is_count(before: &str) -> bool {
    let Some(named) = before.strip_suffix('=') else { return false };
    let name = named.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
    name.is_some_and(|name| COUNTS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::{Pin, has_word};
    use crate::record::Record;

    #[test]
    fn a_pin_is_found_in_every_form_in_which_a_program_may_print_it() {
        for pin in [Pin::of_digits(), Pin::of_letters()] {
            let bytes = pin.reveal().as_bytes();
            let record = Record::default();
            record.add("clean", "nothing 12:34:56.789012 at 127.0.0.1:45678");
            record.add("text", format!("pin={}", pin.reveal()));
            record.add("quoted", format!("{:?}", pin.reveal()));
            record.add("decimal", format!("{bytes:?}"));
            record.add("hexadecimal", format!("{bytes:02x?} {bytes:02X?}"));
            let encoded: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            record.add("encoded", format!("0020008004{encoded}"));
            let lines = record.lines();
            let found: Vec<_> = pin.found_in(&lines).iter().map(|l| l.process.as_str()).collect();
            assert_eq!(found, ["text", "quoted", "decimal", "hexadecimal", "encoded"]);
        }
    }

    #[test]
    fn four_digits_inside_times_ports_and_measures_are_no_pin() {
        for innocent in
            ["12:34:56.123456", "127.0.0.1:1234", "id-1234", "1234ms", "0x1234", "1.1234"]
        {
            assert!(!has_word(innocent, "1234"), "{innocent}");
        }
        for guilty in
            ["1234", "pin 1234.", "\"1234\"", "PIN=1234,", "(1234)", "digits: 1234", "{value=1234}"]
        {
            assert!(has_word(guilty, "1234"), "{guilty}");
        }
    }
}
