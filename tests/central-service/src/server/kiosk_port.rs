// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosks' port: accepts, shakes hands, takes the kiosk's identity from its certificate and
//! serves HTTP/2 until either side leaves.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::est::Shown;
use super::faults::Cut;
use super::{App, router, tls, told_to_stop};
use crate::identity::Kiosk;

/// Who does not shake hands within this time is hung up on.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A kiosk keeps its connection; one that is gone without a word is noticed by these pings.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Serves kiosks until told to stop; then until their answers under way are finished.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    app: App,
    mut stopping: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let router = router::kiosks(app.clone());
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = told_to_stop(&mut stopping) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) if app.faults.refuses_connections() => drop(stream),
            Ok((stream, _)) => {
                let (acceptor, router) = (acceptor.clone(), router.clone());
                let (faults, stopping) = (app.faults.clone(), stopping.clone());
                connections.spawn(async move {
                    let cut = faults.new_cut();
                    tokio::select! {
                        () = connection(stream, acceptor, router, cut.clone(), stopping) => {}
                        () = cut.fallen() => {}
                    }
                });
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "accept failed"),
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    router: Router,
    cut: Cut,
    mut stopping: watch::Receiver<bool>,
) {
    let stream = match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::info!(error = &error as &dyn std::error::Error, "handshake refused");
            return;
        }
        Err(_) => return,
    };
    let Some((kiosk, shown)) = kiosk(&stream) else { return };
    tracing::debug!(unit = kiosk.urn, "connected");
    let service = serving(router, kiosk, cut).layer(Extension(shown));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = told_to_stop(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(error = &error as &dyn std::error::Error, "connection ended");
    }
}

/// The router for requests of this one kiosk, on this one connection.
pub(super) fn serving(router: Router, kiosk: Kiosk, cut: Cut) -> Router {
    router.layer(Extension(Arc::new(kiosk))).layer(Extension(cut))
}

/// The kiosk and its certificate, where HTTP/2 was agreed on and the certificate names one.
fn kiosk(stream: &TlsStream<TcpStream>) -> Option<(Kiosk, Shown)> {
    let (_, session) = stream.get_ref();
    if session.alpn_protocol() != Some(tls::ALPN) {
        tracing::info!("a client did not ask for HTTP/2");
        return None;
    }
    let certificate = session.peer_certificates()?.first()?;
    let kiosk = Kiosk::from_certificate(certificate)
        .inspect_err(|error| tracing::warn!(error = error as &dyn std::error::Error, "no kiosk"))
        .ok()?;
    Some((kiosk, Shown(certificate.as_ref().into())))
}
