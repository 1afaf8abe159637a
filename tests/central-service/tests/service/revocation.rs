// SPDX-License-Identifier: MIT OR Apache-2.0
//! Revoked units, revoked certificates, suspended cards: each of them also between the proof and
//! the ticket.

use central_service::admin::{list, register, revoke};
use central_service::card_id::CardId;
use central_service::certificates::JpkiAuthority;
use serde_json::json;

use crate::bench::Bench;
use crate::card::{TestCard, VALID};
use crate::client::{new_key, ticket_body};

#[tokio::test]
async fn a_revoked_unit_can_open_nothing_but_what_it_knows_is_taken_and_marked() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let (key, body) = (new_key(), ticket_body());
    let ticket = kiosk.post_again(&session.path("ticket"), &key, &body).await;
    let ticket = crate::client::Ticket::of(&ticket);
    revoke::kiosk(&bench.store, "unit-1", None, bench.clock.now()).await.unwrap();
    let heartbeat = json!({ "state": "in_service", "faults": [], "software": "0.1.0" });
    let refused = [
        kiosk.open(&card).await,
        kiosk.prove(&card, &session).await,
        kiosk.post_again(&session.path("ticket"), &key, &body).await,
        kiosk.policy(None).await,
        kiosk.post("/v1/heartbeat", &heartbeat).await,
    ];
    for answer in refused {
        assert_eq!(answer.code(), "kiosk-not-authorised");
    }
    let receipt = card.receipt(0x01, ticket.named(), &session.nonce);
    let taken = kiosk.hand_in(&card, &receipt, &session.nonce, Some(&session)).await;
    assert_eq!(taken.body["result"], "done");
    assert_eq!(kiosk.tell(&session, "done", Some(&receipt)).await.status, 200);
    let export = central_service::admin::export::export(&bench.store).await.unwrap();
    assert_eq!(export.matches("\"unit_is\":\"revoked\"").count(), 2);
    let other = bench.kiosk_named("unit-2").await;
    assert_eq!(other.open(&card).await.code(), "reservation-used");
}

#[tokio::test]
async fn a_unit_that_nobody_knows_cannot_be_revoked() {
    let bench = Bench::new().await;
    let unknown = revoke::kiosk(&bench.store, "unit-9", None, bench.clock.now()).await;
    assert!(unknown.unwrap_err().to_string().contains("unit-9"));
}

#[tokio::test]
async fn the_register_is_asked_once_more_before_a_ticket_is_signed() {
    let bench = Bench::new().await;
    let (kiosk, now) = (bench.kiosk().await, bench.clock.now());
    let card = bench.citizen().await;
    let session = kiosk.granted(&card).await;
    register::suspend(&bench.store, CardId(card.card_id), false, now).await.unwrap();
    assert_eq!(kiosk.ticket(&session).await.code(), "card-suspended");
    register::suspend(&bench.store, CardId(card.card_id), true, now).await.unwrap();
    let (authority, reason) = (JpkiAuthority::DigitalSignature, "affiliation-changed");
    let card_id = CardId(card.card_id);
    revoke::certificate(&bench.store, card_id, authority, reason, now).await.unwrap();
    assert_eq!(kiosk.ticket(&session).await.code(), "signature-certificate-revoked");
    assert_eq!(bench.audited("ticket-signed").await, 0);
}

#[tokio::test]
async fn a_card_that_got_another_certificate_meanwhile_is_not_the_sessions_any_more() {
    let bench = Bench::new().await;
    let (kiosk, mut card) = (bench.kiosk().await, bench.citizen().await);
    let opened = kiosk.opened(&card).await;
    let granted = kiosk.granted(&card).await;
    let renewed = TestCard::new(&bench.authorities, VALID);
    card.authentication_certificate = renewed.authentication_certificate;
    bench.enter(&card).await;
    assert_eq!(kiosk.prove(&card, &opened).await.code(), "card-not-genuine");
    assert_eq!(kiosk.ticket(&granted).await.code(), "card-not-genuine");
}

#[tokio::test]
async fn a_revocation_list_replaces_the_one_before_and_an_older_one_is_refused() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let file = bench.folder.path().join("list.pem");
    let authority = JpkiAuthority::UserAuthentication;
    let ca = &bench.authorities.user_authentication;
    let import = async |list: String| {
        std::fs::write(&file, list).unwrap();
        let now = bench.clock.now();
        revoke::import(&bench.directory, &bench.store, authority, &file, now).await
    };
    let serial = card.authentication_serial.as_slice();
    assert_eq!(import(ca.revocation_list(&[serial, &[1]], 2025)).await.unwrap(), 2);
    assert_eq!(kiosk.open(&card).await.code(), "authentication-certificate-revoked");
    assert!(import(ca.revocation_list(&[], 2024)).await.is_err());
    assert_eq!(import(ca.revocation_list(&[], 2026)).await.unwrap(), 0);
    assert_eq!(kiosk.open(&card).await.status, 201);
    let of_another = bench.authorities.digital_signature.revocation_list(&[serial], 2027);
    assert!(import(of_another).await.is_err());
}

#[tokio::test]
async fn the_last_heartbeat_of_each_unit_is_kept() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    for (state, reader) in [("in_service", json!("Test reader")), ("out_of_service", json!(null))] {
        let heartbeat = json!({
            "state": state,
            "faults": ["R-201"],
            "software": "0.1.0",
            "reader": reader,
            "certificate_expires_at": "2027-04-01T00:00:00Z",
            "clock_offset_milliseconds": -12,
        });
        assert_eq!(kiosk.post("/v1/heartbeat", &heartbeat).await.status, 204);
    }
    let unknown = json!({ "state": "asleep", "faults": [], "software": "0.1.0" });
    let refused = kiosk.post("/v1/heartbeat", &unknown).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("`asleep`"));
    let units = list::units(&bench.store).await.unwrap();
    let heartbeat = units[0].heartbeat.as_ref().unwrap().get();
    assert!(heartbeat.contains("\"out_of_service\""), "{heartbeat}");
}
