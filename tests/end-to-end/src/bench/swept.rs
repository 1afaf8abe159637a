// SPDX-License-Identifier: MIT OR Apache-2.0
//! What only the sweep does with a bench: begins from copies, ends processes, steps the clock.

use std::path::PathBuf;

use super::{Bench, Setting};
use crate::{
    card::Maker, central::Central, failure::Failure, fixture::Fixture, folder::Folder,
    record::Record,
};

impl Bench {
    /// Sets everything up around a copy of cards and service; link and kiosk are not started yet.
    ///
    /// # Errors
    /// When something is missing or does not come up.
    pub(crate) fn of(fixture: &Fixture, setting: Setting) -> Result<Self, Failure> {
        let record = Record::default();
        let folder = Folder::new()?;
        fixture.copy_to(&folder)?;
        let maker = Maker::resume(&folder, &record)?;
        let central = Central::resume(&folder, &record)?;
        let mut bench = Self::around(setting, folder, record, maker, central)?;
        bench.pins = fixture.pins();
        Ok(bench)
    }

    /// Leaves the policy of an earlier day for the kiosk: open day and night. Without the service it
    /// would keep to the hours of its image, and the sweep to the time of day.
    pub(crate) fn keep_policy(&self) -> Result<(), Failure> {
        self.folder.private("policy")?;
        let text = r#"{"hours":{"opens":"00:00","closes":"24:00"}}"#;
        let kept = self.sign_policy(&self.central.credentials(), text)?;
        self.keep_policies(&[kept])
    }

    /// Says nothing when it ends before its time: whoever holds its record says it.
    pub(crate) fn be_quiet(&mut self) {
        self.is_closed = true;
    }

    /// Further arguments for a played kiosk that is started from now on.
    pub(crate) fn set_arguments(&mut self, arguments: Vec<String>) {
        self.arguments = arguments;
    }

    /// Ends the process with the network as a crash would.
    pub(crate) fn kill_link(&mut self) -> Result<(), Failure> {
        match self.link.take() {
            Some(mut link) => link.kill().map(drop),
            None => Ok(()),
        }
    }

    /// Ends pcscd and starts it without its readers: vpcd's cannot be unplugged.
    pub(crate) fn unplug_readers(&mut self) -> Result<(), Failure> {
        self.pcscd.restart_without_readers(&self.folder, &self.record)
    }

    /// What the wall clock of link and kiosk shows beside the system's, from now on.
    pub(crate) fn step_clock(&self, offset: &str) -> Result<(), Failure> {
        let path = self.clock_file();
        std::fs::write(&path, offset).map_err(Failure::file("writing", path))
    }

    /// Whether the wall clock can be stepped.
    pub(crate) fn has_a_clock_of_its_own(&self) -> bool {
        self.clock_file().exists()
    }

    pub(super) fn clock_file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Where the kiosk keeps its journal.
    pub(crate) fn journal_file(&self) -> PathBuf {
        self.folder.path().join("journal/journal.redb")
    }
}
