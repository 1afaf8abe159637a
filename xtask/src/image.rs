// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit's image: one command, each of whose steps can be run alone.
//!
//! What a step does to files is a short script in `deploy/steps`, run inside a Debian 13 root
//! that the first step makes; here is their order, what they are given, and what they made.

mod boot;
mod builder;
mod check;
mod crates;
mod keys;
mod lock;
mod manifest;
mod place;
mod sbom;
mod source;
pub(crate) mod test;

use std::{path::PathBuf, time::Instant};

use clap::{Args, ValueEnum};

use crate::{command::Failure, setup::Consent};

use self::{builder::Builder, lock::Lock, place::Place, source::Sources};

/// Which image, whose keys, and which step.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    consent: Consent,
    /// Run only these steps, in this order (default: all from `builder` to `check`)
    #[arg(value_enum)]
    steps: Vec<Step>,
    /// Which image
    #[arg(long, value_enum, default_value_t = Kind::Release)]
    kind: Kind,
    /// Folder with the vendor's keys and overlay (deploy/README.md says what it holds); a lab image
    /// without it gets keys of its own, made once in target/image/lab-keys
    #[arg(long, value_name = "FOLDER")]
    keys: Option<PathBuf>,
    /// File with the PIN of the token that holds the keys (FOLDER/*.uri); without it, it is asked for
    #[arg(long, value_name = "FILE")]
    pin: Option<PathBuf>,
    /// Version of the image, by Semantic Versioning: raise it whenever the packages or your overlay
    /// change [default: the programs']
    #[arg(long, value_name = "X.Y.Z")]
    image_version: Option<semver::Version>,
    /// `boot`: how long the machine may run, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    seconds: u64,
}

/// The two images, which differ in the overlay `deploy/overlay/lab`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// What a vendor ships; not built without the vendor's keys
    Release,
    /// Says LAB on every screen and writes its log to the serial line; not for service
    Lab,
}

impl Kind {
    /// The name of its folder, and what the steps call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Lab => "lab",
        }
    }
}

/// The steps in their order; the last three are run only by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Debian 13 with every tool of the other steps, made once (target/image/builder)
    Builder,
    /// The unit's four programs, built in the builder (target/image/programs)
    Programs,
    /// The locked packages, fetched, checked and unpacked (target/image/base)
    Base,
    /// Kernel and initrd, which checks the root (target/image/initrd.img)
    Initrd,
    /// The base with programs and overlays (KIND/root)
    Root,
    /// The root as squashfs with its hash tree (KIND/root.img, root.hash)
    Verity,
    /// A signed kernel image a slot (KIND/uki-a.efi, uki-b.efi)
    Uki,
    /// What a new unit's disk is written with (KIND/disk.img)
    Disk,
    /// The signed update (KIND/update.raucb)
    Bundle,
    /// What it is made of, as CycloneDX (KIND/sbom.cdx.json)
    Sbom,
    /// The source that the GPL asks for (target/image/source; about 1 GB the first time)
    Source,
    /// Every file of the image with its hash, and whether its source is whole (KIND/manifest.json)
    Manifest,
    /// Units, their confinement, firewall, and that nothing of `lab` is in a release
    Check,
    /// Unpacks and assembles a second time, and compares every byte
    Again,
    /// Starts the disk in QEMU; the screen goes to KIND/boot/screen.png
    Boot,
    /// Moves packages.lock to what Debian offers today
    Lock,
}

/// What `cargo xtask image` runs.
const ALL: &[Step] = &[
    Step::Builder,
    Step::Programs,
    Step::Base,
    Step::Initrd,
    Step::Root,
    Step::Verity,
    Step::Uki,
    Step::Disk,
    Step::Bundle,
    Step::Sbom,
    Step::Source,
    Step::Manifest,
    Step::Check,
];

/// Runs the step that is named, or all, and says after each what it made.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let steps = if options.steps.is_empty() { ALL } else { &options.steps };
    let signs = steps.iter().any(|step| matches!(step, Step::Uki | Step::Bundle | Step::Again));
    let keys = keys::find(options.kind, options.keys.as_deref(), signs)?;
    let pin = options.pin.as_deref().map(keys::find_pin).transpose()?;
    let place = Place::new(options.kind.name(), keys, pin)?;
    let may_lack_source = options.steps.is_empty();
    let mut work = Work::of(place, options.kind);
    work.boot_seconds = options.seconds;
    work.may_lack_source = may_lack_source;
    if let Some(version) = &options.image_version {
        work.version = version.to_string();
    }
    Builder::ensure(&work.place, options.consent)?;
    work.perform_all(steps)?;
    let sources = Sources::read(&work.place, &Lock::read()?);
    if let Some(lack) = sources.filter(|_| may_lack_source).and_then(|sources| sources.lack()) {
        eprintln!("image {}: {lack}", options.kind.name());
    }
    Ok(())
}

/// One image under way.
struct Work {
    place: Place,
    kind: Kind,
    version: String,
    boot_seconds: u64,
    may_lack_source: bool,
}

