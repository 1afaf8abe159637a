// SPDX-License-Identifier: MIT OR Apache-2.0
//! EST's answer: base64 of a SignedData that holds certificates alone (RFC 7030 section 4.2.3,
//! RFC 5652 section 5.1). The certificate for our key is looked for; others are left.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::sign::SigningKey;
use x509_cert::{
    Certificate,
    der::{
        self, Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagNumber, Tagged as _,
        asn1::AnyRef,
        pem::{LineEnding, encode_string},
    },
};

use super::EnrolError;

/// Our certificate in PEM.
pub(super) fn certificate_of(answer: &[u8], key: &dyn SigningKey) -> Result<String, EnrolError> {
    let malformed = EnrolError::Malformed { expected: "certs-only in base64 (RFC 7030)" };
    let base64: Vec<u8> =
        answer.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let Ok(der) = BASE64_STANDARD.decode(base64) else { return Err(malformed) };
    let Ok(certificates) = certificates(&der) else { return Err(malformed) };
    let ours = key.public_key().ok_or(EnrolError::KeyKind)?;
    let is_ours = |der: &Vec<u8>| {
        let certificate = Certificate::from_der(der);
        let info = certificate.map(|c| c.tbs_certificate().subject_public_key_info().to_der());
        matches!(info, Ok(Ok(info)) if info == ours.as_ref())
    };
    let ours = certificates.iter().find(|der| is_ours(der));
    let ours =
        ours.ok_or(EnrolError::Malformed { expected: "a certificate for this unit's key" })?;
    encode_string("CERTIFICATE", LineEnding::LF, ours).map_err(|_| malformed)
}

/// The certificates of ContentInfo { signedData, `[0]` SignedData { .., `[0]` certificates, .. } }.
fn certificates(message: &[u8]) -> der::Result<Vec<Vec<u8>>> {
    let mut contents = message;
    for place in [Tag::Sequence, CONTEXT_0, Tag::Sequence, CONTEXT_0] {
        let found = elements(contents)?.into_iter().find(|element| element.tag() == place);
        contents = found.ok_or_else(|| place.value_error())?.value();
    }
    elements(contents)?.iter().map(|certificate| certificate.to_der()).collect()
}

const CONTEXT_0: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };

fn elements(contents: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(contents)?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader)?);
    }
    Ok(elements)
}
