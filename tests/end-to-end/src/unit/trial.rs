// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the unit is put through, each trial by itself. A trial starts from the disk of a unit that
//! has been in service, judges by the screen, the card's state file and the service's database, and
//! switches its machine off.

mod data;
mod firmware;
mod power;
mod rig;
mod service;
mod update;

use std::time::Duration;

pub use self::rig::Rig;
use crate::failure::Failure;

/// One trial.
#[derive(Clone, Copy)]
pub struct Trial {
    /// Short, for the command line and the report.
    pub name: &'static str,
    /// What must come of it.
    pub claim: &'static str,
    run: fn(&mut Rig) -> Result<String, Failure>,
}

impl Trial {
    /// Every trial, in the order in which they are made. The first leaves the disk from which the
    /// others start.
    pub const ALL: &[Self] = &[
        Self {
            name: "first-boot",
            claim: "a new unit starts under Secure Boot, makes its data partition, enrols, and is ready",
            run: service::first_boot,
        },
        Self {
            name: "encrypted-data",
            claim: "with a TPM the unit's key is made in it and its data encrypted, which opens only in its own machine and state",
            run: data::encrypted,
        },
        Self {
            name: "reset",
            claim: "a resident sets a new PIN by touch; card and service say so",
            run: service::reset,
        },
        Self {
            name: "reader-and-card",
            claim: "a reader that is pulled and a card that is lifted are noticed, and both come back",
            run: service::reader_and_card,
        },
        Self { name: "power-key", claim: "the power key ends the unit in order", run: power::key },
        Self {
            name: "cut-at-commit",
            claim: "power cut as the card takes the PIN: the unit tells it unknown, and the card's \
                    receipt settles it",
            run: power::cut_at_commit,
        },
        Self {
            name: "disk-full",
            claim: "with a full disk the unit takes no resident, and does again when there is room",
            run: power::disk_full,
        },
        Self {
            name: "changed-kernel",
            claim: "the firmware does not start a kernel with one changed byte",
            run: firmware::changed_kernel,
        },
        Self {
            name: "changed-root",
            claim: "the kernel does not mount a root with one flipped bit",
            run: firmware::changed_root,
        },
        Self {
            name: "update",
            claim: "an update is installed, tried, found well and kept",
            run: update::installs,
        },
        Self {
            name: "data-kept",
            claim: "an outcome that the new release kept is delivered by the old one",
            run: update::keeps_its_data,
        },
        Self {
            name: "hand-out",
            claim: "on the vendor's order a unit that nobody can log in to writes report, log and \
                    undelivered outcomes where its installer reads them",
            run: data::handed_out,
        },
        Self {
            name: "stick-update",
            claim: "staff install an update from a stick, by touch and with their code",
            run: update::comes_by_stick,
        },
        Self {
            name: "cut-updates",
            claim: "power cut at five points of an update never leaves a unit that does not start",
            run: update::cut_off,
        },
        Self {
            name: "sick-updates",
            claim: "an application that is sick in one of four ways is rolled back by itself",
            run: update::falls_back,
        },
        Self {
            name: "refused-updates",
            claim: "an update that is tampered, older or another vendor's is not installed",
            run: update::refuses,
        },
    ];

    /// Makes it, and gives back what was seen in words.
    ///
    /// # Errors
    /// When its claim does not hold, or it could not be tried.
    pub fn make(&self, rig: &mut Rig) -> Result<String, Failure> {
        (self.run)(rig)
    }
}

/// From power-on to the first screen: without KVM, on a machine that may be busy.
pub(crate) const START: Duration = Duration::from_secs(900);
