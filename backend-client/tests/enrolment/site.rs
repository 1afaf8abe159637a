// SPDX-License-Identifier: MIT OR Apache-2.0
//! The site file, signed by openssl as a vendor signs it: what it says is used, and nothing that
//! anyone else says.

use std::{fs, path::PathBuf};

use crate::world::{World, assert_done, assert_refused, run};

const KEY: &str = "key = \"key.pem\"\n";
const NAME: &str = "store = \"store-7\"\nunit = \"unit-9\"\n";

/// A unit whose configuration says nothing of its own, and a vendor with a key.
struct Site {
    world: World,
}

impl Site {
    fn new() -> Self {
        let world = World::new();
        world.configure(KEY, true);
        let (service, enrolment) = world.ports();
        world.reconfigure(&format!("localhost:{service}"), "nowhere.invalid");
        world.reconfigure(&format!("roots = {:?}", world.roots()), "roots = \"nowhere.pem\"");
        world.reconfigure(&format!("url = \"https://localhost:{enrolment}\"\n{NAME}"), "");
        let section = "[site]\nfile = \"site.toml\"\nkey = \"site-key.pem\"\n\
                       roots_folder = \"roots.d\"\n[certificate]";
        world.reconfigure("[certificate]", section);
        fs::create_dir(world.path("roots.d")).unwrap();
        fs::copy(world.roots(), world.path("roots.d/lab-1.pem")).unwrap();
        let site = Self { world };
        site.make_key("site", "P-256");
        site.openssl(&["ec", "-in", "site.key", "-pubout", "-out", "site-key.pem"]);
        site
    }

    /// What this unit's site file should say.
    fn usual(&self) -> String {
        let (service, enrolment) = self.world.ports();
        format!(
            "{NAME}service = \"https://localhost:{service}\"\nroots = \"lab-1\"\n\
             enrolment = \"https://localhost:{enrolment}\"\n\
             staff_code = \"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g\"\n"
        )
    }

    /// Writes it and has the vendor sign it.
    fn sign(&self, text: &str) {
        fs::write(self.world.path("site.toml"), text).unwrap();
        self.sign_with("site.key");
    }

    fn sign_with(&self, key: &str) {
        self.openssl(&["dgst", "-sha256", "-sign", key, "-out", "site.toml.sig", "site.toml"]);
    }

    fn make_key(&self, name: &str, curve: &str) {
        let (curve, file) = (format!("ec_paramgen_curve:{curve}"), format!("{name}.key"));
        self.openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", &curve, "-out", &file]);
    }

    /// Words that are a file's name are a path to it.
    fn openssl(&self, words: &[&str]) {
        let is_file =
            |word: &str| [".key", ".pem", ".sig", ".toml"].iter().any(|end| word.ends_with(end));
        let word = |word: &&str| match is_file(word) {
            true => self.path(word).display().to_string(),
            false => (*word).to_owned(),
        };
        let words: Vec<_> = words.iter().map(word).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        run("openssl", "openssl", &words, &self.path(""));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.path(name)
    }

    /// By both programs, and nothing is made.
    #[track_caller]
    fn assert_refused(&self, complaint: &str) {
        assert_refused(&self.world.enrol(&["new"], "code"), 78, complaint);
        assert_refused(&self.world.link_ends(), 78, complaint);
        assert!(!self.path("key.pem").exists());
    }
}

#[test]
fn a_unit_enrols_calls_and_renews_by_what_its_site_file_says() {
    let site = Site::new();
    site.sign(&site.usual());
    assert_done(&site.world.enrol(&["new"], &site.world.invite(true)));
    assert_eq!(site.world.shown()["unit"], "urn:kiosk:store-7:unit-9");
    site.world.assert_authorised();
    assert_done(&site.world.enrol(&["renew", "--now"], ""));
    // A broken site file does not keep an identity from being destroyed.
    fs::remove_file(site.path("site.toml.sig")).unwrap();
    assert_refused(&site.world.enrol(&["renew", "--now"], ""), 78, "is missing");
    assert_done(&site.world.enrol(&["reset", "--yes"], ""));
}

