// SPDX-License-Identifier: MIT OR Apache-2.0
//! What each receipt settles, over which nonce, and what is no receipt of this card.

use central_service::reservation::Target;
use serde_json::json;

use crate::bench::Bench;
use crate::card::{TestCard, VALID, random};
use crate::client::{Answer, Kiosk, Session, Ticket, base64url, new_key};

/// A session whose kiosk has a ticket and then told that it does not know.
async fn lost(kiosk: &Kiosk, card: &TestCard) -> (Session, Ticket) {
    let session = kiosk.granted(card).await;
    let ticket = kiosk.ticketed(&session).await;
    kiosk.tell(&session, "unknown", None).await;
    (session, ticket)
}

fn told(answer: &Answer) -> (&str, &str) {
    let text = |field: &str| answer.body[field].as_str().unwrap();
    (text("result"), text("reservation"))
}

#[tokio::test]
async fn used_settles_as_done_over_any_nonce_and_from_any_unit() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (_, ticket) = lost(&kiosk, &card).await;
    let nonce = random::<32>();
    let receipt = card.receipt(0x01, ticket.named(), &nonce);
    let other = bench.kiosk_named("unit-2").await;
    let answer = other.hand_in(&card, &receipt, &nonce, None).await;
    assert_eq!(told(&answer), ("done", "used"));
    assert_eq!(bench.state(&card).await, "CONSUMED");
    assert_eq!(kiosk.open(&card).await.code(), "reservation-used");
}

#[tokio::test]
async fn lapsed_settles_as_not_done_over_the_sessions_own_nonce() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (session, ticket) = lost(&kiosk, &card).await;
    let receipt = card.receipt(0x03, ticket.named(), &session.nonce);
    let answer = kiosk.hand_in(&card, &receipt, &session.nonce, Some(&session)).await;
    assert_eq!(told(&answer), ("not_done", "open"));
    let listed = bench.listed(&card).await;
    assert_eq!((listed.state.as_str(), listed.word_of.as_deref()), ("OPEN", Some("card")));
}

#[tokio::test]
async fn lapsed_over_no_sessions_nonce_settles_nothing() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (_, ticket) = lost(&kiosk, &card).await;
    let nonce = random::<32>();
    let receipt = card.receipt(0x03, ticket.named(), &nonce);
    let answer = kiosk.hand_in(&card, &receipt, &nonce, None).await;
    assert_eq!(told(&answer), ("unknown", "open"));
    assert_eq!(bench.state(&card).await, "ISSUED");
}

#[tokio::test]
async fn usable_settles_nothing() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (_, ticket) = lost(&kiosk, &card).await;
    let next = kiosk.opened(&card).await;
    assert!(next.receipt_wanted);
    let receipt = card.receipt(0x02, ticket.named(), &next.nonce);
    let answer = kiosk.hand_in(&card, &receipt, &next.nonce, Some(&next)).await;
    assert_eq!(told(&answer), ("unknown", "open"));
    assert_eq!(kiosk.prove(&card, &next).await.code(), "receipt-wanted");
}

#[tokio::test]
async fn no_ticket_counts_only_over_the_nonce_of_a_later_session_as_the_kiosks_word() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (session, _) = lost(&kiosk, &card).await;
    let early = card.receipt(0x00, None, &session.nonce);
    let answer = kiosk.hand_in(&card, &early, &session.nonce, Some(&session)).await;
    assert_eq!(told(&answer), ("unknown", "open"));
    let next = kiosk.opened(&card).await;
    let late = card.receipt(0x00, None, &next.nonce);
    let answer = kiosk.hand_in(&card, &late, &next.nonce, Some(&next)).await;
    assert_eq!(told(&answer), ("not_done", "open"));
    assert_eq!(bench.listed(&card).await.word_of.as_deref(), Some("kiosk"));
    assert!(!bench.listed(&card).await.receipt_verified);
    assert_eq!(kiosk.prove(&card, &next).await.status, 200);
}

