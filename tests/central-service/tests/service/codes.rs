// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every problem code of the document, reached by a request that deserves it.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use central_service::admin::{close, register, revoke};
use central_service::card_id::CardId;
use central_service::certificates::JpkiAuthority;
use central_service::policy::ClosureKind;
use central_service::reservation::Target;
use central_service::signer::{Grant, KeyNumber, SignerError, TicketSigner};
use jiff::{SignedDuration, Timestamp};
use rcgen::{KeyPair, KeyUsagePurpose};
use serde_json::json;

use crate::bench::Bench;
use crate::card::{TestCard, VALID, Validity};
use crate::client::{Answer, Kiosk, new_key, session_body, ticket_body};
use crate::document::Document;

type Reached = Pin<Box<dyn Future<Output = Answer>>>;

/// A case in a service of its own.
fn case<F: Future<Output = Answer> + 'static>(
    of: impl FnOnce(Bench, Kiosk) -> F + 'static,
) -> Reached {
    Box::pin(async {
        let bench = Bench::new().await;
        let kiosk = bench.kiosk().await;
        of(bench, kiosk).await
    })
}

/// A session opened for a citizen who is like every other but for this.
fn opened_for(validity: Validity, change: fn(&mut TestCard)) -> Reached {
    case(async move |bench, kiosk| {
        let card = bench.registered(validity, change).await;
        bench.reserve(&card, Target::Signature, 1).await;
        kiosk.open(&card).await
    })
}

fn revoked(authority: JpkiAuthority) -> Reached {
    case(async move |bench, kiosk| {
        let (card, now) = (bench.citizen().await, bench.clock.now());
        let (card_id, reason) = (CardId(card.card_id), "unspecified");
        revoke::certificate(&bench.store, card_id, authority, reason, now).await.unwrap();
        kiosk.open(&card).await
    })
}

fn shut(kind: ClosureKind) -> Reached {
    case(async move |bench, kiosk| {
        let (card, now) = (bench.citizen().await, bench.clock.now());
        let until = now + SignedDuration::from_hours(1);
        close::close(&bench.store, kind, until, now).await.unwrap();
        kiosk.open(&card).await
    })
}

/// A session whose body is changed before it goes out.
fn changed(change: fn(&mut serde_json::Value)) -> Reached {
    case(async move |bench, kiosk| {
        let mut body = session_body(&bench.citizen().await);
        change(&mut body);
        kiosk.post("/v1/sessions", &body).await
    })
}

fn reserved(target: Target, hours_ago: i64) -> Reached {
    case(async move |bench, kiosk| {
        let card = bench.registered(VALID, |_| {}).await;
        bench.reserve(&card, target, hours_ago).await;
        kiosk.open(&card).await
    })
}

fn certificates() -> Vec<(&'static str, Reached)> {
    vec![
        ("authentication-certificate-expired", opened_for(Validity(2020, 2025), |_| {})),
        ("authentication-certificate-revoked", revoked(JpkiAuthority::UserAuthentication)),
        (
            "signature-certificate-expired",
            opened_for(VALID, |card| {
                let expired = json!({ "serial": "0A11", "not_after": "2026-01-01T00:00:00Z" });
                card.signature_certificate = Some(expired);
            }),
        ),
        ("signature-certificate-revoked", revoked(JpkiAuthority::DigitalSignature)),
        (
            "signature-certificate-absent",
            opened_for(VALID, |card| card.signature_certificate = None),
        ),
        (
            "card-suspended",
            case(async |bench, kiosk| {
                let (card, now) = (bench.citizen().await, bench.clock.now());
                let card_id = CardId(card.card_id);
                register::suspend(&bench.store, card_id, false, now).await.unwrap();
                kiosk.open(&card).await
            }),
        ),
        (
            "card-not-genuine",
            case(async |bench, kiosk| {
                let (mut card, stranger) = (bench.citizen().await, bench.citizen().await);
                card.authentication_certificate = stranger.authentication_certificate;
                kiosk.open(&card).await
            }),
        ),
    ]
}

fn reservations() -> Vec<(&'static str, Reached)> {
    vec![
        (
            "reservation-not-found",
            case(async |bench, kiosk| kiosk.open(&bench.registered(VALID, |_| {}).await).await),
        ),
        ("reservation-expired", reserved(Target::Signature, 24)),
        ("reservation-for-other-pin", reserved(Target::UserAuthentication, 1)),
        (
            "reservation-in-use",
            case(async |bench, kiosk| {
                let card = bench.citizen().await;
                kiosk.granted(&card).await;
                kiosk.open(&card).await
            }),
        ),
    ]
}

fn sessions() -> Vec<(&'static str, Reached)> {
    vec![
        (
            "proof-invalid",
            case(async |bench, kiosk| {
                let session = kiosk.opened(&bench.citizen().await).await;
                kiosk.post(&session.path("proof"), &json!({ "signature": "AAAA" })).await
            }),
        ),
        (
            "session-expired",
            case(async |bench, kiosk| {
                let card = bench.citizen().await;
                let session = kiosk.opened(&card).await;
                bench.minutes_pass(60);
                kiosk.prove(&card, &session).await
            }),
        ),
        (
            "grant-expired",
            case(async |bench, kiosk| {
                let session = kiosk.granted(&bench.citizen().await).await;
                bench.minutes_pass(45);
                kiosk.ticket(&session).await
            }),
        ),
        (
            "session-not-found",
            case(async |_, kiosk| {
                let path = format!("/v1/sessions/{}/ticket", new_key());
                kiosk.post(&path, &ticket_body()).await
            }),
        ),
        (
            "out-of-order",
            case(async |bench, kiosk| {
                let session = kiosk.opened(&bench.citizen().await).await;
                kiosk.ticket(&session).await
            }),
        ),
    ]
}

