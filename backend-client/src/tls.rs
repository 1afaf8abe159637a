// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one TLS configuration, and the one HTTP client that uses it.
//!
//! TLS 1.3 alone, the configured roots alone, our certificate, HTTP/2 alone; no redirect, no
//! proxy, no repetition behind our back ([`retry`](crate::retry) decides that). `clippy.toml`
//! bans every other way to a client.

mod credentials;
mod error;
mod key;
pub(crate) mod key_policy;
mod validity;

use std::{sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, redirect};
use rustls::{
    ClientConfig, ConfigBuilder,
    client::WantsClientCert,
    crypto::ring,
    sign::{CertifiedKey, SingleCertAndKey},
    version::TLS13,
};

pub use credentials::{Certificates, Credentials, read_certificates};
pub use error::TlsError;
pub use key::{CredentialSource, KeySource, MadeToken, PinSource, Pkcs11Error, Pkcs11Source};
pub use validity::{Invalid, Validity};

/// How long the connection's parts may take, and how often an idle one is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Name, TCP and TLS together.
    pub connect: Duration,
    /// Between two pings, while idle too.
    pub ping_every: Duration,
    /// How long a ping may go unanswered before the connection is given up.
    pub ping_timeout: Duration,
}

impl Default for Timing {
    /// A dead connection is noticed within 13 s, by a ping, and not by a resident's call.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            ping_every: Duration::from_secs(10),
            ping_timeout: Duration::from_secs(3),
        }
    }
}

/// The configuration of every connection to the central service.
///
/// # Errors
///
/// [`TlsError`], when roots, certificate and key cannot make one.
pub fn client_config(credentials: &Credentials) -> Result<ClientConfig, TlsError> {
    client_config_with(&credentials.roots, certified(credentials)?)
}

/// The same with a key that is open already.
///
/// # Errors
///
/// [`TlsError`], when the roots cannot be used.
pub fn client_config_with(
    roots: &Certificates,
    certified: Arc<CertifiedKey>,
) -> Result<ClientConfig, TlsError> {
    let mut config =
        trusting(roots)?.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    // reqwest leaves a configuration that was made elsewhere as it is, without any ALPN.
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// The same for who has no certificate yet: enrolment alone.
///
/// # Errors
///
/// [`TlsError`], when the roots cannot be used.
pub fn anonymous_config(roots: &Certificates) -> Result<ClientConfig, TlsError> {
    let mut config = trusting(roots)?.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn trusting(
    roots: &Certificates,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let mut store = rustls::RootCertStore::empty();
    for root in &roots.all {
        let path = || roots.path.clone();
        store.add(root.clone()).map_err(|source| TlsError::Root { path: path(), source })?;
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::Configuration)?
        .with_root_certificates(store))
}

/// Our certificate with its key, opened.
///
/// # Errors
///
/// [`TlsError`], when the key cannot be used or is not the certificate's.
pub fn certified(credentials: &Credentials) -> Result<Arc<CertifiedKey>, TlsError> {
    let Credentials { chain, key, .. } = credentials;
    let certified = CertifiedKey::new(chain.all.clone(), key.signing_key()?);
    match certified.keys_match() {
        // A key in hardware may be unable to say which public key is its own.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(Arc::new(certified))
        }
        Err(source) => {
            let (key, chain) = (key.clone(), chain.path.clone());
            Err(TlsError::KeyOfAnother { key, chain, source })
        }
    }
}

/// The HTTP client with that configuration.
///
/// # Errors
///
/// [`TlsError::Client`], when reqwest and this crate were built with different rustls versions.
pub fn http_client(config: ClientConfig, timing: Timing) -> Result<Client, TlsError> {
    bounded(config, timing)
        .http2_prior_knowledge()
        .http2_keep_alive_interval(timing.ping_every)
        .http2_keep_alive_timeout(timing.ping_timeout)
        .http2_keep_alive_while_idle(true)
        .pool_idle_timeout(None)
        .user_agent(concat!("kiosk-link/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(TlsError::Client)
}

/// The same towards a server that is not ours: HTTP/1.1 where it speaks no HTTP/2, and `silence` is
/// how long it may send nothing within an answer.
///
/// # Errors
///
/// [`TlsError::Client`], when reqwest and this crate were built with different rustls versions.
pub fn foreign_http_client(
    mut config: ClientConfig,
    timing: Timing,
    silence: Duration,
    user_agent: &str,
) -> Result<Client, TlsError> {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    bounded(config, timing)
        .read_timeout(silence)
        .user_agent(user_agent)
        .build()
        .map_err(TlsError::Client)
}

#[expect(clippy::disallowed_methods, reason = "this is the place that the ban points to")]
fn bounded(config: ClientConfig, timing: Timing) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(config)
        .https_only(true)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(timing.connect)
}
