// SPDX-License-Identifier: MIT OR Apache-2.0
//! The slot on trial: kept, given up, and never tried with the same bundle again.

use std::fs;

use fleet_server::Action;

use crate::{
    double::{eventually, installer::bundle, kiosk::Mood},
    unit::Unit,
};

#[test]
fn a_sick_version_is_given_up_and_its_bundle_is_not_taken_again() {
    let unit = Unit::new();
    unit.fleet.offer(Action::of("7", bundle("1.1.0", Some("1.1.0"))));
    unit.restart(Some(unit.daemon()), "1.1.0");
    unit.kiosk.is_sick_in(Some(("touch", "no touch panel")));
    let (code, said) = unit.carry_out(&["confirm"]);
    assert_eq!((code, said.contains("touch: no touch panel")), (69, true), "{said}");
    assert_eq!(unit.rauc.with(|state| state.good.clone()), ["A"]);
    assert!(unit.kiosk.was_told("fell-back"));
    unit.restart(None, "1.0.0");
    assert_eq!(unit.rauc.with(|state| state.booted), "A");
    unit.kiosk.is_sick_in(None);

    let _daemon = unit.daemon();
    let end = unit.end_of("7");
    assert_eq!(end, (false, "fell back: touch: no touch panel".to_owned()));
    let fetched = unit.fleet.ranges().len();
    unit.fleet.offer(Action::of("8", bundle("1.1.0", Some("1.1.0"))));
    let (success, said) = unit.end_of("8");
    assert!(!success && said.contains("tried here before"), "{said}");
    assert_eq!(unit.fleet.ranges().len(), fetched, "it is not even fetched");
    assert!(!unit.memory().contains("\"floor\": \"1.1.0\""), "a sick version raises no minimum");
}

#[test]
fn a_version_that_hangs_is_known_by_the_old_slot_running_again() {
    let unit = Unit::new();
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    unit.restart(Some(unit.daemon()), "1.1.0");
    // No confirm ran there: a watchdog, or somebody's hand.
    unit.write("reboot", "");
    unit.restart(None, "1.0.0");
    let _daemon = unit.daemon();
    let (success, said) = unit.end_of("7");
    assert!(!success && said.contains("did not start, hung"), "{said}");
}

#[test]
fn a_version_that_cannot_read_its_configuration_is_given_up_at_once() {
    let unit = Unit::new();
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    unit.restart(Some(unit.daemon()), "1.1.0");
    let good = fs::read_to_string(unit.path("update.toml")).unwrap();
    for wrong in ["surprise = 1\n".to_owned() + &good, "not TOML".to_owned()] {
        unit.rauc.with(|state| state.good = vec!["A"]);
        let _ = fs::remove_file(unit.path("reboot"));
        unit.write("update.toml", wrong);
        let (code, said) = unit.confirm_in_system();
        assert_eq!((code, said.contains("falls back")), (69, true), "{said}");
        assert!(unit.wants_restart());
    }
    unit.write("update.toml", good);
    unit.restart(None, "1.0.0");
    assert_eq!(unit.rauc.with(|state| state.booted), "A");
    let _daemon = unit.daemon();
    let (success, said) = unit.end_of("7");
    assert!(!success && said.contains("fell back: the configuration cannot be used"), "{said}");
}

#[test]
fn a_slot_that_was_kept_before_is_not_left_for_its_configuration_either() {
    let unit = Unit::new();
    unit.write("update.toml", "not TOML");
    let (code, said) = unit.confirm_in_system();
    assert_eq!((code, said.contains("configuration cannot be used")), (78, true), "{said}");
    assert_eq!(unit.rauc.with(|state| state.good.clone()), ["A", "B"]);
    assert!(!unit.wants_restart());
}

#[test]
fn a_slot_that_was_kept_before_is_never_left_for_its_health() {
    let unit = Unit::new();
    unit.kiosk.is_sick_in(Some(("service", "no answer for 10 min")));
    let (code, said) = unit.carry_out(&["confirm"]);
    assert_eq!((code, said.contains("no answer for 10 min")), (69, true), "{said}");
    assert_eq!(unit.rauc.with(|state| state.good.clone()), ["A", "B"]);
    assert!(!unit.wants_restart());
    unit.kiosk.is_sick_in(None);
    let (code, said) = unit.carry_out(&["confirm"]);
    assert_eq!((code, said.contains("slot A was kept before")), (0, true), "{said}");
}

#[test]
fn a_sick_trial_waits_for_the_session_at_its_screen() {
    let unit = Unit::new();
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    unit.restart(Some(unit.daemon()), "1.1.0");
    unit.kiosk.is_sick_in(Some(("service", "no answer")));
    unit.kiosk.is(Mood::InSession);
    let asked = unit.kiosk.0.lock().unwrap().asked.len();
    std::thread::scope(|scope| {
        let confirm = scope.spawn(|| unit.carry_out(&["confirm"]));
        eventually("it asked twice in vain", || {
            unit.kiosk.0.lock().unwrap().asked.len() >= asked + 2
        });
        assert!(!unit.wants_restart());
        unit.kiosk.is(Mood::Open);
        assert_eq!(confirm.join().unwrap().0, 69);
    });
    assert!(unit.wants_restart());
}
