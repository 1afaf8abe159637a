// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two kiosks can never hold one reservation, and one kiosk's session is nothing to another.

use crate::bench::Bench;

#[tokio::test]
async fn of_eight_kiosks_that_prove_at_once_exactly_one_holds_the_reservation() {
    let bench = Bench::new().await;
    let card = bench.citizen().await;
    let mut kiosks = Vec::new();
    for number in 0..8 {
        let kiosk = bench.kiosk_named(&format!("unit-{number}")).await;
        let session = kiosk.opened(&card).await;
        kiosks.push((kiosk, session));
    }
    let mut proofs = tokio::task::JoinSet::new();
    let card = std::sync::Arc::new(card);
    for (kiosk, session) in kiosks {
        let card = std::sync::Arc::clone(&card);
        proofs.spawn(async move { kiosk.prove(&card, &session).await });
    }
    let answers = proofs.join_all().await;
    let held = answers.iter().filter(|answer| answer.status == 200).count();
    let in_use = answers.iter().filter(|answer| answer.code() == "reservation-in-use").count();
    assert_eq!((held, in_use), (1, 7));
    assert_eq!(bench.audited("reservation-held").await, 1);
}

#[tokio::test]
async fn while_one_kiosk_is_at_work_the_other_is_told_to_wait() {
    let bench = Bench::new().await;
    let card = bench.citizen().await;
    let (one, two) = (bench.kiosk().await, bench.kiosk_named("unit-2").await);
    let session = one.granted(&card).await;
    assert_eq!(two.open(&card).await.code(), "reservation-in-use");
    let ticket = one.ticketed(&session).await;
    assert_eq!(two.open(&card).await.code(), "reservation-in-use");
    // The first kiosk gives up: the second may settle what it left.
    one.tell(&session, "unknown", None).await;
    let next = two.opened(&card).await;
    let receipt = card.receipt(0x03, ticket.named(), &next.nonce);
    two.hand_in(&card, &receipt, &next.nonce, Some(&next)).await;
    assert_eq!(two.prove(&card, &next).await.status, 200);
}

#[tokio::test]
async fn another_kiosks_session_is_not_found() {
    let bench = Bench::new().await;
    let card = bench.citizen().await;
    let (one, two) = (bench.kiosk().await, bench.kiosk_named("unit-2").await);
    let session = one.granted(&card).await;
    let answers = [
        two.prove(&card, &session).await,
        two.ticket(&session).await,
        two.tell(&session, "done", None).await,
        two.hand_in(&card, &[], &session.nonce, Some(&session)).await,
    ];
    for answer in answers {
        assert_eq!(answer.code(), "session-not-found");
    }
    assert_eq!(bench.state(&card).await, "HELD");
}
