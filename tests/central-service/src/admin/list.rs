// SPDX-License-Identifier: MIT OR Apache-2.0
//! `list`: reservations with their ticket, receipt and outcome; kiosks with their last heartbeat.
//! Reads only.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::AdminError;
use crate::reservation::{State, expires_at};
use crate::store::{Store, StoreError, moment, parsed, units};

/// A reservation as `list --json` shows it.
#[derive(Debug, Serialize)]
pub struct ListedReservation {
    /// Its id.
    pub reservation_id: String,
    /// The card.
    pub card_id: String,
    /// The PIN.
    pub target: String,
    /// OPEN, HELD, ISSUED, CONSUMED or UNRESOLVED.
    pub state: String,
    /// Since when.
    pub state_since: Timestamp,
    /// When the resident made it.
    pub made_at: Timestamp,
    /// When its 24 hours are over.
    pub expires_at: Timestamp,
    /// OPEN, and its 24 hours are over.
    pub is_expired: bool,
    /// The card has a newer one.
    pub is_superseded: bool,
    /// The unit of its last session.
    pub unit: Option<String>,
    /// Its last session.
    pub session_id: Option<String>,
    /// Its last ticket.
    pub ticket_id: Option<String>,
    /// What is known of that: done, not_done, superseded or nothing.
    pub ticket_result: Option<String>,
    /// On whose word: the card's, the kiosk's, the operator's.
    pub word_of: Option<String>,
    /// Whether that is a receipt of the card about this very ticket.
    pub receipt_verified: bool,
    /// What the kiosk's last outcome was recorded as.
    pub last_outcome: Option<String>,
    /// The kiosk's code with it.
    pub last_ending: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    card_id: String,
    target: String,
    state: String,
    state_since: i64,
    made_at: i64,
    superseded_by: Option<String>,
    session_id: Option<String>,
    unit: Option<String>,
    ticket_id: Option<String>,
    settled: Option<String>,
    evidence: Option<String>,
    recorded: Option<String>,
    ending: Option<String>,
}

const RESERVATIONS: &str = "
    SELECT reservations.id, reservations.card_id, reservations.target, reservations.state,
           reservations.state_since, reservations.made_at, reservations.superseded_by,
           reservations.session_id, sessions.unit, tickets.id AS ticket_id, tickets.settled,
           tickets.evidence, outcomes.recorded, outcomes.ending
    FROM reservations
    LEFT JOIN sessions ON sessions.id = reservations.session_id
    LEFT JOIN tickets ON tickets.line =
        (SELECT MAX(line) FROM tickets WHERE reservation_id = reservations.id)
    LEFT JOIN outcomes ON outcomes.line =
        (SELECT MAX(line) FROM outcomes WHERE session_id = reservations.session_id)
    ORDER BY reservations.line";

/// All reservations, oldest first.
pub async fn reservations(
    store: &Store,
    now: Timestamp,
) -> Result<Vec<ListedReservation>, AdminError> {
    let mut connection = store.read().await?;
    let rows: Vec<Row> =
        sqlx::query_as(RESERVATIONS).fetch_all(&mut *connection).await.map_err(StoreError::from)?;
    rows.into_iter().map(|row| listed(row, now)).collect()
}

fn listed(row: Row, now: Timestamp) -> Result<ListedReservation, AdminError> {
    let is_open = parsed::<State>(&row.state)? == State::Open;
    let expires_at = expires_at(moment(row.made_at));
    let receipt_verified = row.evidence.as_deref() == Some("card")
        && matches!(row.settled.as_deref(), Some("done" | "not_done"));
    Ok(ListedReservation {
        reservation_id: row.id,
        card_id: row.card_id,
        target: row.target,
        state: row.state,
        state_since: moment(row.state_since),
        made_at: moment(row.made_at),
        expires_at,
        is_expired: is_open && now >= expires_at,
        is_superseded: row.superseded_by.is_some(),
        unit: row.unit,
        session_id: row.session_id,
        ticket_id: row.ticket_id,
        ticket_result: row.settled,
        word_of: row.evidence,
        receipt_verified,
        last_outcome: row.recorded,
        last_ending: row.ending,
    })
}

/// A kiosk as `list --units --json` shows it.
#[derive(Debug, Serialize)]
pub struct ListedUnit {
    /// `urn:kiosk:<store>:<unit>`.
    pub unit: String,
    /// Since when it is revoked.
    pub revoked_at: Option<Timestamp>,
    /// Its last heartbeat, as it came.
    pub heartbeat: Option<Box<RawValue>>,
    /// When that came.
    pub heartbeat_at: Option<Timestamp>,
}

/// All kiosks.
pub async fn units(store: &Store) -> Result<Vec<ListedUnit>, AdminError> {
    let mut connection = store.read().await?;
    let units = units::all(&mut connection).await?;
    let listed = units.into_iter().map(|unit| ListedUnit {
        unit: unit.urn,
        revoked_at: unit.revoked_at,
        heartbeat: unit.heartbeat.and_then(|text| RawValue::from_string(text).ok()),
        heartbeat_at: unit.heartbeat_at,
    });
    Ok(listed.collect())
}
