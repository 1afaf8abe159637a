// SPDX-License-Identifier: MIT OR Apache-2.0
//! The proof that the resident knows the other PIN (profile section 2, step 4):
//! the card signs a transcript that names the service's session, this kiosk,
//! this card and the PIN to be reset.

use sha2::{Digest, Sha256};

use crate::jpki::PinKind;
use crate::reset::pin_ref;

/// What the card's signature ties together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The service's nonce for this session.
    pub nonce: [u8; 32],
    /// The session's UUID.
    pub session_id: [u8; 16],
    /// First 16 bytes of SHA-256 over the kiosk's SubjectPublicKeyInfo.
    pub kiosk_id: [u8; 16],
    /// The PIN to be reset; the other one signs.
    pub target: PinKind,
}

impl Proof {
    /// The transcript T, 100 bytes.
    pub(crate) fn transcript(&self, card_id: &[u8; 16]) -> Vec<u8> {
        let mut transcript = LABEL.to_vec();
        transcript.extend_from_slice(&self.nonce);
        transcript.extend_from_slice(&self.session_id);
        transcript.extend_from_slice(&self.kiosk_id);
        transcript.extend_from_slice(card_id);
        transcript.push(pin_ref(self.target));
        transcript
    }

    /// The DER `DigestInfo` of SHA-256(T), which goes to the card.
    pub(crate) fn digest_info(&self, card_id: &[u8; 16]) -> [u8; 51] {
        let digest = Sha256::digest(self.transcript(card_id));
        let mut digest_info = [0; 51];
        let (prefix, hash) = digest_info.split_at_mut(SHA256_DIGEST_INFO.len());
        prefix.copy_from_slice(&SHA256_DIGEST_INFO);
        hash.copy_from_slice(&digest);
        digest_info
    }
}

const LABEL: &[u8] = b"jpki-reset/proof/1\0";

/// `DigestInfo` for SHA-256 up to the hash (RFC 8017 section 9.2, note 1).
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
