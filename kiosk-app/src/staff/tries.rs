// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many staff codes were wrong in a row: five, and none is looked at for 15 minutes.
//!
//! The count lies in a small file, and a try is in it before it is looked at, so that neither a
//! power cut nor a restart gives one back. No moment is kept, which a wall clock could be set back
//! behind: a count that is full when the process starts locks for the whole time from then on.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// Wrong codes in a row after which none is looked at.
const MOST: u8 = 5;
/// For how long.
const LOCK: Duration = Duration::from_secs(15 * 60);

/// The count, and the lock that follows from it. `now` is the driver's steady clock.
#[derive(Debug)]
pub(super) struct Tries {
    path: PathBuf,
    wrong: u8,
    locked_until: Option<Duration>,
}

/// Whether a code may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// It may, once: the try is counted.
    Granted,
    /// Not before this time has passed.
    Locked(Duration),
}

impl Tries {
    /// Takes up the count of the last process. A file that cannot be understood is a full count.
    pub(super) fn open(path: PathBuf, now: Duration) -> Self {
        let wrong = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_or(MOST, |wrong: u8| wrong.min(MOST)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(_) => MOST,
        };
        let locked_until = (wrong == MOST).then_some(now + LOCK);
        Self { path, wrong, locked_until }
    }

    /// Counts a try that is about to be looked at.
    pub(super) fn begin(&mut self, now: Duration) -> io::Result<Leave> {
        if let Some(until) = self.locked_until {
            if now < until {
                return Ok(Leave::Locked(until.saturating_sub(now)));
            }
            self.keep(0)?;
            self.locked_until = None;
        }
        self.keep(self.wrong + 1)?;
        self.locked_until = (self.wrong == MOST).then_some(now + LOCK);
        Ok(Leave::Granted)
    }

    /// The code was right: whoever mistyped before has all tries again.
    pub(super) fn succeed(&mut self) -> io::Result<()> {
        self.locked_until = None;
        self.keep(0)
    }

    /// Tries until the lock.
    pub(super) const fn left(&self) -> u8 {
        MOST.saturating_sub(self.wrong)
    }

    /// For how long nothing is looked at after the last try.
    pub(super) const fn lock() -> Duration {
        LOCK
    }

    fn keep(&mut self, wrong: u8) -> io::Result<()> {
        replace(&self.path, format!("{wrong}\n").as_bytes())?;
        self.wrong = wrong;
        Ok(())
    }
}

/// Whole or not at all, and on the disk when this returns.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn second(seconds: u64) -> Duration {
        START + Duration::from_secs(seconds)
    }

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self) -> PathBuf {
            self.0.path().join("staff-tries")
        }

        fn open(&self) -> Tries {
            Tries::open(self.file(), START)
        }
    }

    #[test]
    fn the_fifth_wrong_try_locks_for_a_quarter_of_an_hour() {
        let place = Place::new();
        let mut tries = place.open();
        for left in [4, 3, 2, 1, 0] {
            assert_eq!(tries.begin(START).unwrap(), Leave::Granted);
            assert_eq!(tries.left(), left);
        }
        assert_eq!(tries.begin(second(1)).unwrap(), Leave::Locked(Duration::from_secs(899)));
        assert_eq!(tries.begin(second(899)).unwrap(), Leave::Locked(Duration::from_secs(1)));
        assert_eq!(tries.begin(second(900)).unwrap(), Leave::Granted);
        assert_eq!(tries.left(), 4, "all tries again, and one is used");
    }

    #[test]
    fn the_count_outlives_the_process_and_a_try_counts_before_it_is_looked_at() {
        let place = Place::new();
        for wrong in 1..=5_u8 {
            // The process ends while the code is being looked at.
            assert_eq!(place.open().begin(START).unwrap(), Leave::Granted);
            assert_eq!(place.open().left(), 5 - wrong);
        }
        assert_eq!(place.open().begin(START).unwrap(), Leave::Locked(LOCK));
    }

    #[test]
    fn a_restart_makes_a_lock_no_shorter() {
        let place = Place::new();
        let mut tries = place.open();
        for _ in 0..5 {
            tries.begin(START).unwrap();
        }
        let mut tries = Tries::open(place.file(), second(800));
        assert_eq!(tries.begin(second(901)).unwrap(), Leave::Locked(Duration::from_secs(799)));
    }

    #[test]
    fn the_right_code_gives_all_tries_back_even_the_fifth() {
        let place = Place::new();
        let mut tries = place.open();
        for _ in 0..5 {
            tries.begin(START).unwrap();
        }
        tries.succeed().unwrap();
        assert_eq!(tries.begin(START).unwrap(), Leave::Granted);
        assert_eq!(place.open().left(), 4);
    }

    #[test]
    fn a_file_that_says_nothing_sensible_is_a_full_count() {
        for text in ["", "none\n", "-1\n", "999\n", "6\n"] {
            let place = Place::new();
            fs::write(place.file(), text).unwrap();
            assert_eq!(place.open().begin(START).unwrap(), Leave::Locked(LOCK), "{text:?}");
        }
    }

    #[test]
    fn a_try_that_cannot_be_counted_is_no_try() {
        let place = Place::new();
        let mut tries = Tries::open(place.0.path().join("missing/staff-tries"), START);
        assert!(tries.begin(START).is_err());
        assert_eq!(tries.left(), 5);
    }
}
