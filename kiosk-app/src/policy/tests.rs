// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds: the image, the disk, the service, and what of it.

use std::fs;

use kiosk_session::{Limit, UnixTime, event::ClosedReason};
use tempfile::TempDir;

use super::*;

fn time(text: &str) -> backend_client::wire::TimeOfDay {
    text.to_owned().try_into().unwrap()
}

fn open(folder: &TempDir) -> PolicyInForce {
    PolicyInForce::open(Unit {
        hours: Daily { opens: time("00:00"), closes: time("00:00") },
        limits: UnitLimits { configured: Limits::default(), divided_by: 1 },
        cache: folder.path().join("policy.json"),
    })
}

fn served(json: &str) -> ServedPolicy {
    let (policy, unread) = Policy::read(json.as_bytes()).unwrap();
    let unread = unread.into_iter().map(|(member, _)| member).collect();
    ServedPolicy::Changed { etag: Some(ETag("\"1\"".into())), policy: Box::new(policy), unread }
}

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
    assert_eq!((faults(&policy), policy.etag()), (vec![], None));
}

#[test]
fn the_next_process_holds_what_the_last_one_heard() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{"hours":{"opens":"09:00","closes":"10:00"},"minimum_software":"0.1.0",
        "time_limits":{"idle_seconds":90}}"#;
    assert!(open(&folder).hear(served(json)));
    let policy = open(&folder);
    assert_eq!(policy.etag(), Some(ETag("\"1\"".into())));
    assert_ne!(policy.at(at("2026-11-23T12:00:00+09:00")), ServiceHours::Open);
    assert_eq!(policy.limits().of(Limit::Idle).as_secs(), 90);
}

#[test]
fn a_policy_that_was_not_taken_whole_is_wanted_whole_by_the_next_process_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut policy = open(&folder);
    assert!(policy.hear(served(r#"{"hours":{"opens":"09:00","closes":"10:00"}}"#)));
    assert!(!policy.hear(served(r#"{"hours":7,"time_limits":{"idle_seconds":90}}"#)));
    assert_eq!((faults(&policy), policy.etag()), (vec!["K-440"], None));
    let next = open(&folder);
    assert_eq!(next.etag(), None);
    assert_eq!(next.limits().of(Limit::Idle).as_secs(), 90);
    let noon = next.at(at("2026-11-23T12:00:00+09:00"));
    assert_ne!(noon, ServiceHours::Open, "the hours that held before go on");
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
