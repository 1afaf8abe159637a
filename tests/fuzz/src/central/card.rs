// SPDX-License-Identifier: MIT OR Apache-2.0
//! The specimen as the service knows it: its certificates, and what its keys sign (reset-profile,
//! sections 2 and 6), without the commands that a kiosk would send for it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use central_service::card_id::CardId;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::card::lab::{KIOSK, SPECIMEN, unhex};

/// EF 001B, the PIN that is reset.
const SIGNATURE_PIN: u8 = 0x1B;

pub(super) struct SigningCard {
    pub(super) card_id: CardId,
    pub(super) key_agreement_certificate: Vec<u8>,
    pub(super) attestation_certificate: Vec<u8>,
    pub(super) authentication_certificate: Vec<u8>,
    pub(super) authorities: Authorities,
    attestation_key: SigningKey,
    authentication_key: KeyPair,
}

/// DER certificates of those who issued the card's.
pub(super) struct Authorities {
    pub(super) card: Vec<u8>,
    pub(super) user_authentication: Vec<u8>,
    pub(super) digital_signature: Vec<u8>,
}

/// What a receipt says before its signature.
pub(super) struct Said {
    pub(super) result: u8,
    pub(super) ticket: Option<(Uuid, u32)>,
}

impl SigningCard {
    #[expect(clippy::expect_used, reason = "the specimen is committed and whole")]
    pub(super) fn specimen() -> Self {
        let file = |name: &str| std::fs::read(format!("{SPECIMEN}/{name}")).expect(name);
        let card: Value = serde_json::from_slice(&file("card.json")).expect("the specimen");
        let text = |value: &Value| unhex(value.as_str().unwrap_or_default());
        let jpki = |file: &str| &card["applications"]["jpki"][file];
        let certificate = |file: &str| text(&jpki(file)["transparent"]["content"]);
        let profile = &card["profile"];
        Self {
            card_id: profile["card_id"].as_str().unwrap_or_default().parse().expect("a card_id"),
            key_agreement_certificate: certificate("00E0"),
            attestation_certificate: certificate("00E1"),
            authentication_certificate: certificate("000A"),
            authorities: Authorities {
                card: file("card-authority.der"),
                user_authentication: certificate("000B"),
                digital_signature: certificate("0002"),
            },
            attestation_key: SigningKey::from_slice(&text(&profile["attestation_key"]))
                .expect("a key"),
            authentication_key: KeyPair::from_pkcs8(&text(&jpki("0017")["signing-key"]["key"]))
                .expect("a key"),
        }
    }

    /// What the register holds of it.
    pub(super) fn citizen(&self) -> Value {
        json!({
            "card_id": self.card_id.to_string(),
            "authentication_certificate":
                BASE64_URL_SAFE_NO_PAD.encode(&self.authentication_certificate),
            "signature_certificate": { "serial": "0A11", "not_after": "2031-01-01T00:00:00Z" },
        })
    }

    /// COMPUTE DIGITAL SIGNATURE over the transcript of a session.
    pub(super) fn prove(&self, session_id: Uuid, nonce: &[u8]) -> Vec<u8> {
        let transcript = [
            b"jpki-reset/proof/1\0",
            nonce,
            session_id.as_bytes(),
            &KIOSK,
            &self.card_id.0,
            &[SIGNATURE_PIN],
        ]
        .concat();
        let key = &self.authentication_key;
        let mut signature = vec![0; key.public().modulus_len()];
        let signed = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &transcript, &mut signature);
        assert!(signed.is_ok(), "the specimen does not sign");
        signature
    }

    /// INTERNAL AUTHENTICATE: what the card says, over this nonce.
    pub(super) fn receipt(&self, said: &Said, nonce: &[u8]) -> Vec<u8> {
        let mut receipt = b"JRST-R01".to_vec();
        receipt.push(said.result);
        match said.ticket {
            Some((id, counter)) => {
                receipt.push(SIGNATURE_PIN);
                receipt.extend(id.as_bytes());
                receipt.extend(counter.to_be_bytes());
            }
            None => receipt.extend([0; 21]),
        }
        receipt.extend(self.card_id.0);
        let signature: Signature = self.attestation_key.sign(&[&receipt, nonce].concat());
        receipt.extend(signature.to_bytes());
        receipt
    }
}
