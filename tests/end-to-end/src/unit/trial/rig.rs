// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything that trials share.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fleet_server::{Fleet, Identity};

use super::service::AFTERWARDS;
use crate::{
    card::{Card, Slot},
    central::{Central, Reservation},
    failure::Failure,
    judge,
    pin::Pin,
    process::Process,
    proof,
    record::Record,
    unit::{
        atlas::Atlas,
        disk::{self, Disk},
        machine::{Machine, Stable},
        picture,
        resident::Resident,
        site::{self, Site},
    },
    words::Language,
};

/// Machines, the store, the time, and what the screens look like.
pub struct Rig {
    /// How machines are started.
    pub stable: Stable,
    /// Residents and service.
    pub site: Site,
    /// The service, open.
    pub central: Central,
    /// Tells the time; ends with the rig.
    _time: Process,
    /// The screens.
    pub atlas: Atlas,
    /// What everything printed.
    pub record: Record,
    /// Where pictures are kept.
    pub pictures: PathBuf,
    /// Which half of what is not flushed is lost.
    pub seed: u64,
    kept: Vec<String>,
}

/// Whether a machine has a TPM, an emulated one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tpm {
    /// It has.
    Present,
    /// It has not.
    Absent,
}

impl Tpm {
    /// Where the disk of a unit in service lies, with what its machine remembers.
    pub(super) fn settled(self) -> &'static str {
        match self {
            Self::Present => "settled-with-tpm",
            Self::Absent => "settled",
        }
    }
}

/// In a machine's folder: its disk, the memory of its firmware, and of its TPM.
const DISK: &str = "disk.img";
const FIRMWARE: &str = "vars.fd";
const TPM: &str = "tpm";

impl Rig {
    /// Opens the store and the time server, and draws the screens.
    ///
    /// # Errors
    /// When something does not come up.
    pub fn set_up(stable: Stable, pictures: PathBuf, seed: u64) -> Result<Self, Failure> {
        fs::create_dir_all(&pictures).map_err(Failure::file("making the folder", &pictures))?;
        let record = Record::default();
        let site = Site::open(&stable.folder, &record)?;
        let central = site.serve()?;
        let time = stable.tells_the_time(&record)?;
        let atlas = Atlas::draw(&stable.folder.join("atlas"), Language::Japanese)?;
        let kept = Vec::new();
        Ok(Self { stable, site, central, _time: time, atlas, record, pictures, seed, kept })
    }

    /// A machine as it comes from its installer, with an invitation.
    ///
    /// # Errors
    /// When it cannot be made or switched on.
    pub fn new_machine(&self, name: &str, tpm: Tpm) -> Result<Machine, Failure> {
        let own = self.stable.stall(name)?;
        let unit = self.stable.folder.join(site::UNIT);
        let disk = Disk::of(&unit.join("unit.img"), &own.join(DISK))?;
        put(&unit.join(FIRMWARE), &own.join(FIRMWARE))?;
        forget(&own.join(TPM))?;
        if tpm == Tpm::Present {
            self.stable.stall(&format!("{name}/{TPM}"))?;
        }
        let files = self.stable.stall(&format!("{name}/provision"))?.join("invitation");
        let code = self.site.invite(&self.central, tpm == Tpm::Present)?;
        fs::write(&files, format!("{code}\n")).map_err(Failure::file("writing", &files))?;
        self.does("provision", name, &[])?;
        self.stable.switch_on(name, &disk, self.seed, &self.record)
    }

