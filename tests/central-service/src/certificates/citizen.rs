// SPDX-License-Identifier: MIT OR Apache-2.0
//! EF 000A, the user-authentication certificate (利用者証明用電子証明書), and the proof that is made
//! with its key (reset-profile section 2, step 4).

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;

use super::{Authority, CertificateError, parse, serial_of, timestamp};

/// What the service keeps of a user-authentication certificate: nothing of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationCertificate {
    /// Lower-case hex without leading zeros.
    pub serial: String,
    /// SHA-256 over the SubjectPublicKeyInfo.
    pub key_hash: Vec<u8>,
    /// RSAPublicKey (RFC 8017 appendix A.1.1), DER.
    pub public_key: Vec<u8>,
    /// First moment of its validity.
    pub not_before: Timestamp,
    /// Last moment of its validity.
    pub not_after: Timestamp,
}

impl AuthenticationCertificate {
    /// Verifies issuer and signature; dates and status are asked separately, because each has an
    /// ending of its own.
    pub fn verify(der: &[u8], authority: &Authority) -> Result<Self, CertificateError> {
        let certificate = parse(der)?;
        authority.issued(&certificate)?;
        if certificate.is_ca() {
            return Err(CertificateError::Untrue("a citizen's certificate is a CA's"));
        }
        let key = certificate.public_key();
        if key.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
            return Err(CertificateError::Untrue("a citizen's key is not RSA"));
        }
        Ok(Self {
            serial: serial_of(&certificate),
            key_hash: digest(&SHA256, key.raw).as_ref().to_vec(),
            public_key: key.subject_public_key.data.to_vec(),
            not_before: timestamp(certificate.validity().not_before),
            not_after: timestamp(certificate.validity().not_after),
        })
    }

    /// Whether the certificate is in date.
    pub fn is_in_date(&self, now: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

/// Whether `signature` is the card's over the transcript: RSASSA-PKCS1-v1_5 with SHA-256.
pub fn proof_holds(public_key: &[u8], transcript: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key)
        .verify(transcript, signature)
        .is_ok()
}