#[test]
fn the_staff_code_is_handed_on_when_the_vendor_signed_it_and_no_longer_than_that() {
    let site = Site::new();
    let handed_on = site.path("staff-code");
    let hand_on = || site.world.enrol(&["staff-code", "--to", &handed_on.to_string_lossy()], "");
    site.sign(&site.usual());
    assert_done(&hand_on());
    let hash = fs::read_to_string(&handed_on).unwrap();
    assert!(site.usual().contains(hash.trim()) && hash.starts_with("$argon2id$"), "{hash}");
    fs::write(site.path("site.toml"), NAME).unwrap();
    assert_refused(&hand_on(), 78, "is not what");
    assert!(!handed_on.exists());
    site.sign(&site.usual());
    assert_done(&hand_on());
    site.sign(NAME);
    assert_done(&hand_on());
    assert!(!handed_on.exists());
}

#[test]
fn another_units_staff_code_is_not_handed_on() {
    let site = Site::new();
    let handed_on = site.path("staff-code");
    let hand_on = || site.world.enrol(&["staff-code", "--to", &handed_on.to_string_lossy()], "");
    site.sign(&site.usual());
    assert_done(&site.world.enrol(&["new"], &site.world.invite(true)));
    assert_done(&hand_on());
    assert!(handed_on.exists());
    site.sign(&site.usual().replace("unit-9", "unit-8"));
    assert_refused(&hand_on(), 78, "store-7/unit-8");
    assert!(!handed_on.exists());
    site.sign(&site.usual());
    assert_done(&hand_on());
    assert!(handed_on.exists());
}

#[test]
fn an_order_to_hand_out_is_the_vendors_for_this_unit_and_ends_with_its_day() {
    let site = Site::new();
    let order = site.path("hand-out");
    let hand_on = || site.world.enrol(&["hand-out", "--to", &order.to_string_lossy()], "");
    let ordered = |day: &str| format!("{}hand_out_until = \"{day}\"\n", site.usual());
    site.sign(&site.usual());
    assert_done(&hand_on());
    assert!(!order.exists(), "nobody ordered that");

    site.sign(&ordered("9999-12-31"));
    assert_done(&hand_on());
    assert_eq!(fs::read_to_string(&order).unwrap(), "9999-12-31\n");
    site.sign(&ordered("2026-01-01"));
    assert_done(&hand_on());
    assert!(!order.exists(), "that day is over");

    site.sign(&ordered("9999-12-31"));
    assert_done(&hand_on());
    site.sign(&ordered("9999-12-31"));
    fs::write(site.path("site.toml"), ordered("9999-12-30")).unwrap();
    assert_refused(&hand_on(), 78, "is not what");
    assert!(!order.exists(), "the vendor did not sign that");

    site.sign(&ordered("9999-12-31"));
    assert_done(&site.world.enrol(&["new"], &site.world.invite(true)));
    assert_done(&hand_on());
    assert!(order.exists());
    site.sign(&ordered("9999-12-31").replace("unit-9", "unit-8"));
    assert_refused(&hand_on(), 78, "store-7/unit-8");
    assert!(!order.exists(), "that was for another unit");
}

#[test]
fn what_the_vendor_did_not_sign_is_not_used_and_not_even_parsed() {
    let site = Site::new();
    site.assert_refused("site.toml is missing");
    fs::write(site.path("site.toml"), site.usual()).unwrap();
    site.assert_refused("site.toml.sig is missing");

    site.sign(&site.usual());
    let signature = fs::read(site.path("site.toml.sig")).unwrap();
    for changed in [site.usual().replace("unit-9", "unit-8"), "no TOML".to_owned(), String::new()] {
        fs::write(site.path("site.toml"), changed).unwrap();
        site.assert_refused("is not what");
    }
    fs::write(site.path("site.toml"), site.usual()).unwrap();
    for at in [0, 8, signature.len() - 1] {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        fs::write(site.path("site.toml.sig"), changed).unwrap();
        site.assert_refused("is not what");
    }
    for other in [&signature[..signature.len() - 1], &[], &[signature.clone(), vec![0]].concat()] {
        fs::write(site.path("site.toml.sig"), other).unwrap();
        site.assert_refused("is not what");
    }
    site.make_key("other", "P-256");
    site.sign_with("other.key");
    site.assert_refused("signed with another key");
}