impl Work {
    fn of(place: Place, kind: Kind) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { place, kind, version, boot_seconds: 0, may_lack_source: false }
    }

    /// Carries out these steps in their order.
    fn perform_all(&self, steps: &[Step]) -> Result<(), Failure> {
        let start = Instant::now();
        let kind = self.kind.name();
        for (number, step) in steps.iter().enumerate() {
            let name = step.to_possible_value();
            let name = name.map_or_else(String::new, |value| value.get_name().to_owned());
            eprintln!("image {kind} [{}/{}] {name} ...", number + 1, steps.len());
            let start = Instant::now();
            let made = self.perform(*step)?;
            eprintln!("image {kind} {name}: {made}, {} s", start.elapsed().as_secs());
        }
        eprintln!("image {kind}: all done in {} s", start.elapsed().as_secs());
        Ok(())
    }

    /// Carries out one step and says what it made.
    fn perform(&self, step: Step) -> Result<String, Failure> {
        let place = &self.place;
        match step {
            Step::Builder => Ok(format!("{}", place.builder().display())),
            Step::Programs => self.script("programs", "../programs/kiosk"),
            Step::Base => self.base(),
            Step::Initrd => self.script("initrd", "../initrd.img"),
            Step::Root => self.script("root", "root"),
            Step::Verity => self.script("verity", "root.img"),
            Step::Uki => self.script("uki", "uki-a.efi"),
            Step::Disk => self.script("disk", "disk.img"),
            Step::Bundle => self.script("bundle", "update.raucb"),
            Step::Sbom => sbom::write(place, &self.version, &Lock::read()?),
            Step::Source => self.source(),
            Step::Manifest => manifest::write(self, &Lock::read()?),
            Step::Check => check::run(self),
            Step::Again => check::again(self),
            Step::Boot => boot::run(self),
            Step::Lock => lock::refresh(self),
        }
    }

    /// Runs a script of deploy/steps in the builder and names what it made.
    fn script(&self, name: &str, made: &str) -> Result<String, Failure> {
        Builder::new(&self.place).script(name, &self.environment(&Lock::read()?))?;
        self.place.describe(made)
    }

    /// Fetches what is missing and unpacks, unless the base is of this very lock.
    fn base(&self) -> Result<String, Failure> {
        let lock = Lock::read()?;
        let stamp = self.place.shared("base.lock");
        if self.place.shared("base").is_dir() && place::read(&stamp).is_ok_and(|l| l == lock.text) {
            return Ok(format!("target/image/base is there, {} packages", lock.packages.len()));
        }
        self.script("fetch", "../archive")?;
        let made = self.script("base", "../base")?;
        place::write(&stamp, &lock.text)?;
        Ok(format!("{made}, {} packages", lock.packages.len()))
    }

    /// A lack of source ends the step, but not a run of all steps, which tells it at its end.
    fn source(&self) -> Result<String, Failure> {
        let lack = source::gather(self)?.lack();
        match lack {
            Some(lack) if !self.may_lack_source => Err(Failure::refuted(lack)),
            Some(_) => Ok("target/image/source, NOT WHOLE".to_owned()),
            None => self.place.describe("../source"),
        }
    }

    /// What every script is told.
    fn environment(&self, lock: &Lock) -> Vec<(&'static str, String)> {
        vec![
            ("KIND", self.kind.name().to_owned()),
            ("OUT", self.place.seen()),
            ("EPOCH", lock.epoch.to_string()),
            ("VERSION", self.version.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;
    use crate::command::root;

    #[test]
    fn each_script_of_a_step_is_there() {
        let steps = root().join("deploy/steps");
        for name in ["base", "boot", "bundle", "check", "disk", "fetch", "initrd", "keys", "lock"] {
            assert!(steps.join(format!("{name}.sh")).is_file(), "{name}");
        }
        for name in ["bundle-manifest", "programs", "root", "signing", "source", "uki", "verity"] {
            assert!(steps.join(format!("{name}.sh")).is_file(), "{name}");
        }
    }

    /// Those of the image start once, far from whoever made the mistake.
    #[test]
    fn each_script_of_deploy_can_be_parsed() {
        let mut folders = vec![root().join("deploy")];
        let mut scripts = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder of deploy") {
                let path = entry.expect("its entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if fs::read(&path).expect("a file").starts_with(b"#!/bin/sh\n") {
                    let parsed = Command::new("sh").arg("-n").arg(&path).output().expect("sh");
                    let said = String::from_utf8_lossy(&parsed.stderr).into_owned();
                    assert!(parsed.status.success(), "{}: {said}", path.display());
                    scripts += 1;
                }
            }
        }
        assert!(scripts > 30, "{scripts} scripts were found");
    }

    #[test]
    fn what_is_run_by_name_alone_is_not_run_by_default() {
        for step in [Step::Again, Step::Boot, Step::Lock] {
            assert!(!ALL.contains(&step));
        }
        assert_eq!(ALL.len() + 3, Step::value_variants().len());
    }
}
