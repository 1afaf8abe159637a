// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card that only signs: the certificates of reset-profile section 1, proofs (section 2) and
//! receipts (section 6), written from the profile and sharing nothing with the service. And the
//! test CAs that issue them.

use std::path::Path;
use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RevocationReason,
    RevokedCertParams, SerialNumber, date_time_ymd,
};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rsa::PrivateKey;
use rsa::pkcs8::EncodePrivateKey as _;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

use crate::client::base64url;

/// The three CAs of a test.
pub(crate) struct TestAuthorities {
    pub(crate) card: TestAuthority,
    pub(crate) user_authentication: TestAuthority,
    pub(crate) digital_signature: TestAuthority,
}

pub(crate) struct TestAuthority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// One citizen's card.
pub(crate) struct TestCard {
    pub(crate) card_id: [u8; 16],
    pub(crate) key_agreement_certificate: Vec<u8>,
    pub(crate) attestation_certificate: Vec<u8>,
    pub(crate) authentication_certificate: Vec<u8>,
    pub(crate) authentication_serial: Vec<u8>,
    pub(crate) signature_certificate: Option<Value>,
    attestation_key: EcdsaKeyPair,
    authentication_key: RsaKeyPair,
}

/// Validity of a citizen's certificate, in years.
#[derive(Clone, Copy)]
pub(crate) struct Validity(pub(crate) i32, pub(crate) i32);

/// In date at the bench's clock.
pub(crate) const VALID: Validity = Validity(2024, 2029);

impl TestAuthorities {
    pub(crate) fn new() -> Self {
        Self {
            card: TestAuthority::new("Test card CA", KeyPair::generate().unwrap()),
            user_authentication: TestAuthority::new("Test user CA", rsa_pair(0)),
            digital_signature: TestAuthority::new("Test signature CA", rsa_pair(1)),
        }
    }
}

impl TestAuthority {
    fn new(name: &str, key: KeyPair) -> Self {
        let mut params = params(VALID);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, &self.pem).unwrap();
    }

    /// One of the card's own certificates.
    pub(crate) fn card_certificate(
        &self,
        card_id: &[u8; 16],
        usage: KeyUsagePurpose,
        key: &KeyPair,
    ) -> Vec<u8> {
        let mut params = params(VALID);
        let serial_number = DnType::CustomDnType(vec![2, 5, 4, 5]);
        params.distinguished_name.push(serial_number, hex(card_id));
        params.key_usages = vec![usage];
        params.signed_by(key, &self.issuer).unwrap().der().to_vec()
    }

    fn citizens_certificate(&self, serial: &[u8], validity: Validity, key: &KeyPair) -> Vec<u8> {
        let mut params = params(validity);
        params.distinguished_name.push(DnType::CommonName, "Test citizen");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.serial_number = Some(SerialNumber::from_slice(serial));
        params.signed_by(key, &self.issuer).unwrap().der().to_vec()
    }

    /// A revocation list of that year.
    pub(crate) fn revocation_list(&self, serials: &[&[u8]], year: i32) -> String {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: date_time_ymd(2025, 6, 1),
            reason_code: Some(RevocationReason::AffiliationChanged),
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(year, 1, 1),
            next_update: date_time_ymd(year + 1, 1, 1),
            crl_number: SerialNumber::from_slice(&[1]),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

impl TestCard {
    pub(crate) fn new(authorities: &TestAuthorities, validity: Validity) -> Self {
        let card_id = random::<16>();
        let (agreement, attestation) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        // 00E1's signature key, as ring wants it.
        let attestation_key = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            attestation.serialized_der(),
            &SystemRandom::new(),
        );
        let mut serial = random::<8>();
        serial[0] = 0x11;
        let key = rsa_pair(2);
        let card = &authorities.card;
        Self {
            card_id,
            key_agreement_certificate: card.card_certificate(
                &card_id,
                KeyUsagePurpose::KeyAgreement,
                &agreement,
            ),
            attestation_certificate: card.card_certificate(
                &card_id,
                KeyUsagePurpose::DigitalSignature,
                &attestation,
            ),
            authentication_certificate: authorities
                .user_authentication
                .citizens_certificate(&serial, validity, &key),
            authentication_serial: serial.to_vec(),
            signature_certificate: Some(
                json!({ "serial": "0A11", "not_after": "2029-01-01T00:00:00Z" }),
            ),
            attestation_key: attestation_key.unwrap(),
            authentication_key: RsaKeyPair::from_pkcs8(key.serialized_der()).unwrap(),
        }
    }

    pub(crate) fn hex_id(&self) -> String {
        hex(&self.card_id)
    }

    /// `CITIZEN.json`.
    pub(crate) fn citizen(&self) -> Value {
        json!({
            "card_id": self.hex_id(),
            "authentication_certificate": base64url(&self.authentication_certificate),
            "signature_certificate": self.signature_certificate,
        })
    }

    /// COMPUTE DIGITAL SIGNATURE over the transcript of section 2, step 4.
    pub(crate) fn prove(&self, nonce: &[u8], session_id: &str, kiosk_id: &[u8]) -> Vec<u8> {
        let session_id = uuid::Uuid::parse_str(session_id).unwrap();
        let transcript = [
            b"jpki-reset/proof/1\0".as_slice(),
            nonce,
            session_id.as_bytes(),
            kiosk_id,
            &self.card_id,
            &[0x1B],
        ]
        .concat();
        let mut signature = vec![0; self.authentication_key.public().modulus_len()];
        let random = SystemRandom::new();
        self.authentication_key
            .sign(&RSA_PKCS1_SHA256, &random, &transcript, &mut signature)
            .unwrap();
        signature
    }

    /// INTERNAL AUTHENTICATE, section 6; `ticket` is id and counter of the last accepted one.
    pub(crate) fn receipt(&self, result: u8, ticket: Option<(&str, u32)>, nonce: &[u8]) -> Vec<u8> {
        let mut receipt = b"JRST-R01".to_vec();
        receipt.push(result);
        match ticket {
            Some((id, counter)) => {
                receipt.push(0x1B);
                receipt.extend_from_slice(uuid::Uuid::parse_str(id).unwrap().as_bytes());
                receipt.extend_from_slice(&counter.to_be_bytes());
            }
            None => receipt.extend_from_slice(&[0; 21]),
        }
        receipt.extend_from_slice(&self.card_id);
        let message = [receipt.as_slice(), nonce].concat();
        let signature = self.attestation_key.sign(&SystemRandom::new(), &message).unwrap();
        receipt.extend_from_slice(signature.as_ref());
        receipt
    }
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).unwrap();
    bytes
}

fn params(Validity(from, until): Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params
}

/// RSA keys are slow to make: the tests of one run share three.
fn rsa_pair(index: usize) -> KeyPair {
    static KEYS: [OnceLock<Vec<u8>>; 3] = [const { OnceLock::new() }; 3];
    let der = KEYS[index].get_or_init(|| {
        let key = PrivateKey::new(&mut rand::rng(), 2048).unwrap();
        key.to_pkcs8_der().unwrap().as_bytes().to_vec()
    });
    let der = PrivatePkcs8KeyDer::from(der.as_slice());
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
