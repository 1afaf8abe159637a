// SPDX-License-Identifier: MIT OR Apache-2.0
//! Idempotency-Key: scoped to unit and path, kept for 24 hours, 2xx and final 4xx stored, 429 and
//! 5xx never.

use central_service::reservation::Target;
use serde_json::json;

use crate::bench::Bench;
use crate::card::VALID;
use crate::client::{new_key, post, session_body, ticket_body};

#[tokio::test]
async fn the_same_key_and_body_get_the_same_session() {
    let bench = Bench::new().await;
    let (kiosk, card, key) = (bench.kiosk().await, bench.citizen().await, new_key());
    let first = kiosk.post_again("/v1/sessions", &key, &session_body(&card)).await;
    let again = kiosk.post_again("/v1/sessions", &key, &session_body(&card)).await;
    assert_eq!((first.status, first.body), (again.status, again.body));
    assert_eq!(bench.audited("session-opened").await, 1);
}

#[tokio::test]
async fn a_final_refusal_is_stored_with_its_key() {
    let bench = Bench::new().await;
    let (kiosk, key) = (bench.kiosk().await, new_key());
    let card = bench.registered(VALID, |_| {}).await;
    let body = session_body(&card);
    let refused = kiosk.post_again("/v1/sessions", &key, &body).await;
    assert_eq!(refused.code(), "reservation-not-found");
    bench.reserve(&card, Target::Signature, 0).await;
    assert_eq!(kiosk.post_again("/v1/sessions", &key, &body).await.body, refused.body);
    assert_eq!(kiosk.post("/v1/sessions", &body).await.status, 201);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused_and_the_first_answer_stays() {
    let bench = Bench::new().await;
    let (kiosk, card, key) = (bench.kiosk().await, bench.citizen().await, new_key());
    let body = session_body(&card);
    let first = kiosk.post_again("/v1/sessions", &key, &body).await;
    let mut other = body.clone();
    other["software"] = json!("0.2.0");
    let refused = kiosk.post_again("/v1/sessions", &key, &other).await;
    assert_eq!(refused.code(), "idempotency-mismatch");
    assert_eq!(kiosk.post_again("/v1/sessions", &key, &body).await.body, first.body);
}

#[tokio::test]
async fn a_key_is_the_units_and_the_paths_own() {
    let bench = Bench::new().await;
    let (one, two) = (bench.kiosk().await, bench.kiosk_named("unit-2").await);
    let (card, key) = (bench.citizen().await, new_key());
    let first = one.post_again("/v1/sessions", &key, &session_body(&card)).await;
    let second = two.post_again("/v1/sessions", &key, &session_body(&card)).await;
    assert_eq!(second.status, 201);
    assert_ne!(first.body["session_id"], second.body["session_id"]);
    let heartbeat = json!({ "state": "in_service", "faults": [], "software": "0.1.0" });
    assert_eq!(one.post_again("/v1/heartbeat", &key, &heartbeat).await.status, 204);
}

#[tokio::test]
async fn an_answer_is_kept_for_24_hours() {
    let bench = Bench::new().await;
    let (kiosk, key) = (bench.kiosk().await, new_key());
    let heartbeat = json!({ "state": "in_service", "faults": [], "software": "0.1.0" });
    let other = json!({ "state": "closed", "faults": [], "software": "0.1.0" });
    assert_eq!(kiosk.post_again("/v1/heartbeat", &key, &heartbeat).await.status, 204);
    bench.minutes_pass(24 * 60 - 1);
    assert_eq!(kiosk.post_again("/v1/heartbeat", &key, &other).await.status, 422);
    bench.minutes_pass(1);
    assert_eq!(kiosk.post_again("/v1/heartbeat", &key, &other).await.status, 204);
}

#[tokio::test]
async fn a_429_is_not_stored() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    kiosk.ticketed(&session).await;
    let (path, key, body) = (session.path("ticket"), new_key(), ticket_body());
    let refused = kiosk.post_again(&path, &key, &body).await;
    assert_eq!((refused.code(), refused.retry_after()), ("ticket-limit", 10));
    bench.seconds_pass(10);
    assert_eq!(kiosk.post_again(&path, &key, &body).await.status, 201);
}

#[tokio::test]
async fn a_503_is_not_stored_and_a_stored_answer_is_given_at_night_too() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (key, later, body) = (new_key(), new_key(), session_body(&card));
    let opened = kiosk.post_again("/v1/sessions", &key, &body).await;
    bench.minutes_pass(14 * 60);
    let refused = kiosk.post_again("/v1/sessions", &later, &body).await;
    assert_eq!(refused.code(), "outside-hours");
    assert_eq!(kiosk.post_again("/v1/sessions", &key, &body).await.body, opened.body);
    bench.seconds_pass(refused.retry_after());
    assert_eq!(kiosk.post_again("/v1/sessions", &later, &body).await.status, 201);
}

#[tokio::test]
async fn two_requests_with_one_key_at_once_do_the_work_once() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let (path, key, body) = (session.path("ticket"), new_key(), ticket_body());
    let answers = tokio::join!(
        kiosk.post_again(&path, &key, &body),
        kiosk.post_again(&path, &key, &body),
        kiosk.post_again(&path, &key, &body),
    );
    assert_eq!(answers.0.body, answers.1.body);
    assert_eq!(answers.0.body, answers.2.body);
    assert_eq!(bench.audited("ticket-signed").await, 1);
}

#[tokio::test]
async fn a_post_without_exactly_one_bare_key_is_malformed() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    let heartbeat = || json!({ "state": "in_service", "faults": [], "software": "0.1.0" });
    let upper = new_key().to_uppercase();
    let quoted = format!("\"{}\"", new_key());
    for key in [None, Some("7"), Some(upper.as_str()), Some(quoted.as_str())] {
        let request = post("/v1/heartbeat", key, heartbeat().to_string());
        assert_eq!(kiosk.send(request).await.unwrap().code(), "malformed", "{key:?}");
    }
    let mut twice = post("/v1/heartbeat", Some(&new_key()), heartbeat().to_string());
    twice.headers_mut().append("idempotency-key", new_key().parse().unwrap());
    assert_eq!(kiosk.send(twice).await.unwrap().code(), "malformed");
}
