// SPDX-License-Identifier: MIT OR Apache-2.0
//! The signature of a site file: ECDSA over P-256 with SHA-256, ASN.1, as `openssl dgst -sha256
//! -sign` writes it.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject as _};
use x509_cert::{
    der::{Decode as _, asn1::ObjectIdentifier},
    spki::SubjectPublicKeyInfoOwned,
};

use super::{SiteError, signature_of};

/// A site file has a hundredth of it.
const MOST_BYTES: u64 = 64 * 1024;

/// Bytes of a signature: two numbers of 32 bytes and their wrapping are at most 72.
const MOST_SIGNATURE_BYTES: u64 = 128;

/// id-ecPublicKey (RFC 5480 section 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1 (RFC 5480 section 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// The file's bytes, if this key signed them.
pub(super) fn signed(file: &Path, key: &Path) -> Result<Vec<u8>, SiteError> {
    let point = point(key)?;
    let bytes = read("site file", file, MOST_BYTES)?;
    let beside = signature_of(file);
    let signature = read("site file's signature", &beside, MOST_SIGNATURE_BYTES)?;
    let verified =
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(&bytes, &signature);
    match verified {
        Ok(()) => Ok(bytes),
        Err(_) => Err(SiteError::Unsigned {
            path: file.to_owned(),
            signature: beside,
            key: key.to_owned(),
        }),
    }
}

/// The key's point on the curve (SEC 1 section 2.3.3).
fn point(path: &Path) -> Result<Vec<u8>, SiteError> {
    let pem = read("site key", path, MOST_BYTES)?;
    let kind = || SiteError::Key { path: path.to_owned() };
    let der = SubjectPublicKeyInfoDer::from_pem_slice(&pem).map_err(|_| kind())?;
    let info = SubjectPublicKeyInfoOwned::from_der(&der).map_err(|_| kind())?;
    let curve = info.algorithm.parameters.as_ref().map(|it| it.decode_as::<ObjectIdentifier>());
    match (info.algorithm.oid, curve) {
        (EC_PUBLIC_KEY, Some(Ok(P256))) => {
            info.subject_public_key.as_bytes().map(<[u8]>::to_vec).ok_or_else(kind)
        }
        _ => Err(kind()),
    }
}

/// All of a file that is not larger than that.
fn read(what: &'static str, path: &Path, most: u64) -> Result<Vec<u8>, SiteError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    match read {
        Ok(count) if count as u64 > most => {
            Err(SiteError::TooLarge { what, path: path.to_owned(), most })
        }
        Ok(_) => Ok(bytes),
        Err(source) if source.kind() == io::ErrorKind::NotFound => {
            Err(SiteError::Missing { what, path: path.to_owned() })
        }
        Err(source) => Err(SiteError::Read { what, path: path.to_owned(), source }),
    }
}
