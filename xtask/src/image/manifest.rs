// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was built, from what, with the hash of every file: what a vendor files away and an auditor
//! compares. `payload` is what two builds of the same input must agree on; signatures carry the
//! time at which they were made.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::json;

use crate::command::{Failure, output, root};

use super::{
    Work,
    lock::Lock,
    place::{Place, read, write as write_text},
    source::Sources,
};

/// The same for the same input.
const PAYLOAD: &[&str] =
    &["root.img", "uki-a.unsigned.efi", "uki-b.unsigned.efi", "dpkg-status", "sbom.cdx.json"];

/// Signed, or holding something signed.
const SIGNED: &[&str] = &["uki-a.efi", "uki-b.efi", "disk.img", "update.raucb"];

/// Shared by both kinds.
const SHARED: &[&str] = &[
    "programs/kiosk",
    "programs/kiosk-link",
    "programs/kiosk-enrol",
    "programs/kiosk-update",
    "initrd.img",
    "vmlinuz",
];

/// Writes `manifest.json`.
pub(crate) fn write(work: &Work, lock: &Lock) -> Result<String, Failure> {
    let place = &work.place;
    let own = |names: &[&'static str]| hashes(names, |name| place.own(name));
    let document = json!({
        "image": "signature-pin-kiosk",
        "version": work.version,
        "kind": work.kind.name(),
        "commit": commit()?,
        "clamped_to": lock.epoch,
        "lock": sha256(&root().join("deploy/packages.lock"))?,
        "root_hash": read(&place.own("root.hash"))?.trim(),
        "payload": own(PAYLOAD)?,
        "signed": own(SIGNED)?,
        "shared": hashes(SHARED, |name| place.shared(name))?,
        "builder": builder(place)?,
        "compiler": output(Command::new("rustc").current_dir(root()).arg("-Vv"))?.trim(),
        "source": Sources::told(Sources::read(place, lock).as_ref()),
    });
    let path = place.own("manifest.json");
    write_text(&path, &format!("{document:#}\n"))?;
    Ok(format!("{}", path.display()))
}

/// The commit, and whether the tree holds more than that.
fn commit() -> Result<String, Failure> {
    let git = |arguments: &[&str]| output(Command::new("git").current_dir(root()).args(arguments));
    let changed = !git(&["status", "--porcelain"])?.is_empty();
    let commit = git(&["rev-parse", "HEAD"])?;
    Ok(format!("{}{}", commit.trim(), if changed { " and uncommitted changes" } else { "" }))
}

/// The builder's packages: it is not locked, so that it is told.
fn builder(place: &Place) -> Result<Vec<String>, Failure> {
    let admin = format!("--admindir={}", place.builder().join("var/lib/dpkg").display());
    let shown = output(Command::new("dpkg-query").args([
        &admin,
        "--show",
        "--showformat=${Package}=${Version}\\n",
    ]))?;
    Ok(shown.lines().map(str::to_owned).collect())
}

fn hashes<P: AsRef<Path>>(
    names: &[&'static str],
    path: impl Fn(&str) -> P,
) -> Result<BTreeMap<&'static str, String>, Failure> {
    names.iter().map(|name| Ok((*name, sha256(path(name).as_ref())?))).collect()
}

/// The hash of a file, by coreutils.
pub(crate) fn sha256(path: &Path) -> Result<String, Failure> {
    let line = output(Command::new("sha256sum").arg("--").arg(path)).map_err(|failure| {
        Failure::setup(format!("{failure}; run the steps before this one first"))
    })?;
    Ok(line.split_whitespace().next().unwrap_or_default().to_owned())
}
