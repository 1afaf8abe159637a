// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the vendor did not sign is not run.

use std::time::Duration;

use super::{
    START,
    rig::{Rig, Tpm, expect},
};
use crate::{failure::Failure, unit::atlas};

/// Longer than a whole start takes here, which the first trial measured.
const LONG_ENOUGH: Duration = Duration::from_secs(180);

/// The change itself does no harm, as the same unit shows once its firmware does not look.
pub(super) fn changed_kernel(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "changed-kernel";
    let Refused { changed, .. } = never_starts(rig, NAME, "change-kernel")?;
    rig.does("no-secure-boot", NAME, &[])?;
    let mut machine = rig.on_again(NAME)?;
    let took = rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?.as_secs();
    machine.cut()?;
    let seconds = LONG_ENOUGH.as_secs();
    Ok(format!("{changed}; no screen in {seconds} s; without Secure Boot it is ready in {took} s"))
}

/// The kernel's panic restarts the unit each time that it comes to that bit.
pub(super) fn changed_root(rig: &mut Rig) -> Result<String, Failure> {
    let Refused { changed, resets } = never_starts(rig, "changed-root", "change-root")?;
    expect(resets > 0, "nothing was shown, and the kernel did not panic either")?;
    Ok(format!("{changed}; no screen in {} s, {resets} resets", LONG_ENOUGH.as_secs()))
}

struct Refused {
    changed: String,
    resets: u32,
}

fn never_starts(rig: &mut Rig, name: &str, change: &str) -> Result<Refused, Failure> {
    drop(rig.disk_in_service(name, Tpm::Absent)?);
    let changed = rig.does(change, name, &[])?.trim().to_owned();
    let mut machine = rig.on_again(name)?;
    let seen = rig.resident(&mut machine).sees_within(LONG_ENOUGH, atlas::ATTRACT);
    rig.keep_picture(&mut machine, name)?;
    let resets = machine.monitor.resets()?;
    machine.cut()?;
    expect(seen.is_err(), "a unit that was changed came to its first screen")?;
    Ok(Refused { changed, resets })
}