#[tokio::test]
async fn an_older_ticket_counts_over_the_nonce_of_a_later_session() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (first, older) = lost(&kiosk, &card).await;
    let receipt = card.receipt(0x03, older.named(), &first.nonce);
    kiosk.tell(&first, "not_done", Some(&receipt)).await;
    bench.seconds_pass(10);
    let (_, newer) = lost(&kiosk, &card).await;
    assert!(newer.counter > older.counter);
    let next = kiosk.opened(&card).await;
    let receipt = card.receipt(0x03, older.named(), &next.nonce);
    let answer = kiosk.hand_in(&card, &receipt, &next.nonce, Some(&next)).await;
    assert_eq!(told(&answer), ("not_done", "open"));
}

#[tokio::test]
async fn used_is_true_even_after_a_kiosks_word_that_it_was_not() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (_, ticket) = lost(&kiosk, &card).await;
    let next = kiosk.opened(&card).await;
    let withheld = card.receipt(0x00, None, &next.nonce);
    kiosk.hand_in(&card, &withheld, &next.nonce, Some(&next)).await;
    assert_eq!(bench.state(&card).await, "OPEN");
    let receipt = card.receipt(0x01, ticket.named(), &next.nonce);
    let answer = kiosk.hand_in(&card, &receipt, &next.nonce, Some(&next)).await;
    assert_eq!(told(&answer), ("done", "used"));
    assert_eq!(kiosk.prove(&card, &next).await.code(), "reservation-used");
}

#[tokio::test]
async fn a_proof_waits_for_the_receipt_that_was_asked_for() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (_, ticket) = lost(&kiosk, &card).await;
    let next = kiosk.opened(&card).await;
    assert_eq!(kiosk.prove(&card, &next).await.code(), "receipt-wanted");
    let receipt = card.receipt(0x03, ticket.named(), &next.nonce);
    kiosk.hand_in(&card, &receipt, &next.nonce, Some(&next)).await;
    assert_eq!(kiosk.prove(&card, &next).await.status, 200);
    assert_eq!(kiosk.ticketed(&next).await.counter, 2);
}

#[tokio::test]
async fn an_unresolved_reservation_is_settled_on_another_day_but_not_opened_again() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (_, ticket) = lost(&kiosk, &card).await;
    bench.minutes_pass(2 * 24 * 60);
    let next = kiosk.opened(&card).await;
    assert!(next.receipt_wanted);
    let receipt = card.receipt(0x03, ticket.named(), &next.nonce);
    let answer = kiosk.hand_in(&card, &receipt, &next.nonce, Some(&next)).await;
    assert_eq!(told(&answer), ("not_done", "none"));
    assert_eq!(kiosk.prove(&card, &next).await.code(), "reservation-expired");
}

#[tokio::test]
async fn the_receipt_with_an_outcome_outweighs_the_kiosks_word() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    for (word, result, recorded) in [("unknown", 0x01, "done"), ("done", 0x03, "not_done")] {
        let card = bench.citizen().await;
        let session = kiosk.granted(&card).await;
        let ticket = kiosk.ticketed(&session).await;
        let receipt = card.receipt(result, ticket.named(), &session.nonce);
        let answer = kiosk.tell(&session, word, Some(&receipt)).await;
        assert_eq!(answer.body["result"], recorded);
    }
}

#[tokio::test]
async fn what_a_receipt_settled_before_the_outcome_outweighs_the_kiosks_word_too() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    for (word, result, recorded) in
        [("unknown", 0x01, "done"), ("abandoned", 0x03, "not_done"), ("done", 0x03, "not_done")]
    {
        let card = bench.citizen().await;
        let session = kiosk.granted(&card).await;
        let ticket = kiosk.ticketed(&session).await;
        let receipt = card.receipt(result, ticket.named(), &session.nonce);
        kiosk.hand_in(&card, &receipt, &session.nonce, None).await;
        assert_eq!(kiosk.tell(&session, word, None).await.body["result"], recorded);
        assert_eq!(kiosk.tell(&session, word, Some(&receipt)).await.body["result"], recorded);
    }
}

#[tokio::test]
async fn a_receipt_of_one_of_two_tickets_leaves_the_outcome_to_the_kiosks_word() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let first = kiosk.ticketed(&session).await;
    bench.seconds_pass(10);
    kiosk.ticketed(&session).await;
    let receipt = card.receipt(0x03, first.named(), &session.nonce);
    let answer = kiosk.tell(&session, "unknown", Some(&receipt)).await;
    assert_eq!(answer.body["result"], "unknown");
}

