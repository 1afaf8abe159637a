// SPDX-License-Identifier: MIT OR Apache-2.0
//! One reset from the session to the receipt, and what the card gets in between.

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use crate::bench::Bench;
use crate::client::{base64url, new_key, ticket_body};

#[tokio::test]
async fn a_reset_goes_from_open_over_held_and_issued_to_consumed() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.opened(&card).await;
    assert!(!session.receipt_wanted);
    assert_eq!(bench.state(&card).await, "OPEN");
    kiosk.prove(&card, &session).await;
    assert_eq!(bench.state(&card).await, "HELD");
    let ticket = kiosk.ticketed(&session).await;
    assert_eq!(bench.state(&card).await, "ISSUED");
    let receipt = card.receipt(0x01, ticket.named(), &session.nonce);
    let answer = kiosk.tell(&session, "done", Some(&receipt)).await;
    assert_eq!(answer.body["result"], "done");
    let listed = bench.listed(&card).await;
    assert_eq!(listed.state, "CONSUMED");
    assert!(listed.receipt_verified);
    assert_eq!(listed.last_outcome.as_deref(), Some("done"));
    for event in ["reservation-held", "reservation-issued", "settled-done", "ticket-signed"] {
        assert_eq!(bench.audited(event).await, 1, "{event}");
    }
}

#[tokio::test]
async fn a_ticket_holds_what_was_asked_for_and_is_signed_with_the_first_key() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let order = crate::card::random::<48>();
    let body = json!({ "request": base64url(&order) });
    let answer = kiosk.post(&session.path("ticket"), &body).await;
    let response = crate::client::bytes(&answer.body["response"]);
    let (ticket, signature) = response[1..].split_at(126);
    assert_eq!((response[0], response.len()), (1, 191));
    assert_eq!(ticket[..10], *b"JRST-T01\x01\x1B");
    assert_eq!(ticket[10..26], card.card_id);
    assert_eq!(ticket[26..74], order);
    let id = uuid::Uuid::from_slice(&ticket[74..90]).unwrap();
    assert_eq!(id.to_string(), answer.body["ticket_id"].as_str().unwrap());
    assert_eq!(ticket[90..94], 1_u32.to_be_bytes());
    let seconds =
        |range: std::ops::Range<usize>| i64::from_be_bytes(ticket[range].try_into().unwrap());
    assert_eq!(seconds(102..110) - seconds(94..102), 60);
    let not_after: jiff::Timestamp = answer.body["not_after"].as_str().unwrap().parse().unwrap();
    assert_eq!(not_after.as_second(), seconds(102..110));
    assert_eq!(ticket[110..126], kiosk.kiosk_id);
    let key = rustls::pki_types::SubjectPublicKeyInfoDer::from_pem_file(
        bench.directory.ticket_public_key(1),
    );
    let key = key.unwrap();
    // The point is the last 65 bytes of a P-256 SubjectPublicKeyInfo.
    let point = &key.as_ref()[key.as_ref().len() - 65..];
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(ticket, signature).unwrap();
}

#[tokio::test]
async fn counters_follow_the_highest_issued_or_reported() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    assert_eq!(kiosk.ticketed(&session).await.counter, 1);
    // After 6982 to EXTERNAL AUTHENTICATE the kiosk posts a receipt; this card has seen more.
    let elsewhere = new_key();
    let receipt = card.receipt(0x03, Some((&elsewhere, 4_000)), &session.nonce);
    let answer = kiosk.hand_in(&card, &receipt, &session.nonce, Some(&session)).await;
    assert_eq!(answer.status, 200);
    bench.seconds_pass(10);
    assert_eq!(kiosk.ticketed(&session).await.counter, 4_001);
}

#[tokio::test]
async fn a_ticket_whose_answer_was_lost_is_the_same_one_again() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let (path, key, body) = (session.path("ticket"), new_key(), ticket_body());
    let first = kiosk.post_again(&path, &key, &body).await;
    let again = kiosk.post_again(&path, &key, &body).await;
    assert_eq!(first.body, again.body);
    assert_eq!(bench.audited("ticket-signed").await, 1);
}

#[tokio::test]
async fn the_session_stays_when_the_kiosks_certificate_is_renewed() {
    let bench = Bench::new().await;
    let card = bench.citizen().await;
    let before = bench.kiosk().await;
    let session = before.opened(&card).await;
    let renewed = bench.kiosk_named("unit-1").await;
    assert_ne!(renewed.kiosk_id, before.kiosk_id);
    // kiosk_id was fixed when the session opened.
    let signature = card.prove(&session.nonce, &session.id, &before.kiosk_id);
    let body = json!({ "signature": base64url(&signature) });
    assert_eq!(renewed.post(&session.path("proof"), &body).await.status, 200);
    let ticket = renewed.ticketed(&session).await;
    assert_eq!(ticket.response[111..127], before.kiosk_id);
}
