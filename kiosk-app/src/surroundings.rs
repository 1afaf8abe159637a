// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kiosk can see of the machine around it without asking anybody: what the screen is
//! touched with, whether the clock is set and the data open, the image and its slot, room on the
//! journal's disk.
//! Read from files of the system alone, under a root that a test can put elsewhere.

mod pointer;
mod release;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::config::Pointer;
pub use release::Release;

/// The machine, and what of it this unit is to have.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    root: PathBuf,
    pointer: Pointer,
    clock_must_be_set: bool,
    clock_set_file: PathBuf,
    data_locked_file: PathBuf,
    journal: PathBuf,
}

impl Surroundings {
    /// This machine.
    pub(crate) fn of(config: &crate::Config) -> Self {
        Self {
            root: PathBuf::from("/"),
            pointer: config.screen.pointer,
            clock_must_be_set: config.clock.must_be_set,
            clock_set_file: config.clock.set_file.clone(),
            data_locked_file: config.data.locked_file.clone(),
            journal: config.journal.path.clone(),
        }
    }

    /// A machine that a test makes in a folder: `clock-set` is there once the clock is set, and
    /// `data-locked` while the data is.
    #[cfg(test)]
    pub(crate) fn played(root: &Path, clock_must_be_set: bool) -> Self {
        Self {
            root: root.to_owned(),
            pointer: Pointer::Touch,
            clock_must_be_set,
            clock_set_file: root.join("clock-set"),
            data_locked_file: root.join("data-locked"),
            journal: root.join("journal.redb"),
        }
    }

    /// What the screen is touched with.
    pub(crate) const fn pointer(&self) -> Pointer {
        self.pointer
    }

    /// How many of them there are.
    pub(crate) fn pointers(&self) -> usize {
        pointer::count(self.pointer, &self.root.join("sys/class/input"))
    }

    /// Whether nobody may be served with a clock that is not set.
    pub(crate) const fn clock_must_be_set(&self) -> bool {
        self.clock_must_be_set
    }

    /// Whether the clock is set.
    pub(crate) fn is_clock_set(&self) -> bool {
        self.clock_set_file.exists()
    }

    /// The file that says so.
    pub(crate) fn clock_set_file(&self) -> &Path {
        &self.clock_set_file
    }

    /// Why the unit's data cannot be opened, in one line; none where it can.
    pub(crate) fn why_data_is_locked(&self) -> Option<String> {
        match fs::read_to_string(&self.data_locked_file) {
            Ok(text) => {
                let line = text.lines().next().unwrap_or_default();
                Some(line.chars().filter(|it| !it.is_control()).take(LONGEST_REASON).collect())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // It is there: what it says is another matter.
            Err(error) => Some(format!("{}: {error}", self.data_locked_file.display())),
        }
    }

    /// What it was started from.
    pub(crate) fn release(&self) -> Release {
        Release::of(&self.root)
    }

    /// Bytes free for the journal, or why it cannot be written there.
    pub(crate) fn room_for_the_journal(&self) -> Result<u64, &'static str> {
        let folder = self.journal.parent().unwrap_or(&self.journal);
        let disk = statvfs(folder).map_err(|_| "its folder is not there")?;
        if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err("its disk is mounted for reading only");
        }
        match disk.f_bavail.saturating_mul(disk.f_frsize) {
            free if free < LEAST_ROOM => Err("its disk is full"),
            free => Ok(free),
        }
    }
}

/// The journal grows by less than this in a year; with less, the next record may be the one that
/// cannot be kept.
const LEAST_ROOM: u64 = 4 * 1024 * 1024;

/// Characters of it that are told.
const LONGEST_REASON: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_locked_while_the_file_is_there_whatever_it_says() {
        let root = tempfile::tempdir().unwrap();
        let machine = Surroundings::played(root.path(), false);
        let file = root.path().join("data-locked");
        assert_eq!(machine.why_data_is_locked(), None);
        fs::write(&file, "").unwrap();
        assert_eq!(machine.why_data_is_locked().as_deref(), Some(""));
        fs::write(&file, "the TPM\tdoes not\u{1b} open it\nmore\n").unwrap();
        let why = machine.why_data_is_locked();
        assert_eq!(why.as_deref(), Some("the TPMdoes not open it"));
        fs::write(&file, [0xff; 9]).unwrap();
        assert!(machine.why_data_is_locked().is_some(), "no text, and there all the same");
        fs::write(&file, "x".repeat(5_000)).unwrap();
        assert_eq!(machine.why_data_is_locked().map(|why| why.len()), Some(LONGEST_REASON));
    }
}
