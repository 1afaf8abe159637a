// SPDX-License-Identifier: MIT OR Apache-2.0
//! A key in a TPM: swtpm, an emulator of TPM 2.0, behind tpm2-pkcs11. A unit's kernel keeps the TPM's
//! few places for its users (/dev/tpmrm0); here they are cleared between two programs.

use std::{fs, path::Path};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    made::{both, unseal},
    world::{World, assert_done, assert_refused, run},
};

/// Where Debian 12 has it (package libtpm2-pkcs11-1).
const MODULE: &str = "/usr/lib/x86_64-linux-gnu/pkcs11/libtpm2_pkcs11.so";

const PIN: &str = "835104";

/// A TPM that does not outlive its test.
pub(crate) struct Tpm {
    process: Pid,
}

impl Drop for Tpm {
    fn drop(&mut self) {
        // Gone already where the test's failure was that it ended.
        let _ = kill_process(self.process, Signal::TERM);
    }
}

impl Tpm {
    /// `--daemon` ends once the TPM can be reached.
    pub(crate) fn start(folder: &Path) -> Self {
        fs::create_dir(folder.join("tpm")).unwrap();
        let file = |name: &str| folder.join(name).display().to_string();
        let (state, server) = (file("tpm"), file("tpm.sock"));
        let words = [
            "socket",
            "--tpm2",
            "--daemon",
            "--tpmstate",
            &format!("dir={state}"),
            "--server",
            &format!("type=unixio,path={server}"),
            "--ctrl",
            &format!("type=unixio,path={server}.ctrl"),
            "--pid",
            &format!("file={state}.pid"),
            "--flags",
            "not-need-init,startup-clear",
        ];
        run("swtpm", "swtpm", &words, folder);
        let process = fs::read_to_string(format!("{state}.pid")).unwrap();
        Self { process: Pid::from_raw(process.trim().parse().unwrap()).unwrap() }
    }
}

#[test]
fn a_key_is_made_in_the_tpm_and_signs_every_connection_from_there() {
    assert!(Path::new(MODULE).exists(), "{MODULE} is missing: apt-get install libtpm2-pkcs11-1");
    let world = World::new();
    let folder = world.path("");
    let _tpm = Tpm::start(&folder);
    let clear = || run("tpm2_flushcontext", "tpm2-tools", &["--transient-object"], &folder);
    let tool = |words: &[&str]| {
        let module = ["--module", MODULE];
        let told = run("pkcs11-tool", "opensc", &[&module[..], words].concat(), &folder);
        clear();
        told
    };
    fs::create_dir(folder.join("store")).unwrap();
    let so = ["--so-pin", "52907716"];
    run("tpm2_ptool", "libtpm2-pkcs11-tools", &["init", "--path", &store(&folder)], &folder);
    clear();
    tool(&[&["--slot-index", "0", "--init-token", "--label", "kiosk"], &so[..]].concat());
    let set_pin = ["--token-label", "kiosk", "--login", "--login-type", "so", "--init-pin"];
    tool(&[&set_pin[..], &["--new-pin", PIN], &so].concat());
    world.set_pin(PIN, 0o600);
    let key = format!(
        "[certificate.pkcs11]\nmodule = {MODULE:?}\ntoken = \"kiosk\"\nlabel = \"identity\"\n\
         pin_file = \"pin\"\n"
    );
    world.configure(&key, false);
    assert_done(&world.enrol(&["new"], &world.invite(false)));
    clear();
    world.assert_authorised();
    clear();
    assert_done(&world.enrol(&["renew", "--now"], ""));
    clear();
    world.assert_authorised();
    clear();
    let objects = tool(&["--token-label", "kiosk", "--login", "--pin", PIN, "--list-objects"]);
    assert!(objects.contains("never extractable"), "{objects}");
    assert_eq!(world.shown()["key_in"], "token");
}

#[test]
fn a_token_and_its_key_are_made_in_a_tpm_that_nobody_prepared() {
    let world = World::new();
    let folder = world.path("");
    let tpm = Tpm::start(&folder);
    let clear = || run("tpm2_flushcontext", "tpm2-tools", &["--transient-object"], &folder);
    let cleared = |output| {
        clear();
        assert_done(&output);
    };
    world.configure(&both(MODULE, "tpm.sock", "tpm2"), false);
    cleared(world.enrol(&["seal"], ""));
    assert!(!world.path("host.secret").exists(), "the TPM alone seals the PIN");
    unseal(&world);
    clear();
    cleared(world.enrol(&["new"], &world.invite(false)));
    world.assert_authorised();
    clear();
    cleared(world.enrol(&["renew", "--now"], ""));
    world.assert_authorised();
    let shown = world.shown();
    assert_eq!((&shown["key_in"], &shown["says_without_tpm"]), (&"token".into(), &false.into()));

    drop(tpm);
    let _ = fs::remove_file(world.path("tpm.sock"));
    assert_refused(&world.link_ends(), 78, "tpm.sock is not there");
    // Another TPM, as on a board that was changed, cannot load the key.
    fs::remove_dir_all(world.path("tpm")).unwrap();
    let _another = Tpm::start(&folder);
    assert_refused(&world.link_ends(), 78, "the token `kiosk` did not");
    clear();
    keep_storage_key(&folder);
    assert_done(&world.enrol(&["reset", "--yes"], ""));
    cleared(world.enrol(&["seal"], ""));
    unseal(&world);
    clear();
    cleared(world.enrol(&["new"], &world.invite(false)));
    world.assert_authorised();
}

/// What systemd does before anybody else: a storage key where the TCG's Provisioning Guidance has it,
/// under which the token is made then.
fn keep_storage_key(folder: &Path) {
    let context = folder.join("storage-key").display().to_string();
    let attributes =
        "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt";
    let made = ["-C", "o", "-G", "ecc256:aes128cfb", "-a", attributes, "-c", &context];
    run("tpm2_createprimary", "tpm2-tools", &made, folder);
    let kept = ["-C", "o", "-c", &context, "0x81000001"];
    run("tpm2_evictcontrol", "tpm2-tools", &kept, folder);
    run("tpm2_flushcontext", "tpm2-tools", &["--transient-object"], folder);
}

fn store(folder: &Path) -> String {
    folder.join("store").display().to_string()
}
