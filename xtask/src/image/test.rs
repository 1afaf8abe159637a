// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tries the release image in QEMU: builds it for a store of the test's own, then hands over to
//! `image-test` of tests/end-to-end, in a network of its own.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Args;

use crate::{
    command::{Failure, root, run as run_command, target},
    demo,
    setup::{Consent, ensure},
};

use super::{
    Kind, Step, Work,
    builder::{Builder, Variable},
    keys,
    lock::Lock,
    place::{Place, failed, read, write},
};

/// Which trials.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    consent: Consent,
    /// Only this trial (may be repeated); `first-boot` and `encrypted-data` leave the disks of the
    /// others
    #[arg(long, value_name = "TRIAL")]
    only: Vec<String>,
    /// Take the image as it was built last
    #[arg(long)]
    as_built: bool,
    /// Which half of what a disk has not flushed is lost when the power is cut
    #[arg(long, value_name = "NUMBER", default_value_t = 2026)]
    seed: u64,
    /// Keep what every process printed in target/image/test/record.txt
    #[arg(long)]
    record: bool,
}

/// What the trials need of `cargo xtask image`.
const STEPS: &[Step] = &[
    Step::Builder,
    Step::Programs,
    Step::Base,
    Step::Initrd,
    Step::Root,
    Step::Verity,
    Step::Uki,
    Step::Disk,
    Step::Bundle,
    Step::Check,
];

/// The image that is tried: not in the place of a vendor's.
const IMAGE: &str = "tested";

/// Builds what is missing and becomes the test, so that its exit code is ours.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    ensure(options.consent)?;
    demo::build()?;
    let test = target().join("debug/image-test");
    let folder = target().join("image/test");
    let vendor = folder.join("vendor");
    fs::create_dir_all(&vendor).map_err(|error| failed("making", &vendor, &error))?;
    let mut prepare = Command::new(&test);
    prepare.arg("prepare").arg("--folder").arg(&folder).arg("--vendor").arg(&vendor);
    run_command(prepare.arg("--deploy").arg(root().join("deploy")))?;
    offer_source(&vendor)?;

    // The keys of the test's vendor are in a token (deploy/test/vendor.sh).
    let pin = folder.join("pin");
    write(&pin, "test-vendor\n")?;
    let work = Work::of(Place::new(IMAGE, vendor.clone(), Some(pin))?, Kind::Release);
    Builder::ensure(&work.place, options.consent)?;
    does(&work, "vendor", &folder, &[])?;
    keys::find(Kind::Release, Some(&vendor), true)?;
    if !options.as_built {
        work.perform_all(STEPS)?;
        does(&work, "unit", &folder.join("unit"), &[])?;
        does(&work, "firmware", &folder.join("unit"), &[])?;
        make_updates(&work, &folder)?;
    }
    become_test(options, &work, &test, &folder)
}

/// As a vendor must, in the overlay: where the image's source is.
fn offer_source(vendor: &Path) -> Result<(), Failure> {
    let path = vendor.join("overlay/etc/kiosk/kiosk.toml");
    let example = read(&root().join("deploy/kiosk.toml"))?;
    write(&path, &example.replace("source = \"\"", "source = \"https://vendor.test/source\""))
}

/// The next release, once as it should be and once for each way in which its application is sick; and
/// what a unit must refuse.
fn make_updates(work: &Work, folder: &Path) -> Result<(), Failure> {
    for (name, sick) in [
        ("update-good", "no"),
        ("update-wont-start", "wont-start"),
        ("update-draws-nothing", "draws-nothing"),
        ("update-has-no-reader", "has-no-reader"),
        ("update-hangs", "hangs"),
    ] {
        let variant = [("VERSION", "0.2.0".to_owned()), ("SICK", sick.to_owned())];
        does(work, "variant", &folder.join(name), &variant)?;
    }
    let good = seen(&folder.join("update-good")).display().to_string();
    let other = seen(&folder.join("other")).display().to_string();
    does(work, "refused", &folder.join("refused"), &[("GOOD", good), ("OTHER", other)])
}

/// Runs a script of deploy/test on a folder below target/image.
fn does(work: &Work, script: &str, folder: &Path, more: &[Variable]) -> Result<(), Failure> {
    let mut environment = work.environment(&Lock::read()?);
    environment.push(("PLACE", seen(folder).display().to_string()));
    environment.extend_from_slice(more);
    let script = format!("deploy/test/{script}.sh");
    run_command(&mut Builder::new(&work.place).command_of(&script, &environment)?)
}

/// A folder below target/image, as the builder sees it.
fn seen(folder: &Path) -> PathBuf {
    let below = folder.strip_prefix(target().join("image")).unwrap_or(folder);
    Path::new("/image").join(below)
}

/// A loopback that has the addresses of service, fleet server and time server, too.
const NETWORK: &str = "ip link set lo up && \
    for host in 1 2 3; do ip address add 192.0.2.$host/32 dev lo; done && exec \"$@\"";

/// In a network namespace with a loopback alone: every service of the test is at its usual port.
fn become_test(options: &Options, work: &Work, test: &Path, folder: &Path) -> Result<(), Failure> {
    let hash = read(&work.place.own("root.hash"))?;
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", NETWORK, "sh"]).arg(test);
    command.arg("run").arg("--folder").arg(folder).arg("--seen-as").arg(seen(folder));
    command.args(["--image", hash.trim(), "--seed", &options.seed.to_string()]);
    command.args(options.only.iter().flat_map(|name| ["--only", name]));
    if options.record {
        command.arg("--record");
    }
    command.arg("--").args(Builder::new(&work.place).words()?);
    let error = command.exec();
    Err(Failure::setup(format!("could not start {}: {error}", test.display())))
}