#[test]
fn a_file_that_is_too_large_or_a_key_of_another_kind_is_told() {
    let site = Site::new();
    let line = format!("# {}\n", "x".repeat(1021));
    let large = format!("{}{}", line.repeat(64), site.usual());
    site.sign(&large);
    site.assert_refused("more than 65536 bytes");
    site.sign(&site.usual());
    fs::write(site.path("site.toml.sig"), [0; 129]).unwrap();
    site.assert_refused("more than 128 bytes");
    site.sign(&site.usual());
    site.make_key("large", "P-384");
    site.openssl(&["ec", "-in", "large.key", "-pubout", "-out", "site-key.pem"]);
    site.assert_refused("no P-256 public key");
    fs::copy(site.path("site.key"), site.path("site-key.pem")).unwrap();
    site.assert_refused("no P-256 public key");
}

#[test]
fn a_signed_file_that_says_what_it_should_not_is_refused_with_its_line() {
    let site = Site::new();
    for (text, complaint) in [
        (format!("{NAME}roots = \"../lab-1\"\n"), "line 3: roots is no name"),
        (format!("{NAME}roots = \"/etc/roots\"\n"), "line 3: roots is no name"),
        (format!("{NAME}roots = \"..\"\n"), "line 3: roots is no name"),
        (format!("{NAME}roots = \"lab-1\\u0000\"\n"), "line 3: roots is no name"),
        (format!("{NAME}roots = \"\"\n"), "line 3: roots is no name"),
        (format!("{NAME}service = \"http://central.example\"\n"), "line 3: not https"),
        (format!("{NAME}enrolment = \"https://central.example/x\"\n"), "line 3: more than"),
        (format!("{NAME}staff_code = \"1234\"\n"), "line 3: staff_code is no hash"),
        (format!("{NAME}hand_out_until = 2026-12-31\n"), "line 3"),
        (format!("{NAME}hand_out_until = \"2026-02-30\"\n"), "line 3: hand_out_until is no day"),
        (format!("{NAME}hand_out_until = \"2026-12-31T00:00\"\n"), "line 3: hand_out_until is no"),
        (format!("{NAME}servcie = \"https://central.example\"\n"), "`servcie`"),
        ("store = \"store-7\"\n".to_owned(), "missing field `unit`"),
        ("store = \"store:7\"\nunit = \"unit-9\"\n".to_owned(), "line 1: no name"),
    ] {
        site.sign(&text);
        site.assert_refused(complaint);
    }
    fs::write(site.path("site.toml"), b"store = \"\xff\"\n").unwrap();
    site.sign_with("site.key");
    site.assert_refused("line 1: not UTF-8");
    // A name that no file of the folder has.
    site.sign(&format!("{NAME}roots = \"lab-2\"\n"));
    assert_refused(&site.world.link_ends(), 78, "roots.d/lab-2.pem cannot be read");
}

#[test]
fn two_words_on_who_the_unit_is_must_be_the_same() {
    let site = Site::new();
    site.sign(&site.usual());
    let said = |lines: &str| format!("[enrolment]\n{lines}");
    site.world.reconfigure("[enrolment]\n", &said("store = \"store-7\"\nunit = \"unit-8\"\n"));
    site.assert_refused("enrolment.unit is `unit-8`");
    site.world.reconfigure("unit = \"unit-8\"", "unit = \"unit-9\"");
    assert_done(&site.world.enrol(&["new"], &site.world.invite(true)));
    site.world.reconfigure(NAME, "");
    site.sign(&site.usual().replace("unit-9", "unit-8"));
    let complaint = "is for store-7/unit-8, and this unit's certificate for store-7/unit-9";
    assert_refused(&site.world.link_ends(), 78, complaint);
    assert_refused(&site.world.enrol(&["renew", "--now"], ""), 78, complaint);
}

#[test]
fn without_a_site_file_the_configuration_must_say_who_the_unit_is() {
    let world = World::new();
    world.configure(KEY, true);
    world.reconfigure("unit = \"unit-9\"\n", "");
    assert_refused(&world.enrol(&["new"], "code"), 78, "says the unit");
}
