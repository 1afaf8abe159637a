// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kiosk's end of the line: HTTP/2 over TLS 1.3 with a client certificate, written for these
//! tests. Each exchange is held against the document on its way.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::http::HeaderMap;
use hyper::{Method, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ring::digest::{SHA256, digest};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::card::TestCard;
use crate::document::Document;

/// A connected kiosk.
pub(crate) struct Kiosk {
    sender: SendRequest<Full<Bytes>>,
    pub(crate) kiosk_id: [u8; 16],
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// A session as the kiosk knows it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) nonce: Vec<u8>,
    pub(crate) receipt_wanted: bool,
}

/// A ticket as the kiosk knows it.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    pub(crate) counter: u32,
    pub(crate) response: Vec<u8>,
}

/// Why a kiosk did not get an answer: what a cut connection looks like.
pub(crate) type Lost = Box<dyn std::error::Error + Send + Sync>;

impl Kiosk {
    /// Connects with the files that the service handed out for a kiosk.
    pub(crate) async fn connect(address: SocketAddr, files: &Path) -> Result<Self, Lost> {
        let certificate = CertificateDer::from_pem_file(files.join("certificate.pem"))?;
        let (_, parsed) = X509Certificate::from_der(&certificate)?;
        let hash = digest(&SHA256, parsed.public_key().raw);
        let kiosk_id = hash.as_ref()[..16].try_into()?;
        let mut configuration =
            trusting(files).with_client_auth_cert(vec![certificate.clone()], key(files))?;
        configuration.alpn_protocols = vec![b"h2".to_vec()];
        Self::connect_with(address, configuration, kiosk_id).await
    }

    pub(crate) async fn connect_with(
        address: SocketAddr,
        configuration: ClientConfig,
        kiosk_id: [u8; 16],
    ) -> Result<Self, Lost> {
        let stream = TcpStream::connect(address).await?;
        let connector = TlsConnector::from(Arc::new(configuration));
        let name = ServerName::try_from("localhost")?;
        let stream = connector.connect(name, stream).await?;
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, kiosk_id })
    }

    /// One request, whatever it is; nothing is held against the document.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Lost> {
        let mut sender = self.sender.clone();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        // EST's errors are text; whatever else there is must be JSON.
        let media_type = parts.headers.get("content-type").map(|value| value.as_bytes());
        let is_text = media_type.is_some_and(|value| value.starts_with(b"text/plain;"));
        let body = match body.is_empty() {
            true => Value::Null,
            false if is_text => Value::String(String::from_utf8(body.to_vec())?),
            false => serde_json::from_slice(&body)?,
        };
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// A POST with its own new key, held against the document.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_again(path, &new_key(), body).await
    }

    /// A POST with this key, held against the document.
    pub(crate) async fn post_again(&self, path: &str, key: &str, body: &Value) -> Answer {
        let answer = self.try_post(path, key, body).await.unwrap();
        Document::get().holds(&Method::POST, path, body, &answer);
        answer
    }

    /// A POST whose answer may be lost.
    pub(crate) async fn try_post(
        &self,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Result<Answer, Lost> {
        self.send(post(path, Some(key), body.to_string())).await
    }

    pub(crate) async fn policy(&self, etag: Option<&str>) -> Answer {
        let mut request = Request::get("https://localhost/v1/policy");
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        let answer = self.send(request.body(Full::default()).unwrap()).await.unwrap();
        Document::get().holds(&Method::GET, "/v1/policy", &Value::Null, &answer);
        answer
    }

    pub(crate) async fn open(&self, card: &TestCard) -> Answer {
        self.post("/v1/sessions", &session_body(card)).await
    }

    /// Opens a session that is not refused.
    pub(crate) async fn opened(&self, card: &TestCard) -> Session {
        let answer = self.open(card).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Session::of(&answer)
    }

    pub(crate) async fn prove(&self, card: &TestCard, session: &Session) -> Answer {
        let signature = card.prove(&session.nonce, &session.id, &self.kiosk_id);
        let body = json!({ "signature": base64url(&signature) });
        self.post(&session.path("proof"), &body).await
    }

    /// Opens a session and proves it.
    pub(crate) async fn granted(&self, card: &TestCard) -> Session {
        let session = self.opened(card).await;
        let answer = self.prove(card, &session).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        session
    }

    pub(crate) async fn ticket(&self, session: &Session) -> Answer {
        self.post(&session.path("ticket"), &ticket_body()).await
    }

    /// Asks for a ticket that is not refused.
    pub(crate) async fn ticketed(&self, session: &Session) -> Ticket {
        let answer = self.ticket(session).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Ticket::of(&answer)
    }

    pub(crate) async fn tell(
        &self,
        session: &Session,
        result: &str,
        receipt: Option<&[u8]>,
    ) -> Answer {
        let mut body = json!({ "result": result, "ending": "test" });
        if let Some(receipt) = receipt {
            body["receipt"] = json!(base64url(receipt));
        }
        self.post(&session.path("outcome"), &body).await
    }

    /// A receipt by itself, in a session or not.
    pub(crate) async fn hand_in(
        &self,
        card: &TestCard,
        receipt: &[u8],
        nonce: &[u8],
        session: Option<&Session>,
    ) -> Answer {
        let body = json!({
            "receipt": base64url(receipt),
            "nonce": base64url(nonce),
            "attestation_certificate": base64url(&card.attestation_certificate),
            "session_id": session.map(|session| &session.id),
        });
        self.post("/v1/receipts", &body).await
    }
}

