// SPDX-License-Identifier: MIT OR Apache-2.0
//! A fleet server, from hawkBit's public DDI API (v1), over TLS 1.3. It notes what it is asked and
//! told, and breaks as it is told to.

mod answer;

use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::Request};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer,
    server::WebPkiClientVerifier, version::TLS13,
};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_rustls::TlsAcceptor;

use super::eventually;

/// An action, and the file that it hands out.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) id: String,
    pub(crate) bytes: Vec<u8>,
    /// As announced.
    pub(crate) sha256: String,
    /// As announced.
    pub(crate) size: u64,
    /// `skip`, `attempt` or `forced`.
    pub(crate) update: &'static str,
    /// Another address for the file.
    pub(crate) elsewhere: Option<String>,
}

/// What goes wrong, once.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This status instead of an answer.
    Status(u16),
    /// No JSON.
    Garbage,
    /// The connection ends after so many bytes of the file.
    CutAfter(usize),
    /// Ranges are not known.
    NoRange,
    /// The same, and more bytes come than were announced.
    Endless,
}

/// What it was asked or told.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) action: Option<Action>,
    /// The number of a wish to stop the action.
    pub(crate) cancel: Option<&'static str>,
    pub(crate) wants_attributes: bool,
    pub(crate) at_poll: VecDeque<Fault>,
    pub(crate) at_file: VecDeque<Fault>,
    pub(crate) at_feedback: VecDeque<Fault>,
    pub(crate) seen: Vec<Seen>,
}

/// The double.
pub(crate) struct Fleet {
    pub(crate) port: u16,
    /// The certificate that it can be known by, PEM.
    pub(crate) root: String,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

impl Action {
    pub(crate) fn of(id: &str, bytes: Vec<u8>) -> Self {
        let hash = ::ring::digest::digest(&::ring::digest::SHA256, &bytes);
        let sha256 = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let size = bytes.len() as u64;
        Self { id: id.to_owned(), bytes, sha256, size, update: "attempt", elsewhere: None }
    }
}

impl Fleet {
    pub(crate) fn start() -> Self {
        Self::with(Authority::new(), false)
    }

    /// One that hangs up on everyone without a certificate of its own; and such a certificate with
    /// its key, both PEM.
    pub(crate) fn knowing_certificates() -> (Self, String, String) {
        let authority = Authority::new();
        let key = KeyPair::generate().unwrap();
        let unit = CertificateParams::new(["unit-7".to_owned()]).unwrap();
        let unit = unit.signed_by(&key, &authority.issuer).unwrap().pem();
        (Self::with(authority, true), unit, key.serialize_pem())
    }

    fn with(authority: Authority, asks: bool) -> Self {
        let (root, tls) = (authority.root.pem(), authority.server(asks));
        let state = Arc::new(Mutex::new(State::default()));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&state);
        let router = Router::new()
            .fallback(move |request: Request| answer::answer(Arc::clone(&shared), port, request));
        runtime.spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(tls));
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, router) = (acceptor.clone(), router.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = TowerToHyperService::new(router);
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { port, root, state, _runtime: runtime }
    }

    /// Looks at the state, or changes it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    pub(crate) fn offer(&self, action: Action) {
        self.look(|state| state.action = Some(action));
    }

    /// Waits for the end of this action: whether it went well, and what was said.
    pub(crate) fn end_of(&self, id: &str) -> (bool, String) {
        let path = format!("/default/controller/v1/unit-7/deploymentBase/{id}/feedback");
        let mut end = None;
        eventually("the end of an action", || {
            end = self.look(|state| {
                let closed =
                    state.seen.iter().rev().find(|seen| {
                        seen.path == path && seen.body["status"]["execution"] == "closed"
                    });
                closed.map(|seen| seen.body["status"].clone())
            });
            end.is_some()
        });
        let end = end.unwrap();
        let said = end["details"][0].as_str().unwrap().to_owned();
        (end["result"]["finished"] == "success", said)
    }

    /// The steps that were told of this action.
    pub(crate) fn steps_of(&self, id: &str) -> Vec<String> {
        let path = format!("/default/controller/v1/unit-7/deploymentBase/{id}/feedback");
        self.look(|state| {
            let told = state.seen.iter().filter(|seen| seen.path == path);
            let steps = told.map(|seen| seen.body["status"]["execution"].as_str().unwrap());
            steps.map(ToOwned::to_owned).collect()
        })
    }

    /// The ranges with which the file was asked for.
    pub(crate) fn ranges(&self) -> Vec<Option<String>> {
        self.look(|state| {
            let files = state.seen.iter().filter(|seen| seen.path.ends_with("/update.raucb"));
            files.map(|seen| seen.range.clone()).collect()
        })
    }

    /// How often it was polled.
    pub(crate) fn polls(&self) -> usize {
        let base = "/default/controller/v1/unit-7";
        self.look(|state| state.seen.iter().filter(|seen| seen.path == base).count())
    }

    /// Waits until it was polled anew, twice: then all that follows from the first is over.
    pub(crate) fn wait_for_polls(&self) {
        let before = self.polls();
        eventually("two more polls", || self.polls() >= before + 2);
    }
}

/// Who vouches for the server, and for units.
struct Authority {
    root: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self { root: params.self_signed(&key).unwrap(), issuer: Issuer::new(params, key) }
    }

    fn server(&self, asks: bool) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let chain = vec![server.signed_by(&key, &self.issuer).unwrap().der().clone()];
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .unwrap();
        let builder = if asks {
            let mut units = RootCertStore::empty();
            units.add(self.root.der().clone()).unwrap();
            let units = WebPkiClientVerifier::builder_with_provider(Arc::new(units), provider);
            builder.with_client_cert_verifier(units.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        builder.with_single_cert(chain, key).unwrap()
    }
}
