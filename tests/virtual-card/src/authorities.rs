// SPDX-License-Identifier: MIT OR Apache-2.0
//! The three test CAs: one for the cards' own certificates (P-256), one for each of the two JPKI
//! certificates (RSA-2048). Every name in them says that they are for tests.

mod authority;

use std::{fs, io, path::Path};

use jiff::{SignedDuration, Timestamp};
use rand::CryptoRng;

pub(crate) use self::authority::{Authority, Subject, builder_error, p256_key, rsa_key};

/// The CAs under which a card is personalised.
pub struct Authorities {
    pub(crate) card: Authority,
    pub(crate) user_authentication: Authority,
    pub(crate) digital_signature: Authority,
}

/// From when until when a certificate is valid.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    /// The first second.
    pub not_before: Timestamp,
    /// The last second.
    pub not_after: Timestamp,
}

/// A CA that could not be made, kept or used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file of the folder cannot be read.
    #[error("cannot read {path}; make the test CAs with `virtual-card ca`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file of the folder cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// There are test CAs already, and cards that are worthless without their keys.
    #[error("{path} is there already; `virtual-card ca` makes new CAs in a new folder only")]
    InPlace {
        /// The first file that would be overwritten.
        path: String,
    },
    /// A file of the folder is not what its name says.
    #[error("{path} is not a PEM file of a test CA")]
    Parse {
        /// The file.
        path: String,
    },
    /// A key could not be made.
    #[error("cannot generate a key")]
    Key,
    /// A certificate could not be built.
    #[error("cannot build a certificate")]
    Build(#[source] Box<dyn std::error::Error + Send + Sync>),
}

const CARD: &str = "card-ca";
const USER_AUTHENTICATION: &str = "user-authentication-ca";
const DIGITAL_SIGNATURE: &str = "digital-signature-ca";

impl Authorities {
    /// New CAs, valid from ten years before `now` (cards with expired certificates are older than
    /// today) until twenty years after it.
    ///
    /// # Errors
    /// Where key generation or the encoding of a certificate fails.
    pub fn generate(now: Timestamp, random: &mut impl CryptoRng) -> Result<Self, AuthorityError> {
        let validity = Validity::around(now, 10, 20);
        let mut rsa = |unit| {
            let key = rsa_key(random)?;
            Authority::generate(unit, key.into(), validity)
        };
        Ok(Self {
            user_authentication: rsa("Test CA for user authentication")?,
            digital_signature: rsa("Test CA for digital signature")?,
            card: Authority::generate(
                "Test CA for simulated cards",
                p256_key(random).into(),
                validity,
            )?,
        })
    }

    /// Writes certificates (`*.pem`) and keys (`*.key.pem`) into `folder`, which is made.
    ///
    /// # Errors
    /// Where a file cannot be written, or one of them is there already: then nothing is written.
    pub fn save(&self, folder: &Path) -> Result<(), AuthorityError> {
        fs::create_dir_all(folder).map_err(|source| AuthorityError::Write {
            path: folder.display().to_string(),
            source,
        })?;
        for name in [CARD, USER_AUTHENTICATION, DIGITAL_SIGNATURE] {
            authority::vacant(folder, name)?;
        }
        self.card.save(folder, CARD)?;
        self.user_authentication.save(folder, USER_AUTHENTICATION)?;
        self.digital_signature.save(folder, DIGITAL_SIGNATURE)
    }

    /// Reads what [`Authorities::save`] wrote.
    ///
    /// # Errors
    /// Where a file is missing or is not a CA's.
    pub fn load(folder: &Path) -> Result<Self, AuthorityError> {
        Ok(Self {
            card: Authority::load(folder, CARD)?,
            user_authentication: Authority::load(folder, USER_AUTHENTICATION)?,
            digital_signature: Authority::load(folder, DIGITAL_SIGNATURE)?,
        })
    }

    /// The DER certificate of the card CA, under which 00E0 and 00E1 are verified.
    pub fn card_certificate(&self) -> Vec<u8> {
        self.card.certificate_der()
    }

    /// The DER certificate of the CA of the user-authentication certificate (EF 000B).
    pub fn user_authentication_certificate(&self) -> Vec<u8> {
        self.user_authentication.certificate_der()
    }

    /// The DER certificate of the CA of the signature certificate (EF 0002).
    pub fn digital_signature_certificate(&self) -> Vec<u8> {
        self.digital_signature.certificate_der()
    }
}

impl Validity {
    /// Whether there is a moment in it.
    pub(crate) fn is_ordered(&self) -> bool {
        self.not_before <= self.not_after
    }

    /// From `years_before` until `years_after` `now`, a year being 365 days.
    pub(crate) fn around(now: Timestamp, years_before: i64, years_after: i64) -> Self {
        let years = |count| SignedDuration::from_hours(24 * 365 * count);
        Self {
            not_before: now.saturating_sub(years(years_before)).unwrap_or(Timestamp::MIN),
            not_after: now.saturating_add(years(years_after)).unwrap_or(Timestamp::MAX),
        }
    }
}
