// SPDX-License-Identifier: MIT OR Apache-2.0
//! The paths of the kiosks' port, and what is checked of every request before its operation: the
//! body's size, the Idempotency-Key, the ids in the path.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use uuid::Uuid;

use super::exchange::{Exchange, Reply, answer, refusal_of};
use super::operation::Operation;
use super::{App, est, faults};
use crate::identity::Kiosk;
use crate::problem::Problem;
use crate::service::unit::TaggedPolicy;
use crate::service::{Call, Failure, unit};
use crate::store::{StoreError, units};
use crate::wire::Id;

/// Bodies over 64 KiB are refused (central-api).
const MOST_BODY_BYTES: usize = 64 * 1024;

/// The kiosks' port.
pub(super) fn kiosks(app: App) -> Router {
    Router::new()
        .route("/v1/sessions", post(take_post))
        .route("/v1/receipts", post(take_post))
        .route("/v1/sessions/{session_id}/{call}", post(take_post))
        .route("/v1/heartbeat", post(take_post))
        .route("/v1/policy", get(read_policy))
        .route(est::REENROLL, post(est::reenrol))
        .fallback(|| async { blank(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { blank(StatusCode::METHOD_NOT_ALLOWED) })
        .layer(middleware::from_fn_with_state(app.faults.clone(), faults::interfere))
        .with_state(app)
}

async fn take_post(
    State(app): State<App>,
    Extension(kiosk): Extension<Arc<Kiosk>>,
    request: Request,
) -> Response<Body> {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let operation = match operation_at(path) {
        Ok(Some(operation)) => operation,
        Ok(None) => return blank(StatusCode::NOT_FOUND),
        Err(problem) => return Reply::refusal(&problem).into_response(),
    };
    let reply = match read(&parts.headers, body).await {
        Ok((key, body)) => {
            let exchange = Exchange { kiosk: &kiosk, path, key, body: &body, operation };
            answer(&app.service, &exchange).await
        }
        Err(problem) => Reply::refusal(&problem),
    };
    let response = reply.into_response();
    told(&app, &kiosk, operation.name(), &parts.headers, response.status(), began);
    response
}

async fn read_policy(
    State(app): State<App>,
    Extension(kiosk): Extension<Arc<Kiosk>>,
    headers: HeaderMap,
) -> Response<Body> {
    let began = Instant::now();
    let response = match policy(&app, &kiosk).await {
        Ok(policy) => tagged(policy, &headers),
        Err(failure) => refusal_of(&failure).into_response(),
    };
    told(&app, &kiosk, "read_policy", &headers, response.status(), began);
    response
}

async fn policy(app: &App, kiosk: &Kiosk) -> Result<TaggedPolicy, Failure> {
    let (service, now) = (&*app.service, app.service.clock.now());
    let mut transaction = service.store.read().await?;
    let is_unit_revoked = units::is_revoked(&mut transaction, &kiosk.urn).await?;
    if is_unit_revoked {
        return Err(Problem::KioskNotAuthorised { why: "the unit is revoked" }.into());
    }
    let connection = &mut *transaction;
    unit::policy(&mut Call { service, connection, kiosk, is_unit_revoked, now }).await
}

fn tagged(policy: TaggedPolicy, headers: &HeaderMap) -> Response<Body> {
    let mut response = if is_known(&policy.etag, headers) {
        Reply::empty(StatusCode::NOT_MODIFIED.as_u16()).into_response()
    } else {
        let mut response = Response::new(Body::from(policy.body));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    match HeaderValue::from_str(&policy.etag) {
        Ok(etag) => response.headers_mut().insert(ETAG, etag),
        Err(_) => return refusal_of(&StoreError::Row(policy.etag).into()).into_response(),
    };
    response
}

/// If-None-Match compares weakly: a proxy that repacks a body marks its tag `W/` (RFC 9110 section
/// 13.1.2).
fn is_known(etag: &str, headers: &HeaderMap) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Which operation a path asks for; ids are lower-case UUID text here too.
fn operation_at(path: &str) -> Result<Option<Operation>, Problem> {
    let Some(of_session) = path.strip_prefix("/v1/sessions/") else {
        return Ok(match path {
            "/v1/sessions" => Some(Operation::OpenSession),
            "/v1/receipts" => Some(Operation::TakeReceipt),
            "/v1/heartbeat" => Some(Operation::KeepHeartbeat),
            _ => None,
        });
    };
    let Some((id, call)) = of_session.split_once('/') else { return Ok(None) };
    let operation: fn(Uuid) -> Operation = match call {
        "proof" => Operation::GrantProof,
        "ticket" => Operation::IssueTicket,
        "outcome" => Operation::RecordOutcome,
        _ => return Ok(None),
    };
    let not_an_id =
        || Problem::malformed("the session's id in the path is not lower-case UUID text");
    Ok(Some(operation(Id::parse(id).ok_or_else(not_an_id)?.0)))
}

/// The key and the whole body.
async fn read(headers: &HeaderMap, body: Body) -> Result<(Uuid, Vec<u8>), Problem> {
    let collected = Limited::new(body, MOST_BODY_BYTES).collect().await;
    let body = collected.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Problem::TooLarge
        } else {
            Problem::malformed("the body ended too early")
        }
    })?;
    let mut keys = headers.get_all("idempotency-key").iter();
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return Err(Problem::malformed("there is not exactly one Idempotency-Key"));
    };
    let key = key.to_str().ok().and_then(Id::parse);
    let Id(key) =
        key.ok_or_else(|| Problem::malformed("the Idempotency-Key is not lower-case UUID text"))?;
    Ok((key, body.to_bytes().to_vec()))
}

/// RFC 9457: `about:blank` says no more than the status does.
fn blank(status: StatusCode) -> Response<Body> {
    let body = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// One log line and one count a request; ids of sessions stay out of both.
fn told(
    app: &App,
    kiosk: &Kiosk,
    operation: &'static str,
    headers: &HeaderMap,
    status: StatusCode,
    began: Instant,
) {
    let elapsed = began.elapsed();
    app.metrics.count(operation, status.as_u16(), elapsed);
    let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    let (unit, status, milliseconds) = (&kiosk.urn, status.as_u16(), elapsed.as_millis());
    tracing::info!(operation, unit, status, milliseconds, traceparent, "answered");
}
