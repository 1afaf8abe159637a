// SPDX-License-Identifier: MIT OR Apache-2.0
//! Downloads that are cut, spoilt, too large, or lead away.

use std::{net::TcpListener, os::unix::fs::PermissionsExt as _, process::Command};

use fleet_server::{Action, Fault, Fleet};

use crate::{
    double::{eventually, installer::bundle},
    unit::Unit,
};

#[test]
fn a_download_that_is_cut_goes_on_from_where_it_was() {
    let unit = Unit::new();
    let cuts = [Fault::CutAfter(50_000), Fault::Status(503), Fault::CutAfter(70_000)];
    unit.fleet.look(|state| state.at_file = cuts.into());
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    unit.restart(Some(unit.daemon()), "1.1.0");
    let ranges = unit.fleet.ranges();
    assert_eq!(ranges.first(), Some(&None));
    let begins = |range: &Option<String>| -> usize {
        let range = range.as_deref().unwrap();
        range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
    };
    let begins: Vec<_> = ranges[1..].iter().map(begins).collect();
    assert_eq!(begins.len(), 3, "{ranges:?}");
    // What was under way when the connection ended may be lost, what came before is not.
    assert!(begins[0] > 0 && begins[0] <= 50_000 && begins[1] == begins[0], "{ranges:?}");
    assert!(begins[2] > begins[1] && begins[2] <= begins[1] + 70_000, "{ranges:?}");
}

#[test]
fn a_server_without_ranges_sends_it_all_again() {
    let unit = Unit::new();
    unit.fleet.look(|state| state.at_file = [Fault::CutAfter(50_000), Fault::NoRange].into());
    unit.fleet.offer(Action::of("7", bundle("1.1.0", None)));
    unit.restart(Some(unit.daemon()), "1.1.0");
    assert_eq!(unit.fleet.ranges().len(), 2);
}

#[test]
fn a_file_with_another_hash_is_given_up_after_three_tries() {
    let unit = Unit::new();
    let action = Action::of("7", bundle("1.1.0", None));
    unit.fleet.offer(Action { sha256: "0".repeat(64), ..action });
    let _daemon = unit.daemon();
    let (success, said) = unit.end_of("7");
    assert!(!success && said.contains("three times"), "{said}");
    assert_eq!(unit.fleet.ranges(), [None, None, None]);
    assert_eq!(unit.bundles(), [] as [String; 0]);
}

#[test]
fn what_is_too_large_or_larger_than_announced_is_given_up() {
    let unit = Unit::new();
    let _daemon = unit.daemon();
    let action = Action::of("7", bundle("1.1.0", None));
    unit.fleet.offer(Action { size: (1 << 20) + 1, ..action });
    let (success, said) = unit.end_of("7");
    assert!(!success && said.contains("1048577 bytes are more than"), "{said}");
    assert_eq!(unit.fleet.ranges().len(), 0);
    unit.fleet.look(|state| state.at_file = [Fault::Endless].into());
    unit.fleet.offer(Action::of("8", bundle("1.2.0", None)));
    let (success, said) = unit.end_of("8");
    assert!(!success && said.contains("larger than"), "{said}");
    eventually("nothing is left of it", || unit.bundles().is_empty());
}

