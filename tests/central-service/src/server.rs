// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the service is reached: kiosks over TLS 1.3, mutual, HTTP/2; the operator's monitoring over
//! a second port that is bound to the loopback interface only.

mod enrolment_port;
mod est;
mod exchange;
pub mod faults;
mod kiosk_port;
mod local_port;
pub mod metrics;
mod operation;
mod router;
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::identity::Kiosk;
use crate::service::Service;
use crate::store::housekeeping;
use faults::Faults;
use metrics::Metrics;

/// How often the passing of time is carried out for reservations that nobody asks about.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(15);

/// How long answers under way may take when the service ends.
const DRAIN: Duration = Duration::from_secs(5);

/// Where to listen.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// For kiosks.
    pub listen: SocketAddr,
    /// For the operator's monitoring.
    pub local: SocketAddr,
}

/// A service that answers.
pub struct Running {
    /// Where kiosks reach it.
    pub listening: SocketAddr,
    /// Where the operator's monitoring does.
    pub local: SocketAddr,
    stop: watch::Sender<bool>,
    stopping: watch::Receiver<bool>,
    tasks: JoinSet<()>,
    app: App,
}

/// It could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A port.
    #[error("could not listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The local port would be open to others.
    #[error("the local port must be on the loopback interface, not on {0}")]
    NotLocal(SocketAddr),
}

/// What every request needs.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) service: Arc<Service>,
    pub(crate) metrics: Metrics,
    pub(crate) faults: Faults,
}

/// Begins to answer.
pub async fn start(
    service: Arc<Service>,
    tls: Arc<rustls::ServerConfig>,
    ports: Ports,
    faults: Faults,
) -> Result<Running, ServerError> {
    if !ports.local.ip().is_loopback() {
        return Err(ServerError::NotLocal(ports.local));
    }
    let (kiosks, listening) = bind(ports.listen).await?;
    let (local_listener, local) = bind(ports.local).await?;
    let (stop, stopping) = watch::channel(false);
    let app = App { service: Arc::clone(&service), metrics: Metrics::default(), faults };
    let mut tasks = JoinSet::new();
    tasks.spawn(kiosk_port::serve(kiosks, tls, app.clone(), stopping.clone()));
    tasks.spawn(local_port::serve(local_listener, app.clone(), stopping.clone()));
    tasks.spawn(keep_house(service, stopping.clone()));
    Ok(Running { listening, local, stop, stopping, tasks, app })
}

/// The kiosks' port without a network, for requests that come from elsewhere: what TLS would tell
/// of the client is given.
pub fn without_network(service: Arc<Service>, kiosk: Kiosk) -> Router {
    let app = App { service, metrics: Metrics::default(), faults: Faults::default() };
    let cut = app.faults.new_cut();
    kiosk_port::serving(router::kiosks(app), kiosk, cut)
}

impl Running {
    /// Opens the port on which units that have no certificate yet get one.
    pub async fn open_enrolment(
        &mut self,
        listen: SocketAddr,
        tls: Arc<rustls::ServerConfig>,
    ) -> Result<SocketAddr, ServerError> {
        let (listener, bound) = bind(listen).await?;
        let (app, stopping) = (self.app.clone(), self.stopping.clone());
        self.tasks.spawn(enrolment_port::serve(listener, tls, app, stopping));
        Ok(bound)
    }

    /// Takes no new connection, lets answers under way finish, folds in the write-ahead log.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            tracing::warn!("answers were still under way when the service ended");
            self.tasks.abort_all();
        }
        self.app.service.store.close().await;
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let failed = |source| ServerError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn keep_house(service: Arc<Service>, mut stopping: watch::Receiver<bool>) {
    let mut rounds = tokio::time::interval(HOUSEKEEPING_EVERY);
    loop {
        tokio::select! {
            _ = rounds.tick() => {}
            () = told_to_stop(&mut stopping) => return,
        }
        let round = async {
            let mut transaction = service.store.write().await?;
            housekeeping::round(&mut transaction, service.clock.now()).await?;
            transaction.commit().await?;
            Ok::<(), crate::store::StoreError>(())
        };
        if let Err(error) = round.await {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "housekeeping failed and will be tried again");
        }
    }
}

/// Ends when the service is told to stop, or is gone.
async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}
