// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the client of the central service makes of an answer: of its status, its headers and its
//! body. It is carried out, refused, repeated or at fault, and of that nothing is invented.

use std::fmt::Debug;
use std::time::Duration;

use backend_client::CentralError;
use backend_client::client::Answer;
use backend_client::retry::{self, Failure, Progress};
use backend_client::wire::{
    Call, Decision, Denial, OutcomeRecorded, ProofGranted, ReceiptRecorded, Refusal, SessionOpened,
    TicketIssued,
};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::input::Input;

/// In the order of the contract, which is that of an input's first byte.
pub const CALLS: [Call; 7] = [
    Call::OpenSession,
    Call::DeliverReceipt,
    Call::Prove,
    Call::Ticket,
    Call::Outcome,
    Call::Policy,
    Call::Heartbeat,
];

/// What became of a call, without what it brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was carried out.
    Granted,
    /// It was refused.
    Denied(Denial),
    /// Neither, by the status.
    Rejected,
    /// Not what the contract says.
    Malformed,
}

/// An answer as it came.
struct Told<'d> {
    call: Call,
    status: StatusCode,
    headers: HeaderMap,
    body: &'d [u8],
    /// The caller has a policy, which may be the same still.
    is_known: bool,
}

/// Problem details, as far as they name a problem; the rest may be anything.
#[derive(Deserialize)]
struct Named {
    r#type: String,
}

/// First byte: the call. Second: how far it has come. Two bytes: the status. A piece: the headers,
/// a line each. The rest: the body.
pub fn run(data: &[u8]) {
    let _ = hear(data);
}

/// What was heard, and the pause before the next attempt.
pub fn hear(data: &[u8]) -> Option<(Heard, Option<Duration>)> {
    let mut input = Input::new(data);
    let call = CALLS[usize::from(input.byte()?) % CALLS.len()];
    let choices = input.byte()?;
    let status = u16::from_be_bytes([input.byte()?, input.byte()?]) % 900 + 100;
    let status = StatusCode::from_u16(status).ok()?;
    let headers = headers(input.piece()?);
    let is_known = choices.is_multiple_of(2);
    let told = Told { call, status, headers, body: input.rest(), is_known };
    let answer = Answer::new(status, &told.headers, told.body.to_vec());
    let heard = match call {
        Call::OpenSession => told.heard(answer.decision::<SessionOpened>(call)),
        Call::DeliverReceipt => told.heard(answer.decision::<ReceiptRecorded>(call)),
        Call::Prove => told.heard(answer.decision::<ProofGranted>(call)),
        Call::Ticket => told.heard(answer.decision::<TicketIssued>(call)),
        Call::Outcome => told.heard(answer.decision::<OutcomeRecorded>(call)),
        Call::Policy => told.heard(answer.policy(is_known)),
        Call::Heartbeat | Call::Identity | Call::Vouch => told.heard(answer.acknowledgement(call)),
    };
    Some((heard, told.pause(answer.failure(), choices)))
}

/// The headers of these lines; what can be none is left out, as HTTP does before the client sees it.
fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    headers
}

impl Told<'_> {
    fn heard<A>(&self, heard: Result<Decision<A>, CentralError>) -> Heard
    where
        A: Serialize + DeserializeOwned + PartialEq + Debug,
    {
        let is_success = self.is_success();
        match heard {
            Ok(decision @ Decision::Granted(_)) => {
                assert!(is_success, "{} carries out {:?}", self.status, self.call);
                self.relayed(&decision);
                Heard::Granted
            }
            Ok(Decision::Denied(refusal)) => {
                assert!(!is_success, "{} refuses {:?}", self.status, self.call);
                self.refused(&refusal);
                self.relayed(&Decision::<A>::Denied(refusal.clone()));
                Heard::Denied(refusal.denial)
            }
            Err(CentralError::Rejected { call, status, code }) => {
                assert!(!is_success && call == self.call && status == self.status.as_u16());
                let is_short = |code: &String| code.len() <= 60 && code.is_ascii();
                assert!(code.as_ref().is_none_or(is_short), "{code:?}");
                Heard::Rejected
            }
            Err(error @ CentralError::Malformed { .. }) => {
                assert!(is_success, "{}: {error}", self.status);
                Heard::Malformed
            }
            Err(error) => panic!("an answer was heard, and yet: {error:?}"),
        }
    }

    /// The status of the contract; that a policy is the same is an answer to whoever has one.
    fn is_success(&self) -> bool {
        let expected = match self.call {
            Call::OpenSession | Call::Ticket => 201,
            Call::Heartbeat => 204,
            _ => 200,
        };
        let status = self.status.as_u16();
        status == expected || (self.call == Call::Policy && self.is_known && status == 304)
    }

    /// A refusal is one that the answer names, letter by letter.
    fn refused(&self, refusal: &Refusal) {
        let kind = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        assert!(kind.starts_with(b"application/problem+json"), "no problem details");
        let named = serde_json::from_slice::<Named>(self.body).map(|named| named.r#type);
        let code = format!("urn:kiosk:problem:{}", refusal.denial.code());
        assert_eq!(named.ok(), Some(code), "another problem than the one that is named");
        assert!(refusal.retry_after.is_none() || self.headers.contains_key(RETRY_AFTER));
    }

    /// It crosses the socket to the kiosk as it is.
    fn relayed<A>(&self, decision: &Decision<A>)
    where
        A: Serialize + DeserializeOwned + PartialEq + Debug,
    {
        let Ok(written) = serde_json::to_vec(decision) else {
            panic!("{decision:?} is not written")
        };
        let again = serde_json::from_slice::<Decision<A>>(&written);
        assert!(again.is_ok_and(|again| again == *decision), "{decision:?} is read back otherwise");
    }

    /// The pause before the next attempt, which keeps to the contract's last paragraph on problems.
    fn pause(&self, failure: Option<Failure>, choices: u8) -> Option<Duration> {
        let Some(failure) = failure else {
            assert!(self.status.is_success());
            return None;
        };
        let chance = f64::from(choices >> 4) / 15.0;
        let progress = Progress {
            attempts: u32::from(choices >> 1) % 4 + 1,
            elapsed: Duration::from_millis(u64::from(choices) * 10),
            deadline: retry::RESIDENT_WAITS,
        };
        let pause = retry::pause(self.call, failure, progress, chance)?;
        let Failure::Status { status, names_a_problem, .. } = failure else {
            panic!("an answer was heard, and yet: {failure:?}");
        };
        let is_never_refused = matches!(self.call, Call::Outcome | Call::DeliverReceipt);
        assert!(matches!(status, 429 | 500..=599) && (!names_a_problem || is_never_refused));
        assert!(progress.elapsed + pause < progress.deadline, "{pause:?} passes the deadline");
        assert!(pause >= self.asked_for(), "{pause:?} is shorter than asked for");
        Some(pause)
    }

    /// `Retry-After` in seconds, however many; nothing where it is a date or not there.
    fn asked_for(&self) -> Duration {
        let asked = self.headers.get(RETRY_AFTER).map(HeaderValue::as_bytes).unwrap_or_default();
        let is_number = !asked.is_empty() && asked.iter().all(u8::is_ascii_digit);
        let seconds = asked.iter().fold(0_u64, |seconds, digit| {
            seconds.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
        });
        Duration::from_secs(if is_number { seconds } else { 0 })
    }
}
