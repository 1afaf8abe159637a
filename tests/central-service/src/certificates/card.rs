// SPDX-License-Identifier: MIT OR Apache-2.0
//! EF 00E0 and EF 00E1 (reset-profile section 1): key agreement and attestation, both under the
//! card CA, with the card_id as their only name. Their dates are not looked at: the contract names
//! no such check, and a receipt must settle its ticket also after the card's last day.

use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_X509_SERIALNUMBER};
use x509_parser::prelude::{KeyUsage, X509Certificate};

use super::{Authority, CertificateError, parse};
use crate::card_id::CardId;

/// Length of an uncompressed point on P-256.
const POINT_BYTES: usize = 65;

/// keyUsage bits, numbered from the least significant (RFC 5280 section 4.2.1.3).
const DIGITAL_SIGNATURE: u16 = 1 << 0;
const KEY_AGREEMENT: u16 = 1 << 4;

/// What the pair says: whose card, and with which key it attests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardCertificates {
    /// The card.
    pub card_id: CardId,
    /// Public key of 00E1, 65 bytes.
    pub attestation_key: Vec<u8>,
}

impl CardCertificates {
    /// Verifies 00E0 and 00E1: usages, one serialNumber, different keys, the card CA.
    pub fn verify(
        key_agreement: &[u8],
        attestation_certificate: &[u8],
        card_ca: &Authority,
    ) -> Result<Self, CertificateError> {
        let (card_id, agreement_key) = verify(key_agreement, KEY_AGREEMENT, card_ca)?;
        let pair = attestation(attestation_certificate, card_ca)?;
        if pair.card_id != card_id {
            return Err(CertificateError::Untrue("00E0 and 00E1 are of different cards"));
        }
        if pair.attestation_key == agreement_key {
            return Err(CertificateError::Untrue("00E0 and 00E1 have the same key"));
        }
        Ok(pair)
    }
}

/// Verifies 00E1 alone: what a receipt comes with.
pub fn attestation(der: &[u8], card_ca: &Authority) -> Result<CardCertificates, CertificateError> {
    let (card_id, attestation_key) = verify(der, DIGITAL_SIGNATURE, card_ca)?;
    Ok(CardCertificates { card_id, attestation_key })
}

fn verify(
    der: &[u8],
    usage: u16,
    card_ca: &Authority,
) -> Result<(CardId, Vec<u8>), CertificateError> {
    let certificate = parse(der)?;
    card_ca.issued(&certificate)?;
    match certificate.key_usage() {
        Ok(Some(extension))
            if extension.critical && *extension.value == KeyUsage { flags: usage } => {}
        _ => return Err(CertificateError::Untrue("a card certificate has another key usage")),
    }
    Ok((card_id(&certificate)?, point(&certificate)?))
}

/// The subject is exactly one attribute: serialNumber.
fn card_id(certificate: &X509Certificate<'_>) -> Result<CardId, CertificateError> {
    let mut attributes = certificate.subject().iter_attributes();
    let (Some(attribute), None) = (attributes.next(), attributes.next()) else {
        return Err(CertificateError::Untrue("a card certificate has more names than the card_id"));
    };
    if *attribute.attr_type() != OID_X509_SERIALNUMBER {
        return Err(CertificateError::Untrue("a card certificate does not name a card_id"));
    }
    attribute
        .as_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(CertificateError::Untrue("a card certificate's card_id is not 32 hex digits"))
}

fn point(certificate: &X509Certificate<'_>) -> Result<Vec<u8>, CertificateError> {
    let key = certificate.public_key();
    let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
    let point = key.subject_public_key.data.as_ref();
    let is_p256 = key.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY
        && curve == Some(OID_EC_P256)
        && point.len() == POINT_BYTES
        && point.first() == Some(&0x04);
    is_p256
        .then(|| point.to_vec())
        .ok_or(CertificateError::Untrue("a card certificate's key is not on P-256"))
}
