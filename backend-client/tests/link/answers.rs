// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the client makes of an answer: the call's own, a refusal, and what is neither.

use std::{error::Error, time::Duration};

use backend_client::{
    CentralError,
    error::ForeignChain,
    wire::{Call, Decision, Denial, ETag, IdempotencyKey, ServedPolicy, Target},
};
use serde_json::{Value, json};

use crate::{
    authority::Authority,
    questions::{CALLS, PATIENCE, SESSION, ask, granted, session, session_opened},
    service::{Answer, Service},
};

/// Asks once, against a service with that one answer.
async fn asked(call: Call, answer: Answer) -> Result<Decision<()>, CentralError> {
    let authority = Authority::new();
    let service = Service::start(authority.service(), [answer]).await;
    ask(&authority.client(service.port), call, PATIENCE).await
}

#[tokio::test]
async fn each_call_is_granted_by_its_own_status() {
    for call in CALLS {
        let answer = asked(call, granted(call)).await;
        assert!(matches!(answer, Ok(Decision::Granted(()))), "{call:?}: {answer:?}");
    }
    let other = asked(Call::Prove, Answer::json(201, &json!({}))).await;
    assert!(matches!(other, Err(CentralError::Rejected { status: 201, .. })), "{other:?}");
}

#[tokio::test]
async fn each_published_code_is_its_own_refusal() {
    let authority = Authority::new();
    let answers = Denial::ALL.iter().map(|denial| Answer::problem(denial.status(), denial.code()));
    let service = Service::start(authority.service(), answers).await;
    let client = authority.client(service.port);
    for denial in Denial::ALL {
        match ask(&client, Call::OpenSession, PATIENCE).await {
            Ok(Decision::Denied(refusal)) => assert_eq!(refusal.denial, *denial),
            other => panic!("{denial}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_a_code_brings_along_arrives() {
    let used = json!({
        "type": "urn:kiosk:problem:reservation-used",
        "used_at": "2026-04-01T01:02:30Z",
        "reservation_target": "user-authentication",
    });
    let Ok(Decision::Denied(used)) = asked(Call::Prove, Answer::problem_with(409, used)).await
    else {
        panic!("no refusal");
    };
    assert_eq!(used.details.used_at, Some("2026-04-01T01:02:30Z".parse().unwrap()));
    assert_eq!(used.details.reservation_target, Some(Target::UserAuthentication));
    let closed = Answer::problem(503, "outside-hours").with("retry-after", "23400");
    let Ok(Decision::Denied(closed)) = asked(Call::OpenSession, closed).await else {
        panic!("no refusal");
    };
    assert_eq!(closed.retry_after, Some(Duration::from_secs(23_400)));
}

#[tokio::test]
async fn a_detail_of_another_type_does_not_hide_the_refusal() {
    let odd = json!({"type": "urn:kiosk:problem:reservation-used", "used_at": 5});
    let answer = asked(Call::Prove, Answer::problem_with(409, odd)).await;
    let Ok(Decision::Denied(refusal)) = answer else { panic!("{answer:?}") };
    assert_eq!((refusal.denial, refusal.details.used_at), (Denial::ReservationUsed, None));
}

#[tokio::test]
async fn an_unknown_code_is_an_error_that_names_it() {
    let answer = asked(Call::Prove, Answer::problem(409, "on-strike")).await;
    let error = answer.unwrap_err();
    assert!(error.to_string().ends_with("409 and the unknown problem code on-strike"), "{error}");
    assert!(!error.is_worth_retrying());
}

#[tokio::test]
async fn an_error_page_of_a_machine_in_between_is_no_refusal() {
    for (kind, body) in [
        ("text/html", "<h1>Forbidden</h1>"),
        ("application/problem+json", r#"{"type":"about:blank"}"#),
        ("application/problem+json", "{"),
        ("application/json", r#"{"type":"urn:kiosk:problem:card-suspended"}"#),
    ] {
        let error = asked(Call::Prove, Answer::raw(403, kind, body)).await.unwrap_err();
        let is_nameless = matches!(error, CentralError::Rejected { status: 403, code: None, .. });
        assert!(is_nameless, "{kind} {body}: {error:?}");
    }
}

#[tokio::test]
async fn garbage_is_malformed_and_says_where() {
    let short = session_opened("AQID");
    let mut vague = session_opened(&"A".repeat(43));
    vague["expires_at"] = json!("tomorrow");
    for (answer, complaint) in [
        (Answer::raw(201, "application/json", "<html>"), "expected value"),
        (Answer::raw(201, "application/json", b"\xFF\xFE".as_slice()), "expected value"),
        (Answer::empty(201), "EOF"),
        (Answer::json(201, &json!([])), "invalid length"),
        (Answer::json(201, &json!({"session_id": SESSION})), "missing field `nonce`"),
        (Answer::json(201, &short), "a nonce of 3 bytes"),
        (Answer::json(201, &vague), "failed to parse"),
    ] {
        let error = asked(Call::OpenSession, answer).await.unwrap_err();
        assert!(matches!(error, CentralError::Malformed { .. }), "{error:?}");
        let cause = error.source().unwrap().to_string();
        assert!(cause.contains(complaint), "{cause}");
    }
}

#[tokio::test]
async fn an_unknown_value_is_named_and_an_unknown_member_is_ignored() {
    let odd =
        json!({"result": "maybe", "recorded_at": "2026-04-01T01:00:20Z", "reservation": "open"});
    let error = asked(Call::DeliverReceipt, Answer::json(200, &odd)).await.unwrap_err();
    assert!(ForeignChain(&error).to_string().contains("unknown variant `maybe`"), "{error:?}");
    let odd = json!({"notices": [{"id": "a", "kind": "alarm", "texts": {}}]});
    let answer = asked(Call::Policy, Answer::json(200, &odd)).await;
    assert!(matches!(answer, Ok(Decision::Granted(()))), "the rest of a policy holds: {answer:?}");
    let later = json!({"granted_until": "2026-04-01T01:46:00Z", "colour": "blue"});
    let answer = asked(Call::Prove, Answer::json(200, &later)).await;
    assert!(matches!(answer, Ok(Decision::Granted(()))), "{answer:?}");
}

#[tokio::test]
async fn an_answer_over_256_kib_is_cut() {
    let padded = |length: usize| {
        let json = r#"{"weather":""}"#;
        json.replace("\"\"", &format!("\"{}\"", "x".repeat(length - json.len())))
    };
    let longest = Answer::raw(200, "application/json", padded(256 * 1024));
    let answer = asked(Call::Policy, longest).await;
    assert!(matches!(answer, Ok(Decision::Granted(()))), "{answer:?}");
    for length in [256 * 1024 + 1, 4 * 1024 * 1024] {
        let too_long = Answer::raw(200, "application/json", padded(length));
        let error = asked(Call::Policy, too_long).await.unwrap_err();
        assert!(error.to_string().ends_with("not at most 262144 bytes long"), "{error}");
    }
}

#[tokio::test]
async fn a_policy_that_is_still_the_same_is_not_sent_again() {
    let authority = Authority::new();
    let date = "Mon, 23 Nov 2026 19:19:22 GMT";
    let answers = [granted(Call::Policy).with("date", date), Answer::empty(304)];
    let mut service = Service::start(authority.service(), answers).await;
    let client = authority.client(service.port);

    let Ok(Decision::Granted(first)) = client.policy(None, PATIENCE).await else { panic!() };
    assert_eq!(first.served_at, Some("2026-11-23T19:19:22Z".parse().unwrap()));
    let ServedPolicy::Changed { document, .. } = first.policy else { panic!("unchanged") };
    let etag = document.etag;
    assert_eq!(etag, Some(ETag("\"1\"".to_owned())));

    let Ok(Decision::Granted(second)) = client.policy(etag, PATIENCE).await else { panic!() };
    assert_eq!(second.policy, ServedPolicy::Unchanged);
    assert_eq!(service.next().await.header("if-none-match"), "");
    assert_eq!(service.next().await.header("if-none-match"), "\"1\"");
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_no_policy() {
    let answer = asked(Call::Policy, Answer::empty(304)).await;
    assert!(matches!(answer, Err(CentralError::Rejected { status: 304, .. })), "{answer:?}");
}

#[tokio::test]
async fn a_request_carries_its_key_its_trace_and_its_body() {
    let authority = Authority::new();
    let mut service = Service::start(authority.service(), [granted(Call::OpenSession)]).await;
    let key = IdempotencyKey::fresh();
    let client = authority.client(service.port);
    client.open_session(key, &session(), PATIENCE).await.unwrap();
    let seen = service.next().await;
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/sessions"));
    assert_eq!(seen.header("idempotency-key"), key.to_string());
    assert_eq!(seen.header("content-type"), "application/json");
    let trace = seen.header("traceparent").split('-').collect::<Vec<_>>();
    let [version, trace_id, parent_id, flags] = trace[..] else { panic!("{trace:?}") };
    assert_eq!((version, flags), ("00", "01"));
    assert_eq!((trace_id.len(), parent_id.len()), (32, 16));
    assert_eq!(seen.json()["target"], Value::from("signature"));
}

#[tokio::test]
async fn the_calls_of_a_session_share_its_trace() {
    let authority = Authority::new();
    let answers = [granted(Call::Prove), granted(Call::Ticket)];
    let mut service = Service::start(authority.service(), answers).await;
    let client = authority.client(service.port);
    ask(&client, Call::Prove, PATIENCE).await.unwrap();
    ask(&client, Call::Ticket, PATIENCE).await.unwrap();
    let (proof, ticket) = (service.next().await, service.next().await);
    let expected = format!("00-{}-", SESSION.simple());
    assert!(proof.header("traceparent").starts_with(&expected));
    assert!(ticket.header("traceparent").starts_with(&expected));
    assert_ne!(proof.header("traceparent"), ticket.header("traceparent"));
    assert_eq!(proof.path, format!("/v1/sessions/{SESSION}/proof"));
}

#[tokio::test]
async fn members_of_a_policy_that_cannot_be_read_are_named_beside_the_rest() {
    let authority = Authority::new();
    let odd = json!({"hours": {"opens": "06:30", "closes": "23:00"}, "services": ["signature"]});
    let service = Service::start(authority.service(), [Answer::json(200, &odd)]).await;
    let answer = authority.client(service.port).policy(None, PATIENCE).await;
    let Ok(Decision::Granted(answer)) = answer else { panic!("{answer:?}") };
    let ServedPolicy::Changed { document, signature } = answer.policy else { panic!("unchanged") };
    assert_eq!((&document.text, signature), (&odd.to_string(), None), "as it came");
    let (policy, unread) = document.read().unwrap();
    assert!(policy.hours.is_some() && policy.services.is_none());
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].0, "services");
}
