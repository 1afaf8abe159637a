// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates: the card's own two under the card CA (reset-profile section 1) and the citizen's
//! under the JPKI CAs. Verification is ring's; the files of the CAs are given at `init`.

mod card;
mod citizen;
mod revocation;

pub use card::{CardCertificates, attestation};
pub use citizen::{AuthenticationCertificate, proof_holds};
pub use revocation::{RevocationList, RevokedCertificate, reason_name};

use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::prelude::{ASN1Time, FromDer as _, X509Certificate};

use crate::card_id::to_hex;
use crate::reservation::UnknownName;

/// The CAs whose certificates the service believes.
#[derive(Debug)]
pub struct Authorities {
    /// Issues 00E0 and 00E1.
    pub card: Authority,
    /// Issues 000A.
    pub user_authentication: Authority,
    /// Issues 0001, which the kiosk cannot read; its CRL is imported.
    pub digital_signature: Authority,
}

/// One CA certificate.
#[derive(Debug, Clone)]
pub struct Authority {
    der: CertificateDer<'static>,
}

/// The two JPKI CAs, as the certificate status table names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JpkiAuthority {
    /// 利用者証明用.
    UserAuthentication,
    /// 署名用.
    DigitalSignature,
}

/// Why a certificate is not believed.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file.
    #[error("the CA certificate {path} could not be read")]
    File {
        /// Which file.
        path: PathBuf,
        /// What reading it met.
        source: rustls::pki_types::pem::Error,
    },
    /// Something about it that does not hold.
    #[error("{0}")]
    Untrue(&'static str),
}

impl CertificateError {
    /// For the problem's detail.
    pub fn why(&self) -> &'static str {
        match self {
            Self::File { .. } => "a CA certificate could not be read",
            Self::Untrue(why) => why,
        }
    }
}

impl Authority {
    /// Reads a CA's certificate from a PEM file.
    pub fn read(path: &Path) -> Result<Self, CertificateError> {
        let der = CertificateDer::from_pem_file(path)
            .map_err(|source| CertificateError::File { path: path.to_owned(), source })?;
        let authority = Self { der };
        if !authority.certificate()?.is_ca() {
            return Err(CertificateError::Untrue("the certificate is not a CA's"));
        }
        Ok(authority)
    }

    fn certificate(&self) -> Result<X509Certificate<'_>, CertificateError> {
        parse(&self.der)
    }

    /// Issuer name and signature.
    fn issued(&self, certificate: &X509Certificate<'_>) -> Result<(), CertificateError> {
        let authority = self.certificate()?;
        if certificate.issuer().as_raw() != authority.subject().as_raw() {
            return Err(CertificateError::Untrue("a certificate is of another issuer"));
        }
        certificate
            .verify_signature(Some(authority.public_key()))
            .map_err(|_| CertificateError::Untrue("a certificate's signature does not hold"))
    }
}

impl JpkiAuthority {
    /// As on the command line and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserAuthentication => "user-authentication",
            Self::DigitalSignature => "digital-signature",
        }
    }
}

impl FromStr for JpkiAuthority {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::UserAuthentication, Self::DigitalSignature]
            .into_iter()
            .find(|authority| authority.as_str() == text)
            .ok_or_else(|| UnknownName(text.to_owned()))
    }
}

/// A certificate and nothing after it.
fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(CertificateError::Untrue("there is something after a certificate")),
        Err(_) => Err(CertificateError::Untrue("a certificate is not DER")),
    }
}

/// A serial number as the register keeps it: lower-case hex without leading zeros.
pub fn normalised_serial(hex: &str) -> String {
    let trimmed = hex.trim_start_matches('0').to_ascii_lowercase();
    if trimmed.is_empty() { "0".to_owned() } else { trimmed }
}

fn serial_of(certificate: &X509Certificate<'_>) -> String {
    normalised_serial(&to_hex(certificate.raw_serial()))
}

fn timestamp(time: ASN1Time) -> Timestamp {
    Timestamp::from_second(time.timestamp()).unwrap_or(Timestamp::MAX)
}
