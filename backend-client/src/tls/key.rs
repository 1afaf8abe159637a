// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the client certificate's private key is.
//!
//! The seam is rustls's [`SigningKey`]: a key in a file or in a credential of systemd, or one that
//! signs where it lies (PKCS#11, a TPM behind it). Nothing else knows which of them it is.

mod own;
mod pkcs11;
mod token;

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, pem::PemObject as _},
    sign::SigningKey,
};

pub use self::pkcs11::{MadeToken, PinSource, Pkcs11Error, Pkcs11Source};
use self::{pkcs11::TokenKey, token::TokenSigner};
use super::TlsError;

/// Where the private key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In a PEM file (PKCS#8, SEC1 or PKCS#1) that its owner alone may read.
    File(PathBuf),
    /// In a credential that systemd unsealed for this process.
    Credential(Box<CredentialSource>),
    /// On a token that signs with it.
    Pkcs11(Box<Pkcs11Source>),
}

/// A secret that is a credential of systemd (systemd.exec(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSource {
    /// Its name, in `$CREDENTIALS_DIRECTORY`.
    pub name: String,
    /// The file in which it is sealed.
    pub sealed: PathBuf,
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Credential(source) => write!(f, "{}, sealed", source.sealed.display()),
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
            Self::Credential(source) => {
                let (name, sealed) = (source.name.clone(), source.sealed.clone());
                from_file(&source.given().ok_or(TlsError::NoCredential { name, sealed })?)
            }
            Self::Pkcs11(source) => {
                let key = TokenKey::open(source)?;
                Ok(Arc::new(TokenSigner(Arc::new(key))))
            }
        }
    }
}

impl CredentialSource {
    /// Where systemd put it, if it gave it.
    fn given(&self) -> Option<PathBuf> {
        let folder = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        folder.map(|folder| folder.join(&self.name)).filter(|path| path.exists())
    }
}

fn from_file(path: &Path) -> Result<Arc<dyn SigningKey>, TlsError> {
    let failed = |source| TlsError::Read { what: "private key", path: path.to_owned(), source };
    let pem = match own::read(path).map_err(failed)? {
        Ok(pem) => pem,
        Err(mode) => return Err(TlsError::KeyReadableByOthers { path: path.to_owned(), mode }),
    };
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    any_supported_type(&key).map_err(|source| TlsError::Key { path: path.to_owned(), source })
}
