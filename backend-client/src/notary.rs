// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit's signature over a policy that it received, so that the kiosk may keep it
//! (docs/decisions/0033).
//!
//! The key is the certificate's, the one that signs the TLS handshakes. What is signed begins with a
//! label of its own: neither a handshake (RFC 8446 section 4.4.3: 64 spaces) nor a certification
//! request (DER) begins so.

use std::{fmt, sync::Arc};

use rustls::{
    SignatureScheme,
    crypto::ring::default_provider,
    pki_types::{AlgorithmIdentifier, SignatureVerificationAlgorithm},
    sign::{CertifiedKey, SigningKey},
};
use x509_cert::der::Encode as _;

use crate::{
    tls::{Credentials, TlsError},
    wire::{Identity, KeptPolicy, KioskId, PolicyDocument, PolicySignature, Vouch},
};

/// Who signs received policies, and vouches for kept ones.
pub struct Notary {
    key: Arc<dyn SigningKey>,
    scheme: SignatureScheme,
    algorithm: &'static dyn SignatureVerificationAlgorithm,
    /// The certificate's, without its algorithm.
    public_key: Vec<u8>,
    name: String,
    id: KioskId,
}

impl Notary {
    /// The unit of this certificate and its key.
    ///
    /// # Errors
    ///
    /// [`TlsError`], when the certificate cannot be read or its key can sign nothing here.
    pub fn new(credentials: &Credentials, certified: &CertifiedKey) -> Result<Self, TlsError> {
        let Identity { kiosk_id: id, unit, store, .. } = credentials.identity()?;
        let path = || credentials.chain.path.clone();
        let undecodable = |source| TlsError::Undecodable { path: path(), source };
        let leaf = credentials.chain.leaf()?;
        let info = leaf.tbs_certificate().subject_public_key_info();
        let of_key = info.algorithm.to_der().map_err(undecodable)?;
        let key = Arc::clone(&certified.key);
        let (scheme, algorithm) = SCHEMES
            .iter()
            .find(|scheme| key.choose_scheme(&[**scheme]).is_some())
            .and_then(|scheme| Some((*scheme, verifier(*scheme, &of_key)?)))
            .ok_or_else(|| TlsError::Unsigning { chain: path() })?;
        let public_key = info.subject_public_key.raw_bytes().to_vec();
        let name = format!("urn:kiosk:{store}:{unit}");
        Ok(Self { key, scheme, algorithm, public_key, name, id })
    }

    /// Whose key it signs with.
    #[must_use]
    pub const fn id(&self) -> KioskId {
        self.id
    }

    /// Signs what the service gave. It may take as long as a token takes.
    ///
    /// # Errors
    ///
    /// [`rustls::Error`], when the key does not sign.
    pub fn sign(&self, document: &PolicyDocument) -> Result<PolicySignature, rustls::Error> {
        let unable = || rustls::Error::General("the key has another kind now".to_owned());
        let signer = self.key.choose_scheme(&[self.scheme]).ok_or_else(unable)?;
        let value = signer.sign(&self.message(document))?.into();
        Ok(PolicySignature { signed_by: self.id, value })
    }

    /// Whether that is what [`Self::sign`] signed, for this unit and with this key.
    #[must_use]
    pub fn vouch(&self, kept: &KeptPolicy) -> Vouch {
        let KeptPolicy { document, signature: PolicySignature { signed_by, value } } = kept;
        let (message, signature) = (self.message(document), value.as_bytes());
        let verified = self.algorithm.verify_signature(&self.public_key, &message, signature);
        if *signed_by == self.id && verified.is_ok() { Vouch::Signed } else { Vouch::NotSigned }
    }

    /// Each part with its length, so that no other document gives the same bytes; what the service
    /// did not mark has an empty mark, which no other has.
    fn message(&self, document: &PolicyDocument) -> Vec<u8> {
        let mut message = LABEL.to_vec();
        let mut push = |part: &[u8]| {
            message.extend((part.len() as u64).to_be_bytes());
            message.extend(part);
        };
        push(self.name.as_bytes());
        match &document.etag {
            Some(etag) => push(format!("={etag}").as_bytes()),
            None => push(b""),
        }
        push(document.text.as_bytes());
        message
    }
}

impl fmt::Debug for Notary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notary({}, {})", self.name, self.id)
    }
}

/// What verifies such signatures of a key of this algorithm (AlgorithmIdentifier in DER).
fn verifier(
    scheme: SignatureScheme,
    of_key: &[u8],
) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    let known = default_provider().signature_verification_algorithms.mapping;
    let (_, algorithms) = known.iter().find(|(known, _)| *known == scheme)?;
    // Theirs are without tag and length, which have an octet each for all of these.
    let is_of_key = |identifier: AlgorithmIdentifier| of_key.get(2..) == Some(identifier.as_ref());
    algorithms.iter().find(|it| is_of_key(it.public_key_alg_id())).copied()
}

/// Of the message's format: another begins otherwise.
const LABEL: &[u8] = b"kiosk-policy-v1\0";

/// Those of TLS 1.3 with which a client's key may sign; a key has one of them.
const SCHEMES: [SignatureScheme; 4] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
];
