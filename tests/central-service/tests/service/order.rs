// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of the calls, their limits, and what the passing of time does to a reservation.

use central_service::admin::settle;
use central_service::reservation::Target;
use serde_json::json;

use crate::bench::Bench;
use crate::card::VALID;
use crate::client::{base64url, ticket_body};

#[tokio::test]
async fn a_ticket_before_the_proof_and_a_second_proof_are_out_of_order() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.opened(&card).await;
    assert_eq!(kiosk.ticket(&session).await.code(), "out-of-order");
    assert_eq!(kiosk.prove(&card, &session).await.status, 200);
    assert_eq!(kiosk.prove(&card, &session).await.code(), "out-of-order");
}

#[tokio::test]
async fn nothing_follows_an_outcome_but_outcomes() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    assert_eq!(kiosk.tell(&session, "abandoned", None).await.status, 200);
    assert_eq!(kiosk.ticket(&session).await.code(), "out-of-order");
    assert_eq!(kiosk.tell(&session, "not_done", None).await.body["result"], "not_done");
}

#[tokio::test]
async fn outcomes_only_rise() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.opened(&card).await;
    for (posted, recorded) in [
        ("abandoned", "abandoned"),
        ("unknown", "unknown"),
        ("abandoned", "unknown"),
        ("not_done", "not_done"),
        ("unknown", "not_done"),
        ("done", "done"),
        ("not_done", "done"),
    ] {
        let answer = kiosk.tell(&session, posted, None).await;
        assert_eq!(answer.body["result"], recorded, "after {posted}");
    }
    assert_eq!(bench.audited("outcome-recorded").await, 7);
}

#[tokio::test]
async fn a_wrong_proof_holds_nothing_and_may_be_followed_by_a_right_one() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.opened(&card).await;
    let over_another_nonce = card.prove(&[0; 32], &session.id, &kiosk.kiosk_id);
    for signature in [over_another_nonce, Vec::new(), vec![0; 256]] {
        let body = json!({ "signature": base64url(&signature) });
        let answer = kiosk.post(&session.path("proof"), &body).await;
        assert_eq!(answer.code(), "proof-invalid");
    }
    assert_eq!(bench.state(&card).await, "OPEN");
    assert_eq!(kiosk.prove(&card, &session).await.status, 200);
}

#[tokio::test]
async fn three_tickets_a_session_ten_seconds_apart() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    for _ in 0..2 {
        kiosk.ticketed(&session).await;
        bench.seconds_pass(9);
        let early = kiosk.ticket(&session).await;
        assert_eq!((early.code(), early.retry_after()), ("ticket-limit", 1));
        bench.seconds_pass(1);
    }
    kiosk.ticketed(&session).await;
    bench.minutes_pass(5);
    let fourth = kiosk.ticket(&session).await;
    assert_eq!(fourth.code(), "ticket-limit");
    assert!(fourth.retry_after() > 30 * 60, "not before the grant is over");
}

#[tokio::test]
async fn a_ticket_request_is_48_bytes() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    for length in [0, 47, 49] {
        let body = json!({ "request": base64url(&vec![0; length]) });
        assert_eq!(kiosk.post(&session.path("ticket"), &body).await.code(), "malformed");
    }
    assert_eq!(kiosk.post(&session.path("ticket"), &ticket_body()).await.status, 201);
}

#[tokio::test]
async fn a_session_waits_60_minutes_for_its_proof() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (late, session) = (kiosk.opened(&card).await, kiosk.opened(&card).await);
    bench.minutes_pass(59);
    assert_eq!(kiosk.prove(&card, &session).await.status, 200);
    bench.minutes_pass(1);
    assert_eq!(kiosk.prove(&card, &late).await.code(), "session-expired");
}

