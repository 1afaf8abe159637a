// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why no TLS configuration could be made: all of it is mended by provisioning, not by waiting.

use std::{io, path::PathBuf};

use super::{KeySource, Pkcs11Error};

/// Why no TLS configuration could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read.
    #[error("the {what} {path} cannot be read")]
    Read {
        /// What the file holds.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file without what it is for.
    #[error("{path} holds no {what} in PEM form")]
    Empty {
        /// What the file should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Someone else may read the private key.
    #[error(
        "the private key {path} may be read or written by others (mode {mode:04o}); \
         make it its owner's alone: chmod 0600 {path}"
    )]
    KeyReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// systemd gave no such credential.
    #[error(
        "systemd gave no credential `{name}`: if {sealed} is missing, run `kiosk-enrol seal` as \
         root; if it is there, name it in the unit (LoadCredentialEncrypted=)"
    )]
    NoCredential {
        /// Its name.
        name: String,
        /// The file in which it is sealed.
        sealed: PathBuf,
    },
    /// A private key of an unknown kind.
    #[error("the private key {path} is of no kind that TLS 1.3 can use")]
    Key {
        /// The file.
        path: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
    /// A key on a token.
    #[error("the private key's token cannot be used")]
    Token(#[from] Pkcs11Error),
    /// Key and certificate do not belong together.
    #[error("the private key {key} is not that of the certificate {chain}")]
    KeyOfAnother {
        /// Where the key is.
        key: KeySource,
        /// The file of the certificate.
        chain: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
    /// A key of a kind that signs no policy.
    #[error(
        "the key of the certificate {chain} is of no kind that signs a policy; enrol anew with \
         a P-256 key"
    )]
    Unsigning {
        /// The file of the certificate.
        chain: PathBuf,
    },
    /// A root that is no certificate.
    #[error("a root certificate of {path} cannot be used")]
    Root {
        /// The file.
        path: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
    /// The certificate does not say who this kiosk is, or says it of two.
    #[error(
        "the client certificate {path} must have exactly one subject alternative name \
         urn:kiosk:<store>:<unit>"
    )]
    Unnamed {
        /// The file.
        path: PathBuf,
    },
    /// The certificate cannot be decoded.
    #[error("the client certificate {path} cannot be decoded")]
    Undecodable {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: x509_cert::der::Error,
    },
    /// The protocol versions and the provider do not fit.
    #[error("no TLS 1.3 configuration can be made")]
    Configuration(#[source] rustls::Error),
    /// The HTTP client does not take the configuration.
    #[error("no HTTP client can be made")]
    Client(#[source] reqwest::Error),
}
