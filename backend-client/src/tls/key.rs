// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the client certificate's private key is.
//!
//! The seam is rustls's [`SigningKey`]: a key in a file, or one that signs where it lies (PKCS#11,
//! a TPM behind it). Nothing else knows which of them it is.

mod pkcs11;
mod token;

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, pem::PemObject as _},
    sign::SigningKey,
};

pub use self::pkcs11::{Pkcs11Error, Pkcs11Source};
use self::{pkcs11::TokenKey, token::TokenSigner};
use super::TlsError;

/// Where the private key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In a PEM file (PKCS#8, SEC1 or PKCS#1) that its owner alone may read.
    File(PathBuf),
    /// On a token that signs with it.
    Pkcs11(Box<Pkcs11Source>),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Pkcs11(source) => source.fmt(f),
        }
    }
}

impl KeySource {
    /// What signs the handshakes.
    ///
    /// # Errors
    ///
    /// [`TlsError`], when the key cannot be read, is not ours alone, or is of an unknown kind.
    pub fn signing_key(&self) -> Result<Arc<dyn SigningKey>, TlsError> {
        match self {
            Self::File(path) => from_file(path),
            Self::Pkcs11(source) => {
                let key = TokenKey::open(source)?;
                Ok(Arc::new(TokenSigner(Arc::new(key))))
            }
        }
    }
}

fn from_file(path: &Path) -> Result<Arc<dyn SigningKey>, TlsError> {
    let failed = |source| TlsError::Read { what: "private key", path: path.to_owned(), source };
    // One open file for both questions, so that no other can take its place in between.
    let mut file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(TlsError::KeyReadableByOthers { path: path.to_owned(), mode });
    }
    let mut pem = zeroize::Zeroizing::new(Vec::new());
    file.read_to_end(&mut pem).map_err(failed)?;
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    any_supported_type(&key).map_err(|source| TlsError::Key { path: path.to_owned(), source })
}
