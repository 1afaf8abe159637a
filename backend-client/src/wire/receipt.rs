// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card's receipt and what it settled: `POST /v1/receipts`.
//!
//! It needs no session: a card that was lifted in mid-write may be put back at
//! another kiosk, on another day, and its receipt settles the ticket there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Nonce, Opaque};

/// Body of `POST /v1/receipts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverReceipt {
    /// The receipt as the card gave it.
    pub receipt: Opaque,
    /// What the receipt is over; with a session, that session's nonce.
    pub nonce: Nonce,
    /// EF 00E1 of the card, under whose key the receipt verifies.
    pub attestation_certificate: Opaque,
    /// The session in which it was read, if one is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
}

/// Answer to [`DeliverReceipt`], 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptRecorded {
    /// What the receipt says of the card's latest ticket.
    pub result: ReceiptResult,
    /// When the service wrote it down.
    pub recorded_at: Timestamp,
    /// What the card's reservation is now.
    pub reservation: ReservationState,
}

/// What a receipt settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptResult {
    /// The PIN was reset with that ticket.
    Done,
    /// It was not, and no longer can be.
    NotDone,
    /// The receipt settles nothing.
    Unknown,
}

/// The state of a card's reservation (予約) after a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// It can still be used.
    Open,
    /// Its reset was done.
    Used,
    /// There is none.
    None,
}
