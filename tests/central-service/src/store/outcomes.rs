// SPDX-License-Identifier: MIT OR Apache-2.0
//! What kiosks told: every outcome and every receipt as it came, each with its audit line. The
//! head of the chain is kept with the outcome, because it went out with it.

use jiff::Timestamp;
use uuid::Uuid;

use super::audit::{self, Entry, Line};
use super::{Connection, StoreError, millis};
use crate::card_id::CardId;
use crate::wire::OutcomeResult;

/// An outcome to be recorded.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// Of this session.
    pub session_id: Uuid,
    /// By this unit.
    pub unit: &'a str,
    /// Which was revoked when it told.
    pub is_unit_revoked: bool,
    /// What the kiosk said.
    pub posted: OutcomeResult,
    /// What is recorded.
    pub recorded: OutcomeResult,
    /// Code of the kiosk's endings table.
    pub ending: &'a str,
    /// The receipt that came with it.
    pub receipt: Option<&'a [u8]>,
}

/// A verified receipt to be recorded.
#[derive(Debug)]
pub struct ReceivedReceipt<'a> {
    /// Of this card.
    pub card_id: CardId,
    /// From this unit.
    pub unit: &'a str,
    /// Which was revoked when it came.
    pub is_unit_revoked: bool,
    /// In this session.
    pub session_id: Option<Uuid>,
    /// Over this nonce.
    pub nonce: &'a [u8],
    /// The bytes.
    pub receipt: &'a [u8],
    /// What it settled.
    pub result: OutcomeResult,
}

/// Records an outcome; the audit line whose head goes out.
pub async fn record(
    connection: &mut Connection,
    outcome: &Outcome<'_>,
    now: Timestamp,
) -> Result<Line, StoreError> {
    let entry = Entry {
        event: "outcome-recorded",
        session_id: Some(outcome.session_id),
        unit: Some(outcome.unit),
        facts: &[
            ("posted", outcome.posted.as_str()),
            ("recorded", outcome.recorded.as_str()),
            ("ending", outcome.ending),
            ("unit_is", standing(outcome.is_unit_revoked)),
        ],
        ..Entry::default()
    };
    let line = audit::append(connection, now, &entry).await?;
    sqlx::query(
        "INSERT INTO outcomes (line, session_id, unit, from_revoked, posted, recorded, ending,
                               receipt, recorded_at, audit_head)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(line.number)
    .bind(outcome.session_id.to_string())
    .bind(outcome.unit)
    .bind(i64::from(outcome.is_unit_revoked))
    .bind(outcome.posted.as_str())
    .bind(outcome.recorded.as_str())
    .bind(outcome.ending)
    .bind(outcome.receipt)
    .bind(millis(now))
    .bind(line.head.as_slice())
    .execute(connection)
    .await?;
    Ok(line)
}

/// Records a receipt that came by itself.
pub async fn record_receipt(
    connection: &mut Connection,
    received: &ReceivedReceipt<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = Entry {
        event: "receipt-recorded",
        card_id: Some(received.card_id),
        session_id: received.session_id,
        unit: Some(received.unit),
        facts: &[
            ("result", received.result.as_str()),
            ("unit_is", standing(received.is_unit_revoked)),
        ],
        ..Entry::default()
    };
    let line = audit::append(connection, now, &entry).await?;
    sqlx::query(
        "INSERT INTO receipts (line, card_id, unit, from_revoked, session_id, nonce, receipt,
                               result, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(line.number)
    .bind(received.card_id.to_string())
    .bind(received.unit)
    .bind(i64::from(received.is_unit_revoked))
    .bind(received.session_id.map(|id| id.to_string()))
    .bind(received.nonce)
    .bind(received.receipt)
    .bind(received.result.as_str())
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

fn standing(is_revoked: bool) -> &'static str {
    if is_revoked { "revoked" } else { "authorised" }
}
