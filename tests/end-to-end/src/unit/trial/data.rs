// SPDX-License-Identifier: MIT OR Apache-2.0
//! The data partition of a unit with a TPM, and what of it comes out in the open.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{
    START,
    rig::{Rig, Tpm, expect},
    service::{AFTERWARDS, keeps_an_outcome},
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
    stays_closed(rig, NAME, "in another machine", "the TPM does not open it")?;
    rig.remembers(Tpm::Present.settled(), NAME)?;
    rig.does("no-secure-boot", NAME, &[])?;
    stays_closed(rig, NAME, "without Secure Boot", "Secure Boot is off")?;

    // Nothing of it was harmed.
    rig.remembers(Tpm::Present.settled(), NAME)?;
    let mut machine = rig.on_again(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    machine.cut()?;
    expect(rig.handed_out("locked.txt", NAME)?.is_empty(), "an open unit is said to be locked")?;
    Ok(format!(
        "{}: enrolled with a key in the TPM and ready {first} s after power-on, again after {again} s and {PULLED_PLUGS} \
         pulled plugs; out of service \
         with another TPM and without Secure Boot, ready with its own",
        found.trim()
    ))
}

/// The unit says that its data cannot be opened, and never that it is ready; its disk says why.
fn stays_closed(rig: &mut Rig, name: &str, when: &str, why: &str) -> Result<(), Failure> {
    let mut machine: Machine = rig.on_again(name)?;
    let mut resident = rig.resident(&mut machine);
    resident.sees_another_than_dark(START)?;
    resident.sees_nothing_but(atlas::DATA_LOCKED, LONG_ENOUGH_TO_BE_READY)?;
    rig.keep_picture(&mut machine, &format!("{name} {when}").replace(' ', "-"))?;
    machine.cut()?;
    let said = rig.handed_out("locked.txt", name)?;
    expect(said.contains(why), format!("{when}: locked.txt does not say `{why}`: {said:?}"))
}

/// An outcome that the service never hears of, of a unit that nobody can log in to.
pub(super) fn handed_out(rig: &mut Rig) -> Result<String, Failure> {
    const NAME: &str = "hand-out";
    let machine = rig.machine_in_service_with(NAME, Tpm::Present)?;
    let new = keeps_an_outcome(rig, NAME, machine)?;
    for file in ["outcomes.json", "report.json", "log.txt"] {
        expect(rig.handed_out(file, NAME)?.is_empty(), format!("nobody ordered {file}"))?;
    }

    rig.orders_hand_out(NAME)?;
    let mut machine = rig.on_again(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    let start = Instant::now();
    let mut log = String::new();
    loop {
        // The log comes last, and is whole once it grows no more.
        let longer = rig.handed_out("log.txt", NAME)?;
        if longer.contains(ORDERED) && longer == log {
            break;
        }
        log = longer;
        expect(start.elapsed() < REPORT, "no report or no log was written")?;
        std::thread::park_timeout(Duration::from_secs(5));
    }
    let took = start.elapsed().as_secs();
    // As the installer is told to end it: while it runs, the disk may be in the middle of a file.
    machine.monitor.press_power()?;
    machine.is_off_within(AFTERWARDS)?;

    let outcomes = json(&rig.handed_out("outcomes.json", NAME)?)?;
    let bodies: Vec<_> = outcomes["outcomes"].as_array().into_iter().flatten().collect();
    let is_that = |it: &&Value| it["body"]["result"] == "done" && it["body"]["receipt"].is_string();
    expect(
        bodies.len() == 1 && bodies.iter().all(is_that),
        format!("not the one outcome, with its receipt: {outcomes}"),
    )?;
    let report = json(&rig.handed_out("report.json", NAME)?)?;
    expect(report["status"]["undelivered"] == 1, format!("of another unit: {report}"))?;
    let checks: Vec<_> = report["check"].as_array().into_iter().flatten().collect();
    let is_well = |part: &str| checks.iter().any(|it| it["part"] == part && it["verdict"] == "ok");
    expect(
        ["screen", "reader", "certificate", "network"].into_iter().all(is_well),
        format!("not all that is well was checked: {report}"),
    )?;
    let log = rig.handed_out("log.txt", NAME)?;
    let log_is_whole = log.contains(ORDERED) && log.ends_with('\n');
    expect(log_is_whole, format!("no log of this start: {} characters", log.len()))?;
    let said = format!("{outcomes}{report}{log}");
    expect(!said.contains(new.reveal()), "the new PIN is in what was handed out")?;

    // The unit has what it handed out, and delivers it itself once it can.
    rig.central.plan("clear")?;
    let mut machine = rig.on_again(NAME)?;
    rig.resident(&mut machine).sees_within(START, atlas::ATTRACT)?;
    rig.awaits("an outcome that was handed out and is delivered", |last| {
        last.state == "CONSUMED" && last.receipt_verified
    })?;
    machine.cut()?;
    Ok(format!(
        "on the vendor's order, {took} s after the unit was ready: one outcome with its receipt, the report \
         and the log; delivered by the unit itself afterwards"
    ))
}

/// From a unit that is ready to its report, which is written four minutes after its start.
const REPORT: Duration = Duration::from_secs(600);

/// In the log of a unit that has the order.
const ORDERED: &str = "report and outcomes are handed out until 9999-12-31";

fn json(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|_| Failure::Unreadable {
        from: "the partition provision",
        answer: text.to_owned(),
    })
}
