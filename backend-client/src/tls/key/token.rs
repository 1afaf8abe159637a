// SPDX-License-Identifier: MIT OR Apache-2.0
//! A token's key as rustls asks for it: ECDSA over P-256 and SHA-256, and nothing else. The hash is
//! made here: not every token has a mechanism that hashes too.

use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::{
    OtherError, SignatureAlgorithm, SignatureScheme,
    pki_types::SubjectPublicKeyInfoDer,
    sign::{Signer, SigningKey},
};
use x509_cert::der::{Encode as _, asn1::UintRef};

use super::pkcs11::TokenKey;

/// The [`SigningKey`] around a token's key.
#[derive(Clone, Debug)]
pub(super) struct TokenSigner(pub(super) Arc<TokenKey>);

impl SigningKey for TokenSigner {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let is_offered = offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
        is_offered.then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.0.public_key())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for TokenSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let failed = |error| rustls::Error::Other(OtherError(Arc::new(error)));
        let signature = self.0.sign(digest(&SHA256, message).as_ref()).map_err(failed)?;
        ecdsa_der(&signature).ok_or_else(|| rustls::Error::General("no ECDSA signature".to_owned()))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

/// ECDSA-Sig-Value (RFC 3279 section 2.2.3) of `r` and `s` in 32 bytes each.
fn ecdsa_der(signature: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = (signature.len() == 64).then(|| signature.split_at(32))?;
    vec![UintRef::new(r).ok()?, UintRef::new(s).ok()?].to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_are_positive_integers_of_the_fewest_octets() {
        let mut signature = [0; 64];
        (signature[31], signature[32], signature[63]) = (0x7F, 0x80, 0x01);
        let der = ecdsa_der(&signature).unwrap();
        assert_eq!(der[..7], [0x30, 38, 0x02, 0x01, 0x7F, 0x02, 33]);
        assert_eq!(der[7..9], [0x00, 0x80]);
        assert!(ecdsa_der(&signature[1..]).is_none());
    }
}