    /// Keeps the disk of a machine that is off, for the trials that follow.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn settle(&self, name: &str, tpm: Tpm) -> Result<(), Failure> {
        self.moves(name, tpm.settled())
    }

    /// Has the machine `to` be what the machine `from` is; both are off.
    ///
    /// # Errors
    /// When something cannot be copied.
    pub fn moves(&self, from: &str, to: &str) -> Result<(), Failure> {
        disk::copy(&self.stable.stall(from)?.join(DISK), &self.stable.stall(to)?.join(DISK))?;
        self.remembers(from, to)
    }

    /// Has firmware and TPM of the machine `to` remember what those of `from` do.
    ///
    /// # Errors
    /// When something cannot be copied.
    pub fn remembers(&self, from: &str, to: &str) -> Result<(), Failure> {
        let (from, to) = (self.stable.stall(from)?, self.stable.stall(to)?);
        put(&from.join(FIRMWARE), &to.join(FIRMWARE))?;
        forget(&to.join(TPM))?;
        if from.join(TPM).is_dir() { disk::copy(&from.join(TPM), &to.join(TPM)) } else { Ok(()) }
    }

    /// Gives the machine of this name, which is off, a TPM that has never seen its disk.
    ///
    /// # Errors
    /// When the old one cannot be taken out.
    pub fn gets_another_tpm(&self, name: &str) -> Result<(), Failure> {
        forget(&self.stable.stall(name)?.join(TPM))?;
        self.stable.stall(&format!("{name}/{TPM}")).map(drop)
    }

    /// The disk of a unit that has been in service, in a machine of this name that is off.
    ///
    /// # Errors
    /// When the first trial has not been made, or it cannot be copied.
    pub fn disk_in_service(&self, name: &str, tpm: Tpm) -> Result<Disk, Failure> {
        if !self.stable.stall(tpm.settled())?.join(DISK).is_file() {
            let first = if tpm == Tpm::Present { "encrypted-data" } else { "first-boot" };
            return Err(Failure::Refuted(format!("the trial `{first}` comes first")));
        }
        self.moves(tpm.settled(), name)?;
        Ok(Disk::at(&self.stable.stall(name)?.join(DISK)))
    }

    /// Such a machine, on; without a TPM.
    ///
    /// # Errors
    /// When it cannot be made or switched on.
    pub fn machine_in_service(&self, name: &str) -> Result<Machine, Failure> {
        self.machine_in_service_with(name, Tpm::Absent)
    }

    /// Such a machine, on.
    ///
    /// # Errors
    /// When it cannot be made or switched on.
    pub fn machine_in_service_with(&self, name: &str, tpm: Tpm) -> Result<Machine, Failure> {
        let disk = self.disk_in_service(name, tpm)?;
        self.stable.switch_on(name, &disk, self.seed, &self.record)
    }

    /// The machine of this name once more, with the disk that is in it.
    ///
    /// # Errors
    /// When it cannot be switched on.
    pub fn on_again(&self, name: &str) -> Result<Machine, Failure> {
        let disk = Disk::at(&self.stable.stall(name)?.join(DISK));
        self.stable.switch_on(name, &disk, self.seed + 1, &self.record)
    }

    /// Somebody before the machine.
    #[must_use]
    pub fn resident<'r>(&'r self, machine: &'r mut Machine) -> Resident<'r> {
        Resident { machine, atlas: &self.atlas, language: Language::Japanese }
    }

    /// The machine's reader, empty.
    ///
    /// # Errors
    /// When the card's process does not start.
    pub fn slot(&self, name: &str, machine: &Machine) -> Result<Slot, Failure> {
        Slot::in_machine(&machine.reader(), &self.stable.stall(name)?, &self.record)
    }

    /// Keeps what is on the machine's screen for the report.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn keep_picture(&mut self, machine: &mut Machine, name: &str) -> Result<(), Failure> {
        let _ = machine.screen()?;
        let kept = picture::keep(&machine.screen_file(), &self.pictures, name)?;
        self.kept.extend(kept.file_name().map(|name| name.to_string_lossy().into_owned()));
        Ok(())
    }

    /// The pictures that were kept since it was asked last.
    pub fn take_pictures(&mut self) -> Vec<String> {
        std::mem::take(&mut self.kept)
    }

    /// The resident's last reservation, as the service has it.
    ///
    /// # Errors
    /// When there is none.
    pub fn reservation(&self) -> Result<Reservation, Failure> {
        let mut all = self.central.reservations(self.site.card())?;
        all.pop().ok_or_else(|| Failure::Refuted("the service lists no reservation".to_owned()))
    }

    /// Waits until the resident's last reservation is as it should be.
    ///
    /// # Errors
    /// [`Failure::TooLate`] with what it is instead.
    pub fn awaits(
        &self,
        awaited: &str,
        is_so: impl Fn(&Reservation) -> bool,
    ) -> Result<(), Failure> {
        let start = Instant::now();
        loop {
            let last = self.reservation()?;
            if is_so(&last) {
                return Ok(());
            }
            if start.elapsed() > AFTERWARDS {
                return Err(Failure::TooLate {
                    awaited: awaited.to_owned(),
                    patience: AFTERWARDS,
                    instead: format!("{last:?}"),
                });
            }
            std::thread::park_timeout(Duration::from_secs(1));
        }
    }

    /// Whether the card's memory holds this signature PIN.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn card_has(&self, pin: &Pin) -> Result<bool, Failure> {
        proof::has_pin(self.site.card(), judge::Slot::DigitalSignature, pin)
    }

    /// The fleet server, anew.
    ///
    /// # Errors
    /// When it has no identity: prepare it first.
    pub fn fleet(&self) -> Result<Fleet, Failure> {
        let folder = self.stable.folder.join(site::FLEET);
        let identity = Identity::load(&folder).map_err(Failure::file("reading", &folder))?;
        Ok(Fleet::serve(&identity, site::FLEET_NAME, site::FLEET_ADDRESS.into(), site::CONTROLLER))
    }

    /// Lays the vendor's order to hand out report and outcomes into the partition `provision` of a machine
    /// that is off.
    ///
    /// # Errors
    /// When it was not signed: prepare it first.
    pub fn orders_hand_out(&self, name: &str) -> Result<(), Failure> {
        let (from, to) = (
            self.stable.folder.join(site::ORDER),
            self.stable.stall(&format!("{name}/provision"))?,
        );
        for file in ["site.toml", "site.toml.sig"] {
            put(&from.join(file), &to.join(file))?;
        }
        self.does("provision", name, &[]).map(drop)
    }

    /// What the unit wrote to a file of the partition `provision`; empty where there is none.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn handed_out(&self, file: &str, name: &str) -> Result<String, Failure> {
        self.does("handed-out", name, &[format!("FILE={file}")])
    }

    /// Runs a script of `deploy/test` on the folder of a machine.
    ///
    /// # Errors
    /// When it fails.
    pub fn does(&self, script: &str, name: &str, more: &[String]) -> Result<String, Failure> {
        self.stable.does(script, name, more, &self.record)
    }

    /// The resident's card.
    #[must_use]
    pub fn card(&self) -> &Card {
        self.site.card()
    }
}

fn put(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(Failure::file("copying", from))
}

/// Removes a folder, where there is one.
fn forget(folder: &Path) -> Result<(), Failure> {
    if !folder.is_dir() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(Failure::file("removing the folder", folder))
}

/// What must be so.
pub(super) fn expect(is_so: bool, otherwise: impl Into<String>) -> Result<(), Failure> {
    if is_so { Ok(()) } else { Err(Failure::Refuted(otherwise.into())) }
}
