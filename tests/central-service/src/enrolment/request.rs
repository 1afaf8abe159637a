// SPDX-License-Identifier: MIT OR Apache-2.0
//! A certification request (PKCS#10, RFC 2986) as EST brings it: base64, signed by the key that it
//! asks for. Nothing of it goes into the certificate but the key; the names are compared.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SubjectPublicKeyInfo};
use ring::digest::{SHA256, digest};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Name};

use super::{Refusal, WITHOUT_TPM};

/// A request whose key is proved to be its sender's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    /// P-256.
    pub key: SubjectPublicKeyInfo,
    /// SHA-256 over the SubjectPublicKeyInfo.
    pub key_hash: Vec<u8>,
    /// The subject in DER.
    pub subject: Vec<u8>,
    /// Its common names.
    pub common_names: Vec<String>,
    /// Its subject alternative names that are URIs; `None` where there are others too.
    pub uris: Option<Vec<String>>,
    /// Whether it says that its key is not in a TPM.
    pub is_without_tpm: bool,
}

impl SigningRequest {
    /// Reads the body of a request (RFC 8951 section 3.1: base64, any line breaks) and verifies its
    /// signature.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let no_request = Refusal::Malformed("the body is not a PKCS#10 request in base64");
        let base64: Vec<u8> =
            body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let der = BASE64_STANDARD.decode(base64).map_err(|_| no_request)?;
        let (rest, request) = X509CertificationRequest::from_der(&der).map_err(|_| no_request)?;
        if !rest.is_empty() {
            return Err(no_request);
        }
        request.verify_signature().map_err(|_| {
            Refusal::Malformed("the request is not signed by the key that it asks for")
        })?;
        let info = &request.certification_request_info;
        let raw_key = info.subject_pki.raw;
        let key = SubjectPublicKeyInfo::from_der(raw_key).ok();
        let key = key.filter(|key| key.algorithm() == &PKCS_ECDSA_P256_SHA256);
        let key = key.ok_or(Refusal::Malformed("the key is not one of EC P-256"))?;
        Ok(Self {
            key,
            key_hash: digest(&SHA256, raw_key).as_ref().to_vec(),
            subject: info.subject.as_raw().to_vec(),
            common_names: common_names(&info.subject),
            uris: uris(&request),
            is_without_tpm: is_without_tpm(&request),
        })
    }

    /// Whether this URN is its one and only alternative name.
    pub fn names(&self, urn: &str) -> bool {
        self.uris.as_deref().is_some_and(|uris| uris == [urn])
    }
}

fn common_names(subject: &X509Name<'_>) -> Vec<String> {
    let names = subject.iter_common_name();
    names.map(|name| name.as_str().unwrap_or_default().to_owned()).collect()
}

fn uris(request: &X509CertificationRequest<'_>) -> Option<Vec<String>> {
    let mut uris = Vec::new();
    for extension in request.requested_extensions().into_iter().flatten() {
        let ParsedExtension::SubjectAlternativeName(names) = extension else { continue };
        for name in &names.general_names {
            let GeneralName::URI(uri) = name else { return None };
            uris.push((*uri).to_owned());
        }
    }
    Some(uris)
}

fn is_without_tpm(request: &X509CertificationRequest<'_>) -> bool {
    // The OBJECT IDENTIFIER without its tag and length.
    let contents = WITHOUT_TPM.split_at(2).1;
    request.requested_extensions().into_iter().flatten().any(|extension| match extension {
        ParsedExtension::CertificatePolicies(policies) => {
            policies.iter().any(|policy| policy.policy_id.as_bytes() == contents)
        }
        _ => false,
    })
}
