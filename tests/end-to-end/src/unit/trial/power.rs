// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit on a bad day: no power, no room.

use std::time::{Duration, Instant};

use super::{
    START,
    rig::{Rig, Tpm, expect},
    service::AFTERWARDS,
};
use crate::{failure::Failure, pin::Pin, screens, unit::atlas};

pub(super) fn key(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "power-key";
    let mut machine = rig.machine_in_service(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    machine.monitor.press_power()?;
    let start = Instant::now();
    machine.is_off_within(AFTERWARDS)?;
    let took = start.elapsed().as_secs();
    rig.does("unmounted", NAME, &[])?;
    Ok(format!("off {took} s after the key, with its data unmounted"))
}

pub(super) fn cut_at_commit(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "cut-at-commit";
    rig.central.reserve(rig.card(), &[])?;
    let mut machine = rig.machine_in_service(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    let slot = rig.slot(NAME, &machine)?;
    slot.insert(rig.card())?;
    let (known, new) = (rig.card().user_authentication_pin.clone(), Pin::of_letters());
    slot.say(&format!("mute {}", write_of(rig)?))?;
    rig.resident(&mut machine).sets_a_new_pin(&known, &new)?;
    // The card's own memory says when it has the PIN; its answer never comes.
    let start = Instant::now();
    while !rig.card_has(&new)? {
        expect(start.elapsed() < AFTERWARDS, "the card was never written")?;
        std::thread::park_timeout(Duration::from_millis(100));
    }
    drop(slot);
    let loss = machine.cut()?;

    let mut machine = rig.on_again(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    rig.awaits("an outcome that is told as unknown", |last| {
        last.last_outcome.as_deref() == Some("unknown")
    })?;
    let slot = rig.slot(NAME, &machine)?;
    slot.insert(rig.card())?;
    let mut resident = rig.resident(&mut machine);
    resident.sees(atlas::CHOOSE)?;
    resident.touches(atlas::CHOOSE, screens::SET_NEW_PIN)?;
    rig.awaits("a reservation that the card's receipt has consumed", |last| {
        last.state == "CONSUMED" && last.receipt_verified
    })?;
    rig.keep_picture(&mut machine, NAME)?;
    drop(slot);
    machine.cut()?;
    Ok(format!(
        "{} of {} unflushed sectors were lost; told as unknown after the start, settled by the card",
        loss.lost, loss.unflushed
    ))
}

/// From the first light of the screen to the first resident it takes seconds.
const LONG_ENOUGH_TO_BE_READY: Duration = Duration::from_secs(60);

/// The how-manieth command of a visit writes: from the trace of the trial `reset`.
fn write_of(rig: &Rig) -> Result<usize, Failure> {
    let path = rig.stable.stall("reset")?.join("card.trace");
    let trace = std::fs::read_to_string(&path).map_err(Failure::file("reading", &path))?;
    let write = trace.lines().position(|line| line.starts_with("0C2C"));
    write.map(|index| index + 1).ok_or_else(|| {
        Failure::Refuted("the trial `reset` comes first: it shows which command writes".to_owned())
    })
}

pub(super) fn disk_full(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "disk-full";
    drop(rig.disk_in_service(NAME, Tpm::Absent)?);
    let left = rig.does("fill", NAME, &[])?;
    let mut machine = rig.on_again(NAME)?;
    let mut resident = rig.resident(&mut machine);
    let seen = resident.sees_another_than_dark(START)?;
    resident.sees_nothing_but(atlas::JOURNAL_FAILED, LONG_ENOUGH_TO_BE_READY)?;
    rig.keep_picture(&mut machine, NAME)?;
    machine.cut()?;
    rig.does("empty", NAME, &[])?;
    let mut machine = rig.on_again(NAME)?;
    let again = rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    machine.cut()?;
    Ok(format!(
        "{}; out of service {} s after power-on; ready {} s after power-on with room",
        left.trim(),
        seen.as_secs(),
        again.as_secs()
    ))
}
