// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who the fleet server is: a root, and a key and certificate that it vouches for.

use std::{fs, io, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::TLS13,
};

/// PEM, all of it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate that the server can be known by.
    pub root: String,
    certificate: String,
    key: String,
}

const FILES: [&str; 3] = ["root.pem", "certificate.pem", "key.pem"];

impl Identity {
    /// A new one for this host.
    pub fn of(host: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = server.signed_by(&key, &issuer).unwrap().pem();
        Self { root, certificate, key: key.serialize_pem() }
    }

    /// The one that was saved in a folder.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let [root, certificate, key] = FILES.map(|name| fs::read_to_string(folder.join(name)));
        Ok(Self { root: root?, certificate: certificate?, key: key? })
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
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap()
    }
}
