// SPDX-License-Identifier: MIT OR Apache-2.0
//! A unit without a TPM: allowed or not, said in the certificate, and what stands in the way of an
//! enrolment or a reset.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::world::{World, assert_done, assert_refused};

const KEY: &str = "key = \"key.pem\"\n";

#[test]
fn a_key_in_a_file_must_be_allowed_on_both_sides_and_the_certificate_says_so() {
    let world = World::new();
    world.configure(KEY, false);
    let code = world.invite(false);
    assert_refused(&world.enrol(&["new"], &code), 78, "allow_key_without_tpm");
    assert!(!world.path("key.pem").exists());
    world.configure(KEY, true);
    assert_refused(&world.enrol(&["new"], &code), 77, "HTTP status 403");
    let code = world.invite(true);
    assert_done(&world.enrol(&["new"], &code));
    let mode = fs::metadata(world.path("key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = world.shown();
    assert_eq!(shown["says_without_tpm"], true, "{shown}");
    assert_eq!((&shown["key_in"], &shown["standing"]), (&"file".into(), &"valid".into()));
    assert_eq!(shown["unit"], "urn:kiosk:store-7:unit-9");
    let output = world.enrol(&["show"], "");
    assert!(String::from_utf8_lossy(&output.stdout).contains("NOT in a TPM"), "{output:?}");
    world.assert_authorised();
}

#[test]
fn a_wrong_code_is_told_and_the_key_that_was_made_serves_the_right_one() {
    let world = World::new();
    world.configure(KEY, true);
    let code = world.invite(true);
    assert_refused(&world.enrol(&["new"], "00000-00000-00000-00000"), 77, "HTTP status 401");
    let key = fs::read(world.path("key.pem")).unwrap();
    assert_done(&world.enrol(&["new"], &code));
    assert_eq!(fs::read(world.path("key.pem")).unwrap(), key);
    assert_refused(&world.enrol(&["new"], &code), 78, "`renew` it, or `reset`");
    assert_done(&world.enrol_beside(&["reset", "--yes"], ""));
    assert_done(&world.enrol_beside(&["new"], &world.invite(true)));
}

#[test]
fn a_renewal_waits_for_two_thirds_of_the_life_and_keeps_key_name_and_policy() {
    let world = World::new();
    world.configure(KEY, true);
    assert_done(&world.enrol(&["new"], &world.invite(true)));
    let (first, shown) = (fs::read(world.path("certificate.pem")).unwrap(), world.shown());
    let early = world.enrol(&["renew"], "");
    assert_done(&early);
    assert!(String::from_utf8_lossy(&early.stdout).contains("not due before"), "{early:?}");
    assert_eq!(fs::read(world.path("certificate.pem")).unwrap(), first);
    assert_done(&world.enrol(&["renew", "--now"], ""));
    assert_ne!(fs::read(world.path("certificate.pem")).unwrap(), first);
    let renewed = world.shown();
    for fact in ["unit", "kiosk_id", "says_without_tpm"] {
        assert_eq!(renewed[fact], shown[fact], "{fact}");
    }
    world.assert_authorised();
}

#[test]
fn nothing_is_made_or_destroyed_while_outcomes_are_undelivered_or_may_be() {
    let world = World::new();
    world.configure(KEY, true);
    let code = world.invite(true);
    fs::write(world.path("journal.redb"), "").unwrap();
    assert_refused(&world.enrol(&["new"], &code), 75, "kiosk.prom does not tell");
    let tell = |count: u64| {
        let page = format!("kiosk_outcomes_undelivered {count}\n");
        fs::write(world.path("kiosk.prom"), page).unwrap();
    };
    tell(2);
    assert_refused(&world.enrol(&["new"], &code), 75, "2 outcomes are undelivered");
    assert!(!world.path("key.pem").exists());
    tell(0);
    assert_done(&world.enrol(&["new"], &code));
    tell(1);
    assert_refused(&world.enrol(&["reset", "--yes"], ""), 75, "1 outcomes are undelivered");
    tell(0);
    assert_refused(&world.enrol(&["reset"], ""), 2, "--yes");
    assert!(world.path("key.pem").exists());
    assert_done(&world.enrol(&["reset", "--yes"], ""));
    assert!(!world.path("key.pem").exists() && !world.path("certificate.pem").exists());
}

#[test]
fn a_configuration_without_the_section_is_told_so() {
    let world = World::new();
    world.configure(KEY, true);
    let config = fs::read_to_string(world.path("link.toml")).unwrap();
    let (before, rest) = config.split_once("[enrolment]").unwrap();
    let (_, after) = rest.split_once("[certificate]").unwrap();
    fs::write(world.path("link.toml"), format!("{before}[certificate]{after}")).unwrap();
    assert_refused(&world.enrol(&["show"], ""), 78, "no section [enrolment]");
}
