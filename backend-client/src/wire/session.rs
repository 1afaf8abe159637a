// SPDX-License-Identifier: MIT OR Apache-2.0
//! The four steps of a session, in their order: opened, proved, ticketed, ended.
//!
//! Contract: `POST /v1/sessions` and the three calls below `/v1/sessions/{id}`.
//! The session's id is in the path, its `Idempotency-Key` in the header.

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{EndingCode, Nonce, Opaque, TokenInfo};

/// Body of `POST /v1/sessions`: this card lies on the reader, may its PIN be reset?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    /// The PIN to be reset.
    pub target: Target,
    /// The bytes that card and service will speak.
    pub profile: Profile,
    /// EF 0006.
    pub card_token_info: TokenInfo,
    /// EF 00E0, X.509 in DER.
    pub key_agreement_certificate: Opaque,
    /// EF 00E1, X.509 in DER.
    pub attestation_certificate: Opaque,
    /// EF 000A, X.509 in DER (利用者証明用電子証明書).
    pub authentication_certificate: Opaque,
    /// The kiosk's own version.
    pub software: Version,
}

/// The PIN that is being reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// 署名用電子証明書の暗証番号, the only one that this version of the contract resets.
    Signature,
    /// 利用者証明用電子証明書の暗証番号; a reservation can be for it.
    UserAuthentication,
}

/// The card profile, by its published name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// The simulated profile `ref-eac-1`.
    #[serde(rename = "ref-eac-1")]
    RefEac1,
}

/// Answer to [`OpenSession`], 201.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionOpened {
    /// Names the session in every later call; also in the proof's transcript.
    pub session_id: Uuid,
    /// What the card signs its receipts over.
    pub nonce: Nonce,
    /// End of the session, 60 minutes after it was opened.
    pub expires_at: Timestamp,
    /// Until when the reservation (予約) holds.
    pub reservation_expires_at: Timestamp,
    /// An earlier ticket of this card is unresolved: deliver a receipt before the proof.
    #[serde(default)]
    pub receipt_wanted: bool,
}

/// Body of `POST /v1/sessions/{id}/proof`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prove {
    /// The card's signature over the transcript, 256 bytes.
    pub signature: Opaque,
}

/// Answer to [`Prove`], 200: the reservation is held for this session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofGranted {
    /// End of the grant, 45 minutes after the proof.
    pub granted_until: Timestamp,
}

/// Body of `POST /v1/sessions/{id}/ticket`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRequest {
    /// The card's challenge and the hash of the kiosk's ephemeral key, by the profile.
    pub request: Opaque,
}

/// Answer to [`TicketRequest`], 201.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketIssued {
    /// Names the ticket in the card's receipts and the kiosk's journal.
    pub ticket_id: Uuid,
    /// Key number, ticket and signature, by the profile.
    pub response: Opaque,
    /// When the ticket ends; 60 s of clock difference are tolerated at the kiosk.
    pub not_after: Timestamp,
}

/// Body of `POST /v1/sessions/{id}/outcome`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What became of the card.
    pub result: OutcomeResult,
    /// What the resident was told.
    pub ending: EndingCode,
    /// The card's receipt, where one could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Opaque>,
}

/// What became of the card; a later report may only raise it, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeResult {
    /// The session ended before a ticket was presented.
    Abandoned,
    /// The answer was lost, and no receipt could be read.
    Unknown,
    /// The PIN is the old one.
    NotDone,
    /// The PIN is the new one.
    Done,
}

/// Answer to [`Outcome`], 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRecorded {
    /// When the service wrote it down.
    pub recorded_at: Timestamp,
    /// What stands in its books now: never lower than what stood there before.
    pub result: OutcomeResult,
    /// Head of the service's audit chain, to be kept with the kiosk's own log.
    pub audit_head: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_without_a_receipt_has_no_such_member() {
        let ending = EndingCode::try_from("resident-walked-away").unwrap();
        let outcome = Outcome { result: OutcomeResult::Abandoned, ending, receipt: None };
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(json, r#"{"result":"abandoned","ending":"resident-walked-away"}"#);
    }

    #[test]
    fn outcomes_rise_in_the_contracts_order() {
        use OutcomeResult::{Abandoned, Done, NotDone, Unknown};
        assert!(Abandoned < Unknown && Unknown < NotDone && NotDone < Done);
    }

    #[test]
    fn an_unknown_value_of_an_enum_is_an_error_that_names_it() {
        let json = r#"{"recorded_at":"2026-11-23T00:00:00Z","result":"maybe","audit_head":""}"#;
        let message = serde_json::from_str::<OutcomeRecorded>(json).unwrap_err().to_string();
        assert!(message.contains("unknown variant `maybe`"), "{message}");
    }
}
