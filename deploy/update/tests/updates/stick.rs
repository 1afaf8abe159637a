// SPDX-License-Identifier: MIT OR Apache-2.0
//! Updates from a stick.

use fleet_server::Action;

use crate::{
    double::{eventually, installer::bundle, kiosk::Mood},
    unit::Unit,
};

#[test]
fn the_newest_bundle_that_rauc_vouches_for_is_installed() {
    let unit = Unit::new();
    unit.write("stick/a.raucb", bundle("1.10.0", None));
    unit.write("stick/b.raucb", bundle("1.9.0", None));
    unit.write("stick/c.raucb", [bundle("3.0.0", None), b"changed".to_vec()].concat());
    unit.write("stick/d.txt", "4.0.0");
    let (code, said) = unit.carry_out(&["stick"]);
    assert_eq!((code, said.contains("1.10.0 is installed")), (0, true), "{said}");
    assert_eq!(unit.rauc.with(|state| state.installed.clone()), [("1.10.0".to_owned(), true)]);
    unit.restart(None, "1.10.0");
    let daemon = unit.daemon();
    eventually("it is tried", || unit.kiosk.was_told("trying"));
    assert_eq!(unit.carry_out(&["confirm"]).0, 0);
    eventually("it is kept", || unit.kiosk.was_told("confirmed"));
    drop(daemon);
    assert!(unit.fleet.look(|state| state.seen.iter().all(|seen| seen.method == "GET")));
}

#[test]
fn opening_hours_hold_a_stick_unless_staff_say_now_and_a_session_always() {
    let unit = Unit::new();
    unit.write("stick/a.raucb", bundle("1.1.0", None));
    unit.kiosk.is(Mood::Open);
    let (code, said) = unit.carry_out(&["stick"]);
    assert_eq!((code, said.contains("gave no lease within 0 s: open")), (75, true), "{said}");
    assert!(unit.memory().contains("\"action\": null"), "nobody carries on with it");
    unit.kiosk.is(Mood::InSession);
    assert_eq!(unit.carry_out(&["stick", "--now"]).0, 75);
    unit.kiosk.is(Mood::Open);
    assert_eq!(unit.carry_out(&["stick", "--now"]).0, 0);
    assert!(unit.wants_restart());
}

#[test]
fn a_stick_with_nothing_to_install_says_why() {
    let unit = Unit::new();
    assert_eq!(unit.carry_out(&["stick"]).0, 66);
    let elsewhere = unit.path("nowhere");
    assert_eq!(unit.carry_out(&["stick", "--path", elsewhere.to_str().unwrap()]).0, 74);
    unit.write("stick/a.raucb", [bundle("3.0.0", None), b"changed".to_vec()].concat());
    let (code, said) = unit.carry_out(&["stick"]);
    assert_eq!((code, said.contains("a.raucb: RAUC refused")), (65, true), "{said}");
    unit.write("stick/a.raucb", bundle("0.9.0", None));
    let (code, said) = unit.carry_out(&["stick"]);
    assert_eq!((code, said.contains("older than 1.0.0")), (65, true), "{said}");
    assert_eq!(unit.rauc.with(|state| state.installed.len()), 0);
}

#[test]
fn what_the_fleet_server_offered_goes_on_after_a_stick_that_came_to_nothing() {
    let unit = Unit::new();
    unit.kiosk.is(Mood::Open);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let daemon = unit.daemon();
    eventually("it waits", || unit.kiosk.was_told("waiting"));
    drop(daemon);
    unit.write("stick/a.raucb", bundle("1.2.0", None));
    assert_eq!(unit.carry_out(&["stick"]).0, 75);
    unit.kiosk.is(Mood::Free);
    unit.restart(Some(unit.daemon()), "1.1.0");
    assert_eq!(unit.rauc.with(|state| state.installed.clone()), [("1.1.0".to_owned(), true)]);
}

#[test]
fn staff_may_have_what_waits_installed_now() {
    let unit = Unit::new();
    let (code, said) = unit.carry_out(&["stick", "--now"]);
    assert_eq!((code, said.contains("no *.raucb")), (66, true), "{said}");
    unit.kiosk.is(Mood::Open);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let daemon = unit.daemon();
    eventually("it waits", || unit.kiosk.was_told("waiting"));
    drop(daemon);
    assert_eq!(unit.carry_out(&["stick"]).0, 66, "not without saying now");
    let (code, said) = unit.carry_out(&["stick", "--now"]);
    assert_eq!((code, said.contains("1.1.0 is installed")), (0, true), "{said}");
    unit.restart(None, "1.1.0");
    let _daemon = unit.daemon();
    assert_eq!(unit.carry_out(&["confirm"]).0, 0);
    assert!(unit.end_of("7").0);
}
