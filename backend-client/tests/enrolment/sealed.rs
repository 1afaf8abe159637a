// SPDX-License-Identifier: MIT OR Apache-2.0
//! A key that systemd-creds seals, with a host's key of this test's own, and that the programs get
//! as systemd gives it.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

use crate::{
    tpm::Tpm,
    world::{World, assert_done, assert_refused, output, run},
};

const KEY: &str =
    "credential = \"kiosk-link-key\"\nsealed = \"key.cred\"\nsealed_with = \"host\"\n";

/// What systemd does before it starts a unit with LoadCredentialEncrypted=.
fn unseal(world: &World, mode: u32) {
    let folder = world.path("credentials");
    let _ = fs::remove_dir_all(&folder);
    fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
    let key = folder.join("kiosk-link-key");
    let words = ["decrypt", "--name=kiosk-link-key", &text(&world.path("key.cred")), &text(&key)];
    run("systemd-creds", "systemd", &words, &world.path(""));
    fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_sealed_key_enrols_calls_and_renews_and_is_nowhere_in_the_open() {
    let world = World::new();
    world.configure(KEY, true);
    let code = world.invite(true);
    assert_refused(&world.enrol(&["new"], &code), 78, "run `kiosk-enrol seal` as root");
    assert_done(&world.enrol(&["seal"], ""));
    let sealed = fs::read(world.path("key.cred")).unwrap();
    let mode = fs::metadata(world.path("key.cred")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!String::from_utf8_lossy(&sealed).contains("PRIVATE KEY"));
    assert_done(&world.enrol(&["seal"], ""));
    assert_eq!(fs::read(world.path("key.cred")).unwrap(), sealed, "a second one is not made");

    // By an access list: the group's bits are its mask.
    unseal(&world, 0o440);
    assert_done(&world.enrol(&["new"], &code));
    world.assert_authorised();
    assert_done(&world.enrol(&["renew", "--now"], ""));
    world.assert_authorised();
    let shown = world.shown();
    let facts = (&shown["key_in"], &shown["says_without_tpm"]);
    assert_eq!(facts, (&"credential".into(), &true.into()), "{shown}");
    assert!(!world.path("key.pem").exists());
    assert_done(&world.enrol(&["reset", "--yes"], ""));
    assert!(!world.path("key.cred").exists() && !world.path("certificate.pem").exists());
}

#[test]
fn a_credential_that_all_may_read_or_that_was_not_given_is_not_used() {
    let world = World::new();
    world.configure(KEY, true);
    assert_done(&world.enrol(&["seal"], ""));
    unseal(&world, 0o400);
    assert_done(&world.enrol(&["new"], &world.invite(true)));
    unseal(&world, 0o444);
    assert_refused(&world.link_ends(), 78, "may be read or written by others (mode 0444)");
    fs::remove_file(world.path("credentials/kiosk-link-key")).unwrap();
    assert_refused(&world.link_ends(), 78, "LoadCredentialEncrypted=");
}

#[test]
fn a_key_is_sealed_only_where_it_is_allowed_wanted_and_not_too_late() {
    let world = World::new();
    world.configure(KEY, false);
    assert_refused(&world.enrol(&["seal"], ""), 78, "allow_key_without_tpm");
    world.configure(KEY, true);
    fs::write(world.path("certificate.pem"), "").unwrap();
    assert_refused(&world.enrol(&["seal"], ""), 78, "`renew` it, or `reset`");
    fs::remove_file(world.path("certificate.pem")).unwrap();
    fs::create_dir(world.path("host.secret")).unwrap();
    assert_refused(&world.enrol(&["seal"], ""), 71, "did not seal the key");
    assert!(!world.path("key.cred").exists());
    world.configure("key = \"key.pem\"\n", true);
    let told = world.enrol(&["seal"], "");
    assert_done(&told);
    assert!(String::from_utf8_lossy(&told.stdout).contains("nothing to seal"), "{told:?}");
    assert!(!world.path("key.pem").exists());
}

#[test]
fn a_key_that_a_tpm_sealed_is_unsealed_by_that_tpm_alone() {
    let world = World::new();
    world.configure(&KEY.replace("\"host\"", "\"tpm2\""), true);
    let complaint = "did not seal the key";
    assert_refused(&world.enrol(&["seal"], ""), 71, complaint);
    let tpm = Tpm::start(&world.path(""));
    assert_done(&world.enrol(&["seal"], ""));
    assert!(!world.path("host.secret").exists(), "the TPM alone");
    unseal(&world, 0o400);
    assert_done(&world.enrol(&["new"], &world.invite(true)));
    // Not in a TPM: it is unsealed to sign.
    assert_eq!(world.shown()["says_without_tpm"], true);
    drop(tpm);
    fs::remove_dir_all(world.path("tpm")).unwrap();
    let _ = fs::remove_file(world.path("tpm.sock"));
    let _another = Tpm::start(&world.path(""));
    let sealed = text(&world.path("key.cred"));
    let words = ["decrypt", "--name=kiosk-link-key", &sealed, "-"];
    let told = output("systemd-creds", "systemd", &words, &world.path(""));
    assert!(!told.status.success() && told.stdout.is_empty(), "{told:?}");
}
