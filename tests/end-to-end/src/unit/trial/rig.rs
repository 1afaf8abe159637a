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
        disk::Disk,
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

/// The disk and the firmware's memory after the first trial.
const SETTLED: &str = "settled";

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

    /// A machine as it comes from its vendor.
    ///
    /// # Errors
    /// When it cannot be made or switched on.
    pub fn new_machine(&self, name: &str) -> Result<Machine, Failure> {
        let own = self.stable.stall(name)?;
        let unit = self.stable.folder.join(site::UNIT);
        let disk = Disk::of(&unit.join("unit.img"), &own.join("disk.img"))?;
        put(&unit.join("vars.fd"), &own.join("vars.fd"))?;
        self.stable.switch_on(name, &disk, self.seed, &self.record)
    }

    /// The disk of a machine, for the trials that follow.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn settle(&self, name: &str) -> Result<(), Failure> {
        let (own, settled) = (self.stable.stall(name)?, self.stable.stall(SETTLED)?);
        Disk::of(&own.join("disk.img"), &settled.join("disk.img"))?;
        put(&own.join("vars.fd"), &settled.join("vars.fd"))
    }

    /// The disk of a unit that has been in service, in a machine of this name that is off.
    ///
    /// # Errors
    /// When the first trial has not been made, or it cannot be copied.
    pub fn disk_in_service(&self, name: &str) -> Result<Disk, Failure> {
        let (settled, own) = (self.stable.stall(SETTLED)?, self.stable.stall(name)?);
        let image = settled.join("disk.img");
        if !image.is_file() {
            return Err(Failure::Refuted("the trial `first-boot` comes first".to_owned()));
        }
        put(&settled.join("vars.fd"), &own.join("vars.fd"))?;
        Disk::of(&image, &own.join("disk.img"))
    }

    /// Such a machine, on.
    ///
    /// # Errors
    /// When it cannot be made or switched on.
    pub fn machine_in_service(&self, name: &str) -> Result<Machine, Failure> {
        let disk = self.disk_in_service(name)?;
        self.stable.switch_on(name, &disk, self.seed, &self.record)
    }

    /// The machine of this name once more, with the disk that is in it.
    ///
    /// # Errors
    /// When it cannot be switched on.
    pub fn on_again(&self, name: &str) -> Result<Machine, Failure> {
        let disk = Disk::at(&self.stable.stall(name)?.join("disk.img"));
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

/// What must be so.
pub(super) fn expect(is_so: bool, otherwise: impl Into<String>) -> Result<(), Failure> {
    if is_so { Ok(()) } else { Err(Failure::Refuted(otherwise.into())) }
}