#[test]
fn no_link_and_no_redirect_leads_to_another_server() {
    let unit = Unit::new();
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let elsewhere = format!("https://{}/update.raucb", stranger.local_addr().unwrap());
    let _daemon = unit.daemon();
    let action = Action::of("7", bundle("1.1.0", None));
    unit.fleet.offer(Action { elsewhere: Some(elsewhere), ..action });
    let (success, said) = unit.end_of("7");
    assert!(!success && said.contains("another server"), "{said}");
    unit.fleet.look(|state| state.at_file = [Fault::Status(302)].into());
    unit.fleet.offer(Action::of("8", bundle("1.2.0", None)));
    let (success, said) = unit.end_of("8");
    assert!(!success && said.contains("302"), "{said}");
    let nobody = stranger.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_server_of_another_root_hears_nothing() {
    let unit = Unit::new();
    let other = Fleet::start();
    unit.write("roots.pem", &other.root);
    let daemon = unit.daemon();
    // The one that it trusts, to see that it polls at all.
    let (code, said) = unit.carry_out(&["check-config"]);
    assert_eq!(code, 0, "{said}");
    drop(daemon);
    let config = std::fs::read_to_string(unit.path("update.toml")).unwrap();
    let port = |fleet: &Fleet| format!("localhost:{}\"", fleet.port);
    unit.write("update.toml", config.replace(&port(&unit.fleet), &port(&other)));
    let daemon = unit.daemon();
    eventually("the trusted one is polled", || other.polls() > 0);
    drop(daemon);
    assert_eq!(unit.fleet.polls(), 0);
}

#[test]
fn a_unit_may_be_known_by_its_certificate_instead_of_a_token() {
    let unit = Unit::new();
    let (fleet, certificate, key) = Fleet::knowing_certificates();
    unit.write("key.pem", key);
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(unit.path("key.pem"), private).unwrap();
    known_by(&unit, &fleet, &certificate, "key = \"key.pem\"\n");
    let _daemon = unit.daemon();
    eventually("two polls", || fleet.polls() >= 2);
    assert!(fleet.look(|state| state.seen.iter().all(|seen| seen.authorization.is_none())));
}

#[test]
fn the_key_of_that_certificate_may_stay_in_a_hardware_token() {
    let unit = Unit::new();
    let (fleet, certificate, key) = Fleet::knowing_certificates();
    softhsm(&unit, &key);
    let token = format!(
        "[server.certificate.pkcs11]\nmodule = {MODULE:?}\ntoken = \"kiosk\"\nlabel = \"fleet\"\n\
         pin_file = \"pin\"\n"
    );
    known_by(&unit, &fleet, &certificate, &token);
    let (code, said) = unit.carry_out(&["check-config"]);
    assert_eq!(code, 0, "{said}");
    let daemon = unit.daemon();
    eventually("two polls", || fleet.polls() >= 2);
    drop(daemon);
    let config = std::fs::read_to_string(unit.path("update.toml")).unwrap();
    unit.write("update.toml", config.replace("label = \"fleet\"", "label = \"other\""));
    let (code, said) = unit.carry_out(&["check-config"]);
    assert_eq!((code, said.contains("label `other`")), (78, true), "{said}");
}

/// Has the unit show this certificate to that server, in the place of its token.
fn known_by(unit: &Unit, fleet: &Fleet, certificate: &str, key: &str) {
    unit.write("roots.pem", &fleet.root);
    unit.write("certificate.pem", certificate);
    let token = "[server.token]\nkind = \"target\"\nfile = \"token\"\n";
    let certificate = format!("[server.certificate]\nchain = \"certificate.pem\"\n{key}");
    let config = std::fs::read_to_string(unit.path("update.toml")).unwrap();
    let config = config.replace(token, &certificate);
    let port = |fleet: &Fleet| format!("localhost:{}\"", fleet.port);
    unit.write("update.toml", config.replace(&port(&unit.fleet), &port(fleet)));
}

/// Where Debian has SoftHSM2 (package softhsm2).
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Puts a key into a token of the unit's own, and its PIN into `pin`.
fn softhsm(unit: &Unit, key: &str) {
    let config = unit.path("softhsm2.conf");
    std::fs::create_dir(unit.path("tokens")).unwrap();
    unit.write(
        "softhsm2.conf",
        format!("directories.tokendir = {}\n", unit.path("tokens").display()),
    );
    unit.write("import.pem", key);
    let key = unit.path("import.pem").display().to_string();
    let util = |words: &[&str]| {
        let mut command = Command::new("softhsm2-util");
        let output = command.args(words).env("SOFTHSM2_CONF", &config).output();
        let output = output.expect("softhsm2-util is missing: apt-get install softhsm2");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    util(&[
        "--init-token",
        "--free",
        "--label",
        "kiosk",
        "--pin",
        "835104",
        "--so-pin",
        "52907716",
    ]);
    let place = ["--token", "kiosk", "--label", "fleet", "--id", "01", "--pin", "835104"];
    util(&[&["--import", &key], &place[..]].concat());
    std::fs::remove_file(unit.path("import.pem")).unwrap();
    unit.write("pin", "835104\n");
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(unit.path("pin"), private).unwrap();
}
