// SPDX-License-Identifier: MIT OR Apache-2.0
//! Updates from the fleet server: good, sick, cut off, refused.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use fleet_server::{Action, Fleet};

use super::{
    START,
    rig::{Rig, Tpm, expect},
    service::{AFTERWARDS, keeps_an_outcome},
};
use crate::{
    failure::Failure,
    kiosk::STAFF_CODE,
    screens,
    unit::{atlas, machine::Machine},
};

/// From an offer to its end: download, installation, restart, a trial of minutes, and back.
const UPDATE: Duration = Duration::from_secs(2400);
const LOOK: Duration = Duration::from_millis(500);

/// Folders below the test's, each with an update.raucb (`deploy/test/variant.sh`).
const GOOD: &str = "update-good";
const SICK: [&str; 4] = ["wont-start", "draws-nothing", "has-no-reader", "hangs"];

pub(super) fn installs(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "update";
    let fleet = rig.fleet()?;
    // With a TPM: the new release must open the data, too.
    let mut machine = rig.machine_in_service_with(NAME, Tpm::Present)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    let start = Instant::now();
    offer(rig, &fleet, "1", GOOD)?;
    let (is_well, said) = end_of(&fleet, "1", &mut machine)?;
    let took = start.elapsed().as_secs();
    rig.keep_picture(&mut machine, NAME)?;
    rig.resident(&mut machine).sees_within(AFTERWARDS, atlas::ATTRACT)?;
    let resets = machine.monitor.resets()?;
    machine.cut()?;
    expect(is_well, format!("the update ended badly: {said}"))?;
    let mut machine = rig.on_again(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    machine.cut()?;
    Ok(format!("{took} s from the offer to a slot that is kept, {resets} restarts: {said}"))
}

pub(super) fn falls_back(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "sick-updates";
    let fleet = rig.fleet()?;
    let mut machine = rig.machine_in_service(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    let mut seen = Vec::new();
    for (number, sick) in SICK.iter().enumerate() {
        let id = (number + 1).to_string();
        let (start, before) = (Instant::now(), machine.monitor.resets()?);
        offer(rig, &fleet, &id, &format!("update-{sick}"))?;
        let (is_well, said) = end_of(&fleet, &id, &mut machine)?;
        rig.keep_picture(&mut machine, &format!("after-{sick}"))?;
        expect(!is_well, format!("a sick application ({sick}) was kept: {said}"))?;
        let resets = machine.monitor.resets()? - before;
        expect(resets >= 2, format!("{sick}: never tried; it was said: {said}"))?;
        rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
        seen.push(format!("{sick}: back after {} s ({said})", start.elapsed().as_secs()));
    }
    machine.cut()?;
    Ok(seen.join("; "))
}

pub(super) fn refuses(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "refused-updates";
    let fleet = rig.fleet()?;
    let mut machine = rig.machine_in_service(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    let mut seen = Vec::new();
    for (number, (wrong, reason)) in REFUSED.iter().enumerate() {
        let (id, before) = ((number + 1).to_string(), machine.monitor.resets()?);
        let path = rig.stable.folder.join(format!("refused/{wrong}.raucb"));
        offer_file(&fleet, &id, &path)?;
        let (is_well, said) = end_of(&fleet, &id, &mut machine)?;
        expect(!is_well, format!("{wrong}: installed: {said}"))?;
        let is_that = said.to_lowercase().contains(reason);
        expect(is_that, format!("{wrong}: not for its reason ({reason}): {said}"))?;
        expect(machine.monitor.resets()? == before, format!("{wrong}: the unit restarted"))?;
        seen.push(format!("{wrong}: {said}"));
    }
    rig.resident(&mut machine).sees_within(AFTERWARDS, atlas::ATTRACT)?;
    machine.cut()?;
    Ok(seen.join("; "))
}

/// Bundles of `deploy/test/refused.sh`, each with a word of what is told of it.
const REFUSED: [(&str, &str); 4] = [
    ("manifest", "verification"),
    ("payload", "input/output error"),
    ("older", "older"),
    ("other-key", "verification"),
];

/// One update, and the plug is pulled at five points of it.
pub(super) fn cut_off(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "cut-updates";
    let fleet = rig.fleet()?;
    let mut lost = Vec::new();
    let mut machine = rig.machine_in_service(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    offer(rig, &fleet, "1", GOOD)?;

    // While it downloads, when it has, and in the middle of the installation.
    for (point, seconds) in [("download", 10), ("downloaded", 0), ("installing", 8)] {
        until(&mut machine, point, || match point {
            "download" => !fleet.ranges().is_empty(),
            "downloaded" => has_told(&fleet, "downloaded"),
            _ => has_told(&fleet, "is being installed"),
        })?;
        std::thread::park_timeout(Duration::from_secs(seconds));
        let loss = machine.cut()?;
        lost.push(format!("{point}: {} of {}", loss.lost, loss.unflushed));
        fleet.look(|state| state.seen.clear());
        machine = rig.on_again(NAME)?;
        rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    }
    // As it restarts, and in the middle of the trial.
    for (point, seconds) in [("restart", 0), ("trial", 45)] {
        let mut resets = 0;
        let start = Instant::now();
        while resets == 0 && fleet.end_of("1").is_none() {
            expect(start.elapsed() < UPDATE, format!("{point}: the unit never restarted"))?;
            resets = machine.monitor.resets()?;
            std::thread::park_timeout(Duration::from_millis(50));
        }
        std::thread::park_timeout(Duration::from_secs(seconds));
        let loss = machine.cut()?;
        lost.push(format!("{point}: {} of {}", loss.lost, loss.unflushed));
        machine = rig.on_again(NAME)?;
        rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    }
    let (is_well, said) = end_of(&fleet, "1", &mut machine)?;
    rig.resident(&mut machine).sees_within(AFTERWARDS, atlas::ATTRACT)?;
    rig.keep_picture(&mut machine, NAME)?;
    machine.cut()?;
    let end = if is_well { "installed" } else { "not installed" };
    Ok(format!("unflushed sectors lost at {}; in the end {end}: {said}", lost.join(", ")))
}

/// The new release keeps an outcome, the old one delivers it.
pub(super) fn keeps_its_data(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "data-kept";
    // The machine of the trial `update`, with the new release.
    rig.moves("update", NAME)?;
    let machine = rig.on_again(NAME)?;
    keeps_an_outcome(rig, NAME, machine)?;
    rig.central.plan("clear")?;

    rig.does("old-slot", NAME, &[])?;
    let mut machine = rig.on_again(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    rig.awaits("an outcome that the old release delivers", |last| {
        last.state == "CONSUMED" && last.receipt_verified
    })?;
    machine.cut()?;
    Ok("an outcome that the new release kept was delivered by the old one".to_owned())
}

/// Without the fleet server.
pub(super) fn comes_by_stick(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "stick-update";
    let mut machine = rig.machine_in_service(NAME)?;
    rig.does("stick", NAME, &[format!("FROM={GOOD}")])?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    // Before staff allow it, a stick is nothing to the unit: it is there all the time.
    machine.monitor.plug_stick("stick.img")?;
    let came = rig.resident(&mut machine).comes_as_staff(STAFF_CODE);
    rig.keep_picture(&mut machine, "stick-staff")?;
    came?;
    let mut staff = rig.resident(&mut machine);
    staff.asks_for(screens::INSTALL, atlas::ACTIONS, atlas::MEANS_INSTALL)?;
    std::thread::park_timeout(BLOCKED);
    expect(machine.monitor.resets()? == 0, "a stick was read that nobody had allowed")?;
    let mut staff = rig.resident(&mut machine);
    staff.asks_for(screens::ALLOW_STICK, atlas::ACTIONS, atlas::MEANS_STICK)?;
    staff.sees(atlas::STICK_ALLOWED)?;
    std::thread::park_timeout(FOUND);
    let start = Instant::now();
    staff.asks_for(screens::INSTALL, atlas::STICK_ALLOWED, atlas::MEANS_INSTALL)?;
    let mut resets = 0;
    while resets == 0 {
        expect(start.elapsed() < UPDATE, "nothing was installed from the stick")?;
        resets = machine.monitor.resets()?;
        std::thread::park_timeout(LOOK);
    }
    rig.keep_picture(&mut machine, NAME)?;
    let restarted = start.elapsed().as_secs();
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    // Well for a minute, and then it is kept: the firmware knows it before it is told to anybody.
    let kept = Instant::now();
    loop {
        let first = rig.does("first-slot", NAME, &[])?;
        if first.trim() == "B" {
            break;
        }
        expect(kept.elapsed() < UPDATE, format!("slot {} comes first", first.trim()))?;
        std::thread::park_timeout(Duration::from_secs(2));
    }
    machine.cut()?;
    let mut machine = rig.on_again(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    machine.cut()?;
    let kept = kept.elapsed().as_secs();
    Ok(format!(
        "blocked until staff allowed it; restarted {restarted} s after the last touch, kept {kept} s later"
    ))
}

/// A unit that would install from a stick that is blocked has found it by then.
const BLOCKED: Duration = Duration::from_secs(20);
/// From the wish to a stick that can be read: usbguard, the kernel, udev.
const FOUND: Duration = Duration::from_secs(15);

fn offer(rig: &Rig, fleet: &Fleet, id: &str, folder: &str) -> Result<(), Failure> {
    offer_file(fleet, id, &rig.stable.folder.join(folder).join("update.raucb"))
}

fn offer_file(fleet: &Fleet, id: &str, path: &Path) -> Result<(), Failure> {
    let bytes = std::fs::read(path).map_err(Failure::file("reading", path))?;
    fleet.offer(Action { update: "forced", ..Action::of(id, bytes) });
    Ok(())
}

/// Waits until the fleet server is told of an end.
fn end_of(fleet: &Fleet, id: &str, machine: &mut Machine) -> Result<(bool, String), Failure> {
    let mut end = None;
    until(machine, "the end of an update", || {
        end = fleet.end_of(id);
        end.is_some()
    })?;
    end.ok_or_else(|| Failure::Refuted("an end came and went".to_owned()))
}

fn until(
    machine: &mut Machine,
    awaited: &str,
    mut holds: impl FnMut() -> bool,
) -> Result<(), Failure> {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > UPDATE {
            // The last screen is kept beside the disk.
            drop(machine.screen());
            return Err(Failure::TooLate {
                awaited: awaited.to_owned(),
                patience: UPDATE,
                instead: "the fleet server heard nothing of it".to_owned(),
            });
        }
        std::thread::park_timeout(LOOK);
    }
    Ok(())
}

/// Whether the unit has told this step, as execution or in its words.
fn has_told(fleet: &Fleet, step: &str) -> bool {
    fleet.look(|state| {
        state.seen.iter().filter(|seen| seen.path.ends_with("/feedback")).any(|seen| {
            let status = &seen.body["status"];
            status["execution"] == step || status["details"].to_string().contains(step)
        })
    })
}
