// SPDX-License-Identifier: MIT OR Apache-2.0
//! Attempts, counted where they arrive.

use std::time::{Duration, Instant};

use backend_client::{
    CentralError,
    wire::{Call, Decision, Denial},
};

use crate::{
    authority::Authority,
    questions::{CALLS, PATIENCE, ask, granted},
    service::{Answer, Seen, Service},
};

/// Asks once against these answers; the answer, and every attempt that arrived.
async fn attempts(
    call: Call,
    answers: impl IntoIterator<Item = Answer>,
    within: Duration,
) -> (Result<Decision<()>, CentralError>, Vec<Seen>) {
    let authority = Authority::new();
    let mut service = Service::start(authority.service(), answers).await;
    let answer = ask(&authority.client(service.port), call, within).await;
    (answer, service.rest())
}

#[tokio::test]
async fn every_call_is_repeated_until_there_is_a_decision() {
    for call in CALLS {
        let answers = [Answer::empty(502), Answer::BreakOff, Answer::empty(429), granted(call)];
        let (answer, seen) = attempts(call, answers, PATIENCE).await;
        assert!(matches!(answer, Ok(Decision::Granted(()))), "{call:?}: {answer:?}");
        assert_eq!(seen.len(), 4, "{call:?}");
    }
}

#[tokio::test]
async fn a_repetition_is_the_same_request_with_the_same_key() {
    let answers = [Answer::empty(500), Answer::empty(500), granted(Call::Ticket)];
    let (_, seen) = attempts(Call::Ticket, answers, PATIENCE).await;
    let [first, second, third] = &seen[..] else { panic!("{seen:?}") };
    for repeated in [second, third] {
        assert_eq!(repeated.header("idempotency-key"), first.header("idempotency-key"));
        assert_eq!(repeated.body, first.body);
        assert_ne!(repeated.header("traceparent"), first.header("traceparent"));
    }
}

#[tokio::test]
async fn a_refusal_is_not_asked_for_twice() {
    for (call, status, code, denial) in [
        (Call::Ticket, 429, "ticket-limit", Denial::TicketLimit),
        (Call::Prove, 500, "internal", Denial::Internal),
        (Call::OpenSession, 503, "maintenance", Denial::Maintenance),
        (Call::OpenSession, 404, "reservation-not-found", Denial::ReservationNotFound),
        (Call::Outcome, 422, "idempotency-mismatch", Denial::IdempotencyMismatch),
    ] {
        let (answer, seen) = attempts(call, [Answer::problem(status, code)], PATIENCE).await;
        assert_eq!(answer.unwrap(), Decision::Denied(denial.into()));
        assert_eq!(seen.len(), 1, "{call:?} {code}");
    }
}

#[tokio::test]
async fn outcomes_and_receipts_are_repeated_against_named_faults_too() {
    for call in [Call::Outcome, Call::DeliverReceipt] {
        let answers =
            [Answer::problem(500, "internal"), Answer::problem(503, "maintenance"), granted(call)];
        let (answer, seen) = attempts(call, answers, PATIENCE).await;
        assert!(matches!(answer, Ok(Decision::Granted(()))), "{call:?}: {answer:?}");
        assert_eq!(seen.len(), 3);
    }
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_an_answer() {
    let began = Instant::now();
    let later = Answer::empty(503).with("retry-after", "60");
    let (answer, seen) = attempts(Call::OpenSession, [later], PATIENCE).await;
    assert!(matches!(answer, Err(CentralError::Rejected { status: 503, .. })), "{answer:?}");
    assert_eq!(seen.len(), 1);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_wait_within_the_deadline_is_kept() {
    let began = Instant::now();
    let soon = Answer::empty(503).with("retry-after", "1");
    let (answer, seen) = attempts(Call::Prove, [soon, granted(Call::Prove)], PATIENCE).await;
    assert!(matches!(answer, Ok(Decision::Granted(()))), "{answer:?}");
    assert_eq!(seen.len(), 2);
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_service_that_never_answers_ends_at_the_deadline() {
    let began = Instant::now();
    let within = Duration::from_secs(3);
    let (answer, seen) = attempts(Call::Prove, [Answer::Silence], within).await;
    assert!(matches!(answer, Err(CentralError::Unreachable { .. })), "{answer:?}");
    assert!(began.elapsed() < within + Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(seen.len(), 2, "the first attempt leaves time for a second one");
}
