// SPDX-License-Identifier: MIT OR Apache-2.0
//! A key on a PKCS#11 token, SoftHSM2: made there, used there, and every way in which it may not be.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use crate::world::{World, assert_done, assert_refused, run};

const PIN: &str = "835104";

/// Where Debian 12 has it (package softhsm2).
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

fn configure(world: &World, module: &str, token: &str, label: &str) {
    let key = format!(
        "[certificate.pkcs11]\nmodule = {module:?}\ntoken = {token:?}\nlabel = {label:?}\n\
         pin_file = \"pin\"\n"
    );
    world.configure(&key, false);
}

/// A unit with a token that is empty.
fn world() -> World {
    assert!(Path::new(MODULE).exists(), "{MODULE} is missing: apt-get install softhsm2");
    let world = World::new();
    let tokens = world.path("tokens");
    fs::create_dir(&tokens).unwrap();
    let config = format!("directories.tokendir = {}\n", tokens.display());
    fs::write(world.path("softhsm2.conf"), config).unwrap();
    let words =
        ["--init-token", "--free", "--label", "kiosk", "--pin", PIN, "--so-pin", "52907716"];
    run("softhsm2-util", "softhsm2", &words, &world.path(""));
    world.set_pin(PIN, 0o600);
    configure(&world, MODULE, "kiosk", "identity");
    world
}

#[test]
fn a_key_is_made_on_the_token_and_signs_every_connection_from_there() {
    let world = world();
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    let shown = world.shown();
    assert_eq!((&shown["key_in"], &shown["says_without_tpm"]), (&"token".into(), &false.into()));
    world.assert_authorised();
    assert_done(&world.enrol(&["renew", "--now"], ""));
    assert_eq!(world.shown()["kiosk_id"], shown["kiosk_id"]);
    world.assert_authorised();
    let words =
        ["--module", MODULE, "--token-label", "kiosk", "--login", "--pin", PIN, "--list-objects"];
    let objects = run("pkcs11-tool", "opensc", &words, &world.path(""));
    assert!(objects.contains("never extractable"), "{objects}");
    assert_done(&world.enrol(&["reset", "--yes"], ""));
    let objects = run("pkcs11-tool", "opensc", &words, &world.path(""));
    assert!(!objects.contains("identity"), "{objects}");
}

#[test]
fn what_is_not_there_is_named() {
    let world = world();
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    configure(&world, "/nonexistent/module.so", "kiosk", "identity");
    assert_refused(&world.link_ends(), 78, "/nonexistent/module.so cannot be loaded");
    configure(&world, MODULE, "kiosk-2", "identity");
    assert_refused(&world.link_ends(), 78, "label `kiosk-2`; there are: `kiosk`");
    configure(&world, MODULE, "kiosk", "identity-2");
    assert_refused(&world.link_ends(), 78, "no P-256 key pair with the label `identity-2`");
    configure(&world, MODULE, "kiosk", "identity");
    world.set_pin(PIN, 0o640);
    assert_refused(&world.link_ends(), 78, "chmod 0600");
    fs::remove_file(world.path("pin")).unwrap();
    assert_refused(&world.link_ends(), 78, "pin cannot be read");
}

#[test]
fn a_pin_that_systemd_gives_by_an_access_list_is_taken() {
    let world = world();
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    fs::create_dir(world.path("credentials")).unwrap();
    fs::rename(world.path("pin"), world.path("credentials/pin")).unwrap();
    world.reconfigure("pin_file = \"pin\"", "pin_file = \"credentials/pin\"");
    let set_mode = |mode| {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(world.path("credentials/pin"), mode).unwrap();
    };
    // The group's bits are the list's mask.
    set_mode(0o440);
    world.assert_authorised();
    set_mode(0o444);
    assert_refused(&world.link_ends(), 78, "chmod 0600");
}

#[test]
fn a_wrong_pin_costs_one_try_however_often_the_service_is_started() {
    let world = world();
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    world.set_pin("111111", 0o600);
    assert_refused(&world.link_ends(), 78, "refused the PIN");
    for _ in 0..3 {
        assert_refused(&world.link_ends(), 78, "counts wrong PINs, so that none is tried");
    }
    world.set_pin(PIN, 0o600);
    assert_refused(&world.link_ends(), 78, "log in once by hand");
    let words =
        ["--module", MODULE, "--token-label", "kiosk", "--login", "--pin", PIN, "--list-objects"];
    run("pkcs11-tool", "opensc", &words, &world.path(""));
    world.assert_authorised();
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let world = world();
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    let kept = fs::read(world.path("certificate.pem")).unwrap();
    assert_done(&world.enrol(&["reset", "--yes"], ""));
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    fs::write(world.path("certificate.pem"), kept).unwrap();
    assert_refused(&world.link_ends(), 78, "is not that of the certificate");
}
