// SPDX-License-Identifier: MIT OR Apache-2.0
//! The TLS configurations (central-api, "Transport"): TLS 1.3 only, ring. The kiosks' port takes
//! client certificates of our own kiosk CA only and ALPN `h2` only; the enrolment port asks for none,
//! because who comes there has none yet, and takes HTTP/1.1 too.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig};

use crate::directory::Directory;

/// What HTTP/2 over TLS is called (RFC 9113 section 3.1).
pub(super) const ALPN: &[u8] = b"h2";

/// The configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("{path} could not be read")]
    File {
        /// Which file.
        path: PathBuf,
        /// What reading it met.
        source: pem::Error,
    },
    /// The kiosk CA.
    #[error("the kiosk CA cannot be used to verify client certificates")]
    Verifier(#[from] VerifierBuilderError),
    /// The server's certificate and key.
    #[error("the server's certificate and key cannot be used")]
    Server(#[from] rustls::Error),
}

/// Reads the configuration from the files of `DIR`.
pub fn configuration(directory: &Directory) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let mut kiosk_roots = RootCertStore::empty();
    kiosk_roots.add(certificate(directory.kiosk_ca().certificate)?)?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(kiosk_roots), Arc::clone(&provider))
            .build()?;
    let (chain, key) = server(directory)?;
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    configuration.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Arc::new(configuration))
}

/// The configuration of the enrolment port: the server shows its certificate, nobody else does.
pub fn enrolment_configuration(directory: &Directory) -> Result<Arc<ServerConfig>, TlsError> {
    let (chain, key) = server(directory)?;
    let mut configuration = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    configuration.alpn_protocols = vec![ALPN.to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(configuration))
}

type Server = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn server(directory: &Directory) -> Result<Server, TlsError> {
    let files = directory.server();
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|source| TlsError::File { path: files.key.clone(), source })?;
    Ok((vec![certificate(files.certificate)?], key))
}

fn certificate(path: PathBuf) -> Result<CertificateDer<'static>, TlsError> {
    CertificateDer::from_pem_file(&path).map_err(|source| TlsError::File { path, source })
}
