// SPDX-License-Identifier: MIT OR Apache-2.0
//! One question of each kind, and the answer that grants it.

use std::time::Duration;

use backend_client::{
    CentralError,
    client::CentralClient,
    wire::{
        Call, Decision, DeliverReceipt, EndingCode, Heartbeat, IdempotencyKey, KioskState, Nonce,
        Opaque, OpenSession, Outcome, OutcomeResult, Profile, Prove, Target, TicketRequest,
        TokenInfo,
    },
};
use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use crate::service::Answer;

pub(crate) const SESSION: Uuid = uuid!("9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42");

/// Long enough for a slow machine, and the limit that a resident meets.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) const CALLS: [Call; 7] = [
    Call::OpenSession,
    Call::DeliverReceipt,
    Call::Prove,
    Call::Ticket,
    Call::Outcome,
    Call::Policy,
    Call::Heartbeat,
];

pub(crate) fn session() -> OpenSession {
    OpenSession {
        target: Target::Signature,
        profile: Profile::RefEac1,
        card_token_info: TokenInfo::try_from("JPKIAPICCTOKEN2").unwrap(),
        key_agreement_certificate: Opaque::from(vec![0x30; 400]),
        attestation_certificate: Opaque::from(vec![0x31; 400]),
        authentication_certificate: Opaque::from(vec![0x32; 1_500]),
        software: "0.1.0".parse().unwrap(),
    }
}

pub(crate) fn receipt() -> DeliverReceipt {
    DeliverReceipt {
        receipt: Opaque::from(vec![0x4A; 110]),
        nonce: Nonce([7; 32]),
        attestation_certificate: Opaque::from(vec![0x31; 400]),
        session_id: Some(SESSION),
    }
}

pub(crate) fn proof() -> Prove {
    Prove { signature: Opaque::from(vec![0x53; 256]) }
}

pub(crate) fn ticket() -> TicketRequest {
    TicketRequest { request: Opaque::from(vec![0x54; 48]) }
}

pub(crate) fn outcome() -> Outcome {
    let ending = EndingCode::try_from("done").unwrap();
    Outcome { result: OutcomeResult::Done, ending, receipt: Some(Opaque::from(vec![0x4A; 110])) }
}

pub(crate) fn heartbeat() -> Heartbeat {
    Heartbeat {
        state: KioskState::InService,
        faults: vec!["C-104".to_owned()],
        software: "0.1.0".parse().unwrap(),
        image: Some("kiosk-0.1.0".to_owned()),
        certificate_expires_at: Some("2027-04-01T00:00:00Z".parse().unwrap()),
        reader: Some("Virtual PCD 00 00".to_owned()),
        clock_offset_milliseconds: Some(-12),
        update: None,
    }
}

/// Asks one question of that kind, and forgets what a granted answer holds.
pub(crate) async fn ask(
    client: &CentralClient,
    call: Call,
    within: Duration,
) -> Result<Decision<()>, CentralError> {
    let key = IdempotencyKey::fresh();
    match call {
        Call::OpenSession => client.open_session(key, &session(), within).await.map(forget),
        Call::DeliverReceipt => client.deliver_receipt(key, &receipt(), within).await.map(forget),
        Call::Prove => client.prove(SESSION, key, &proof(), within).await.map(forget),
        Call::Ticket => client.ticket(SESSION, key, &ticket(), within).await.map(forget),
        Call::Outcome => client.outcome(SESSION, key, &outcome(), within).await.map(forget),
        Call::Policy => client.policy(None, within).await.map(forget),
        Call::Heartbeat => client.heartbeat(key, &heartbeat(), within).await,
        Call::Identity | Call::Vouch => unreachable!("answered without a network"),
    }
}

fn forget<A>(decision: Decision<A>) -> Decision<()> {
    match decision {
        Decision::Granted(_) => Decision::Granted(()),
        Decision::Denied(refusal) => Decision::Denied(refusal),
    }
}

/// What a service answers that grants the call.
pub(crate) fn granted(call: Call) -> Answer {
    let nonce = "A".repeat(43);
    match call {
        Call::OpenSession => Answer::json(201, &session_opened(&nonce)),
        Call::DeliverReceipt => Answer::json(
            200,
            &json!({"result": "done", "recorded_at": "2026-04-01T01:00:20Z", "reservation": "used"}),
        ),
        Call::Prove => Answer::json(200, &json!({"granted_until": "2026-04-01T01:46:00Z"})),
        Call::Ticket => Answer::json(
            201,
            &json!({"ticket_id": SESSION, "response": "AUpS", "not_after": "2026-04-01T01:03:00Z"}),
        ),
        Call::Outcome => Answer::json(
            200,
            &json!({"recorded_at": "2026-04-01T01:02:30Z", "result": "done", "audit_head": nonce}),
        ),
        Call::Policy => Answer::json(200, &json!({})).with("etag", "\"1\""),
        Call::Heartbeat => Answer::empty(204),
        Call::Identity | Call::Vouch => unreachable!("answered without a network"),
    }
}

pub(crate) fn session_opened(nonce: &str) -> Value {
    json!({
        "session_id": SESSION,
        "nonce": nonce,
        "expires_at": "2026-04-01T02:00:00Z",
        "reservation_expires_at": "2026-04-01T22:30:00Z",
        "receipt_wanted": false,
    })
}
