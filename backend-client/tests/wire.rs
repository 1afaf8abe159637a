// SPDX-License-Identifier: MIT OR Apache-2.0
//! Golden JSON of every message: what other programs read and write, byte for byte.
//!
//! Do not edit what stands here: a changed line is a broken peer. Add.

#![expect(clippy::unwrap_used, reason = "a golden text that cannot be read has failed")]

use std::time::Duration;

use backend_client::{
    CentralError,
    relay::{Ask, Reply, Request},
    wire::{
        Call, Decision, DeliverReceipt, Denial, ETag, EndingCode, Heartbeat, IdempotencyKey,
        Identity, KeptPolicy, KioskId, KioskState, Nonce, Opaque, OpenSession, Outcome,
        OutcomeRecorded, OutcomeResult, Policy, PolicyAnswer, PolicyDocument, PolicySignature,
        Profile, ProofGranted, Prove, ReceiptRecorded, ReceiptResult, Refusal, RefusalDetails,
        ReservationState, ServedPolicy, SessionOpened, Target, TicketIssued, TicketRequest,
        TokenInfo, Vouch,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::{Uuid, uuid};

const SESSION: Uuid = uuid!("9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42");
const KEY: IdempotencyKey = IdempotencyKey(uuid!("5d3c1f0e-4f0a-4f4d-9a53-0d6a3c0e9b11"));

const UNIT: KioskId = KioskId(*b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f");

#[track_caller]
fn assert_golden<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    message: &T,
    json: &str,
) {
    assert_eq!(serde_json::to_string(message).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), message);
}

fn opaque(bytes: &[u8]) -> Opaque {
    Opaque::from(bytes)
}

fn document() -> PolicyDocument {
    PolicyDocument { etag: Some(ETag("\"1\"".to_owned())), text: "{ }".to_owned() }
}

fn open_session() -> OpenSession {
    OpenSession {
        target: Target::Signature,
        profile: Profile::RefEac1,
        card_token_info: TokenInfo::try_from("JPKIAPICCTOKEN2").unwrap(),
        key_agreement_certificate: opaque(b"\x30\x82\xFF"),
        attestation_certificate: opaque(b"\x30\x83\xFE"),
        authentication_certificate: opaque(b"\x30\x84\xFB"),
        software: "0.1.0".parse().unwrap(),
    }
}

#[test]
fn opening_a_session() {
    assert_golden(
        &open_session(),
        r#"{"target":"signature","profile":"ref-eac-1","card_token_info":"JPKIAPICCTOKEN2","key_agreement_certificate":"MIL_","attestation_certificate":"MIP-","authentication_certificate":"MIT7","software":"0.1.0"}"#,
    );
    assert_golden(
        &SessionOpened {
            session_id: SESSION,
            nonce: Nonce([0xFF; 32]),
            expires_at: "2026-04-01T02:00:00Z".parse().unwrap(),
            reservation_expires_at: "2026-04-01T22:30:00Z".parse().unwrap(),
            receipt_wanted: true,
        },
        r#"{"session_id":"9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42","nonce":"__________________________________________8","expires_at":"2026-04-01T02:00:00Z","reservation_expires_at":"2026-04-01T22:30:00Z","receipt_wanted":true}"#,
    );
}

#[test]
fn delivering_a_receipt() {
    assert_golden(
        &DeliverReceipt {
            receipt: opaque(b"JRST-R01"),
            nonce: Nonce([0; 32]),
            attestation_certificate: opaque(b"\x30\x83\xFE"),
            session_id: Some(SESSION),
        },
        r#"{"receipt":"SlJTVC1SMDE","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","attestation_certificate":"MIP-","session_id":"9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42"}"#,
    );
    assert_golden(
        &ReceiptRecorded {
            result: ReceiptResult::NotDone,
            recorded_at: "2026-04-01T01:00:20Z".parse().unwrap(),
            reservation: ReservationState::Open,
        },
        r#"{"result":"not_done","recorded_at":"2026-04-01T01:00:20Z","reservation":"open"}"#,
    );
}

#[test]
fn the_proof() {
    assert_golden(&Prove { signature: opaque(&[0xAB; 3]) }, r#"{"signature":"q6ur"}"#);
    let granted = ProofGranted { granted_until: "2026-04-01T01:46:00Z".parse().unwrap() };
    assert_golden(&granted, r#"{"granted_until":"2026-04-01T01:46:00Z"}"#);
}

#[test]
fn the_ticket() {
    assert_golden(&TicketRequest { request: opaque(&[1, 2]) }, r#"{"request":"AQI"}"#);
    assert_golden(
        &TicketIssued {
            ticket_id: SESSION,
            response: opaque(b"\x01JRST-T01"),
            not_after: "2026-04-01T01:03:00Z".parse().unwrap(),
        },
        r#"{"ticket_id":"9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42","response":"AUpSU1QtVDAx","not_after":"2026-04-01T01:03:00Z"}"#,
    );
}

#[test]
fn the_outcome() {
    let ending = EndingCode::try_from("lifted-while-writing").unwrap();
    assert_golden(
        &Outcome { result: OutcomeResult::Unknown, ending: ending.clone(), receipt: None },
        r#"{"result":"unknown","ending":"lifted-while-writing"}"#,
    );
    assert_golden(
        &Outcome { result: OutcomeResult::NotDone, ending, receipt: Some(opaque(b"JRST-R01")) },
        r#"{"result":"not_done","ending":"lifted-while-writing","receipt":"SlJTVC1SMDE"}"#,
    );
    assert_golden(
        &OutcomeRecorded {
            recorded_at: "2026-04-01T01:02:30Z".parse().unwrap(),
            result: OutcomeResult::Done,
            audit_head: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".to_owned(),
        },
        r#"{"recorded_at":"2026-04-01T01:02:30Z","result":"done","audit_head":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}"#,
    );
}

#[test]
fn the_policy() {
    let json = include_str!("golden/policy.json").trim_end();
    let policy = serde_json::from_str::<Policy>(json).unwrap();
    assert_golden(&policy, json);
    assert_golden(
        &PolicyAnswer {
            policy: ServedPolicy::Changed {
                document: document(),
                signature: Some(PolicySignature { signed_by: UNIT, value: opaque(&[1, 2]) }),
            },
            served_at: Some("2026-04-01T01:00:00Z".parse().unwrap()),
            took: Duration::from_millis(37),
        },
        r#"{"policy":{"changed":{"document":{"etag":"\"1\"","text":"{ }"},"signature":{"signed_by":"000102030405060708090a0b0c0d0e0f","value":"AQI"}}},"served_at":"2026-04-01T01:00:00Z","took_milliseconds":37}"#,
    );
}

#[test]
fn the_heartbeat() {
    assert_golden(
        &Heartbeat {
            state: KioskState::OperatorIntervention,
            faults: vec!["C-104".to_owned()],
            software: "0.1.0".parse().unwrap(),
            image: Some("kiosk-0.1.0".to_owned()),
            certificate_expires_at: Some("2027-04-01T00:00:00Z".parse().unwrap()),
            reader: Some("Virtual PCD 00 00".to_owned()),
            clock_offset_milliseconds: Some(-12),
            update: None,
        },
        r#"{"state":"operator_intervention","faults":["C-104"],"software":"0.1.0","image":"kiosk-0.1.0","certificate_expires_at":"2027-04-01T00:00:00Z","reader":"Virtual PCD 00 00","clock_offset_milliseconds":-12}"#,
    );
}

#[test]
fn the_heartbeat_of_a_unit_that_is_updated() {
    assert_golden(
        &Heartbeat {
            state: KioskState::Closed,
            faults: vec![],
            software: "0.1.0".parse().unwrap(),
            image: None,
            certificate_expires_at: None,
            reader: None,
            clock_offset_milliseconds: None,
            update: Some("installing 0.2.0".to_owned()),
        },
        r#"{"state":"closed","faults":[],"software":"0.1.0","update":"installing 0.2.0"}"#,
    );
}

#[test]
fn the_identity() {
    assert_golden(
        &Identity {
            kiosk_id: KioskId(*b"0123456789abcdef"),
            unit: "unit-3".to_owned(),
            store: "store-7".to_owned(),
            certificate_not_after: "2027-04-01T00:00:00Z".parse().unwrap(),
            key_without_tpm: true,
        },
        r#"{"kiosk_id":"30313233343536373839616263646566","unit":"unit-3","store":"store-7","certificate_not_after":"2027-04-01T00:00:00Z","key_without_tpm":true}"#,
    );
}

#[test]
fn a_refusal() {
    let details = RefusalDetails {
        used_at: Some("2026-04-01T01:02:30Z".parse().unwrap()),
        ..Default::default()
    };
    assert_golden(
        &Decision::<()>::Denied(Refusal {
            denial: Denial::ReservationUsed,
            retry_after: None,
            details,
        }),
        r#"{"denied":{"denial":"reservation-used","used_at":"2026-04-01T01:02:30Z"}}"#,
    );
}

#[test]
fn a_request_over_the_socket() {
    let request = |ask| Request { number: 7, patience_milliseconds: 5_000, ask };
    let head = r#""number":7,"patience_milliseconds":5000"#;
    let key = r#""key":"5d3c1f0e-4f0a-4f4d-9a53-0d6a3c0e9b11""#;
    let session = r#""session_id":"9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42""#;
    let body = TicketRequest { request: opaque(&[1, 2]) };
    assert_golden(
        &request(Ask::Ticket { session_id: SESSION, key: KEY, body }),
        &format!(r#"{{{head},"ask":"ticket",{session},{key},"body":{{"request":"AQI"}}}}"#),
    );
    assert_golden(&request(Ask::Identity), &format!(r#"{{{head},"ask":"identity"}}"#));
    let signed_by = r#""signed_by":"000102030405060708090a0b0c0d0e0f""#;
    let signature = PolicySignature { signed_by: UNIT, value: opaque(&[1, 2]) };
    let kept = KeptPolicy { document: document(), signature };
    assert_golden(
        &request(Ask::Policy { known: kept.known() }),
        &format!(r#"{{{head},"ask":"policy","known":{{"etag":"\"1\"",{signed_by}}}}}"#),
    );
    assert_golden(
        &request(Ask::Vouch { kept }),
        &format!(
            r#"{{{head},"ask":"vouch","kept":{{"document":{{"etag":"\"1\"","text":"{{ }}"}},"signature":{{{signed_by},"value":"AQI"}}}}}}"#
        ),
    );
    assert_golden(&Vouch::Signed, r#""signed""#);
    assert_golden(&Vouch::NotSigned, r#""not_signed""#);
}

#[test]
fn a_reply_over_the_socket() {
    let done = Reply { number: 7, answer: Ok(serde_json::json!({"granted": null})) };
    let json = serde_json::to_string(&done).unwrap();
    assert_eq!(json, r#"{"number":7,"answer":{"Ok":{"granted":null}}}"#);
    let error = CentralError::Rejected { call: Call::Prove, status: 502, code: None };
    let json = serde_json::to_string(&Reply { number: 8, answer: Err(error) }).unwrap();
    assert_eq!(
        json,
        r#"{"number":8,"answer":{"Err":{"error":"rejected","call":"prove","status":502}}}"#
    );
}

#[test]
fn nothing_that_identifies_a_person_prints() {
    let request = Request {
        number: 7,
        patience_milliseconds: 5_000,
        ask: Ask::OpenSession { key: KEY, body: open_session() },
    };
    let printed = format!("{request:?}");
    for certificate in ["MIL_", "MIP-", "MIT7", "[48,", "30, 82", "3082"] {
        assert!(!printed.contains(certificate), "{certificate} in {printed}");
    }
    assert!(printed.contains("authentication_certificate: Opaque(3 bytes)"), "{printed}");
}
