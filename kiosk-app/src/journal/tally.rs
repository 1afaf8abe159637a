// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many transactions the journal has seen, kept beside its database. A file
//! that is damaged, cut, taken away or put back from a copy may open as the
//! sound database that it once was: only a count that lies elsewhere tells that
//! something was kept since.
//!
//! Two places of 512 bytes, written in turn, so that a power cut spoils at most
//! the one that is being written: 8 bytes `KJTALLY1`, the count in 8 bytes, the
//! highest first, and the SHA-256 of those 16.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::file::open_file;

/// The open file beside a journal.
#[derive(Debug)]
pub(super) struct Tally {
    file: File,
    count: u64,
}

impl Tally {
    /// Opens or makes the file that belongs to this journal.
    pub(super) fn beside(journal: &Path) -> io::Result<Self> {
        let file = open_file(&path_beside(journal))?;
        let mut count = 0;
        for place in 0..PLACES {
            let mut bytes = [0; LENGTH];
            let length = read_at(&file, &mut bytes, place * PLACE)?;
            if length == LENGTH {
                count = count.max(decode(&bytes).unwrap_or_default());
            }
        }
        Ok(Self { file, count })
    }

    /// Transactions of which the disk has said that they are kept. Zero where that was never
    /// counted, or where both places are spoilt.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// A further transaction is on the disk; its number is too when this returns.
    pub(super) fn raise(&mut self, count: u64) -> io::Result<()> {
        #[cfg(feature = "headless")]
        crate::probe::reach_the_tally()?;
        self.file.write_all_at(&encode(count), (count % PLACES) * PLACE)?;
        self.file.sync_data()?;
        self.count = count;
        Ok(())
    }
}

/// Where the count of a journal lies.
pub(super) fn path_beside(journal: &Path) -> PathBuf {
    journal.with_extension("tally")
}

fn read_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<usize> {
    match file.read_exact_at(bytes, start) {
        Ok(()) => Ok(bytes.len()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        Err(error) => Err(error),
    }
}

fn encode(count: u64) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let (head, check) = bytes.split_at_mut(HEAD);
    let (magic, number) = head.split_at_mut(MAGIC.len());
    magic.copy_from_slice(MAGIC);
    number.copy_from_slice(&count.to_be_bytes());
    check.copy_from_slice(&Sha256::digest(&*head));
    bytes
}

fn decode(bytes: &[u8; LENGTH]) -> Option<u64> {
    let number = bytes.get(MAGIC.len()..HEAD)?.try_into().ok()?;
    let count = u64::from_be_bytes(number);
    (encode(count) == *bytes).then_some(count)
}

const MAGIC: &[u8; 8] = b"KJTALLY1";
const HEAD: usize = MAGIC.len() + size_of::<u64>();
const LENGTH: usize = HEAD + 32;
const PLACES: u64 = 2;
/// A sector of a disk: what is written at once, and spoilt at once.
const PLACE: u64 = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_again_and_one_spoilt_place_costs_one() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal.redb");
        let mut tally = Tally::beside(&journal).unwrap();
        assert_eq!(tally.count(), 0);
        for count in 1..=5 {
            tally.raise(count).unwrap();
            assert_eq!(Tally::beside(&journal).unwrap().count(), count);
        }
        // 5 stands in the second place, 4 in the first.
        let mut bytes = std::fs::read(path_beside(&journal)).unwrap();
        bytes[512 + 10] ^= 1;
        std::fs::write(path_beside(&journal), bytes).unwrap();
        assert_eq!(Tally::beside(&journal).unwrap().count(), 4);
    }

    #[test]
    fn a_place_has_its_golden_bytes() {
        let bytes = encode(0x0102);
        assert_eq!(&bytes[..16], b"KJTALLY1\0\0\0\0\0\0\x01\x02");
        assert_eq!(decode(&bytes), Some(0x0102));
        for spoilt in 0..LENGTH {
            let mut bytes = bytes;
            bytes[spoilt] ^= 0x80;
            assert_eq!(decode(&bytes), None, "byte {spoilt}");
        }
    }
}
