// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the vendor did not sign is not run.

use std::time::Duration;

use super::rig::{Rig, Tpm, expect};
use crate::{failure::Failure, unit::atlas};

pub(super) fn changed_kernel(rig: &mut Rig) -> Result<String, Failure> {
    never_starts(rig, "changed-kernel", "change-kernel")
}

pub(super) fn changed_root(rig: &mut Rig) -> Result<String, Failure> {
    never_starts(rig, "changed-root", "change-root")
}

/// Longer than a whole start takes here, which the first trial measured.
const LONG_ENOUGH: Duration = Duration::from_secs(120);

fn never_starts(rig: &mut Rig, name: &str, change: &str) -> Result<String, Failure> {
    drop(rig.disk_in_service(name, Tpm::Absent)?);
    let changed = rig.does(change, name, &[])?;
    let mut machine = rig.on_again(name)?;
    let seen = rig.resident(&mut machine).sees_within(LONG_ENOUGH, atlas::ATTRACT);
    rig.keep_picture(&mut machine, name)?;
    let resets = machine.monitor.resets()?;
    machine.cut()?;
    expect(seen.is_err(), "a unit that was changed came to its first screen")?;
    let seconds = LONG_ENOUGH.as_secs();
    Ok(format!("{}; no screen in {seconds} s, {resets} resets", changed.trim()))
}
