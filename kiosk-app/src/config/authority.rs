// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file that `card.certificate_authority` names: read at every start and at every check, so
//! that the two never differ.

use std::{fs, path::PathBuf};

use card_io::reset::CardAuthority;

use super::Card;

impl Card {
    /// The issuer that cards are genuine by.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`], where the file is not there or holds no such certificate.
    pub fn authority(&self) -> Result<CardAuthority, AuthorityError> {
        let path = &self.certificate_authority;
        let failed = |source| AuthorityError { path: path.clone(), source };
        let pem = fs::read(path).map_err(|error| failed(error.into()))?;
        CardAuthority::from_pem(&pem).map_err(|error| failed(error.into()))
    }
}

/// The configured authority cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("card.certificate_authority {} cannot be used", path.display())]
pub struct AuthorityError {
    path: PathBuf,
    source: Box<dyn std::error::Error + Send + Sync>,
}
