// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificate revocation lists (RFC 5280 section 5) of the two JPKI CAs: verified, then read into
//! the certificate status table.

use jiff::Timestamp;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, ReasonCode};

use super::{Authority, CertificateError, normalised_serial, timestamp};
use crate::card_id::to_hex;

/// A verified list.
#[derive(Debug)]
pub struct RevocationList {
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is due.
    pub next_update: Option<Timestamp>,
    /// What it revokes.
    pub revoked: Vec<RevokedCertificate>,
}

/// One line of a list.
#[derive(Debug)]
pub struct RevokedCertificate {
    /// Lower-case hex without leading zeros.
    pub serial: String,
    /// Since when.
    pub revoked_at: Timestamp,
    /// Name of the CRLReason.
    pub reason: &'static str,
}

impl RevocationList {
    /// Verifies a list of this CA.
    pub fn verify(der: &[u8], authority: &Authority) -> Result<Self, CertificateError> {
        let Ok(([], list)) = CertificateRevocationList::from_der(der) else {
            return Err(CertificateError::Untrue("the revocation list is not DER"));
        };
        let issuer = authority.certificate()?;
        if list.issuer().as_raw() != issuer.subject().as_raw() {
            return Err(CertificateError::Untrue("the revocation list is of another issuer"));
        }
        list.verify_signature(issuer.public_key()).map_err(|_| {
            CertificateError::Untrue("the revocation list's signature does not hold")
        })?;
        let revoked = list
            .iter_revoked_certificates()
            .map(|entry| RevokedCertificate {
                serial: normalised_serial(&to_hex(entry.raw_serial())),
                revoked_at: timestamp(entry.revocation_date),
                reason: entry
                    .reason_code()
                    .map_or("unspecified", |(_, reason)| reason_name(reason)),
            })
            .collect();
        Ok(Self {
            this_update: timestamp(list.last_update()),
            next_update: list.next_update().map(timestamp),
            revoked,
        })
    }
}

/// The name of a CRLReason (RFC 5280 section 5.3.1), in the words of the command line.
pub fn reason_name(reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::KeyCompromise => "key-compromise",
        ReasonCode::CACompromise => "ca-compromise",
        ReasonCode::AffiliationChanged => "affiliation-changed",
        ReasonCode::Superseded => "superseded",
        ReasonCode::CessationOfOperation => "cessation-of-operation",
        ReasonCode::CertificateHold => "certificate-hold",
        ReasonCode::RemoveFromCRL => "remove-from-crl",
        ReasonCode::PrivilegeWithdrawn => "privilege-withdrawn",
        ReasonCode::AACompromise => "aa-compromise",
        _ => "unspecified",
    }
}
