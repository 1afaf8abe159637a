// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who the fleet server is: a root, and a key and certificate that it vouches for.

use std::{fs, io, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
    version::TLS13,
};

/// PEM, all of it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate that the server can be known by.
    pub root: String,
    certificate: String,
    key: String,
    /// Whether it asks units for a certificate that the same root vouches for.
    asks: bool,
}

const FILES: [&str; 3] = ["root.pem", "certificate.pem", "key.pem"];

impl Identity {
    /// A new one for this host.
    pub fn of(host: &str) -> Self {
        Authority::new().server(host, false)
    }

    /// A new one that asks for certificates; and one for this unit with its key, both PEM.
    pub fn knowing(host: &str, unit: &str) -> (Self, String, String) {
        let authority = Authority::new();
        let (certificate, key) = authority.certified(unit);
        (authority.server(host, true), certificate, key)
    }

    /// The one that was saved in a folder.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let [root, certificate, key] = FILES.map(|name| fs::read_to_string(folder.join(name)));
        Ok(Self { root: root?, certificate: certificate?, key: key?, asks: false })
    }

    /// Saves it in a folder.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let parts = [&self.root, &self.certificate, &self.key];
        FILES.iter().zip(parts).try_for_each(|(name, text)| fs::write(folder.join(name), text))
    }

    pub(crate) fn tls(&self) -> ServerConfig {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .unwrap();
        let builder = if self.asks {
            let mut units = RootCertStore::empty();
            units.add(CertificateDer::from_pem_slice(self.root.as_bytes()).unwrap()).unwrap();
            let units = WebPkiClientVerifier::builder_with_provider(Arc::new(units), provider);
            builder.with_client_cert_verifier(units.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        builder.with_single_cert(vec![certificate], key).unwrap()
    }
}

/// Who vouches for the server, and for units.
struct Authority {
    root: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().pem();
        Self { root, issuer: Issuer::new(params, key) }
    }

    fn server(&self, host: &str, asks: bool) -> Identity {
        let (certificate, key) = self.certified(host);
        Identity { root: self.root.clone(), certificate, key, asks }
    }

    /// A certificate and its key.
    fn certified(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}
