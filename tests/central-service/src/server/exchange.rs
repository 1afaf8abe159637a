// SPDX-License-Identifier: MIT OR Apache-2.0
//! One POST from its bytes to its answer: the unit, the Idempotency-Key, the operation and the
//! stored answer, all in one transaction (central-api, "Every POST ... carries").

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use ring::digest::{SHA256, digest};
use serde::Serialize;
use uuid::Uuid;

use super::operation::Operation;
use crate::identity::Kiosk;
use crate::problem::Problem;
use crate::service::{Call, Failure, Service};
use crate::store::idempotency::{self, Scope, StoredAnswer};
use crate::store::{StoreError, units};

/// A POST as it came.
pub(super) struct Exchange<'a> {
    pub(super) kiosk: &'a Kiosk,
    pub(super) path: &'a str,
    pub(super) key: Uuid,
    pub(super) body: &'a [u8],
    pub(super) operation: Operation,
}

/// An answer as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    status: u16,
    body: Vec<u8>,
    retry_after_seconds: Option<u64>,
}

impl Reply {
    /// A body of JSON.
    pub(super) fn json(status: u16, answer: &impl Serialize) -> Result<Self, Failure> {
        let body =
            serde_json::to_vec(answer).map_err(|error| StoreError::Row(error.to_string()))?;
        Ok(Self { status, body, retry_after_seconds: None })
    }

    /// No body.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, body: Vec::new(), retry_after_seconds: None }
    }

    /// A refusal; Retry-After is rounded up, so that whoever waits for it does not come too early.
    pub(super) fn refusal(problem: &Problem) -> Self {
        let retry_after = problem.retry_after();
        Self {
            status: problem.status(),
            body: problem.body().to_string().into_bytes(),
            retry_after_seconds: retry_after.map(|wait| wait.as_millis().div_ceil(1_000) as u64),
        }
    }

    /// As HTTP.
    pub(super) fn into_response(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let is_problem = status.is_client_error() || status.is_server_error();
        let media_type = if is_problem { "application/problem+json" } else { "application/json" };
        let has_body = !self.body.is_empty();
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = status;
        if has_body {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Answers a POST; a fault of our own is logged with its causes and told as `internal`.
pub(super) async fn answer(service: &Service, exchange: &Exchange<'_>) -> Reply {
    match attempt(service, exchange).await {
        Ok(reply) => reply,
        Err(failure) => refusal_of(&failure),
    }
}

/// The refusal that a failure is told as.
pub(super) fn refusal_of(failure: &Failure) -> Reply {
    if let Failure::Refused(problem) = failure {
        return Reply::refusal(problem);
    }
    let error: &dyn std::error::Error = failure;
    tracing::error!(error, "a call failed");
    Reply::refusal(&Problem::Internal)
}

async fn attempt(service: &Service, exchange: &Exchange<'_>) -> Result<Reply, Failure> {
    let now = service.clock.now();
    let mut transaction = service.store.write().await?;
    let (kiosk, operation) = (exchange.kiosk, exchange.operation);
    let scope = Scope { unit: &kiosk.urn, path: exchange.path, key: exchange.key };
    units::seen(&mut transaction, kiosk, now).await?;
    let is_unit_revoked = units::is_revoked(&mut transaction, &kiosk.urn).await?;
    if is_unit_revoked && !operation.is_taken_from_revoked_units() {
        return Err(Problem::KioskNotAuthorised { why: "the unit is revoked" }.into());
    }
    let body_hash = digest(&SHA256, exchange.body).as_ref().to_vec();
    if let Some(stored) = idempotency::find(&mut transaction, scope, now).await? {
        return repeated(stored, &body_hash);
    }
    let connection = &mut *transaction;
    let mut call = Call { service, connection, kiosk, is_unit_revoked, now };
    let reply = match operation.perform(&mut call, exchange.body).await {
        Ok(reply) => reply,
        Err(Failure::Refused(problem)) if problem.is_final() => Reply::refusal(&problem),
        Err(failure) => return Err(failure),
    };
    let stored = StoredAnswer { body_hash, status: reply.status, answer: reply.body.clone() };
    idempotency::keep(&mut transaction, scope, &stored, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(reply)
}

fn repeated(stored: StoredAnswer, body_hash: &[u8]) -> Result<Reply, Failure> {
    if stored.body_hash != body_hash {
        return Err(Problem::IdempotencyMismatch.into());
    }
    Ok(Reply { status: stored.status, body: stored.answer, retry_after_seconds: None })
}
