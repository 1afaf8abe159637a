// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates that a card must not pass with, each wrong in one thing.

use std::time::Duration;

use der::asn1::OctetString;
use der::{Encode, EncodePem};
use p256::SecretKey;
use p256::ecdsa::{DerSignature, SigningKey};
use x509_cert::TbsCertificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder, CertificateBuilder};
use x509_cert::der::pem::LineEnding;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_cert::time::Validity;

use super::*;
use crate::jpki::{JpkiAp, Reading};
use crate::reset::ProfileCard;
use crate::script::Script;

const CARD: &str = "94f4b0ba88d0d3e7478cb07f7eadfe66";
const CA: [u8; 32] = [0x11; 32];
const AGREE: [u8; 32] = [0x22; 32];
const ATTEST: [u8; 32] = [0x33; 32];

/// What a certificate says; each test changes one thing.
#[derive(Clone)]
struct Draft {
    issuer: &'static str,
    subject: String,
    extensions: Vec<Extension>,
    key: [u8; 32],
    signed_by: [u8; 32],
}

impl BuilderProfile for Draft {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.parse().unwrap()
    }

    fn get_subject(&self) -> Name {
        self.subject.parse().unwrap()
    }

    fn build_extensions(
        &self,
        _key: SubjectPublicKeyInfoRef<'_>,
        _issuer_key: SubjectPublicKeyInfoRef<'_>,
        _certificate: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        Ok(self.extensions.clone())
    }
}

impl Draft {
    fn agreement() -> Self {
        Self {
            issuer: "CN=Card CA",
            subject: format!("serialNumber={CARD}"),
            extensions: vec![key_usage(KeyUsage(KeyUsages::KeyAgreement.into()), true)],
            key: AGREE,
            signed_by: CA,
        }
    }

    fn attestation() -> Self {
        let extensions = vec![key_usage(KeyUsage(KeyUsages::DigitalSignature.into()), true)];
        Self { extensions, key: ATTEST, ..Self::agreement() }
    }

    fn authority() -> Self {
        Self { subject: "CN=Card CA".to_owned(), key: CA, ..Self::agreement() }
    }

    fn build(&self) -> Certificate {
        let key = SecretKey::from_slice(&self.key).unwrap().public_key();
        let key = SubjectPublicKeyInfoOwned::from_key(&key).unwrap();
        let validity = Validity::from_now(Duration::from_secs(60)).unwrap();
        let builder =
            CertificateBuilder::new(self.clone(), SerialNumber::from(7_u8), validity, key).unwrap();
        let signer = SigningKey::from_slice(&self.signed_by).unwrap();
        builder.build::<_, DerSignature>(&signer).unwrap()
    }

    fn der(&self) -> Vec<u8> {
        self.build().to_der().unwrap()
    }
}

fn key_usage(usage: KeyUsage, critical: bool) -> Extension {
    extension(KEY_USAGE, critical, &usage)
}

fn extension(extn_id: ObjectIdentifier, critical: bool, value: &impl Encode) -> Extension {
    let extn_value = OctetString::new(value.to_der().unwrap()).unwrap();
    Extension { extn_id, critical, extn_value }
}

fn authority() -> CardAuthority {
    CardAuthority::from_der(&Draft::authority().der()).unwrap()
}

fn verify(agreement: &Draft, attestation: &Draft) -> Result<CardIdentity, NotGenuine> {
    CardIdentity::verify(agreement.der(), attestation.der(), &authority())
}

fn fault_of(agreement: &Draft) -> NotGenuine {
    verify(agreement, &Draft::attestation()).unwrap_err()
}

#[test]
fn two_certificates_of_one_card_make_it_genuine() {
    let identity = verify(&Draft::agreement(), &Draft::attestation()).unwrap();
    assert_eq!(identity.card_id()[..2], [0x94, 0xF4]);
    assert_eq!(identity.key_agreement_certificate(), Draft::agreement().der());
    assert_eq!(format!("{identity:?}"), "CardIdentity(*)");
}

#[test]
fn a_card_with_the_marker_and_without_certificates_is_not_genuine() {
    let mut card =
        Script::new(&[("00A4040C0AD392F000260100000001", "9000"), ("00A4020C0200E0", "6A82")]);
    let ap = JpkiAp::select(&mut card, Reading::Short).unwrap().unwrap();
    let fault = ProfileCard::identify(ap, &authority()).unwrap().err();
    assert_eq!(fault, Some(NotGenuine::Missing));
}

#[test]
fn basic_constraints_are_no_obstacle() {
    let mut draft = Draft::agreement();
    let constraints = BasicConstraints { ca: false, path_len_constraint: None };
    draft.extensions.push(extension(BASIC_CONSTRAINTS, true, &constraints));
    assert!(verify(&draft, &Draft::attestation()).is_ok());
}

#[test]
fn the_authority_is_read_from_pem_too() {
    let pem = Draft::authority().build().to_pem(LineEnding::LF).unwrap();
    assert!(CardAuthority::from_pem(pem.as_bytes()).is_ok());
    assert_eq!(CardAuthority::from_pem(b"PEM").unwrap_err(), UnfitAuthority::Encoding);
}

