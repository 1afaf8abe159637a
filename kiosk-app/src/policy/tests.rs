// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds: the image, the disk, the service, and what of it.

use std::fs;

use backend_client::wire::{ETag, KioskId};
use kiosk_session::{Limit, UnixTime, event::ClosedReason};
use tempfile::TempDir;

use super::*;

fn time(text: &str) -> backend_client::wire::TimeOfDay {
    text.to_owned().try_into().unwrap()
}

fn start(folder: &TempDir) -> PolicyInForce {
    PolicyInForce::open(Unit {
        hours: Daily { opens: time("00:00"), closes: time("00:00") },
        limits: UnitLimits { configured: Limits::default(), divided_by: 1 },
        cache: folder.path().join("policy.json"),
    })
}

/// The same, and what was kept is vouched for.
fn open(folder: &TempDir) -> PolicyInForce {
    let mut policy = start(folder);
    policy.hear_vouch(&Ok(Vouch::Signed));
    policy
}

fn served(json: &str) -> ServedPolicy {
    served_to(KIOSK, json)
}

fn served_to(signed_by: KioskId, json: &str) -> ServedPolicy {
    let document = PolicyDocument { etag: Some(ETag("\"1\"".into())), text: json.to_owned() };
    let signature = Some(PolicySignature { signed_by, value: vec![7; 70].into() });
    ServedPolicy::Changed { document, signature }
}

fn noon() -> Timestamp {
    at("2026-11-23T12:00:00+09:00")
}

const KIOSK: KioskId = KioskId([1; 16]);
const MORNING: &str = r#"{"hours":{"opens":"09:00","closes":"10:00"}}"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn faults(policy: &PolicyInForce) -> Vec<&'static str> {
    policy.faults().collect()
}

#[test]
fn a_new_unit_without_a_service_has_the_images_hours() {
    let folder = tempfile::tempdir().unwrap();
    let policy = open(&folder);
    assert_eq!(policy.at(at("2026-11-23T12:00:00+09:00")), ServiceHours::Open);
    let opens_at = Some(UnixTime(at("2026-11-24T06:30:00+09:00").as_second()));
    let reason = ClosedReason::Hours;
    assert_eq!(
        policy.at(at("2026-11-23T23:00:00+09:00")),
        ServiceHours::Closed { reason, opens_at }
    );
    assert_eq!((faults(&policy), policy.known()), (vec![], None));
}

#[test]
fn the_next_process_holds_what_the_last_one_heard() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{"hours":{"opens":"09:00","closes":"10:00"},"minimum_software":"0.1.0",
        "time_limits":{"idle_seconds":90}}"#;
    assert!(open(&folder).hear(served(json)));
    let policy = open(&folder);
    let known = KnownPolicy { etag: ETag("\"1\"".into()), signed_by: KIOSK };
    assert_eq!(policy.known(), Some(known));
    assert_ne!(policy.at(at("2026-11-23T12:00:00+09:00")), ServiceHours::Open);
    assert_eq!(policy.limits().of(Limit::Idle).as_secs(), 90);
}

