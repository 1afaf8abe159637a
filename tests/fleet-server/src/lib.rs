// SPDX-License-Identifier: MIT OR Apache-2.0
//! A fleet server, from hawkBit's public DDI API (v1), over TLS 1.3. It notes what it is asked and
//! told, and breaks as it is told to.

#![expect(clippy::unwrap_used, reason = "a double that cannot play its part ends its test")]

mod answer;
mod identity;

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{Router, extract::Request};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_rustls::TlsAcceptor;

use self::answer::Unit;
pub use self::identity::Identity;

/// An action, and the file that it hands out.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its number.
    pub id: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// As announced.
    pub sha256: String,
    /// As announced.
    pub size: u64,
    /// `skip`, `attempt` or `forced`.
    pub update: &'static str,
    /// Another address for the file.
    pub elsewhere: Option<String>,
}

/// What goes wrong, once.
#[derive(Clone, Debug)]
pub enum Fault {
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
pub struct Seen {
    /// GET, POST or PUT.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Null where it was none.
    pub body: Value,
    /// The header.
    pub range: Option<String>,
    /// The header.
    pub authorization: Option<String>,
}

/// What it hands out, how it breaks, and what it saw.
#[derive(Debug, Default)]
pub struct State {
    /// What the unit is to do.
    pub action: Option<Action>,
    /// The number of a wish to stop the action.
    pub cancel: Option<&'static str>,
    /// Asks who the unit is.
    pub wants_attributes: bool,
    /// At the next polls.
    pub at_poll: VecDeque<Fault>,
    /// At the next downloads.
    pub at_file: VecDeque<Fault>,
    /// At what is told next.
    pub at_feedback: VecDeque<Fault>,
    /// All, in its order.
    pub seen: Vec<Seen>,
}

/// The double.
pub struct Fleet {
    /// Where it listens.
    pub port: u16,
    /// The certificate that it can be known by, PEM.
    pub root: String,
    /// Where its one unit asks, without the server.
    base: String,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

impl Action {
    /// A file as it is announced.
    pub fn of(id: &str, bytes: Vec<u8>) -> Self {
        let hash = ring::digest::digest(&ring::digest::SHA256, &bytes);
        let sha256 = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let size = bytes.len() as u64;
        Self { id: id.to_owned(), bytes, sha256, size, update: "attempt", elsewhere: None }
    }
}

impl Fleet {
    /// On localhost, at a free port, as a new server for the unit `unit-7`.
    pub fn start() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::serve(&Identity::of("localhost"), "localhost", address, "unit-7")
    }

    /// The same, but it hangs up on everyone without a certificate of its own; and such a
    /// certificate with its key, both PEM.
    pub fn knowing_certificates() -> (Self, String, String) {
        let (identity, unit, key) = Identity::knowing("localhost", "unit-7");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        (Self::serve(&identity, "localhost", address, "unit-7"), unit, key)
    }

    /// As this server, for one unit.
    pub fn serve(identity: &Identity, host: &str, address: SocketAddr, unit: &str) -> Self {
        let tls = identity.tls();
        let state = Arc::new(Mutex::new(State::default()));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&state);
        let base = format!("/default/controller/v1/{unit}");
        let unit = Unit { origin: format!("https://{host}:{port}"), base: base.clone() };
        let router = Router::new().fallback(move |request: Request| {
            answer::answer(Arc::clone(&shared), unit.clone(), request)
        });
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
        Self { port, root: identity.root.clone(), base, state, _runtime: runtime }
    }

    /// Looks at the state, or changes it.
    pub fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    /// Hands out an action.
    pub fn offer(&self, action: Action) {
        self.look(|state| state.action = Some(action));
    }

    /// How this action ended, if it has: whether well, and what was said.
    pub fn end_of(&self, id: &str) -> Option<(bool, String)> {
        let path = format!("{}/deploymentBase/{id}/feedback", self.base);
        let end = self.look(|state| {
            let told = state.seen.iter().rev().filter(|seen| seen.path == path);
            let statuses = told.map(|seen| seen.body["status"].clone());
            statuses.into_iter().find(|status| status["execution"] == "closed")
        })?;
        let said = end["details"][0].as_str().unwrap_or_default().to_owned();
        Some((end["result"]["finished"] == "success", said))
    }

    /// The steps that were told of this action.
    pub fn steps_of(&self, id: &str) -> Vec<String> {
        let path = format!("{}/deploymentBase/{id}/feedback", self.base);
        self.look(|state| {
            let told = state.seen.iter().filter(|seen| seen.path == path);
            let steps = told.map(|seen| seen.body["status"]["execution"].as_str().unwrap());
            steps.map(ToOwned::to_owned).collect()
        })
    }

    /// The ranges with which the file was asked for.
    pub fn ranges(&self) -> Vec<Option<String>> {
        self.look(|state| {
            let files = state.seen.iter().filter(|seen| seen.path.ends_with("/update.raucb"));
            files.map(|seen| seen.range.clone()).collect()
        })
    }

    /// How often it was polled.
    pub fn polls(&self) -> usize {
        self.look(|state| state.seen.iter().filter(|seen| seen.path == self.base).count())
    }
}
