// SPDX-License-Identifier: MIT OR Apache-2.0
//! The local port: liveness, readiness (database, signer) and metrics, plain HTTP on the loopback
//! interface, so that no kiosk can ask for them.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{App, told_to_stop};

type Typed = (StatusCode, [(HeaderName, &'static str); 1], String);

/// Serves until told to stop.
pub(super) async fn serve(listener: TcpListener, app: App, mut stopping: watch::Receiver<bool>) {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
        .with_state(app);
    let stopped = async move { told_to_stop(&mut stopping).await };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(error = &error as &dyn std::error::Error, "the local port failed");
    }
}

async fn readiness(State(app): State<App>) -> Typed {
    let database = app.service.store.is_ready().await;
    let signer = app.service.signer.is_ready();
    let status = if database && signer { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({ "database": database, "signer": signer }).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body)
}

async fn metrics(State(app): State<App>) -> Typed {
    let text = async {
        let mut connection = app.service.store.read().await?;
        app.metrics.text(&mut connection).await
    };
    match text.await {
        Ok(text) => (StatusCode::OK, [(CONTENT_TYPE, "text/plain; version=0.0.4")], text),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "no metrics");
            (StatusCode::SERVICE_UNAVAILABLE, [(CONTENT_TYPE, "text/plain")], String::new())
        }
    }
}
