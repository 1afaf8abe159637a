// SPDX-License-Identifier: MIT OR Apache-2.0
//! From an offer to the restart: what is installed, when, and what the fleet server hears of it.

use fleet_server::{Action, Fault};

use crate::{
    double::{eventually, installer::bundle, kiosk::Mood},
    unit::Unit,
};

#[test]
fn a_good_update_is_fetched_installed_under_a_lease_tried_confirmed_and_reported() {
    let unit = Unit::new();
    unit.fleet.look(|state| state.wants_attributes = true);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", Some("1.1.0"))));
    unit.restart(Some(unit.daemon()), "1.1.0");
    assert_eq!(unit.rauc.with(|state| state.installed.clone()), [("1.1.0".to_owned(), true)]);
    assert_eq!(unit.rauc.with(|state| (state.booted, state.good.clone())), ("B", vec!["A"]));
    assert_eq!(unit.fleet.steps_of("7"), ["download", "downloaded", "proceeding", "proceeding"]);

    let daemon = unit.daemon();
    eventually("the staff page says that it is tried", || unit.kiosk.was_told("trying"));
    unit.wait_for_polls();
    assert_eq!(unit.fleet.steps_of("7").len(), 4, "nothing is closed before it is confirmed");
    let (code, said) = unit.carry_out(&["confirm"]);
    assert_eq!((code, said.contains("slot B is kept from now on")), (0, true), "{said}");
    assert_eq!(unit.end_of("7"), (true, "the new version is well and stays".to_owned()));
    assert_eq!(unit.rauc.with(|state| state.good.clone()), ["B", "A"]);
    drop(daemon);

    let (code, said) = unit.carry_out(&["status"]);
    assert_eq!(code, 0, "{said}");
    for line in ["image    1.1.0", "slot     B, kept", "minimum  1.1.0", "action 7 went well"] {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
    assert_eq!(unit.bundles(), [] as [String; 0]);
    let seen = unit.fleet.look(|state| state.seen.clone());
    let attributes = seen.iter().find(|seen| seen.method == "PUT").unwrap();
    let data = &attributes.body["data"];
    assert_eq!(
        (&data["image"], &data["slot"], &data["unit"]),
        (&"1.0.0".into(), &"A".into(), &"unit-7".into())
    );
    assert!(seen.iter().all(|seen| seen.authorization.as_deref() == Some("TargetToken s3cret")));
}

#[test]
fn nothing_is_installed_before_the_kiosk_gives_its_lease() {
    let unit = Unit::new();
    unit.kiosk.is(Mood::Open);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let daemon = unit.daemon();
    eventually("it waits", || unit.kiosk.was_told("waiting"));
    unit.wait_for_polls();
    assert_eq!(unit.rauc.with(|state| state.installed.len()), 0);
    assert!(!unit.kiosk.0.lock().unwrap().asked.contains(&true), "it was not urgent");
    unit.kiosk.is(Mood::Free);
    unit.restart(Some(daemon), "1.1.0");
}

#[test]
fn an_urgent_update_past_its_deferral_is_forced_but_not_into_a_session() {
    let unit = Unit::with("deferral_hours = 0");
    unit.kiosk.is(Mood::InSession);
    let action = Action::of("7", bundle("1.1.0", None));
    unit.fleet.offer(Action { update: "forced", ..action });
    let daemon = unit.daemon();
    eventually("it is forced", || unit.kiosk.0.lock().unwrap().asked.contains(&true));
    unit.wait_for_polls();
    assert_eq!(unit.rauc.with(|state| state.installed.len()), 0);
    unit.kiosk.is(Mood::Open);
    unit.restart(Some(daemon), "1.1.0");
}

#[test]
fn the_older_the_unsigned_and_what_is_for_others_are_refused_and_said_so() {
    let unit = Unit::with("minimum_version = \"1.0.5\"");
    unit.runs("1.1.0");
    let _daemon = unit.daemon();
    let unsigned = [bundle("1.2.0", None), b"changed".to_vec()].concat();
    let others = String::from_utf8(bundle("1.2.0", None)).unwrap();
    let others = others.replace("compatible=kiosk", "compatible=gate").into_bytes();
    for (id, bytes, reason) in [
        ("1", bundle("1.0.9", None), "older than 1.1.0"),
        ("2", bundle("1.0.4", None), "minimum 1.0.5"),
        ("3", unsigned, "signature verification failed"),
        ("4", others, "for gate"),
        ("5", bundle("twelve", None), "version of the form"),
    ] {
        unit.fleet.offer(Action::of(id, bytes));
        let (success, said) = unit.end_of(id);
        assert!(!success && said.contains(reason), "{id}: {said}");
    }
    assert_eq!(unit.rauc.with(|state| state.installed.len()), 0);
    assert!(unit.kiosk.0.lock().unwrap().asked.is_empty());
}

#[test]
fn an_installation_that_fails_gives_the_lease_back_and_is_reported() {
    let unit = Unit::new();
    unit.rauc.with(|state| state.fails = Some("Failed updating slot rootfs.1: no space"));
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let _daemon = unit.daemon();
    let (success, said) = unit.end_of("7");
    assert!(!success && said.contains("no space"), "{said}");
    eventually("the lease is given back", || !unit.kiosk.is_leased());
    assert!(!unit.wants_restart());
}

#[test]
fn a_cancellation_is_accepted_while_it_waits() {
    let unit = Unit::new();
    unit.kiosk.is(Mood::Open);
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let _daemon = unit.daemon();
    eventually("it waits", || unit.kiosk.was_told("waiting"));
    unit.fleet.look(|state| state.cancel = Some("70"));
    assert_eq!(answer_to_cancel(&unit), ("closed".into(), "success".into()));
    eventually("the bundle is gone", || unit.bundles().is_empty());
    unit.kiosk.is(Mood::Free);
    unit.wait_for_polls();
    assert_eq!(unit.rauc.with(|state| state.installed.len()), 0);
}

#[test]
fn a_cancellation_is_rejected_once_it_is_installed() {
    let unit = Unit::new();
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    unit.restart(Some(unit.daemon()), "1.1.0");
    unit.fleet.look(|state| state.cancel = Some("70"));
    let _daemon = unit.daemon();
    assert_eq!(answer_to_cancel(&unit), ("rejected".into(), "none".into()));
}

fn answer_to_cancel(unit: &Unit) -> (String, String) {
    let path = "/default/controller/v1/unit-7/cancelAction/70/feedback";
    let mut answer = None;
    eventually("an answer to the cancellation", || {
        answer = unit.fleet.look(|state| {
            state.seen.iter().find(|seen| seen.path == path).map(|seen| seen.body.clone())
        });
        answer.is_some()
    });
    let answer = answer.unwrap();
    assert_eq!(answer["id"], "70");
    let status = &answer["status"];
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (text(&status["execution"]), text(&status["result"]["finished"]))
}

#[test]
fn a_server_that_breaks_is_asked_again_and_hears_the_end_later() {
    let unit = Unit::new();
    unit.fleet.look(|state| {
        state.at_poll = [Fault::Status(503), Fault::Garbage, Fault::Status(401)].into();
        state.at_feedback = [Fault::Status(500), Fault::Status(503), Fault::Status(503)].into();
    });
    unit.runs("2.0.0");
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    let _daemon = unit.daemon();
    eventually("the action is closed there", || {
        unit.fleet.look(|state| state.action.is_none() && state.at_feedback.is_empty())
    });
    assert!(!unit.end_of("7").0);
    eventually("it is noted as told", || unit.memory().contains("\"is_reported\": true"));
}
