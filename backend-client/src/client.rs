// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls of the contract, one method each (EST is not among them).
//!
//! A method makes its attempts within a total deadline, as [`retry`] says, and
//! returns a decision or why there is none. Nothing is kept between calls but the connection.

mod answer;
mod attempt;

use std::{num::NonZeroU64, time::Duration};

use reqwest::{Method, Url};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;
use tracing::{debug, warn};
use uuid::Uuid;

pub use answer::Answer;

use self::attempt::Attempt;
use crate::{
    error::{CentralError, ForeignChain},
    retry::{self, Progress},
    wire::{
        Call, Decision, DeliverReceipt, ETag, Heartbeat, IdempotencyKey, OpenSession, Outcome,
        OutcomeRecorded, PolicyAnswer, ProofGranted, Prove, ReceiptRecorded, SessionOpened,
        TicketIssued, TicketRequest,
    },
};

/// A client of one central service. Cheap to clone; the clones share the connection.
#[derive(Clone, Debug)]
pub struct CentralClient {
    http: reqwest::Client,
    service: Url,
}

/// What distinguishes one call's request from another's.
struct Operation {
    call: Call,
    method: Method,
    path: String,
    /// 16 bytes by which the service's traces and ours find each other: the session's id, where
    /// there is a session.
    trace_id: Uuid,
    key: Option<IdempotencyKey>,
    known: Option<ETag>,
    body: Option<Vec<u8>>,
}

impl CentralClient {
    /// A client of the service at that origin, over a client of [`tls`](crate::tls).
    #[must_use]
    pub const fn new(http: reqwest::Client, service: Url) -> Self {
        Self { http, service }
    }

    /// `POST /v1/sessions`.
    ///
    /// # Errors
    ///
    /// [`CentralError`], as for every call here, after the attempts that `within` allows.
    pub async fn open_session(
        &self,
        key: IdempotencyKey,
        body: &OpenSession,
        within: Duration,
    ) -> Result<Decision<SessionOpened>, CentralError> {
        let path = "/v1/sessions".to_owned();
        self.post(Call::OpenSession, path, None, key, body, within).await
    }

    /// `POST /v1/receipts`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub async fn deliver_receipt(
        &self,
        key: IdempotencyKey,
        body: &DeliverReceipt,
        within: Duration,
    ) -> Result<Decision<ReceiptRecorded>, CentralError> {
        let path = "/v1/receipts".to_owned();
        self.post(Call::DeliverReceipt, path, body.session_id, key, body, within).await
    }

    /// `POST /v1/sessions/{id}/proof`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub async fn prove(
        &self,
        session_id: Uuid,
        key: IdempotencyKey,
        body: &Prove,
        within: Duration,
    ) -> Result<Decision<ProofGranted>, CentralError> {
        let path = format!("/v1/sessions/{session_id}/proof");
        self.post(Call::Prove, path, Some(session_id), key, body, within).await
    }

    /// `POST /v1/sessions/{id}/ticket`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub async fn ticket(
        &self,
        session_id: Uuid,
        key: IdempotencyKey,
        body: &TicketRequest,
        within: Duration,
    ) -> Result<Decision<TicketIssued>, CentralError> {
        let path = format!("/v1/sessions/{session_id}/ticket");
        self.post(Call::Ticket, path, Some(session_id), key, body, within).await
    }

    /// `POST /v1/sessions/{id}/outcome`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub async fn outcome(
        &self,
        session_id: Uuid,
        key: IdempotencyKey,
        body: &Outcome,
        within: Duration,
    ) -> Result<Decision<OutcomeRecorded>, CentralError> {
        let path = format!("/v1/sessions/{session_id}/outcome");
        self.post(Call::Outcome, path, Some(session_id), key, body, within).await
    }

    /// `GET /v1/policy`. Asked at card insertion it also opens the connection ahead.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub async fn policy(
        &self,
        known: Option<ETag>,
        within: Duration,
    ) -> Result<Decision<PolicyAnswer>, CentralError> {
        let is_known = known.is_some();
        let operation = Operation {
            call: Call::Policy,
            method: Method::GET,
            path: "/v1/policy".to_owned(),
            trace_id: Uuid::new_v4(),
            key: None,
            known,
            body: None,
        };
        self.perform(&operation, within).await?.policy(is_known)
    }

    /// `POST /v1/heartbeat`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub async fn heartbeat(
        &self,
        key: IdempotencyKey,
        body: &Heartbeat,
        within: Duration,
    ) -> Result<Decision<()>, CentralError> {
        let path = "/v1/heartbeat".to_owned();
        let operation = Operation::post(Call::Heartbeat, path, None, key, body)?;
        self.perform(&operation, within).await?.acknowledgement(operation.call)
    }

    async fn post<A: DeserializeOwned>(
        &self,
        call: Call,
        path: String,
        session_id: Option<Uuid>,
        key: IdempotencyKey,
        body: &impl Serialize,
        within: Duration,
    ) -> Result<Decision<A>, CentralError> {
        let operation = Operation::post(call, path, session_id, key, body)?;
        self.perform(&operation, within).await?.decision(call)
    }

    /// Attempts until there is an answer that stands, or until the deadline.
    async fn perform(
        &self,
        operation: &Operation,
        within: Duration,
    ) -> Result<Answer, CentralError> {
        let (call, began) = (operation.call, Instant::now());
        let mut progress = Progress { attempts: 0, elapsed: Duration::ZERO, deadline: within };
        loop {
            progress.attempts += 1;
            let limit = retry::attempt_limit(within.saturating_sub(progress.elapsed));
            let attempt = self.attempt(operation, limit).await;
            progress.elapsed = began.elapsed();
            let failure = attempt.failure();
            let chance = rand::random::<f64>();
            let pause = failure.and_then(|failure| retry::pause(call, failure, progress, chance));
            let Some(pause) = pause else {
                debug!(?call, ?progress, status = attempt.status(), "answered");
                return attempt.into_result();
            };
            let error = attempt.into_result().err().map(|error| ForeignChain(&error).to_string());
            warn!(?call, ?progress, ?failure, error, ?pause, "trying again");
            tokio::time::sleep(pause).await;
            progress.elapsed = began.elapsed();
        }
    }

    async fn attempt(&self, operation: &Operation, limit: Duration) -> Attempt {
        let mut url = self.service.clone();
        url.set_path(&operation.path);
        let trace_id = operation.trace_id.simple();
        let parent_id = rand::random::<NonZeroU64>();
        let mut request = self
            .http
            .request(operation.method.clone(), url)
            .header("traceparent", format!("00-{trace_id}-{parent_id:016x}-01"));
        if let Some(key) = operation.key {
            request = request.header("idempotency-key", key.to_string());
        }
        if let Some(known) = &operation.known {
            request = request.header(reqwest::header::IF_NONE_MATCH, &known.0);
        }
        if let Some(body) = &operation.body {
            request = request
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        Attempt::make(operation.call, request, limit).await
    }
}

impl Operation {
    fn post(
        call: Call,
        path: String,
        session_id: Option<Uuid>,
        key: IdempotencyKey,
        body: &impl Serialize,
    ) -> Result<Self, CentralError> {
        let body = serde_json::to_vec(body).map_err(|error| CentralError::Malformed {
            call,
            expected: "possible: the question cannot be written".to_owned(),
            source: Some(error.into()),
        })?;
        Ok(Self {
            call,
            method: Method::POST,
            path,
            trace_id: session_id.unwrap_or(key.0),
            key: Some(key),
            known: None,
            body: Some(body),
        })
    }
}
