// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit's key, made where it stays: on its token, or in a file that its owner alone may read. One
//! that is sealed is made by `seal`, and here only used.

use std::sync::Arc;

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use rustls::sign::SigningKey;
use x509_cert::der::pem::{LineEnding, encode_string};
use zeroize::Zeroizing;

use super::{EnrolError, files};
use crate::tls::{KeySource, PinSource, Pkcs11Error, TlsError};

/// Whether this key is one that no TPM keeps. A token is taken for a TPM: which module stands before
/// one, the vendor knows. A sealed key is unsealed to sign, whatever it was sealed with.
pub(super) const fn is_without_tpm(source: &KeySource) -> bool {
    match source {
        KeySource::File(_) | KeySource::Credential(_) => true,
        KeySource::Pkcs11(_) => false,
    }
}

/// The key; one is made where there is none, so that an enrolment that was cut off goes on with its
/// own.
pub(super) fn made_if_missing(source: &KeySource) -> Result<Arc<dyn SigningKey>, EnrolError> {
    match source {
        KeySource::File(path) if !path.exists() => {
            files::replace(path, new_pem()?.as_bytes(), 0o600)?;
        }
        KeySource::File(_) | KeySource::Credential(_) => {}
        KeySource::Pkcs11(token) => {
            token.prepare()?;
            match source.signing_key() {
                Err(TlsError::Token(Pkcs11Error::NoKey { .. })) => {
                    if let PinSource::Made(_) = token.pin {
                        // Half a pair, where the power went while it was made.
                        token.destroy()?;
                    }
                    token.generate()?;
                }
                found => return Ok(found?),
            }
        }
    }
    Ok(source.signing_key()?)
}

/// A new key in PEM.
pub(super) fn new_pem() -> Result<Zeroizing<String>, EnrolError> {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
    let made = made.map_err(|_| EnrolError::NoRandom)?;
    let pem = encode_string("PRIVATE KEY", LineEnding::LF, made.as_ref());
    pem.map(Zeroizing::new).map_err(|_| EnrolError::NoRandom)
}

/// Destroys the key, if it is there.
pub(super) fn destroy(source: &KeySource) -> Result<(), EnrolError> {
    match source {
        KeySource::File(path) => files::remove(path),
        KeySource::Credential(source) => files::remove(&source.sealed),
        KeySource::Pkcs11(token) => match &token.pin {
            PinSource::File(_) => Ok(token.destroy().map(|_| ())?),
            // With its whole token, whether or not the TPM is there.
            PinSource::Made(made) => {
                made.empty()?;
                files::remove(&made.pin.sealed)
            }
        },
    }
}
