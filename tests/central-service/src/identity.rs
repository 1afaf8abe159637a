// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who a kiosk is: its client certificate and nothing else (central-api, "Transport"). The SAN URI
//! `urn:kiosk:<store>:<unit>` names it; the key's hash stands in the card's bytes as kiosk_id.

use ring::digest::{SHA256, digest};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::profile::KIOSK_ID_BYTES;

/// A kiosk, as its certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kiosk {
    /// `urn:kiosk:<store>:<unit>`; stays when the certificate is renewed.
    pub urn: String,
    /// The store.
    pub store: String,
    /// The unit.
    pub unit: String,
    /// First 16 bytes of SHA-256 over the SubjectPublicKeyInfo.
    pub kiosk_id: [u8; KIOSK_ID_BYTES],
}

/// The certificate is no kiosk's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IdentityError {
    /// Not a certificate.
    #[error("the client certificate is not DER")]
    NotACertificate,
    /// No SAN of the form, or more than one.
    #[error("the client certificate does not have exactly one SAN URI urn:kiosk:<store>:<unit>")]
    NoKioskName,
}

impl Kiosk {
    /// The kiosk that this certificate, verified by TLS, speaks for.
    pub fn from_certificate(der: &[u8]) -> Result<Self, IdentityError> {
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|_| IdentityError::NotACertificate)?;
        let names = certificate
            .subject_alternative_name()
            .ok()
            .flatten()
            .map(|extension| extension.value.general_names.as_slice())
            .unwrap_or_default();
        let mut urns = names.iter().filter_map(|name| match name {
            GeneralName::URI(uri) if uri.starts_with("urn:kiosk:") => Some(*uri),
            _ => None,
        });
        let (Some(urn), None) = (urns.next(), urns.next()) else {
            return Err(IdentityError::NoKioskName);
        };
        let (store, unit) = parts(urn).ok_or(IdentityError::NoKioskName)?;
        let mut kiosk_id = [0; KIOSK_ID_BYTES];
        let hash = digest(&SHA256, certificate.public_key().raw);
        kiosk_id.copy_from_slice(&hash.as_ref()[..KIOSK_ID_BYTES]);
        Ok(Self { urn: urn.to_owned(), store: store.to_owned(), unit: unit.to_owned(), kiosk_id })
    }
}

/// The URN of a unit, or `None` where the parts cannot stand in one.
pub fn urn(store: &str, unit: &str) -> Option<String> {
    let urn = format!("urn:kiosk:{store}:{unit}");
    parts(&urn).is_some().then_some(urn)
}

/// Store and unit of a URN: 1 to 64 letters, digits, dots, hyphens or underscores each.
fn parts(urn: &str) -> Option<(&str, &str)> {
    let (store, unit) = urn.strip_prefix("urn:kiosk:")?.split_once(':')?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_name = |part: &str| (1..=64).contains(&part.len()) && part.chars().all(is_allowed);
    (is_name(store) && is_name(unit)).then_some((store, unit))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    fn certificate(uris: &[&str]) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.subject_alt_names =
            uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_san_names_store_and_unit() {
        let kiosk = Kiosk::from_certificate(&certificate(&["urn:kiosk:store-7:unit-1"])).unwrap();
        assert_eq!((kiosk.store.as_str(), kiosk.unit.as_str()), ("store-7", "unit-1"));
    }

    #[test]
    fn a_certificate_without_one_such_name_is_no_kiosk() {
        let two: &[&str] = &["urn:kiosk:s:1", "urn:kiosk:s:2"];
        for uris in [&[][..], two, &["urn:kiosk:s:1:2"], &["urn:kiosk::1"], &["https://s/1"]] {
            let identity = Kiosk::from_certificate(&certificate(uris));
            assert_eq!(identity, Err(IdentityError::NoKioskName), "{uris:?}");
        }
    }
}
