// SPDX-License-Identifier: MIT OR Apache-2.0
//! The enrolment port: TLS 1.3 without client certificates, HTTP/1.1 or HTTP/2, for `cacerts` and
//! `simpleenroll` alone (central-api). Nothing else can be reached here.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{App, est, tls, told_to_stop};

/// From the connection to its end: an enrolment is one call.
const WITHIN: Duration = Duration::from_secs(20);

/// Connections at a time; anyone may connect here.
const MOST_CONNECTIONS: usize = 64;

/// Serves until told to stop.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    app: App,
    mut stopping: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let router = est::enrolment(app);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                let connection = connection(stream, acceptor.clone(), router.clone());
                connections.spawn(tokio::time::timeout(WITHIN, connection));
            }
            Some(_) = connections.join_next() => {}
            () = told_to_stop(&mut stopping) => return,
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router) {
    let stream = match acceptor.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::info!(error = &error as &dyn std::error::Error, "handshake refused");
            return;
        }
    };
    let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(tls::ALPN);
    let (io, service) = (TokioIo::new(stream), TowerToHyperService::new(router));
    let served = if is_http_2 {
        http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
    } else {
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(io, service).await
    };
    if let Err(error) = served {
        tracing::debug!(error = &error as &dyn std::error::Error, "connection ended");
    }
}
