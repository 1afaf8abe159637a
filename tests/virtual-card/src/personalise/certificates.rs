// SPDX-License-Identifier: MIT OR Apache-2.0
//! The keys of a card and the certificates over them.
//!
//! Their shape is that of the published JPKI profile (key usages, four attributes as
//! `otherName`); the person in them is plainly made up.

use p256::pkcs8::EncodePublicKey;
use rand::{CryptoRng, RngExt as _};
use x509_cert::{
    SubjectPublicKeyInfo,
    der::{
        self,
        asn1::{Any, ObjectIdentifier, Utf8StringRef},
        flagset::FlagSet,
    },
    ext::{
        Extension, ToExtension as _,
        pkix::{
            ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
            name::{GeneralName, OtherName},
        },
    },
};

use super::{Order, PersonaliseError, name};
use crate::{
    authorities::{Authorities, AuthorityError, Subject, builder_error, p256_key, rsa_key},
    hex,
    state::ProfileKeys,
};

/// Everything that is generated or issued for one card; certificates are DER.
pub(super) struct Issued {
    pub(super) authentication_key: rsa::PrivateKey,
    pub(super) authentication_certificate: Vec<u8>,
    pub(super) signature_key: rsa::PrivateKey,
    pub(super) signature_certificate: Option<Vec<u8>>,
    pub(super) profile: ProfileKeys,
    pub(super) agreement_certificate: Vec<u8>,
    pub(super) attestation_certificate: Vec<u8>,
}

const CLIENT_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");

/// 基本4情報 as a signature certificate carries them: name, sex, date of birth (era, then
/// YYYYMMDD), address.
const FOUR_ATTRIBUTES: [(&str, &str); 4] = [
    ("1.2.392.200149.8.5.5.1", "見本　券面"),
    ("1.2.392.200149.8.5.5.3", "1"),
    ("1.2.392.200149.8.5.5.4", "420000101"),
    ("1.2.392.200149.8.5.5.5", "架空県見本市試験町一丁目１番１号"),
];

pub(super) fn issue(
    authorities: &Authorities,
    order: &Order,
    random: &mut impl CryptoRng,
) -> Result<Issued, PersonaliseError> {
    let (authentication_key, authentication_certificate) =
        user_authentication(authorities, order, random)?;
    let (signature_key, signature_certificate) = digital_signature(authorities, order, random)?;
    let (profile, [agreement_certificate, attestation_certificate]) =
        card_keys(authorities, order, random)?;
    Ok(Issued {
        authentication_key,
        authentication_certificate,
        signature_key,
        signature_certificate,
        profile,
        agreement_certificate,
        attestation_certificate,
    })
}

fn user_authentication(
    authorities: &Authorities,
    order: &Order,
    random: &mut impl CryptoRng,
) -> Result<(rsa::PrivateKey, Vec<u8>), PersonaliseError> {
    let key = rsa_key(random)?;
    let client = ExtendedKeyUsage(vec![CLIENT_AUTHENTICATION]);
    let subject = Subject {
        name: name(&format!("CN=TEST{:013},C=JP", random.random_range(0..10_u64.pow(13))))?,
        public_key: public_key(key.as_public_key())?,
        extensions: vec![
            key_usage(KeyUsages::DigitalSignature.into())?,
            (&client).to_extension(&name("C=JP")?, &[]).map_err(builder_error)?,
        ],
    };
    let certificate =
        authorities.user_authentication.issue(subject, order.user_authentication_validity)?;
    Ok((key, certificate))
}

fn digital_signature(
    authorities: &Authorities,
    order: &Order,
    random: &mut impl CryptoRng,
) -> Result<(rsa::PrivateKey, Option<Vec<u8>>), PersonaliseError> {
    let key = rsa_key(random)?;
    if !order.has_signature_certificate {
        return Ok((key, None));
    }
    let number = random.random_range(0..10_u64.pow(13));
    let subject = Subject {
        name: name(&format!("CN=TEST{number:013},L=Mihon-shi,L=Kakuu-ken,C=JP"))?,
        public_key: public_key(key.as_public_key())?,
        extensions: vec![
            key_usage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation)?,
            four_attributes()?,
        ],
    };
    let certificate = authorities.digital_signature.issue(subject, order.signature_validity)?;
    Ok((key, Some(certificate)))
}

/// `K_agree` and `K_attest` with their certificates (profile, section 1): critical key usages, and
/// a subject of nothing but the card's identifier.
fn card_keys(
    authorities: &Authorities,
    order: &Order,
    random: &mut impl CryptoRng,
) -> Result<(ProfileKeys, [Vec<u8>; 2]), PersonaliseError> {
    let card_id: [u8; 16] = random.random();
    let agreement = p256_key(random);
    let attestation = p256_key(random);
    let issue = |key: &p256::SecretKey, usage: KeyUsages| {
        let subject = Subject {
            name: name(&format!("serialNumber={}", hex::encode(&card_id)))?,
            public_key: public_key(&key.public_key())?,
            extensions: vec![key_usage(usage.into())?],
        };
        Ok::<_, PersonaliseError>(authorities.card.issue(subject, order.card_validity)?)
    };
    let certificates = [
        issue(&agreement, KeyUsages::KeyAgreement)?,
        issue(&attestation, KeyUsages::DigitalSignature)?,
    ];
    let profile = ProfileKeys {
        card_id,
        agreement_key: agreement.to_bytes().into(),
        attestation_key: attestation.to_bytes().into(),
        ticket_keys: order.ticket_keys.clone(),
    };
    Ok((profile, certificates))
}

fn four_attributes() -> Result<Extension, AuthorityError> {
    let names = FOUR_ATTRIBUTES
        .iter()
        .map(|(type_id, value)| {
            Ok(GeneralName::OtherName(OtherName {
                type_id: ObjectIdentifier::new_unwrap(type_id),
                value: Any::from(Utf8StringRef::new(value)?),
            }))
        })
        .collect::<Result<_, der::Error>>()
        .map_err(builder_error)?;
    (false, &SubjectAltName(names)).to_extension(&Default::default(), &[]).map_err(builder_error)
}

fn key_usage(usages: FlagSet<KeyUsages>) -> Result<Extension, AuthorityError> {
    (true, &KeyUsage(usages)).to_extension(&Default::default(), &[]).map_err(builder_error)
}

fn public_key(key: &impl EncodePublicKey) -> Result<SubjectPublicKeyInfo, AuthorityError> {
    SubjectPublicKeyInfo::from_key(key).map_err(builder_error)
}
