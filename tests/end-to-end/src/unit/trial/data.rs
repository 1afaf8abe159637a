// SPDX-License-Identifier: MIT OR Apache-2.0
//! The data partition of a unit with a TPM.

use std::time::Duration;

use super::{
    START,
    rig::{Rig, Tpm},
};
use crate::{
    failure::Failure,
    unit::{atlas, machine::Machine},
};

/// From the first light of the screen to the first resident it takes seconds.
const LONG_ENOUGH_TO_BE_READY: Duration = Duration::from_secs(60);

/// A TPM counts each as a wrong guess, and as it is made takes three: with the first start's it is more.
const PULLED_PLUGS: u32 = 4;

pub(super) fn encrypted(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "encrypted-data";
    let mut machine = rig.new_machine(NAME, Tpm::Present)?;
    let seen = rig.resident(&mut machine).sees_within(START, atlas::ATTRACT);
    rig.keep_picture(&mut machine, NAME)?;
    let first = seen?.as_secs();
    machine.cut()?;
    rig.settle(NAME, Tpm::Present)?;
    let found = rig.does("is-encrypted", NAME, &[])?;

    let mut again = 0;
    for _ in 0..PULLED_PLUGS {
        let mut machine = rig.on_again(NAME)?;
        again = rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?.as_secs();
        machine.cut()?;
    }

    // The disk of a stolen unit, and a unit whose firmware no longer asks for the vendor's signature.
    rig.gets_another_tpm(NAME)?;
    stays_closed(rig, NAME, "in another machine")?;
    rig.remembers(Tpm::Present.settled(), NAME)?;
    rig.does("no-secure-boot", NAME, &[])?;
    stays_closed(rig, NAME, "without Secure Boot")?;

    // Nothing of it was harmed.
    rig.remembers(Tpm::Present.settled(), NAME)?;
    let mut machine = rig.on_again(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    machine.cut()?;
    Ok(format!(
        "{}: enrolled with a key in the TPM and ready {first} s after power-on, again after {again} s and {PULLED_PLUGS} \
         pulled plugs; out of service \
         with another TPM and without Secure Boot, ready with its own",
        found.trim()
    ))
}

/// The unit says that its data cannot be opened, and never that it is ready.
fn stays_closed(rig: &mut Rig, name: &str, when: &str) -> Result<(), Failure> {
    let mut machine: Machine = rig.on_again(name)?;
    let mut resident = rig.resident(&mut machine);
    resident.sees_another_than_dark(START)?;
    resident.sees_nothing_but(atlas::DATA_LOCKED, LONG_ENOUGH_TO_BE_READY)?;
    rig.keep_picture(&mut machine, &format!("{name} {when}").replace(' ', "-"))?;
    machine.cut().map(drop)
}
