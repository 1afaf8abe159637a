// SPDX-License-Identifier: MIT OR Apache-2.0
//! The certification request (PKCS#10, RFC 2986): signed by whatever holds the key.

use std::str::FromStr as _;

use rustls::{SignatureScheme, sign::SigningKey};
use x509_cert::{
    attr::{Attribute, Attributes},
    der::{
        Decode as _, Encode as _,
        asn1::{Any, BitString, Ia5String, ObjectIdentifier, OctetString, SetOfVec},
    },
    ext::{
        Extension,
        pkix::{SubjectAltName, name::GeneralName},
    },
    name::Name,
    request::{CertReq, CertReqInfo, Version},
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned},
};

use super::EnrolError;
use crate::tls::key_policy::{CERTIFICATE_POLICIES, WITHOUT_TPM};

/// extensionRequest (RFC 2985 section 5.4.2).
const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");
/// subjectAltName (RFC 5280 section 4.2.1.6).
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
/// ecdsa-with-SHA256 (RFC 5758 section 3.2).
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// `CN=<unit>`: what a unit without a certificate knows of its subject.
pub(super) fn common_name(unit: &str) -> Result<Name, EnrolError> {
    Name::from_str(&format!("CN={unit}")).map_err(EnrolError::Request)
}

/// The request in DER.
pub(super) fn signed(
    subject: Name,
    urn: &str,
    is_without_tpm: bool,
    key: &dyn SigningKey,
) -> Result<Vec<u8>, EnrolError> {
    let public_key = key.public_key().ok_or(EnrolError::KeyKind)?;
    let public_key = SubjectPublicKeyInfoOwned::from_der(&public_key);
    let info = CertReqInfo {
        version: Version::V1,
        subject,
        public_key: public_key.map_err(EnrolError::Request)?,
        attributes: attributes(urn, is_without_tpm).map_err(EnrolError::Request)?,
    };
    let scheme = [SignatureScheme::ECDSA_NISTP256_SHA256];
    let signer = key.choose_scheme(&scheme).ok_or(EnrolError::KeyKind)?;
    let message = info.to_der().map_err(EnrolError::Request)?;
    let signature = signer.sign(&message).map_err(EnrolError::Sign)?;
    let request = CertReq {
        info,
        algorithm: AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None },
        signature: BitString::from_bytes(&signature).map_err(EnrolError::Request)?,
    };
    request.to_der().map_err(EnrolError::Request)
}

fn attributes(urn: &str, is_without_tpm: bool) -> x509_cert::der::Result<Attributes> {
    let name = GeneralName::UniformResourceIdentifier(Ia5String::new(urn)?);
    let mut extensions = vec![extension(SUBJECT_ALT_NAME, SubjectAltName(vec![name]).to_der()?)?];
    if is_without_tpm {
        extensions.push(extension(CERTIFICATE_POLICIES, WITHOUT_TPM.to_vec())?);
    }
    let values = SetOfVec::try_from(vec![Any::encode_from(&extensions)?])?;
    SetOfVec::try_from(vec![Attribute { oid: EXTENSION_REQUEST, values }])
}

fn extension(extn_id: ObjectIdentifier, value: Vec<u8>) -> x509_cert::der::Result<Extension> {
    Ok(Extension { extn_id, critical: false, extn_value: OctetString::new(value)? })
}