#[test]
fn a_policy_that_was_not_taken_whole_is_wanted_whole_by_the_next_process_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = open(&folder);
    assert!(policy.hear(served(r#"{"hours":{"opens":"09:00","closes":"10:00"}}"#)));
    assert!(!policy.hear(served(r#"{"hours":7,"time_limits":{"idle_seconds":90}}"#)));
    assert_eq!((faults(&policy), policy.known()), (vec!["K-440"], None));
    let next = open(&folder);
    assert_eq!(next.known(), None);
    assert_eq!(next.limits().of(Limit::Idle).as_secs(), 90);
    let noon = next.at(at("2026-11-23T12:00:00+09:00"));
    assert_ne!(noon, ServiceHours::Open, "the hours that held before go on");
}

#[test]
fn what_was_kept_holds_once_it_is_vouched_for_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    assert!(open(&folder).hear(served(MORNING)));
    let mut policy = start(&folder);
    policy.hear_vouch(&Err(CentralError::NoLink { call: Call::Vouch, source: None }));
    assert_eq!((policy.at(noon()), policy.known()), (ServiceHours::Open, None));
    assert_eq!((policy.awaited().len(), faults(&policy)), (1, vec![]));
    policy.hear_vouch(&Ok(Vouch::Signed));
    assert_ne!(policy.at(noon()), ServiceHours::Open);
    assert!(policy.awaited().is_empty() && policy.known().is_some());
}

#[test]
fn what_is_not_vouched_for_is_put_aside_and_never_holds() {
    let folder = tempfile::tempdir().unwrap();
    assert!(open(&folder).hear(served(MORNING)));
    let mut policy = start(&folder);
    policy.hear_vouch(&Ok(Vouch::NotSigned));
    assert_eq!((policy.at(noon()), policy.known()), (ServiceHours::Open, None));
    assert_eq!((policy.awaited().len(), faults(&policy)), (0, vec!["K-441"]));
    assert!(folder.path().join("policy.json.bad").exists());
    assert!(policy.hear(served(MORNING)));
    assert_eq!(faults(&policy), [""; 0]);
    assert_ne!(open(&folder).at(noon()), ServiceHours::Open, "it is kept anew");
}

#[test]
fn a_policy_of_the_service_is_newer_than_what_is_vouched_for_later() {
    let folder = tempfile::tempdir().unwrap();
    assert!(open(&folder).hear(served(MORNING)));
    for vouch in [Vouch::Signed, Vouch::NotSigned] {
        let mut policy = start(&folder);
        assert!(policy.hear(served("{}")));
        policy.hear_vouch(&Ok(vouch));
        assert_eq!((policy.at(noon()), faults(&policy)), (ServiceHours::Open, vec![]));
        assert!(folder.path().join("policy.json").exists());
    }
}

#[test]
fn a_policy_that_nobody_signed_holds_and_is_neither_kept_nor_known() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = open(&folder);
    let ServedPolicy::Changed { document, .. } = served(MORNING) else { unreachable!() };
    assert!(policy.hear(ServedPolicy::Changed { document, signature: None }));
    assert_ne!(policy.at(noon()), ServiceHours::Open);
    assert_eq!((policy.known(), faults(&policy)), (None, vec![]));
    assert!(!folder.path().join("policy.json").exists());
}

#[test]
fn what_a_former_key_signed_is_not_kept_beside_what_the_new_one_did() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = open(&folder);
    assert!(policy.hear(served(MORNING)));
    assert!(!policy.hear(served(r#"{"hours":7}"#)));
    assert_eq!(start(&folder).awaited().len(), 2, "the next process hears both in turn");
    assert!(!policy.hear(served_to(KioskId([2; 16]), r#"{"hours":7}"#)));
    let next = start(&folder);
    let signers = next.awaited().iter().map(|kept| kept.signature.signed_by).collect::<Vec<_>>();
    assert_eq!(signers, [KioskId([2; 16])]);
}

#[test]
fn the_last_releases_unsigned_policy_is_not_used_and_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.json");
    fs::write(&path, r#"{"version":1,"policy":{"services":[]}}"#).unwrap();
    let mut policy = open(&folder);
    assert_eq!((policy.at(noon()), policy.known()), (ServiceHours::Open, None));
    assert_eq!(faults(&policy), [""; 0]);
    assert!(path.exists(), "that release finds it again");
    assert!(policy.hear(served(MORNING)));
    assert_ne!(open(&folder).at(noon()), ServiceHours::Open);
}

#[test]
fn an_answer_that_is_no_object_is_a_fault_and_what_held_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = open(&folder);
    assert!(policy.hear(served(MORNING)));
    assert!(!policy.hear(served("[]")));
    assert_eq!(faults(&policy), ["K-440"]);
    assert_ne!(policy.at(noon()), ServiceHours::Open);
}

#[test]
fn a_unit_that_is_too_old_or_not_offered_takes_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = open(&folder);
    let noon = at("2026-11-23T12:00:00+09:00");
    for (json, expected) in [
        (r#"{"minimum_software":"99.0.0"}"#, ServiceHours::SoftwareTooOld),
        (r#"{"services":[]}"#, ServiceHours::NotOffered),
        (
            r#"{"services":[{"target":"user-authentication","profile":"ref-eac-1"}]}"#,
            ServiceHours::NotOffered,
        ),
        (r#"{"services":[{"target":"signature","profile":"ref-eac-1"}]}"#, ServiceHours::Open),
        ("{}", ServiceHours::Open),
    ] {
        assert!(policy.hear(served(json)), "{json}");
        assert_eq!(policy.at(noon), expected, "{json}");
    }
}

#[test]
fn a_disk_that_takes_nothing_does_not_keep_a_policy_from_holding() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = open(&folder);
    fs::create_dir(folder.path().join("policy.json.new")).unwrap();
    assert!(policy.hear(served(r#"{"services":[]}"#)));
    assert_eq!(policy.at(at("2026-11-23T12:00:00+09:00")), ServiceHours::NotOffered);
    assert_eq!(open(&folder).at(at("2026-11-23T12:00:00+09:00")), ServiceHours::Open);
}

#[test]
fn the_apps_maintenance_is_the_images_until_the_service_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = open(&folder);
    let now = at("2026-11-23T12:00:00+09:00");
    let of_image = policy.information(now);
    assert_eq!(of_image, Information::of_image(now));
    assert!(policy.hear(served(r#"{"hours":{"opens":"06:30","closes":"23:00"}}"#)));
    assert_ne!(policy.information(now), of_image, "the service announces none");
}
