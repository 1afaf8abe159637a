// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates for both sides of a test: a root for the service, another for the kiosks.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use backend_client::{
    client::CentralClient,
    notary::Notary,
    tls::{self, Credentials, KeySource, Timing},
};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType,
    date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion, crypto::ring, pki_types::PrivateKeyDer,
    server::WebPkiClientVerifier, version::TLS13,
};
use tempfile::TempDir;

/// Two certificate authorities and a folder with what the kiosk gets of them.
pub(crate) struct Authority {
    folder: TempDir,
    server_root: Root,
    kiosk_root: Root,
}

struct Root {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Root {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn issue(&self, params: &CertificateParams) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add(self.certificate.der().clone()).unwrap();
        store
    }
}

impl Authority {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Self {
            server_root: Root::new("Test service root"),
            kiosk_root: Root::new("Test kiosk root"),
            folder,
        };
        fs::write(authority.path("roots.pem"), authority.server_root.certificate.pem()).unwrap();
        authority.provision(&["urn:kiosk:store-7:unit-3"]);
        authority
    }

    /// Writes certificate and key of a kiosk whose SAN are those URIs.
    pub(crate) fn provision(&self, uris: &[&str]) {
        let mut params = CertificateParams::new([]).unwrap();
        params.not_after = date_time_ymd(2101, 2, 3);
        self.issue(params, uris);
    }

    /// The same for one kiosk, valid from the first day of one year to that of another.
    pub(crate) fn provision_valid(&self, from: i32, until: i32) {
        let mut params = CertificateParams::new([]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        self.issue(params, &["urn:kiosk:store-7:unit-3"]);
    }

    /// The same for one kiosk with this key.
    pub(crate) fn provision_with(&self, key: &KeyPair, uri: &str) {
        let mut params = CertificateParams::new([]).unwrap();
        params.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
        self.write(&params.signed_by(key, &self.kiosk_root.issuer).unwrap(), key);
    }

    fn issue(&self, mut params: CertificateParams, uris: &[&str]) {
        params.distinguished_name.push(DnType::OrganizationName, "Test operator");
        params.distinguished_name.push(DnType::CommonName, "unit-3");
        let names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap()));
        params.subject_alt_names.extend(names);
        let (certificate, key) = self.kiosk_root.issue(&params);
        self.write(&certificate, &key);
    }

    fn write(&self, certificate: &Certificate, key: &KeyPair) {
        fs::write(self.path("certificate.pem"), certificate.pem()).unwrap();
        fs::write(self.path("key.pem"), key.serialize_pem()).unwrap();
        set_mode(&self.path("key.pem"), 0o600);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the kiosk reads of the folder.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials {
            roots: tls::read_certificates("root", &self.path("roots.pem")).unwrap(),
            chain: tls::read_certificates("certificate", &self.path("certificate.pem")).unwrap(),
            key: KeySource::File(self.path("key.pem")),
        }
    }

    /// Who signs and vouches in the kiosk's name.
    pub(crate) fn notary(&self) -> Notary {
        let credentials = self.credentials();
        Notary::new(&credentials, &tls::certified(&credentials).unwrap()).unwrap()
    }

    /// A client of the service on that port.
    pub(crate) fn client(&self, port: u16) -> CentralClient {
        self.client_with(port, Timing::default())
    }

    pub(crate) fn client_with(&self, port: u16, timing: Timing) -> CentralClient {
        let config = tls::client_config(&self.credentials()).unwrap();
        let url = format!("https://localhost:{port}").parse().unwrap();
        CentralClient::new(tls::http_client(config, timing).unwrap(), url)
    }

    /// A service as it should be.
    pub(crate) fn service(&self) -> ServerConfig {
        self.service_with(&service_params(), &[&TLS13])
    }

    pub(crate) fn service_with(
        &self,
        params: &CertificateParams,
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        let (certificate, key) = self.server_root.issue(params);
        let provider = Arc::new(ring::default_provider());
        let roots = Arc::new(self.kiosk_root.store());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier.unwrap())
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }
}

/// The certificate of a service as it should be.
pub(crate) fn service_params() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned()]).unwrap()
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