#[tokio::test]
async fn after_a_lapsed_ticket_the_same_grant_gets_another() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let ticket = kiosk.ticketed(&session).await;
    let receipt = card.receipt(0x03, ticket.named(), &session.nonce);
    kiosk.hand_in(&card, &receipt, &session.nonce, Some(&session)).await;
    assert_eq!(bench.state(&card).await, "OPEN");
    bench.seconds_pass(10);
    assert_eq!(kiosk.ticketed(&session).await.counter, 2);
    assert_eq!(bench.state(&card).await, "ISSUED");
}

#[tokio::test]
async fn a_reservation_freed_after_its_24_hours_gets_no_other_ticket() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.registered(VALID, |_| {}).await);
    bench.reserve(&card, Target::Signature, 23).await;
    bench.minutes_pass(50);
    let session = kiosk.granted(&card).await;
    bench.minutes_pass(15);
    let ticket = kiosk.ticketed(&session).await;
    let receipt = card.receipt(0x03, ticket.named(), &session.nonce);
    let answer = kiosk.hand_in(&card, &receipt, &session.nonce, Some(&session)).await;
    assert_eq!(told(&answer), ("not_done", "none"));
    bench.seconds_pass(10);
    assert_eq!(kiosk.ticket(&session).await.code(), "reservation-expired");
}

#[tokio::test]
async fn one_of_two_tickets_settled_leaves_the_reservation_issued() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let first = kiosk.ticketed(&session).await;
    bench.seconds_pass(10);
    let second = kiosk.ticketed(&session).await;
    let receipt = card.receipt(0x03, first.named(), &session.nonce);
    kiosk.hand_in(&card, &receipt, &session.nonce, Some(&session)).await;
    assert_eq!(bench.state(&card).await, "ISSUED");
    let receipt = card.receipt(0x03, second.named(), &session.nonce);
    kiosk.hand_in(&card, &receipt, &session.nonce, Some(&session)).await;
    assert_eq!(bench.state(&card).await, "OPEN");
}

#[tokio::test]
async fn what_does_not_verify_is_no_receipt() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (session, ticket) = lost(&kiosk, &card).await;
    let nonce = &session.nonce;
    let good = card.receipt(0x01, ticket.named(), nonce);
    let mut tampered = good.clone();
    tampered[9] ^= 1;
    let over_another_nonce = card.receipt(0x01, ticket.named(), &[0; 32]);
    let unknown_result = card.receipt(0x04, ticket.named(), nonce);
    let no_ticket_with_fields = card.receipt(0x00, ticket.named(), nonce);
    for receipt in [
        &tampered,
        &over_another_nonce,
        &unknown_result,
        &no_ticket_with_fields,
        &good[..109].to_vec(),
    ] {
        let answer = kiosk.hand_in(&card, receipt, nonce, None).await;
        assert_eq!(answer.code(), "receipt-invalid");
    }
    assert_eq!(kiosk.tell(&session, "done", Some(&tampered)).await.code(), "receipt-invalid");
    assert_eq!(bench.state(&card).await, "ISSUED");
}

#[tokio::test]
async fn a_receipt_is_of_the_card_and_over_the_nonce_of_the_session_it_names() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let (session, ticket) = lost(&kiosk, &card).await;
    let nonce = random::<32>();
    let receipt = card.receipt(0x01, ticket.named(), &nonce);
    let answer = kiosk.hand_in(&card, &receipt, &nonce, Some(&session)).await;
    assert_eq!(answer.code(), "receipt-invalid");
    let stranger = bench.citizen().await;
    let receipt = stranger.receipt(0x00, None, &session.nonce);
    let answer = kiosk.hand_in(&stranger, &receipt, &session.nonce, Some(&session)).await;
    assert_eq!(answer.code(), "receipt-invalid");
    let body = json!({
        "receipt": base64url(&receipt),
        "nonce": base64url(&session.nonce[1..]),
        "attestation_certificate": base64url(&card.attestation_certificate),
        "session_id": new_key(),
    });
    assert_eq!(kiosk.post("/v1/receipts", &body).await.code(), "malformed");
}
