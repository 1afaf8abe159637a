// SPDX-License-Identifier: MIT OR Apache-2.0
//! One whole conversation: a card, the program `kiosk-link`, and the reference central service.
//!
//! The card's answers are its own (`virtual-card`, in process), the service's too
//! (`central-service`); between them stands what a kiosk has: [`RelayClient`].

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod card;
mod world;

use std::time::Duration;

use backend_client::wire::{
    Decision, DeliverReceipt, Denial, EndingCode, Heartbeat, IdempotencyKey, KeptPolicy,
    KioskState, Nonce, Opaque, Outcome, OutcomeResult, Prove, ReceiptResult, Refusal,
    ReservationState, ServedPolicy, SessionOpened, TicketRequest, Vouch,
};

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(20);

fn granted<A>(decision: Decision<A>) -> A {
    match decision {
        Decision::Granted(answer) => answer,
        Decision::Denied(refusal) => panic!("refused: {refusal:?}"),
    }
}

fn denied<A: std::fmt::Debug>(decision: Decision<A>) -> Refusal {
    match decision {
        Decision::Denied(refusal) => refusal,
        Decision::Granted(answer) => panic!("granted: {answer:?}"),
    }
}

fn opened(world: &mut World) -> SessionOpened {
    let body = world.card.open_session();
    granted(world.link.open_session(body, PATIENCE).unwrap())
}

fn outcome(result: OutcomeResult, ending: &str, receipt: Option<Opaque>) -> Outcome {
    Outcome { result, ending: EndingCode::try_from(ending).unwrap(), receipt }
}

/// The card takes the ticket, leaves the reader before the reset, and says so by its receipt.
#[test]
fn a_ticket_that_was_not_used_is_settled_by_the_cards_receipt() {
    let mut world = World::new();
    world.reserve();
    let session = opened(&mut world);
    assert!(!session.receipt_wanted);
    let session_id = session.session_id;

    let kiosk_id = world.link.identity(PATIENCE).unwrap().kiosk_id;
    let signature = world.card.prove(&session, kiosk_id);
    granted(world.link.prove(session_id, Prove { signature }, PATIENCE).unwrap());

    let request = TicketRequest { request: world.card.ask_for_ticket() };
    let key = IdempotencyKey::fresh();
    let ask = |world: &mut World| {
        granted(world.link.ticket(session_id, key, request.clone(), PATIENCE).unwrap())
    };
    let ticket = ask(&mut world);
    assert_eq!(ask(&mut world), ticket, "the same key has the same ticket");
    world.card.present(&ticket.response);
    world.card.leave_and_come_back();

    let receipt = world.card.receipt(session.nonce);
    let body = DeliverReceipt {
        receipt: receipt.clone(),
        nonce: session.nonce,
        attestation_certificate: world.card.open_session().attestation_certificate,
        session_id: Some(session_id),
    };
    let settled = granted(world.link.deliver_receipt(body, PATIENCE).unwrap());
    assert_eq!(settled.result, ReceiptResult::NotDone);
    assert_eq!(settled.reservation, ReservationState::Open);

    let body = outcome(OutcomeResult::NotDone, "lifted-while-writing", Some(receipt));
    let key = IdempotencyKey::fresh();
    let recorded = granted(world.link.outcome(session_id, key, body.clone(), PATIENCE).unwrap());
    assert_eq!(recorded.result, OutcomeResult::NotDone);
    let again = granted(world.link.outcome(session_id, key, body, PATIENCE).unwrap());
    assert_eq!(again, recorded, "a repeated outcome is acknowledged as the first one was");
    let lower = outcome(OutcomeResult::Abandoned, "resident-cancelled", None);
    let key = IdempotencyKey::fresh();
    let recorded = granted(world.link.outcome(session_id, key, lower, PATIENCE).unwrap());
    assert_eq!(recorded.result, OutcomeResult::NotDone, "outcomes only rise");
}

#[test]
fn the_service_refuses_what_it_should_and_the_kiosk_hears_why() {
    let mut world = World::new();
    let body = world.card.open_session();
    let refusal = denied(world.link.open_session(body.clone(), PATIENCE).unwrap());
    assert_eq!(refusal.denial, Denial::ReservationNotFound);

    world.reserve_hours_ago(25);
    let refusal = denied(world.link.open_session(body.clone(), PATIENCE).unwrap());
    assert_eq!(refusal.denial, Denial::ReservationExpired);
    assert!(refusal.details.expired_at.is_some(), "{refusal:?}");

    world.reserve();
    let session = opened(&mut world);
    let early = TicketRequest { request: Opaque::from(vec![0; 48]) };
    let key = IdempotencyKey::fresh();
    let early = world.link.ticket(session.session_id, key, early, PATIENCE).unwrap();
    assert_eq!(denied(early).denial, Denial::OutOfOrder);
    let forged = Prove { signature: Opaque::from(vec![0x5A; 256]) };
    let forged = world.link.prove(session.session_id, forged, PATIENCE).unwrap();
    assert_eq!(denied(forged).denial, Denial::ProofInvalid);

    let mut swapped = body;
    swapped.attestation_certificate = swapped.key_agreement_certificate.clone();
    let swapped = world.link.open_session(swapped, PATIENCE).unwrap();
    assert_eq!(denied(swapped).denial, Denial::CardNotGenuine);
}

#[test]
fn the_policy_and_the_heartbeat_are_understood() {
    let mut world = World::new();
    let first = granted(world.link.policy(None, PATIENCE).unwrap());
    let ServedPolicy::Changed { document, signature } = first.policy else { panic!("unchanged") };
    let (policy, unread) = document.read().unwrap();
    assert!(policy.hours.is_some() && policy.minimum_software.is_some(), "{policy:?}");
    assert!(!policy.help_lines.is_empty() && unread.is_empty(), "{unread:?}");
    let mut kept = KeptPolicy { document, signature: signature.unwrap() };
    let second = granted(world.link.policy(kept.known(), PATIENCE).unwrap());
    assert_eq!(second.policy, ServedPolicy::Unchanged);
    assert_eq!(world.link.vouch(kept.clone(), PATIENCE).unwrap(), Vouch::Signed);
    kept.document.text.push(' ');
    assert_eq!(world.link.vouch(kept, PATIENCE).unwrap(), Vouch::NotSigned);

    let heartbeat = Heartbeat {
        state: KioskState::InService,
        faults: Vec::new(),
        software: "0.1.0".parse().unwrap(),
        image: None,
        certificate_expires_at: None,
        reader: None,
        clock_offset_milliseconds: None,
        update: None,
    };
    granted(world.link.heartbeat(heartbeat, PATIENCE).unwrap());
    let stranger = DeliverReceipt {
        receipt: Opaque::from(vec![0; 110]),
        nonce: Nonce([0; 32]),
        attestation_certificate: world.card.open_session().attestation_certificate,
        session_id: None,
    };
    let refusal = denied(world.link.deliver_receipt(stranger, PATIENCE).unwrap());
    assert_eq!(refusal.denial, Denial::ReceiptInvalid);
}
