// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two certificates that make a card genuine (profile section 1 and step
//! 1): 00E0 for key agreement and 00E1 for attestation, both issued by the card
//! CA to one card, with different keys.

#[cfg(test)]
mod tests;

use std::fmt;

use der::asn1::ObjectIdentifier;
use der::{Decode, DecodePem};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::iso7816::tlv::{Lengths, TlvReader};

/// The authority that issues the cards' certificates: configuration of the
/// kiosk, never read from a card.
#[derive(Debug, Clone)]
pub struct CardAuthority {
    name: Name,
    key: VerifyingKey,
}

impl CardAuthority {
    /// Reads the authority's certificate, PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Self, UnfitAuthority> {
        let certificate = Certificate::from_pem(pem).map_err(|_| UnfitAuthority::Encoding)?;
        Self::from_certificate(&certificate)
    }

    /// Reads the authority's certificate, DER.
    pub fn from_der(der: &[u8]) -> Result<Self, UnfitAuthority> {
        let certificate = Certificate::from_der(der).map_err(|_| UnfitAuthority::Encoding)?;
        Self::from_certificate(&certificate)
    }

    fn from_certificate(certificate: &Certificate) -> Result<Self, UnfitAuthority> {
        let certificate = certificate.tbs_certificate();
        let key = p256_point(certificate.subject_public_key_info()).ok_or(UnfitAuthority::Key)?;
        let key = VerifyingKey::from_sec1_bytes(&key).map_err(|_| UnfitAuthority::Key)?;
        Ok(Self { name: certificate.subject().clone(), key })
    }
}

/// Why a certificate cannot be the card authority's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnfitAuthority {
    /// Not an X.509 certificate.
    #[error("the card authority's certificate cannot be read")]
    Encoding,
    /// Its key is not an uncompressed point of P-256.
    #[error("the card authority's key is not on P-256")]
    Key,
}

/// A card that has shown two good certificates. Kept for the session: a card
/// that comes back has to be this one, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct CardIdentity {
    card_id: [u8; 16],
    key_agreement_certificate: Vec<u8>,
    attestation_certificate: Vec<u8>,
    agreement_key: p256::PublicKey,
    attestation_key: VerifyingKey,
}

/// Why a card's certificates do not make it genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotGenuine {
    /// The card has the marker, but not the files.
    #[error("a card certificate is missing")]
    Missing,
    /// Not an X.509 certificate with the extensions it may have.
    #[error("a card certificate cannot be read")]
    Encoding,
    /// Not issued by the configured authority.
    #[error("a card certificate is another authority's")]
    Issuer,
    /// The authority's signature does not hold.
    #[error("a card certificate's signature does not verify")]
    Signature,
    /// The key usage is missing, not critical, or another one.
    #[error("a card certificate is for another use")]
    KeyUsage,
    /// The subject is not exactly a card number.
    #[error("a card certificate names no card")]
    Subject,
    /// The key is not an uncompressed point of P-256.
    #[error("a card certificate's key is not on P-256")]
    Key,
    /// The two certificates are two cards'.
    #[error("the card certificates name two cards")]
    TwoCards,
    /// One key in both certificates.
    #[error("the card certificates hold one key")]
    OneKey,
    /// The card does not hold the key of its certificate.
    #[error("the card does not hold the certified key")]
    Token,
}

impl CardIdentity {
    /// Verifies both certificates, DER, under the card authority.
    pub fn verify(
        key_agreement_certificate: Vec<u8>,
        attestation_certificate: Vec<u8>,
        authority: &CardAuthority,
    ) -> Result<Self, NotGenuine> {
        let agreement = CardCertificate::verify(
            &key_agreement_certificate,
            KeyUsages::KeyAgreement,
            authority,
        )?;
        let attestation = CardCertificate::verify(
            &attestation_certificate,
            KeyUsages::DigitalSignature,
            authority,
        )?;
        if agreement.card_id != attestation.card_id {
            return Err(NotGenuine::TwoCards);
        }
        if agreement.point == attestation.point {
            return Err(NotGenuine::OneKey);
        }
        Ok(Self {
            card_id: agreement.card_id,
            key_agreement_certificate,
            attestation_certificate,
            agreement_key: read_point(&agreement.point).ok_or(NotGenuine::Key)?,
            attestation_key: VerifyingKey::from_sec1_bytes(&attestation.point)
                .map_err(|_| NotGenuine::Key)?,
        })
    }

    /// A card without certificates, for the published vectors.
    #[cfg(test)]
    pub(super) const fn of_keys(
        card_id: [u8; 16],
        agreement_key: p256::PublicKey,
        attestation_key: VerifyingKey,
    ) -> Self {
        Self {
            card_id,
            key_agreement_certificate: Vec::new(),
            attestation_certificate: Vec::new(),
            agreement_key,
            attestation_key,
        }
    }

    /// The card's number, 16 bytes.
    pub const fn card_id(&self) -> &[u8; 16] {
        &self.card_id
    }

    /// EF 00E0, DER.
    pub fn key_agreement_certificate(&self) -> &[u8] {
        &self.key_agreement_certificate
    }

    /// EF 00E1, DER.
    pub fn attestation_certificate(&self) -> &[u8] {
        &self.attestation_certificate
    }

