// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each answer by itself: it is one of the contract, and the kiosk's own client understands it.

use std::fmt::Debug;

use axum::body::Body;
use backend_client::client::Answer;
use backend_client::wire::{
    Call, Decision, Denial, OutcomeRecorded, OutcomeResult, PolicyAnswer, ProofGranted,
    ReceiptRecorded, Refusal, ServedPolicy, SessionOpened, TicketIssued,
};
use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::http::StatusCode;
use hyper::{Method, Response};
use serde_json::Value;

/// A response, read to its end.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What it means.
#[derive(Debug)]
pub(super) enum Meaning {
    Opened(SessionOpened),
    Granted,
    Ticketed(TicketIssued),
    Recorded(OutcomeResult),
    Taken,
    /// With its entity tag.
    Policy(String),
    Unchanged,
    Beaten,
    Refused(Denial),
    /// No call of the contract.
    Nothing,
}

/// Which call of the contract this is, if one.
pub(super) fn call(method: &Method, path: &str) -> Option<Call> {
    if method == Method::GET {
        return (path == "/v1/policy").then_some(Call::Policy);
    }
    if method != Method::POST {
        return None;
    }
    match path {
        "/v1/sessions" => Some(Call::OpenSession),
        "/v1/receipts" => Some(Call::DeliverReceipt),
        "/v1/heartbeat" => Some(Call::Heartbeat),
        _ => {
            let (id, call) = path.strip_prefix("/v1/sessions/")?.split_once('/')?;
            let call = match call {
                "proof" => Call::Prove,
                "ticket" => Call::Ticket,
                "outcome" => Call::Outcome,
                _ => return None,
            };
            (!id.is_empty()).then_some(call)
        }
    }
}

impl Heard {
    pub(super) async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let Ok(body) = body.collect().await else { panic!("an answer that breaks off") };
        Self { status: parts.status, headers: parts.headers, body: body.to_bytes().to_vec() }
    }

    /// What the answer to this call means to the kiosk; anything but a decision is a finding.
    pub(super) fn meaning(&self, call: Option<Call>, method: &Method) -> Meaning {
        let Some(call) = call else { return self.blank(method) };
        let answer = Answer::new(self.status, &self.headers, self.body.clone());
        match call {
            Call::OpenSession => self.said(call, answer.decision(call), Meaning::Opened),
            Call::Prove => {
                self.said(call, answer.decision(call), |_: ProofGranted| Meaning::Granted)
            }
            Call::Ticket => self.said(call, answer.decision(call), Meaning::Ticketed),
            Call::Outcome => self.said(call, answer.decision(call), |told: OutcomeRecorded| {
                Meaning::Recorded(told.result)
            }),
            Call::DeliverReceipt => {
                self.said(call, answer.decision(call), |_: ReceiptRecorded| Meaning::Taken)
            }
            Call::Heartbeat => self.said(call, answer.acknowledgement(call), |()| {
                assert!(self.body.is_empty(), "204 with a body");
                Meaning::Beaten
            }),
            Call::Policy => self.said(call, answer.policy(true), |policy| self.policy(&policy)),
            Call::Identity | Call::Vouch => panic!("no call of the service"),
        }
    }

    fn said<A: Debug, E: Debug>(
        &self,
        call: Call,
        decision: Result<Decision<A>, E>,
        granted: impl FnOnce(A) -> Meaning,
    ) -> Meaning {
        match decision {
            Ok(Decision::Granted(answer)) => granted(answer),
            Ok(Decision::Denied(refusal)) => self.refusal(call, &refusal),
            Err(error) => panic!("{call:?}: {error:?}, {}", self.shown()),
        }
    }

    /// A refusal has the status of its code, and says when to come again where it should.
    fn refusal(&self, call: Call, refusal: &Refusal) -> Meaning {
        let (denial, status) = (refusal.denial, self.status.as_u16());
        assert_eq!(denial.status(), status, "{call:?}: {}", self.shown());
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let is_told = body["status"] == status && body["title"].is_string();
        assert!(is_told, "{call:?}: {}", self.shown());
        let is_passing = matches!(status, 429 | 503);
        assert_eq!(self.headers.contains_key(RETRY_AFTER), is_passing, "{call:?}: {denial}");
        let is_closed = matches!(denial, Denial::OutsideHours | Denial::Maintenance);
        let is_never_closed =
            matches!(call, Call::Outcome | Call::DeliverReceipt | Call::Heartbeat);
        assert!(!(is_closed && is_never_closed), "{call:?}: {denial}");
        Meaning::Refused(denial)
    }

    fn policy(&self, answer: &PolicyAnswer) -> Meaning {
        let tag = self.headers.get(ETAG).and_then(|tag| tag.to_str().ok());
        let Some(tag) = tag else { panic!("a policy without its entity tag") };
        match &answer.policy {
            ServedPolicy::Unchanged => Meaning::Unchanged,
            ServedPolicy::Changed { document, .. } => {
                let Ok((_, unread)) = document.read() else { panic!("no policy: {document:?}") };
                assert!(unread.is_empty(), "the kiosk cannot read {unread:?}");
                Meaning::Policy(tag.to_owned())
            }
        }
    }

    /// What no call of the contract gets: problem details that say no more than the status does.
    fn blank(&self, method: &Method) -> Meaning {
        let status = self.status.as_u16();
        if method == Method::HEAD && self.body.is_empty() {
            assert!(status < 500, "{}", self.shown());
            return Meaning::Nothing;
        }
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        // The path of a call, but for a session's id that is none.
        if status == 400 && body["type"] == "urn:kiosk:problem:malformed" {
            return Meaning::Nothing;
        }
        assert!(matches!(status, 404 | 405), "{method}: {}", self.shown());
        let kind = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        assert_eq!(kind, Some(&b"application/problem+json"[..]), "{}", self.shown());
        assert_eq!(body["type"], "about:blank", "{}", self.shown());
        Meaning::Nothing
    }

    fn shown(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}
