// SPDX-License-Identifier: MIT OR Apache-2.0
//! OpenSC's `jpki` driver uses the card over pcscd: PINs, certificates, signatures that OpenSSL
//! verifies.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    pcscd::Pcscd,
    program::{Output, Running, Workshop, output, required},
};

/// A card on the reader of a pcscd of its own.
struct Desk {
    workshop: Workshop,
    pcscd: Pcscd,
    _running: Running,
}

impl Desk {
    fn with(wishes: &[&str]) -> Self {
        required("/usr/bin/opensc-tool", "opensc");
        required("/usr/bin/openssl", "openssl");
        let workshop = Workshop::new(wishes);
        let pcscd = Pcscd::start(workshop.folder());
        let card = workshop.card();
        let card = card.to_str().expect("a path in UTF-8");
        let running = Running::start(&workshop, pcscd.port, &["--card", card]);
        let desk = Self { workshop, pcscd, _running: running };
        desk.opensc("opensc-tool", &["--wait", "--atr"]);
        desk
    }

    #[track_caller]
    fn opensc(&self, program: &str, arguments: &[&str]) -> Output {
        let used = self.try_opensc(program, arguments);
        assert_eq!(used.code, Some(0), "{program} {arguments:?}: {}", used.text);
        used
    }

    fn try_opensc(&self, program: &str, arguments: &[&str]) -> Output {
        output(
            self.pcscd
                .client(&format!("/usr/bin/{program}"))
                .args(arguments)
                .env("USER_AUTHENTICATION_PIN", &self.workshop.user_authentication_pin)
                .env("SIGNATURE_PIN", &self.workshop.signature_pin),
        )
    }

    /// The certificate `id` as a PEM file.
    fn certificate(&self, id: &str, further: &[&str]) -> PathBuf {
        let path = self.workshop.path(&format!("certificate-{id}.pem"));
        let read = self.opensc("pkcs15-tool", &[&["--read-certificate", id], further].concat());
        fs::write(&path, read.bytes).expect("a file");
        path
    }

    /// A signature of the key in `slot` over a message, verified under `certificate`.
    #[track_caller]
    fn signs(&self, slot: &str, id: &str, pin: &str, certificate: &str) {
        let [message, signature, key] = ["message", "signature", "key.pem"]
            .map(|name| self.workshop.path(name).to_str().expect("UTF-8").to_owned());
        fs::write(&message, "a message to be signed").expect("a file");
        let what = ["--slot-index", slot, "--login", "--pin", pin, "--sign", "--id", id];
        let how = ["--mechanism", "SHA256-RSA-PKCS", "-i", &message, "-o", &signature];
        self.opensc("pkcs11-tool", &[&what[..], &how].concat());
        let public = openssl(&["x509", "-in", certificate, "-noout", "-pubkey"]);
        fs::write(&key, public.bytes).expect("a file");
        let verified =
            openssl(&["dgst", "-sha256", "-verify", &key, "-signature", &signature, &message]);
        assert!(verified.text.contains("Verified OK"), "{}", verified.text);
    }

    fn is_issued_by(&self, certificate: &str, authority: &str) {
        let authority = self.workshop.path("ca").join(authority);
        let authority = authority.to_str().expect("UTF-8");
        let verified = openssl(&["verify", "-CAfile", authority, certificate]);
        assert_eq!(verified.code, Some(0), "{}", verified.text);
    }
}

fn openssl(arguments: &[&str]) -> Output {
    output(Command::new("/usr/bin/openssl").args(arguments))
}

/// The numbers after "Tries left", in OpenSC's order: user authentication, signature.
fn tries_left(listed: &str) -> Vec<&str> {
    let lines = listed.lines().filter(|line| line.contains("Tries left"));
    lines.filter_map(|line| Some(line.split_once(':')?.1.trim())).collect()
}

#[test]
fn opensc_finds_its_jpki_driver_and_both_pins() {
    let desk = Desk::with(&["--signature-retries", "2"]);
    assert!(desk.opensc("opensc-tool", &["--name"]).text.contains("jpki"));
    let listed = desk.opensc("pkcs15-tool", &["--list-pins"]).text;
    assert_eq!(tries_left(&listed), ["3", "2"], "{listed}");
}

#[test]
fn opensc_reads_certificates_and_openssl_verifies_signatures_of_both_keys() {
    let desk = Desk::with(&[]);
    let certificate = desk.certificate("01", &[]);
    let certificate = certificate.to_str().expect("UTF-8");
    desk.is_issued_by(certificate, "user-authentication-ca.pem");
    desk.signs("0", "01", "env:USER_AUTHENTICATION_PIN", certificate);

    let with_pin = ["--verify-pin", "--auth-id", "02", "--pin", "env:SIGNATURE_PIN"];
    let certificate = desk.certificate("02", &with_pin);
    let certificate = certificate.to_str().expect("UTF-8");
    desk.is_issued_by(certificate, "digital-signature-ca.pem");
    desk.signs("1", "02", "env:SIGNATURE_PIN", certificate);
}

#[test]
fn a_wrong_pin_typed_into_opensc_costs_one_try() {
    let desk = Desk::with(&["--user-authentication-pin", "4070"]);
    let login = ["--slot-index", "0", "--login", "--pin", "0000", "--list-objects"];
    assert_ne!(desk.try_opensc("pkcs11-tool", &login).code, Some(0));
    let listed = desk.opensc("pkcs15-tool", &["--list-pins"]).text;
    assert_eq!(tries_left(&listed), ["2", "5"], "{listed}");
    assert_eq!(desk.workshop.show()["retries_left"]["user-authentication"], 2);
}

#[test]
fn opensc_finds_nothing_on_a_card_without_jpki_application() {
    let desk = Desk::with(&["--kind", "unknown"]);
    assert!(!desk.try_opensc("opensc-tool", &["--name"]).text.contains("jpki"));
}