    pub(super) const fn agreement_key(&self) -> &p256::PublicKey {
        &self.agreement_key
    }

    pub(super) const fn attestation_key(&self) -> &VerifyingKey {
        &self.attestation_key
    }
}

impl fmt::Debug for CardIdentity {
    /// The card number would make the resident recognisable in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardIdentity(*)")
    }
}

/// A 65-byte uncompressed point of P-256; every other form is refused.
pub(super) fn read_point(bytes: &[u8]) -> Option<p256::PublicKey> {
    if bytes.len() != POINT_LENGTH || bytes.first() != Some(&UNCOMPRESSED) {
        return None;
    }
    p256::PublicKey::from_sec1_bytes(bytes).ok()
}

/// Bytes of an uncompressed point: 04, X, Y.
pub(super) const POINT_LENGTH: usize = 65;
const UNCOMPRESSED: u8 = 0x04;

struct CardCertificate {
    card_id: [u8; 16],
    point: Vec<u8>,
}

impl CardCertificate {
    fn verify(der: &[u8], usage: KeyUsages, authority: &CardAuthority) -> Result<Self, NotGenuine> {
        let certificate = Certificate::from_der(der).map_err(|_| NotGenuine::Encoding)?;
        verify_signature(der, &certificate, authority)?;
        verify_extensions(&certificate, usage)?;
        let certificate = certificate.tbs_certificate();
        let card_id = card_id_of(certificate.subject()).ok_or(NotGenuine::Subject)?;
        let point = p256_point(certificate.subject_public_key_info()).ok_or(NotGenuine::Key)?;
        Ok(Self { card_id, point })
    }
}

fn verify_signature(
    der: &[u8],
    certificate: &Certificate,
    authority: &CardAuthority,
) -> Result<(), NotGenuine> {
    if *certificate.tbs_certificate().issuer() != authority.name {
        return Err(NotGenuine::Issuer);
    }
    // The outer algorithm and the form of the signature are not signed: whatever can be said there
    // in two ways would let a changed certificate pass for the one that was issued.
    let named = [certificate.signature_algorithm(), certificate.tbs_certificate().signature()];
    if named.iter().any(|it| it.oid != ECDSA_WITH_SHA256 || it.parameters.is_some()) {
        return Err(NotGenuine::Signature);
    }
    let signature = certificate.signature().as_bytes().ok_or(NotGenuine::Signature)?;
    let signature = DerSignature::try_from(signature).map_err(|_| NotGenuine::Signature)?;
    // Over the bytes as they came, not as we would encode them.
    let signed = to_be_signed(der).ok_or(NotGenuine::Encoding)?;
    authority.key.verify(signed, &signature).map_err(|_| NotGenuine::Signature)
}

fn to_be_signed(der: &[u8]) -> Option<&[u8]> {
    let certificate = TlvReader::new(der, Lengths::Der).expect_object(SEQUENCE).ok()?;
    let inner = TlvReader::new(certificate.value, Lengths::Der).expect_object(SEQUENCE).ok()?;
    Some(inner.encoded)
}

/// Critical keyUsage with exactly this use; no critical extension that we do
/// not know (RFC 5280 section 4.2).
fn verify_extensions(certificate: &Certificate, usage: KeyUsages) -> Result<(), NotGenuine> {
    let extensions = certificate.tbs_certificate().extensions().ok_or(NotGenuine::KeyUsage)?;
    let mut is_for_this_use = false;
    for extension in extensions {
        match extension.extn_id {
            KEY_USAGE => {
                let found = KeyUsage::from_der(extension.extn_value.as_bytes())
                    .map_err(|_| NotGenuine::Encoding)?;
                is_for_this_use = extension.critical && found.0 == usage;
            }
            BASIC_CONSTRAINTS => {}
            _ if extension.critical => return Err(NotGenuine::Encoding),
            _ => {}
        }
    }
    if is_for_this_use { Ok(()) } else { Err(NotGenuine::KeyUsage) }
}

/// A subject of exactly one attribute: the card number, 32 lower-case
/// hexadecimal digits.
fn card_id_of(subject: &Name) -> Option<[u8; 16]> {
    let mut attributes = subject.iter();
    let serial_number = attributes.next().filter(|attribute| attribute.oid == SERIAL_NUMBER)?;
    if attributes.next().is_some() {
        return None;
    }
    let digits: &[u8; 32] = serial_number.value.value().try_into().ok()?;
    let mut card_id = [0; 16];
    for (byte, pair) in card_id.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            *byte = *byte << 4 | value;
        }
    }
    Some(card_id)
}

fn p256_point(key: &SubjectPublicKeyInfoOwned) -> Option<Vec<u8>> {
    let curve = key.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok()?;
    if key.algorithm.oid != EC_PUBLIC_KEY || curve != PRIME256V1 {
        return None;
    }
    let point = key.subject_public_key.as_bytes()?;
    read_point(point).map(|_| point.to_vec())
}

const SEQUENCE: u32 = 0x30;
/// RFC 5758 section 3.2; its parameters are absent.
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// RFC 5480 section 2.1.1.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// RFC 5280 section 4.2.1 and RFC 4519 section 2.31.
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
