// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kiosk and the service say to each other, as `docs/central-api.yaml` describes it.
//! Parsing names what is wrong: an unknown value of an enumeration, a field, its form.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use semver::Version;
use serde::de::{DeserializeOwned, Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::problem::Problem;

/// Bytes: base64url without padding on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// Body of `POST /v1/sessions`.
#[derive(Debug, Deserialize)]
pub struct SessionRequest {
    /// The PIN to be reset.
    pub target: WireTarget,
    /// The card's reset profile.
    pub profile: WireProfile,
    /// EF 0006, trimmed.
    pub card_token_info: String,
    /// EF 00E0.
    pub key_agreement_certificate: Bytes,
    /// EF 00E1.
    pub attestation_certificate: Bytes,
    /// EF 000A.
    pub authentication_certificate: Bytes,
    /// The kiosk's software.
    pub software: Version,
}

/// The targets of this version of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WireTarget {
    /// 署名用.
    Signature,
}

/// The profiles of this version of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WireProfile {
    /// `reset-profile.md`.
    #[serde(rename = "ref-eac-1")]
    RefEac1,
}

/// Answer to `POST /v1/sessions`.
#[derive(Debug, Serialize)]
pub struct SessionAnswer {
    /// The session's id.
    pub session_id: Uuid,
    /// 32 bytes.
    pub nonce: Bytes,
    /// Until when the proof must have come.
    pub expires_at: Timestamp,
    /// Until when the reservation lasts.
    pub reservation_expires_at: Timestamp,
    /// An earlier ticket of this card is unresolved.
    pub receipt_wanted: bool,
}

/// Body of `POST /v1/receipts`.
#[derive(Debug, Deserialize)]
pub struct ReceiptRequest {
    /// Opaque on the wire.
    pub receipt: Bytes,
    /// What the receipt is over.
    pub nonce: Bytes,
    /// EF 00E1.
    pub attestation_certificate: Bytes,
    /// Where given, the nonce must be that session's.
    #[serde(default)]
    pub session_id: Option<Id>,
}

/// Answer to `POST /v1/receipts`.
#[derive(Debug, Serialize)]
pub struct ReceiptAnswer {
    /// What is now known of the ticket in question.
    pub result: OutcomeResult,
    /// When.
    pub recorded_at: Timestamp,
    /// The card's newest reservation.
    pub reservation: ReservationAnswer,
}

/// How the card's newest reservation stands, for one who holds its receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationAnswer {
    /// Not used, and its 24 hours are not over.
    Open,
    /// Its reset was done.
    Used,
    /// There is none, or its 24 hours are over.
    None,
}

/// Body of `POST /v1/sessions/{id}/proof`.
#[derive(Debug, Deserialize)]
pub struct ProofRequest {
    /// 256 bytes.
    pub signature: Bytes,
}

/// Answer to `POST /v1/sessions/{id}/proof`.
#[derive(Debug, Serialize)]
pub struct ProofAnswer {
    /// Until when the reservation is held.
    pub granted_until: Timestamp,
}

/// Body of `POST /v1/sessions/{id}/ticket`.
#[derive(Debug, Deserialize)]
pub struct TicketRequest {
    /// Opaque on the wire.
    pub request: Bytes,
}

/// Answer to `POST /v1/sessions/{id}/ticket`.
#[derive(Debug, Serialize)]
pub struct TicketAnswer {
    /// The ticket's id.
    pub ticket_id: Uuid,
    /// Opaque on the wire.
    pub response: Bytes,
    /// Until when the kiosk may present it.
    pub not_after: Timestamp,
}

/// Body of `POST /v1/sessions/{id}/outcome`.
#[derive(Debug, Deserialize)]
pub struct OutcomeRequest {
    /// How the session ended, to the kiosk's knowledge.
    pub result: OutcomeResult,
    /// Code of the kiosk's endings table.
    pub ending: Ending,
    /// Over the session's nonce, where one could be read.
    #[serde(default)]
    pub receipt: Option<Bytes>,
}