fn tickets_and_receipts() -> Vec<(&'static str, Reached)> {
    vec![
        (
            "reservation-used",
            case(async |bench, kiosk| {
                let card = bench.citizen().await;
                let session = kiosk.granted(&card).await;
                let ticket = kiosk.ticketed(&session).await;
                let receipt = card.receipt(0x01, ticket.named(), &session.nonce);
                kiosk.tell(&session, "done", Some(&receipt)).await;
                let answer = kiosk.open(&card).await;
                assert!(answer.body["used_at"].is_string());
                answer
            }),
        ),
        (
            "receipt-wanted",
            case(async |bench, kiosk| {
                let card = bench.citizen().await;
                let session = kiosk.granted(&card).await;
                kiosk.ticketed(&session).await;
                kiosk.tell(&session, "unknown", None).await;
                let next = kiosk.opened(&card).await;
                kiosk.prove(&card, &next).await
            }),
        ),
        (
            "receipt-invalid",
            case(async |bench, kiosk| {
                let card = bench.citizen().await;
                kiosk.hand_in(&card, &[0; 110], &[0; 32], None).await
            }),
        ),
        (
            "ticket-limit",
            case(async |bench, kiosk| {
                let session = kiosk.granted(&bench.citizen().await).await;
                kiosk.ticketed(&session).await;
                kiosk.ticket(&session).await
            }),
        ),
    ]
}

fn requests() -> Vec<(&'static str, Reached)> {
    vec![
        (
            "kiosk-not-authorised",
            case(async |bench, kiosk| {
                let (card, now) = (bench.citizen().await, bench.clock.now());
                revoke::kiosk(&bench.store, "unit-1", None, now).await.unwrap();
                kiosk.open(&card).await
            }),
        ),
        ("software-too-old", changed(|body| body["software"] = json!("0.0.9"))),
        ("outside-hours", shut(ClosureKind::Closed)),
        ("maintenance", shut(ClosureKind::Maintenance)),
        ("malformed", changed(|body| body["profile"] = json!("ref-eac-2"))),
        ("too-large", changed(|body| body["padding"] = json!("x".repeat(64 * 1024)))),
        (
            "idempotency-mismatch",
            case(async |bench, kiosk| {
                let session = kiosk.granted(&bench.citizen().await).await;
                let (path, key) = (session.path("ticket"), new_key());
                kiosk.post_again(&path, &key, &ticket_body()).await;
                kiosk.post_again(&path, &key, &ticket_body()).await
            }),
        ),
        (
            "internal",
            Box::pin(async {
                let bench = Bench::with(|service| service.signer = Box::new(BrokenSigner)).await;
                let kiosk = bench.kiosk().await;
                let card = bench.citizen().await;
                let session = kiosk.granted(&card).await;
                let answer = kiosk.ticket(&session).await;
                assert_eq!(bench.state(&card).await, "HELD", "nothing of it was kept");
                answer
            }),
        ),
    ]
}

/// A signer whose key is gone.
struct BrokenSigner;

impl TicketSigner for BrokenSigner {
    fn key_number(&self) -> KeyNumber {
        KeyNumber::One
    }

    fn sign(&self, _: &[u8; 126], _: &Grant, _: Timestamp) -> Result<[u8; 64], SignerError> {
        Err(SignerError::Key)
    }

    fn is_ready(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn every_code_of_the_document_is_reached() {
    let mut reached = BTreeSet::new();
    let before_a_ticket = certificates().into_iter().chain(reservations()).chain(sessions());
    for (code, case) in before_a_ticket.chain(tickets_and_receipts()).chain(requests()) {
        let answer = case.await;
        assert_eq!(answer.code(), code, "{answer:?}");
        reached.insert((code.to_owned(), answer.status));
    }
    assert_eq!(reached, Document::get().problems());
}

#[tokio::test]
async fn certificates_that_are_not_this_cards_are_not_genuine() {
    let bench = Bench::new().await;
    let (kiosk, other) = (bench.kiosk().await, Bench::new().await);
    let forge: [fn(&mut TestCard, &Bench, &TestCard); 5] = [
        |card, _, stranger| {
            card.key_agreement_certificate = stranger.key_agreement_certificate.clone()
        },
        |card, _, _| card.key_agreement_certificate = card.attestation_certificate.clone(),
        |card, other, _| {
            let (key, usage) = (KeyPair::generate().unwrap(), KeyUsagePurpose::DigitalSignature);
            let forged = other.authorities.card.card_certificate(&card.card_id, usage, &key);
            card.attestation_certificate = forged;
        },
        |card, other, _| {
            let foreign = TestCard::new(&other.authorities, VALID);
            card.authentication_certificate = foreign.authentication_certificate;
        },
        |card, _, _| card.attestation_certificate = b"not a certificate".to_vec(),
    ];
    for (number, forge) in forge.into_iter().enumerate() {
        let (mut card, stranger) = (bench.citizen().await, bench.citizen().await);
        forge(&mut card, &other, &stranger);
        assert_eq!(kiosk.open(&card).await.code(), "card-not-genuine", "forgery {number}");
    }
}

#[tokio::test]
async fn one_key_for_agreement_and_attestation_is_not_genuine() {
    let bench = Bench::new().await;
    let (kiosk, mut card) = (bench.kiosk().await, bench.citizen().await);
    let (ca, key) = (&bench.authorities.card, KeyPair::generate().unwrap());
    card.key_agreement_certificate =
        ca.card_certificate(&card.card_id, KeyUsagePurpose::KeyAgreement, &key);
    card.attestation_certificate =
        ca.card_certificate(&card.card_id, KeyUsagePurpose::DigitalSignature, &key);
    let refused = kiosk.open(&card).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("same key"), "{refused:?}");
}
