// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a site file is not used. All of it is mended by the vendor or the installer, not by waiting.

use std::{io, path::PathBuf};

/// Why a site file is not used.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// One of its files is not there.
    #[error("the {what} {path} is missing (deploy/README.md tells how it is made)")]
    Missing {
        /// Which.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// One of its files cannot be read.
    #[error("the {what} {path} cannot be read")]
    Read {
        /// Which.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// More than it could be.
    #[error("the {what} {path} has more than {most} bytes, so it is not one")]
    TooLarge {
        /// Which.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// How many it may have.
        most: u64,
    },
    /// No key of the kind.
    #[error("{path} holds no P-256 public key in PEM form (openssl ec -in site.key -pubout)")]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// The signature is not that of the file by the key.
    #[error(
        "{path} is not what {signature} signs with the vendor's key {key}: it was changed, or \
         signed with another key, and is not used"
    )]
    Unsigned {
        /// The site file.
        path: PathBuf,
        /// Its signature.
        signature: PathBuf,
        /// The vendor's key.
        key: PathBuf,
    },
    /// Signed, and not what a site file says.
    #[error("{path}, line {line}: {complaint}; the vendor must correct and sign it again")]
    Content {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong there.
        complaint: String,
    },
    /// Two names for one unit.
    #[error(
        "enrolment.{key} is `{configured}`, and the site file {path} says `{signed}`: leave it out \
         of the configuration"
    )]
    Differs {
        /// Which.
        key: &'static str,
        /// The site file.
        path: PathBuf,
        /// In the configuration.
        configured: String,
        /// In the site file.
        signed: String,
    },
    /// The certificate is another unit's.
    #[error(
        "the site file {path} is for {signed}, and this unit's certificate for {certified}: put its \
         own site file there, or reset and enrol the unit"
    )]
    OfAnother {
        /// The site file.
        path: PathBuf,
        /// Store and unit there.
        signed: String,
        /// Store and unit in the certificate.
        certified: String,
    },
    /// Neither place says it.
    #[error("neither [enrolment] nor a site file says the {key} (`kiosk-enrol --help`)")]
    Unsaid {
        /// What.
        key: &'static str,
    },
}
