// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds any of many short needles in a great deal of memory, of which most is zero: it passes over
//! zeros a page at a time, and looks at the rest by pairs of bytes.

use std::{fs, path::Path};

use crate::{failure::Failure, forms::Needle};

/// Needles, ready to be looked for.
pub(crate) struct Search<'n> {
    needles: &'n [Needle],
    /// By the first two bytes, whether any needle begins so.
    begins: Vec<bool>,
}

impl<'n> Search<'n> {
    pub(crate) fn of(needles: &'n [Needle]) -> Self {
        let mut begins = vec![false; 1 << 16];
        for needle in needles {
            if let [first, second, ..] = *needle.bytes {
                begins[pair(first, second)] = true;
            }
        }
        Self { needles, begins }
    }

    /// Tells offset and needle of each find in `bytes`.
    pub(crate) fn look(&self, bytes: &[u8], mut tell: impl FnMut(usize, &Needle)) {
        let mut at = 0;
        while at + 1 < bytes.len() {
            if at.is_multiple_of(PAGE) && bytes.get(at..at + PAGE).is_some_and(|page| page == ZEROS)
            {
                // A needle may begin with the zeros at the end of it.
                at += PAGE - LONGEST;
            }
            if self.begins[pair(bytes[at], bytes[at + 1])] {
                for needle in self.needles {
                    if bytes[at..].starts_with(&needle.bytes) {
                        tell(at, needle);
                    }
                }
            }
            at += 1;
        }
    }
}

/// What of these stands in a file.
///
/// # Errors
/// When it cannot be read.
pub fn in_file(path: &Path, needles: &[Needle]) -> Result<Vec<String>, Failure> {
    let bytes = fs::read(path).map_err(Failure::file("reading", path))?;
    Ok(in_bytes(&bytes, needles))
}

/// What of these stands in these bytes.
#[must_use]
pub fn in_bytes(bytes: &[u8], needles: &[Needle]) -> Vec<String> {
    let mut found = Vec::new();
    Search::of(needles)
        .look(bytes, |offset, needle| found.push(format!("{} at {offset:#x}", needle.what)));
    found
}

/// What stands around a find, to tell whose memory it is; the find itself is covered.
pub(crate) fn surroundings(bytes: &[u8], offset: usize, length: usize) -> String {
    let (from, to) = (offset.saturating_sub(AROUND), (offset + length + AROUND).min(bytes.len()));
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let before = bytes.get(from..offset).map(text).unwrap_or_default();
    let after = bytes.get(offset + length..to).map(text).unwrap_or_default();
    format!("{before}****{after}")
}

/// By how much two pieces of one memory must overlap.
pub(crate) const fn overlap() -> u64 {
    // A whole page, so that pieces begin where pages do.
    PAGE as u64
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// Bytes before and behind a find that are told.
const AROUND: usize = 32;
/// Longer than any needle: sixteen characters, four bytes each.
const LONGEST: usize = 64;
const PAGE: usize = 4096;
const ZEROS: [u8; PAGE] = [0; PAGE];

#[cfg(test)]
mod tests {
    use super::in_bytes;
    use crate::forms::Needle;

    fn found(bytes: &[u8], needle: &[u8]) -> Vec<String> {
        in_bytes(bytes, &[Needle { what: "it".to_owned(), bytes: needle.to_vec() }])
    }

    #[test]
    fn a_needle_is_found_wherever_it_lies_in_and_about_pages_of_zeros() {
        for place in [0, 1, 4093, 4094, 4096, 8190, 12_284] {
            let mut bytes = vec![0; 3 * 4096];
            bytes[place..place + 4].copy_from_slice(b"1234");
            assert_eq!(found(&bytes, b"1234"), [format!("it at {place:#x}")]);
        }
    }

    #[test]
    fn a_needle_that_begins_with_zeros_is_found_at_the_end_of_a_page_of_them() {
        let mut bytes = vec![0; 2 * 4096];
        bytes[4096..4099].copy_from_slice(&[1, 2, 3]);
        assert_eq!(found(&bytes, &[0, 1, 2, 3]), ["it at 0xfff"]);
    }

    #[test]
    fn every_needle_is_found_as_often_as_it_is_there() {
        let needle = |text: &str| Needle { what: text.to_owned(), bytes: text.into() };
        let all = in_bytes(b"abcab", &[needle("ab"), needle("bc"), needle("xy")]);
        assert_eq!(all, ["ab at 0x0", "bc at 0x1", "ab at 0x3"]);
    }
}
