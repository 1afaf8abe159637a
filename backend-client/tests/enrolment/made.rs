// SPDX-License-Identifier: MIT OR Apache-2.0
//! A token that is made by the enrolment itself, from an empty store, where the unit has its device;
//! and the sealed key of a unit that has none.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

use crate::world::{World, assert_done, assert_refused, output, run};

/// Where Debian 12 has it (package softhsm2).
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// The lines of both places, with what stands for a TPM.
pub(crate) fn both(module: &str, device: &str, sealed_with: &str) -> String {
    format!(
        "credential = \"kiosk-link-key\"\nsealed = \"key.cred\"\nsealed_with = {sealed_with:?}\n\
         [certificate.pkcs11]\nmodule = {module:?}\ntoken = \"kiosk\"\nlabel = \"identity\"\n\
         device = {device:?}\ncredential = \"kiosk-link-pin\"\nsealed = \"pin.cred\"\n\
         store = \"store\"\n"
    )
}

/// What systemd does before it starts a unit: each credential that is there is given.
pub(crate) fn unseal(world: &World) {
    let folder = world.path("credentials");
    let _ = fs::remove_dir_all(&folder);
    fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
    for (name, sealed) in [("kiosk-link-key", "key.cred"), ("kiosk-link-pin", "pin.cred")] {
        let sealed = world.path(sealed);
        if sealed.exists() {
            let given = folder.join(name);
            let name = format!("--name={name}");
            let words = ["decrypt", &name, &text(&sealed), &text(&given)];
            run("systemd-creds", "systemd", &words, &world.path(""));
            fs::set_permissions(&given, fs::Permissions::from_mode(0o440)).unwrap();
        }
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A unit that has nothing yet, with or without the device.
fn world(has_device: bool, allow: bool) -> World {
    assert!(Path::new(MODULE).exists(), "{MODULE} is missing: apt-get install softhsm2");
    let world = World::new();
    let config = format!("directories.tokendir = {}\n", world.path("store").display());
    fs::write(world.path("softhsm2.conf"), config).unwrap();
    if has_device {
        fs::write(world.path("tpm0"), "").unwrap();
    }
    world.configure(&both(MODULE, "tpm0", "host"), allow);
    world
}

/// What kiosk-key.service and kiosk-enrol.service do.
fn enrol(world: &World, code: &str) {
    assert_done(&world.enrol(&["seal"], ""));
    unseal(world);
    assert_done(&world.enrol(&["new"], code));
}

fn key_in(world: &World) -> String {
    world.shown()["key_in"].as_str().unwrap().to_owned()
}

#[test]
fn a_unit_with_a_tpm_makes_its_token_and_key_there_and_nothing_takes_their_place() {
    let world = world(true, false);
    let code = world.invite(false);
    assert_refused(&world.enrol(&["new"], &code), 78, "run `kiosk-enrol seal` as root");
    enrol(&world, &code);
    let shown = world.shown();
    assert_eq!((&shown["key_in"], &shown["says_without_tpm"]), (&"token".into(), &false.into()));
    let mode = fs::metadata(world.path("pin.cred")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!world.path("key.cred").exists());
    world.assert_authorised();
    assert_done(&world.enrol(&["renew", "--now"], ""));
    world.assert_authorised();

    fs::remove_file(world.path("tpm0")).unwrap();
    world.reconfigure("allow_key_without_tpm = false", "allow_key_without_tpm = true");
    assert_refused(&world.enrol(&["seal"], ""), 78, "tpm0 is not there");
    assert!(!world.path("key.cred").exists(), "no other key is made");
    assert_refused(&world.link_ends(), 78, "tpm0 is not there: switch the TPM on");
    assert_refused(&world.enrol(&["renew", "--now"], ""), 78, "tpm0 is not there");
    fs::write(world.path("tpm0"), "").unwrap();
    world.assert_authorised();
}

#[test]
fn a_unit_without_a_tpm_keeps_a_sealed_key_where_that_is_allowed_and_a_later_tpm_changes_nothing() {
    let world = world(false, false);
    assert_refused(&world.enrol(&["seal"], ""), 78, "switch the TPM on");
    assert_refused(&world.enrol(&["new"], &world.invite(false)), 78, "allow_key_without_tpm");
    world.reconfigure("allow_key_without_tpm = false", "allow_key_without_tpm = true");
    enrol(&world, &world.invite(true));
    let shown = world.shown();
    let facts = (&shown["key_in"], &shown["says_without_tpm"]);
    assert_eq!(facts, (&"credential".into(), &true.into()));
    assert!(!world.path("store").exists() && !world.path("pin.cred").exists());
    fs::write(world.path("tpm0"), "").unwrap();
    world.assert_authorised();
    assert_eq!(key_in(&world), "credential");
}

#[test]
fn a_token_that_was_not_made_to_its_end_is_made_anew() {
    let world = world(true, false);
    assert_done(&world.enrol(&["seal"], ""));
    unseal(&world);
    // Initialised for another PIN, with something beside it that is half of a file.
    fs::create_dir(world.path("store")).unwrap();
    fs::write(world.path("store/half"), "h").unwrap();
    let other = ["--init-token", "--free", "--label", "kiosk", "--pin", "1111", "--so-pin", "2222"];
    run("softhsm2-util", "softhsm2", &other, &world.path(""));
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    assert!(!world.path("store/half").exists());
    world.assert_authorised();
}

#[test]
fn half_a_key_pair_is_made_anew_and_a_whole_one_is_kept() {
    let world = world(true, false);
    enrol(&world, &world.invite(false));
    let first = world.shown()["kiosk_id"].clone();
    fs::remove_file(world.path("certificate.pem")).unwrap();
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    assert_eq!(world.shown()["kiosk_id"], first);
    let pin = fs::read_to_string(world.path("credentials/kiosk-link-pin")).unwrap();
    let words = ["--module", MODULE, "--token-label", "kiosk", "--login", "--pin", &pin];
    let words = [&words[..], &["--delete-object", "--type", "pubkey", "--label", "identity"]];
    run("pkcs11-tool", "opensc", &words.concat(), &world.path(""));
    fs::remove_file(world.path("certificate.pem")).unwrap();
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    assert_ne!(world.shown()["kiosk_id"], first);
    world.assert_authorised();
}

#[test]
fn a_pin_that_is_made_anew_has_its_token_made_anew() {
    let world = world(true, false);
    enrol(&world, &world.invite(false));
    fs::remove_file(world.path("certificate.pem")).unwrap();
    fs::remove_file(world.path("pin.cred")).unwrap();
    enrol(&world, &world.invite(false));
    world.assert_authorised();
}

#[test]
fn a_reset_leaves_nothing_and_what_is_made_next_is_chosen_anew() {
    let world = world(true, true);
    enrol(&world, &world.invite(false));
    // Also where the TPM is gone for good.
    fs::remove_file(world.path("tpm0")).unwrap();
    assert_done(&world.enrol(&["reset", "--yes"], ""));
    assert_eq!(fs::read_dir(world.path("store")).unwrap().count(), 0);
    assert!(!world.path("pin.cred").exists() && !world.path("certificate.pem").exists());
    enrol(&world, &world.invite(true));
    assert_eq!(key_in(&world), "credential");
    assert_done(&world.enrol(&["reset", "--yes"], ""));
    fs::write(world.path("tpm0"), "").unwrap();
    enrol(&world, &world.invite(false));
    assert_eq!(key_in(&world), "token");
}

#[test]
fn a_store_that_is_not_the_modules_is_noticed_before_a_key_is_made() {
    let world = world(true, false);
    assert_done(&world.enrol(&["seal"], ""));
    unseal(&world);
    fs::create_dir(world.path("elsewhere")).unwrap();
    let config = format!("directories.tokendir = {}\n", world.path("elsewhere").display());
    fs::write(world.path("softhsm2.conf"), config).unwrap();
    for _ in 0..2 {
        let told = world.enrol(&["new"], &world.invite(false));
        assert_refused(&told, 78, "keeps it elsewhere");
    }
    let slots = output("softhsm2-util", "softhsm2", &["--show-slots"], &world.path(""));
    assert_eq!(String::from_utf8_lossy(&slots.stdout).matches("kiosk").count(), 1);
}