impl Answer {
    /// The problem code, or nothing.
    pub(crate) fn code(&self) -> &str {
        let code = self.body["type"].as_str().unwrap_or_default();
        code.strip_prefix("urn:kiosk:problem:").unwrap_or_default()
    }

    pub(crate) fn retry_after(&self) -> u64 {
        self.headers["retry-after"].to_str().unwrap().parse().unwrap()
    }
}

impl Session {
    pub(crate) fn of(answer: &Answer) -> Self {
        Self {
            id: answer.body["session_id"].as_str().unwrap().to_owned(),
            nonce: bytes(&answer.body["nonce"]),
            receipt_wanted: answer.body["receipt_wanted"].as_bool().unwrap(),
        }
    }

    pub(crate) fn path(&self, call: &str) -> String {
        format!("/v1/sessions/{}/{call}", self.id)
    }
}

impl Ticket {
    pub(crate) fn of(answer: &Answer) -> Self {
        let response = bytes(&answer.body["response"]);
        let id = answer.body["ticket_id"].as_str().unwrap().to_owned();
        let counter = u32::from_be_bytes(response[91..95].try_into().unwrap());
        Self { id, counter, response }
    }

    /// What the card's receipt names.
    pub(crate) fn named(&self) -> Option<(&str, u32)> {
        Some((&self.id, self.counter))
    }
}

pub(crate) fn session_body(card: &TestCard) -> Value {
    json!({
        "target": "signature",
        "profile": "ref-eac-1",
        "card_token_info": "JPKIAPICCTOKEN2",
        "key_agreement_certificate": base64url(&card.key_agreement_certificate),
        "attestation_certificate": base64url(&card.attestation_certificate),
        "authentication_certificate": base64url(&card.authentication_certificate),
        "software": "0.1.0",
    })
}

pub(crate) fn ticket_body() -> Value {
    json!({ "request": base64url(&crate::card::random::<48>()) })
}

pub(crate) fn post(path: &str, key: Option<&str>, body: String) -> Request<Full<Bytes>> {
    let mut request = Request::post(format!("https://localhost{path}"))
        .header("content-type", "application/json")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request.body(Full::from(body)).unwrap()
}

pub(crate) fn trusting(
    files: &Path,
) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(files.join("roots.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
}

pub(crate) fn key(files: &Path) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(files.join("key.pem")).unwrap()
}

pub(crate) fn new_key() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}
