// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit on a good day.

use std::time::Duration;

use super::{
    START,
    rig::{Rig, Tpm, expect},
};
use crate::{
    failure::Failure,
    pin::Pin,
    unit::{atlas, machine::Machine},
};

pub(super) fn first_boot(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "first-boot";
    let mut machine = rig.new_machine(NAME, Tpm::Absent)?;
    let seen = rig.resident(&mut machine).sees_within(START, atlas::ATTRACT);
    rig.keep_picture(&mut machine, NAME)?;
    let seconds = seen?.as_secs();
    // What the first start leaves behind is written by now, or it would not survive a clerk.
    let loss = machine.cut()?;
    rig.settle(NAME, Tpm::Absent)?;
    Ok(format!(
        "enrolled and ready {seconds} s after power-on; then the plug was pulled: {} of {} \
         unflushed sectors lost",
        loss.lost, loss.unflushed
    ))
}

pub(super) fn reset(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "reset";
    rig.central.reserve(rig.card(), &[])?;
    let mut machine = rig.machine_in_service(NAME)?;
    let started = rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    let slot = rig.slot(NAME, &machine)?;
    slot.insert(rig.card())?;
    let (known, new) = (rig.card().user_authentication_pin.clone(), Pin::of_letters());
    let mut resident = rig.resident(&mut machine);
    let set = resident.sets_a_new_pin(&known, &new);
    if set.is_err() {
        rig.keep_picture(&mut machine, "reset-failed")?;
    }
    set?;
    let seen = rig.resident(&mut machine).sees(atlas::DONE);
    rig.keep_picture(&mut machine, "reset-done")?;
    let took = seen?;
    expect(rig.card_has(&new)?, "the card does not hold the new PIN")?;
    slot.remove()?;
    rig.resident(&mut machine).sees_within(AFTERWARDS, atlas::ATTRACT)?;
    let last = rig.reservation()?;
    expect(
        last.state == "CONSUMED" && last.receipt_verified,
        format!("the service does not hold the card's receipt: {last:?}"),
    )?;
    machine.cut()?;
    Ok(format!(
        "ready after {} s; *done* {} s after the last touch; the service holds the card's receipt",
        started.as_secs(),
        took.as_secs()
    ))
}

pub(super) fn reader_and_card(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "reader-and-card";
    rig.central.reserve(rig.card(), &[])?;
    let mut machine = rig.machine_in_service(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;

    machine.monitor.pull("reader")?;
    let gone = rig.resident(&mut machine).sees_another_than(atlas::ATTRACT)?;
    rig.keep_picture(&mut machine, "reader-pulled")?;
    machine.monitor.plug_reader()?;
    let back = rig.resident(&mut machine).sees_within(AFTERWARDS, atlas::ATTRACT)?;

    let slot = rig.slot(NAME, &machine)?;
    slot.insert(rig.card())?;
    rig.resident(&mut machine).sees(atlas::CHOOSE)?;
    slot.remove()?;
    let lifted = rig.resident(&mut machine).sees_within(AFTERWARDS, atlas::ATTRACT)?;
    machine.cut()?;
    Ok(format!(
        "reader noticed as gone after {} s, as back after {} s; first screen {} s after the card \
         was lifted",
        gone.as_secs(),
        back.as_secs(),
        lifted.as_secs()
    ))
}

/// A resident sets a new PIN, and the service is not told how that ended, nor will it be until its plan is
/// cleared; then the plug is pulled. Gives back the PIN.
pub(super) fn keeps_an_outcome(
    rig: &Rig,
    name: &str,
    mut machine: Machine,
) -> Result<Pin, Failure> {
    rig.central.reserve(rig.card(), &[])?;
    rig.central.plan("cut-before 9999 /outcome")?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    let slot = rig.slot(name, &machine)?;
    slot.insert(rig.card())?;
    let (known, new) = (rig.card().user_authentication_pin.clone(), Pin::of_letters());
    rig.resident(&mut machine).sets_a_new_pin(&known, &new)?;
    rig.resident(&mut machine).sees(atlas::DONE)?;
    expect(rig.reservation()?.state == "ISSUED", "the service knows what it was never told")?;
    drop(slot);
    machine.cut()?;
    Ok(new)
}

/// For a screen that comes by itself, such as the first one after an ending.
pub(super) const AFTERWARDS: Duration = Duration::from_secs(180);