#[test]
fn another_authority_does_not_make_a_card_genuine() {
    let other = Draft { issuer: "CN=Another CA", ..Draft::agreement() };
    assert_eq!(fault_of(&other), NotGenuine::Issuer);
    let forged = Draft { signed_by: ATTEST, ..Draft::agreement() };
    assert_eq!(fault_of(&forged), NotGenuine::Signature);
}

#[test]
fn one_changed_bit_breaks_the_signature() {
    let mut der = Draft::agreement().der();
    let at = der.windows(4).position(|bytes| bytes == &CARD.as_bytes()[..4]).unwrap();
    der[at] ^= 0x01;
    let fault = CardIdentity::verify(der, Draft::attestation().der(), &authority()).unwrap_err();
    assert_eq!(fault, NotGenuine::Signature);
}

#[test]
fn a_key_usage_that_is_missing_not_critical_or_another_is_refused() {
    for extensions in [
        vec![],
        vec![key_usage(KeyUsage(KeyUsages::KeyAgreement.into()), false)],
        vec![key_usage(KeyUsage(KeyUsages::DigitalSignature.into()), true)],
        vec![key_usage(KeyUsage(KeyUsages::KeyAgreement | KeyUsages::DigitalSignature), true)],
    ] {
        let draft = Draft { extensions, ..Draft::agreement() };
        assert_eq!(fault_of(&draft), NotGenuine::KeyUsage);
    }
}

#[test]
fn a_critical_extension_that_nobody_knows_is_refused() {
    let mut draft = Draft::agreement();
    let unknown = extension(ObjectIdentifier::new_unwrap("1.2.3.4"), true, &der::asn1::Null);
    draft.extensions.push(unknown.clone());
    assert_eq!(fault_of(&draft), NotGenuine::Encoding);
    draft.extensions = Draft::agreement().extensions;
    draft.extensions.push(Extension { critical: false, ..unknown });
    assert!(verify(&draft, &Draft::attestation()).is_ok());
}

#[test]
fn a_subject_that_is_not_exactly_a_card_number_is_refused() {
    for subject in [
        format!("serialNumber={}", CARD.to_uppercase()),
        format!("serialNumber={}", &CARD[..30]),
        format!("serialNumber={CARD}00"),
        format!("CN=card,serialNumber={CARD}"),
        format!("CN={CARD}"),
        format!("serialNumber={CARD}+CN=card"),
    ] {
        let draft = Draft { subject: subject.clone(), ..Draft::agreement() };
        assert_eq!(fault_of(&draft), NotGenuine::Subject, "{subject}");
    }
}

#[test]
fn two_cards_or_one_key_are_refused() {
    let other = Draft { subject: format!("serialNumber={:032x}", 1), ..Draft::attestation() };
    assert_eq!(verify(&Draft::agreement(), &other).unwrap_err(), NotGenuine::TwoCards);
    let same = Draft { key: AGREE, ..Draft::attestation() };
    assert_eq!(verify(&Draft::agreement(), &same).unwrap_err(), NotGenuine::OneKey);
}

#[test]
fn only_an_uncompressed_point_on_the_curve_is_read() {
    let key = SecretKey::from_slice(&AGREE).unwrap().public_key();
    let point = key.to_sec1_bytes();
    assert!(read_point(&point).is_some());
    let mut off_the_curve = point.to_vec();
    off_the_curve[64] ^= 1;
    let mut hybrid = point.to_vec();
    hybrid[0] = 0x06 | (point[64] & 1);
    let compressed = [&[0x02 | (point[64] & 1)], &point[1..33]].concat();
    let beyond_p = [&[0x04][..], &[0xFF; 32], &point[33..]].concat();
    for bytes in [off_the_curve, hybrid, compressed, beyond_p, vec![0x00], vec![], vec![0x04; 66]] {
        assert!(read_point(&bytes).is_none(), "{bytes:02X?}");
    }
}

/// The certificate with the bytes after its signed part changed, as anybody could.
fn resigned(change: impl FnOnce(&mut Vec<u8>, usize)) -> Vec<u8> {
    let mut der = Draft::agreement().der();
    let signed = to_be_signed(&der).unwrap().len();
    change(&mut der, 4 + signed);
    der
}

#[test]
fn what_is_not_signed_of_a_certificate_can_be_said_in_one_way_only() {
    // After the signed part: 30 0A 06 08 <oid>, then 03 len <unused bits> 30 ...
    let unused_bits = resigned(|der, after| der[after + 14] = 4);
    let parameters = resigned(|der, after| {
        der[after + 1] = 12;
        der.splice(after + 12..after + 12, [0x05, 0x00]);
        let length = u16::from_be_bytes([der[2], der[3]]) + 2;
        der[2..4].copy_from_slice(&length.to_be_bytes());
    });
    let attestation = Draft::attestation().der();
    for changed in [unused_bits, parameters] {
        assert!(Certificate::from_der(&changed).is_ok(), "it reads as a certificate");
        let verified = CardIdentity::verify(changed, attestation.clone(), &authority());
        assert_eq!(verified.map(|_| ()), Err(NotGenuine::Signature));
    }
    let unchanged = CardIdentity::verify(resigned(|_, _| {}), attestation, &authority());
    assert!(unchanged.is_ok());
}
