// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other side: a TLS server that writes down what it is asked and answers by script.

use std::{collections::VecDeque, sync::Arc};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Version,
    body::{Bytes, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
};
use tokio_rustls::TlsAcceptor;

/// A running service. It ends with the test's runtime.
pub(crate) struct Service {
    pub(crate) port: u16,
    seen: mpsc::UnboundedReceiver<Seen>,
}

/// One request as it came.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) alpn: Option<Vec<u8>>,
    pub(crate) has_client_certificate: bool,
    pub(crate) version: Version,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What the service does with a request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Answers.
    Send { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// Breaks the exchange off.
    BreakOff,
    /// Leaves the question open.
    Silence,
}

struct Script {
    answers: Mutex<VecDeque<Answer>>,
    seen: mpsc::UnboundedSender<Seen>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, "application/json", body.to_string().into_bytes())
    }

    pub(crate) fn raw(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", kind.to_owned())];
        Self::Send { status, headers, body: body.into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::Send { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn problem(status: u16, code: &str) -> Self {
        Self::problem_with(status, json!({ "type": format!("urn:kiosk:problem:{code}") }))
    }

    pub(crate) fn problem_with(status: u16, mut problem: Value) -> Self {
        problem["title"] = json!("A problem");
        problem["status"] = json!(status);
        Self::raw(status, "application/problem+json", problem.to_string())
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Send { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Service {
    /// Starts a service with these answers, in turn; the last one is given ever after.
    pub(crate) async fn start(
        config: ServerConfig,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, seen) = mpsc::unbounded_channel();
        let answers = Mutex::new(answers.into_iter().collect());
        let script = Arc::new(Script { answers, seen: sender });
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&script)));
            }
        });
        Self { port, seen }
    }

    /// The next request, in the order in which they came.
    pub(crate) async fn next(&mut self) -> Seen {
        self.seen.recv().await.unwrap()
    }

    /// All requests that came and were not looked at yet.
    pub(crate) fn rest(&mut self) -> Vec<Seen> {
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }
}

/// One connection. Where the handshake fails, the client gets time to read why.
async fn serve(acceptor: TlsAcceptor, stream: TcpStream, script: Arc<Script>) {
    let stream = match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => stream,
        Err((_, mut refused)) => {
            // Closed with unread bytes, the connection would take our alert along.
            let _ = tokio::io::copy(&mut refused, &mut tokio::io::sink()).await;
            return;
        }
    };
    let (_, tls) = stream.get_ref();
    let alpn = tls.alpn_protocol().map(<[u8]>::to_vec);
    let has_client_certificate = tls.peer_certificates().is_some_and(|chain| !chain.is_empty());
    let service = service_fn(|request| {
        answer(request, alpn.clone(), has_client_certificate, Arc::clone(&script))
    });
    let connection = http2::Builder::new(TokioExecutor::new());
    // Broken off by the client or by the script: both are what a test is about.
    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    alpn: Option<Vec<u8>>,
    has_client_certificate: bool,
    script: Arc<Script>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    let seen = Seen {
        alpn,
        has_client_certificate,
        version: head.version,
        method: head.method,
        path: head.uri.path().to_owned(),
        headers: head.headers,
        body,
    };
    script.seen.send(seen)?;
    let mut answers = script.answers.lock().await;
    let answer = match answers.len() {
        0 | 1 => answers.front().cloned().unwrap(),
        _ => answers.pop_front().unwrap(),
    };
    drop(answers);
    match answer {
        Answer::Send { status, headers, body } => {
            let mut response = Response::new(Full::from(body));
            *response.status_mut() = StatusCode::from_u16(status)?;
            for (name, value) in headers {
                response.headers_mut().append(name, value.parse()?);
            }
            Ok(response)
        }
        Answer::BreakOff => Err("broken off by the script".into()),
        Answer::Silence => std::future::pending().await,
    }
}