/// Answer to `POST /v1/sessions/{id}/outcome`.
#[derive(Debug, Serialize)]
pub struct OutcomeAnswer {
    /// When.
    pub recorded_at: Timestamp,
    /// As recorded.
    pub result: OutcomeResult,
    /// Head of the audit chain.
    pub audit_head: Bytes,
}

/// In this order an outcome rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeResult {
    /// The resident left, or was too slow.
    Abandoned,
    /// No one knows.
    Unknown,
    /// Nothing was reset.
    NotDone,
    /// The PIN was reset.
    Done,
}

impl OutcomeResult {
    /// As on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Unknown => "unknown",
            Self::NotDone => "not_done",
            Self::Done => "done",
        }
    }

    /// The result of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Abandoned, Self::Unknown, Self::NotDone, Self::Done]
            .into_iter()
            .find(|result| result.as_str() == name)
    }
}

/// Body of `POST /v1/heartbeat`; stored as it came.
#[derive(Debug, Serialize, Deserialize)]
pub struct Heartbeat {
    /// How the unit is.
    pub state: UnitState,
    /// Staff codes, worst first.
    pub faults: Vec<String>,
    /// The kiosk's software.
    pub software: Version,
    /// Which image runs.
    #[serde(default)]
    pub image: Option<String>,
    /// When the unit's certificate ends.
    #[serde(default)]
    pub certificate_expires_at: Option<Timestamp>,
    /// The reader's name.
    #[serde(default)]
    pub reader: Option<String>,
    /// The unit's clock less the service's.
    #[serde(default)]
    pub clock_offset_milliseconds: Option<i64>,
    /// How far an update is.
    #[serde(default)]
    pub update: Option<String>,
}

/// How a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    /// Residents can use it.
    InService,
    /// Outside hours.
    Closed,
    /// A fault.
    OutOfService,
    /// Staff are at it.
    OperatorIntervention,
}

/// An id: lower-case UUID text and no other form of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub Uuid);

impl Id {
    /// The id of this text, where it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok()?;
        (id.hyphenated().to_string() == text).then_some(Self(id))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::invalid_value(Unexpected::Str(&text), &"an id in lower-case UUID text")
        })
    }
}

/// Code of the kiosk's endings table: `[a-z0-9-]{1,40}`, opaque here.
#[derive(Debug, Clone)]
pub struct Ending(pub String);

impl<'de> Deserialize<'de> for Ending {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if (1..=40).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("`ending` is 1 to 40 of a-z, 0-9 and -"))
        }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let not_base64 = |_| D::Error::custom("bytes are base64url without padding");
        BASE64_URL_SAFE_NO_PAD.decode(text).map(Self).map_err(not_base64)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// The body as the operation wants it, or `malformed` with what is wrong about it.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::malformed(error.to_string()))
}

/// Parses a field of a fixed length.
pub fn exactly<const N: usize>(bytes: &Bytes, field: &str) -> Result<[u8; N], Problem> {
    let wrong = || Problem::malformed(format!("`{field}` is {} bytes, not {N}", bytes.0.len()));
    bytes.0.as_slice().try_into().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_value_is_refused_by_name() {
        let problem = parse::<OutcomeRequest>(br#"{"result":"perhaps","ending":"x"}"#).unwrap_err();
        assert!(problem.to_string().contains("`perhaps`"), "{problem}");
    }

    #[test]
    fn bytes_with_padding_or_of_the_other_alphabet_are_refused() {
        for wrong in ["\"AAE=\"", "\"+/8\"", "\"A\""] {
            assert!(serde_json::from_str::<Bytes>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(serde_json::from_str::<Bytes>("\"-_8\"").unwrap().0, [0xFB, 0xFF]);
    }

    #[test]
    fn an_id_has_one_form_only() {
        let text = "9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42";
        assert!(Id::parse(text).is_some());
        for wrong in [text.to_uppercase(), text.replace('-', ""), format!("urn:uuid:{text}")] {
            assert!(Id::parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn outcomes_rise_in_the_order_of_the_contract() {
        use OutcomeResult::{Abandoned, Done, NotDone, Unknown};
        assert!(Abandoned < Unknown && Unknown < NotDone && NotDone < Done);
    }
}
