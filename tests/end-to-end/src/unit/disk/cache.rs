// SPDX-License-Identifier: MIT OR Apache-2.0
//! A disk's volatile cache: written sectors stay in memory until they are flushed.

use std::{collections::BTreeMap, fs::File, io, os::unix::fs::FileExt};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::Loss;

/// A sector, the unit that a disk writes whole.
const SECTOR: u64 = 512;

/// The file and what it does not hold yet.
pub(super) struct Cache {
    file: File,
    size: u64,
    pending: BTreeMap<u64, [u8; SECTOR as usize]>,
}

impl Cache {
    pub(super) fn over(file: File, size: u64) -> Self {
        Self { file, size, pending: BTreeMap::new() }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whole sectors within the disk.
    pub(super) fn has(&self, offset: u64, length: u64) -> bool {
        offset.is_multiple_of(SECTOR)
            && length.is_multiple_of(SECTOR)
            && offset.checked_add(length).is_some_and(|end| end <= self.size)
    }

    pub(super) fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)?;
        let first = offset / SECTOR;
        let last = first + buffer.len() as u64 / SECTOR;
        for (sector, content) in self.pending.range(first..last) {
            let at = ((sector - first) * SECTOR) as usize;
            buffer[at..at + SECTOR as usize].copy_from_slice(content);
        }
        Ok(())
    }

    pub(super) fn write(&mut self, offset: u64, content: &[u8]) {
        for (number, sector) in content.chunks_exact(SECTOR as usize).enumerate() {
            let mut kept = [0; SECTOR as usize];
            kept.copy_from_slice(sector);
            self.pending.insert(offset / SECTOR + number as u64, kept);
        }
    }

    /// Through the cache (FUA): on the disk when it returns.
    pub(super) fn write_through(&mut self, offset: u64, content: &[u8]) -> io::Result<()> {
        let first = offset / SECTOR;
        for sector in first..first + content.len() as u64 / SECTOR {
            self.pending.remove(&sector);
        }
        self.file.write_all_at(content, offset)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        for (sector, content) in std::mem::take(&mut self.pending) {
            self.file.write_all_at(&content, sector * SECTOR)?;
        }
        Ok(())
    }

    /// The power is cut: half of what is pending is lost, in no order.
    pub(super) fn lose(&mut self, seed: u64) -> io::Result<Loss> {
        let mut rng = StdRng::seed_from_u64(seed);
        let pending = std::mem::take(&mut self.pending);
        let mut loss = Loss { unflushed: pending.len() as u64, lost: 0 };
        for (sector, content) in pending {
            if rng.random() {
                loss.lost += 1;
            } else {
                self.file.write_all_at(&content, sector * SECTOR)?;
            }
        }
        Ok(loss)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, SECTOR};

    fn cache() -> Cache {
        let file = tempfile::tempfile().unwrap();
        file.set_len(64 * SECTOR).unwrap();
        Cache::over(file, 64 * SECTOR)
    }

    fn sectors(cache: &Cache) -> Vec<u8> {
        let mut all = vec![0; 64 * SECTOR as usize];
        cache.read(0, &mut all).unwrap();
        all.chunks(SECTOR as usize).map(|sector| sector[0]).collect()
    }

    #[test]
    fn what_is_written_is_read_and_what_was_flushed_survives_a_cut() {
        let mut cache = cache();
        cache.write(0, &[1; 32 * SECTOR as usize]);
        cache.flush().unwrap();
        cache.write(0, &[2; 64 * SECTOR as usize]);
        assert!(sectors(&cache).iter().all(|&byte| byte == 2));
        let loss = cache.lose(7).unwrap();
        assert_eq!(loss.unflushed, 64);
        let after = sectors(&cache);
        let lost = after.iter().filter(|&&byte| byte != 2).count() as u64;
        assert_eq!(lost, loss.lost);
        assert!(lost > 0 && lost < 64, "{lost}");
        assert!(after[..32].iter().all(|&byte| byte != 0), "what was flushed is there");
    }

    #[test]
    fn what_is_written_through_is_never_lost() {
        let mut cache = cache();
        cache.write(SECTOR, &[2; SECTOR as usize]);
        cache.write_through(SECTOR, &[3; SECTOR as usize]).unwrap();
        assert_eq!(cache.lose(1).unwrap().unflushed, 0);
        assert_eq!(sectors(&cache)[1], 3);
    }

    #[test]
    fn what_is_no_whole_sector_of_the_disk_is_refused() {
        let cache = cache();
        assert!(cache.has(0, 64 * SECTOR));
        for (offset, length) in [(1, SECTOR), (0, 1), (64 * SECTOR, SECTOR), (SECTOR, u64::MAX)] {
            assert!(!cache.has(offset, length), "{offset} {length}");
        }
    }
}
