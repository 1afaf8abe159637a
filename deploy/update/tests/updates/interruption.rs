// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client is killed, or the power cut, at each point of an update.

use fleet_server::{Action, Fault};

use crate::{
    double::{eventually, installer::bundle, kiosk::Mood},
    unit::Unit,
};

#[test]
fn killed_while_fetching_it_goes_on_from_there() {
    let unit = Unit::new();
    let stops = [Fault::CutAfter(50_000), Fault::Status(503), Fault::Status(503)];
    unit.fleet.look(|state| state.at_file = stops.into());
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let daemon = unit.daemon();
    eventually("it was cut", || unit.fleet.ranges().len() >= 2);
    drop(daemon);
    unit.restart(Some(unit.daemon()), "1.1.0");
    assert!(unit.fleet.ranges().last().unwrap().is_some());
}

#[test]
fn killed_while_it_waits_it_waits_on_with_what_it_has() {
    let unit = Unit::new();
    unit.kiosk.is(Mood::Open);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let daemon = unit.daemon();
    eventually("it waits", || unit.kiosk.was_told("waiting"));
    drop(daemon);
    unit.kiosk.is(Mood::Free);
    unit.restart(Some(unit.daemon()), "1.1.0");
    assert_eq!(unit.fleet.ranges().len(), 1, "it was fetched once");
}

#[test]
fn killed_while_rauc_writes_it_waits_for_rauc_and_begins_again_with_a_lease() {
    let unit = Unit::new();
    unit.rauc.with(|state| state.is_held = true);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let daemon = unit.daemon();
    eventually("it is written", || unit.kiosk.was_told("installing") && unit.kiosk.is_leased());
    unit.rauc.wait_until("RAUC began", |state| !state.good.contains(&"B"));
    drop(daemon);
    eventually("its lease ended with it", || !unit.kiosk.is_leased());
    let daemon = unit.daemon();
    unit.rauc.with(|state| state.is_held = false);
    unit.restart(Some(daemon), "1.1.0");
    let installed = unit.rauc.with(|state| state.installed.clone());
    assert_eq!(installed.len(), 2);
    assert!(installed.last().unwrap().1, "the one that counts was under a lease");
}

#[test]
fn the_power_cut_while_rauc_writes_leaves_the_old_version_and_it_begins_again() {
    let unit = Unit::new();
    unit.rauc.with(|state| state.is_held = true);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let daemon = unit.daemon();
    unit.rauc.wait_until("RAUC began", |state| !state.good.contains(&"B"));
    drop(daemon);
    unit.has_restarted();
    unit.rauc.with(|state| state.is_held = false);
    unit.rauc.wait_until("what the cut left is over", |state| !state.installed.is_empty());
    unit.rauc.with(|state| state.next = None);
    unit.restart(Some(unit.daemon()), "1.1.0");
    assert_eq!(unit.rauc.with(|state| state.booted), "B");
}

#[test]
fn killed_before_the_restart_it_asks_for_a_lease_again_and_restarts() {
    let unit = Unit::new();
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let daemon = unit.daemon();
    eventually("it wants a restart", || unit.wants_restart());
    drop(daemon);
    std::fs::remove_file(unit.path("reboot")).unwrap();
    unit.kiosk.is(Mood::InSession);
    let daemon = unit.daemon();
    eventually("it waits", || unit.kiosk.was_told("waiting"));
    assert!(!unit.wants_restart(), "a resident is there");
    unit.kiosk.is(Mood::Free);
    unit.restart(Some(daemon), "1.1.0");
    assert_eq!(unit.rauc.with(|state| state.installed.len()), 1);
}

#[test]
fn a_second_client_keeps_out_of_the_firsts_way() {
    let unit = Unit::new();
    unit.rauc.with(|state| state.is_held = true);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let _daemon = unit.daemon();
    unit.rauc.wait_until("RAUC began", |state| !state.good.contains(&"B"));
    unit.write("stick/other.raucb", bundle("1.2.0", None));
    let (code, said) = unit.carry_out(&["stick"]);
    assert_eq!((code, said.contains("another kiosk-update is at work")), (75, true), "{said}");
    unit.rauc.with(|state| state.is_held = false);
}