#[tokio::test]
async fn a_grant_lasts_45_minutes_and_its_hold_with_it() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    bench.minutes_pass(44);
    assert_eq!(kiosk.open(&card).await.code(), "reservation-in-use");
    bench.minutes_pass(1);
    assert_eq!(kiosk.ticket(&session).await.code(), "grant-expired");
    assert_eq!(kiosk.open(&card).await.status, 201);
    assert_eq!(bench.audited("hold-ran-out").await, 1);
}

#[tokio::test]
async fn a_held_reservation_is_given_back_by_not_done_and_by_abandoned_only() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    for (result, state) in [("not_done", "OPEN"), ("abandoned", "OPEN"), ("unknown", "HELD")] {
        let card = bench.citizen().await;
        let session = kiosk.granted(&card).await;
        kiosk.tell(&session, result, None).await;
        assert_eq!(bench.state(&card).await, state, "after {result}");
    }
    assert_eq!(bench.audited("reservation-released").await, 2);
}

#[tokio::test]
async fn an_issued_reservation_is_unresolved_ten_minutes_after_the_tickets_end() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    kiosk.ticketed(&session).await;
    // Without a receipt, the kiosk's word changes nothing.
    kiosk.tell(&session, "not_done", None).await;
    assert_eq!(bench.state(&card).await, "ISSUED");
    bench.minutes_pass(10);
    kiosk.open(&card).await;
    assert_eq!(bench.state(&card).await, "ISSUED");
    bench.minutes_pass(1);
    assert!(kiosk.opened(&card).await.receipt_wanted);
    assert_eq!(bench.state(&card).await, "UNRESOLVED");
    assert_eq!(bench.audited("receipt-overdue").await, 1);
}

#[tokio::test]
async fn a_reservation_lasts_24_hours() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    let card = bench.registered(VALID, |_| {}).await;
    bench.reserve(&card, Target::Signature, 23).await;
    let session = kiosk.opened(&card).await;
    bench.minutes_pass(59);
    kiosk.opened(&card).await;
    bench.minutes_pass(1);
    let expired = kiosk.open(&card).await;
    assert_eq!(expired.code(), "reservation-expired");
    assert_eq!(kiosk.prove(&card, &session).await.code(), "session-expired");
    assert!(bench.listed(&card).await.is_expired);
}

#[tokio::test]
async fn a_new_reservation_supersedes_an_unresolved_one_whose_receipt_is_still_wanted() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let ticket = kiosk.ticketed(&session).await;
    kiosk.tell(&session, "unknown", None).await;
    bench.minutes_pass(30);
    bench.reserve(&card, Target::Signature, 0).await;
    let next = kiosk.opened(&card).await;
    assert!(next.receipt_wanted);
    let receipt = card.receipt(0x01, ticket.named(), &next.nonce);
    let answer = kiosk.hand_in(&card, &receipt, &next.nonce, Some(&next)).await;
    assert_eq!(
        (&answer.body["result"], &answer.body["reservation"]),
        (&json!("done"), &json!("open"))
    );
    assert_eq!(kiosk.prove(&card, &next).await.status, 200, "the new reservation is another one");
}

#[tokio::test]
async fn an_operator_settles_what_no_receipt_did() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    for (is_done, state) in [(true, "CONSUMED"), (false, "OPEN")] {
        let card = bench.citizen().await;
        let session = kiosk.granted(&card).await;
        kiosk.ticketed(&session).await;
        kiosk.tell(&session, "unknown", None).await;
        let id = bench.listed(&card).await.reservation_id.parse().unwrap();
        settle::settle(&bench.store, id, is_done, bench.clock.now()).await.unwrap();
        let listed = bench.listed(&card).await;
        assert_eq!((listed.state.as_str(), listed.word_of.as_deref()), (state, Some("operator")));
        assert!(!listed.receipt_verified);
        let again = settle::settle(&bench.store, id, is_done, bench.clock.now()).await;
        assert!(again.is_err(), "a settled reservation does not wait to be settled");
    }
}
