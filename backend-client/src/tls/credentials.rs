// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whom we trust and who we are, from the files that provisioning left.
//!
//! The kiosk's identity is read from its certificate as the service reads it: unit and store
//! from the SAN URI `urn:kiosk:<store>:<unit>`, the id from the SubjectPublicKeyInfo.

use std::{
    io,
    path::{Path, PathBuf},
};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use x509_cert::{
    Certificate,
    der::{self, Decode as _, Encode as _},
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use super::{KeySource, TlsError, Validity, key_policy};
use crate::wire::{Identity, KioskId};

/// Whom we trust and who we are.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The only issuers that the service's certificate may come from.
    pub roots: Certificates,
    /// Our certificate, and those between it and its root.
    pub chain: Certificates,
    /// The key of our certificate.
    pub key: KeySource,
}

/// The certificates of a PEM file, and which file it was: a complaint names it.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The file.
    pub path: PathBuf,
    /// At least one, in its order.
    pub all: Vec<CertificateDer<'static>>,
}

impl Credentials {
    /// What our certificate says of this kiosk.
    ///
    /// # Errors
    ///
    /// [`TlsError::Undecodable`] or [`TlsError::Unnamed`].
    pub fn identity(&self) -> Result<Identity, TlsError> {
        let path = || self.chain.path.clone();
        let undecodable = |source| TlsError::Undecodable { path: path(), source };
        let decoded = self.chain.leaf()?;
        let body = decoded.tbs_certificate();
        let public_key = body.subject_public_key_info().to_der().map_err(undecodable)?;
        let named = store_and_unit(&decoded).map_err(undecodable)?;
        let (store, unit) = named.ok_or_else(|| TlsError::Unnamed { path: path() })?;
        Ok(Identity {
            kiosk_id: kiosk_id(&public_key),
            unit,
            store,
            certificate_not_after: Validity::of(&decoded).not_after,
            key_without_tpm: key_policy::says_without_tpm(&decoded),
        })
    }

    /// From when until when our certificate holds.
    ///
    /// # Errors
    ///
    /// [`TlsError::Undecodable`].
    pub fn validity(&self) -> Result<Validity, TlsError> {
        Ok(Validity::of(&self.chain.leaf()?))
    }
}

impl Certificates {
    /// The first, which is the one of whoever shows them.
    pub(crate) fn leaf(&self) -> Result<Certificate, TlsError> {
        let leaf = self.all.first().map(AsRef::<[u8]>::as_ref).unwrap_or_default();
        Certificate::from_der(leaf)
            .map_err(|source| TlsError::Undecodable { path: self.path.clone(), source })
    }
}

/// All certificates of a PEM file, at least one.
///
/// # Errors
///
/// [`TlsError::Read`] or [`TlsError::Empty`].
pub fn read_certificates(what: &'static str, path: &Path) -> Result<Certificates, TlsError> {
    let pem = std::fs::read(path).map_err(|source| TlsError::Read {
        what,
        path: path.to_owned(),
        source,
    })?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    match certificates {
        Ok(all) if !all.is_empty() => Ok(Certificates { path: path.to_owned(), all }),
        Ok(_) => Err(TlsError::Empty { what, path: path.to_owned() }),
        Err(error) => {
            let source = io::Error::new(io::ErrorKind::InvalidData, error);
            Err(TlsError::Read { what, path: path.to_owned(), source })
        }
    }
}

fn kiosk_id(public_key: &[u8]) -> KioskId {
    let hash = ring::digest::digest(&ring::digest::SHA256, public_key);
    let mut id = [0; 16];
    for (byte, hashed) in id.iter_mut().zip(hash.as_ref()) {
        *byte = *hashed;
    }
    KioskId(id)
}

/// Exactly one name of a kiosk, as the service asks for: it would hang up on two.
fn store_and_unit(certificate: &Certificate) -> der::Result<Option<(String, String)>> {
    let extension = certificate.tbs_certificate().get_extension::<SubjectAltName>()?;
    let names = extension.map(|(_, names)| names.0).unwrap_or_default();
    let mut kiosks = names.iter().filter_map(|name| match name {
        GeneralName::UniformResourceIdentifier(uri) => uri.as_str().strip_prefix("urn:kiosk:"),
        _ => None,
    });
    let (Some(kiosk), None) = (kiosks.next(), kiosks.next()) else { return Ok(None) };
    Ok(match kiosk.split_once(':') {
        Some((store, unit)) if !store.is_empty() && !unit.is_empty() && !unit.contains(':') => {
            Some((store.to_owned(), unit.to_owned()))
        }
        _ => None,
    })
}
