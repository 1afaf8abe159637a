// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sessions: a card before a kiosk. They belong to the unit, so that a renewed certificate keeps
//! them; the kiosk_id in the card's bytes is fixed when they open.

use jiff::Timestamp;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{Connection, StoreError, millis, moment, parsed};
use crate::card_id::CardId;
use crate::profile::{KIOSK_ID_BYTES, NONCE_BYTES};
use crate::settlement::NonceFacts;
use crate::wire::OutcomeResult;

/// A session's row.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// URN of the unit that opened it.
    pub unit: String,
    /// That unit's kiosk_id at the time.
    pub kiosk_id: [u8; KIOSK_ID_BYTES],
    /// The card.
    pub card_id: CardId,
    /// The reservation.
    pub reservation_id: Uuid,
    /// What proof and receipt are over.
    pub nonce: [u8; NONCE_BYTES],
    /// Public key of 00E1.
    pub attestation_key: Vec<u8>,
    /// RSAPublicKey of 000A.
    pub authentication_key: Vec<u8>,
    /// Serial of 000A, as the register keeps it.
    pub authentication_serial: String,
    /// Last moment of 000A.
    pub authentication_expires: Timestamp,
    /// The kiosk's software.
    pub software: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Until when the proof must have come.
    pub expires_at: Timestamp,
    /// Until when it is granted.
    pub granted_until: Option<Timestamp>,
    /// How it ended, as far as is known.
    pub result: Option<OutcomeResult>,
    /// The audit line with which it was opened.
    pub line: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    unit: String,
    kiosk_id: Vec<u8>,
    card_id: String,
    reservation_id: String,
    nonce: Vec<u8>,
    attestation_key: Vec<u8>,
    authentication_key: Vec<u8>,
    authentication_serial: String,
    authentication_expires: i64,
    software: String,
    opened_at: i64,
    expires_at: i64,
    granted_until: Option<i64>,
    result: Option<String>,
    line: i64,
}

impl TryFrom<Row> for Session {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let wrong = |column: &str| StoreError::Row(format!("{column} of session {}", row.id));
        let result = row.result.as_deref();
        Ok(Self {
            id: parsed(&row.id)?,
            kiosk_id: row.kiosk_id.as_slice().try_into().map_err(|_| wrong("kiosk_id"))?,
            card_id: parsed(&row.card_id)?,
            reservation_id: parsed(&row.reservation_id)?,
            nonce: row.nonce.as_slice().try_into().map_err(|_| wrong("nonce"))?,
            authentication_expires: moment(row.authentication_expires),
            opened_at: moment(row.opened_at),
            expires_at: moment(row.expires_at),
            granted_until: row.granted_until.map(moment),
            result: result
                .map(|name| OutcomeResult::from_name(name).ok_or_else(|| wrong("result")))
                .transpose()?,
            unit: row.unit,
            attestation_key: row.attestation_key,
            authentication_key: row.authentication_key,
            authentication_serial: row.authentication_serial,
            software: row.software,
            line: row.line,
        })
    }
}

/// Enters a session, with its audit line (whose number becomes the session's).
pub async fn open(connection: &mut Connection, session: &Session) -> Result<(), StoreError> {
    let entry = Entry {
        event: "session-opened",
        card_id: Some(session.card_id),
        reservation_id: Some(session.reservation_id),
        session_id: Some(session.id),
        unit: Some(&session.unit),
        facts: &[("software", &session.software)],
        ..Entry::default()
    };
    let line = audit::append(connection, session.opened_at, &entry).await?;
    sqlx::query(
        "INSERT INTO sessions (id, unit, kiosk_id, card_id, reservation_id, nonce, attestation_key,
                               authentication_key, authentication_serial, authentication_expires,
                               software, opened_at, expires_at, line)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(session.id.to_string())
    .bind(&session.unit)
    .bind(session.kiosk_id.as_slice())
    .bind(session.card_id.to_string())
    .bind(session.reservation_id.to_string())
    .bind(session.nonce.as_slice())
    .bind(&session.attestation_key)
    .bind(&session.authentication_key)
    .bind(&session.authentication_serial)
    .bind(millis(session.authentication_expires))
    .bind(&session.software)
    .bind(millis(session.opened_at))
    .bind(millis(session.expires_at))
    .bind(line.number)
    .execute(connection)
    .await?;
    Ok(())
}

/// A session of this unit; another unit's is not found.
pub async fn find(
    connection: &mut Connection,
    id: Uuid,
    unit: &str,
) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM sessions WHERE id = $1 AND unit = $2")
        .bind(id.to_string())
        .bind(unit)
        .fetch_optional(connection)
        .await?;
    row.map(Session::try_from).transpose()
}

/// The session whose nonce this is, of whatever unit.
pub async fn of_nonce(
    connection: &mut Connection,
    nonce: &[u8; NONCE_BYTES],
) -> Result<Option<NonceFacts>, StoreError> {
    let line: Option<i64> = sqlx::query_scalar("SELECT line FROM sessions WHERE nonce = $1")
        .bind(nonce.as_slice())
        .fetch_optional(connection)
        .await?;
    Ok(line.map(|line| NonceFacts { line }))
}

/// Grants a session.
pub async fn grant(
    connection: &mut Connection,
    session: &Session,
    reservation_id: Uuid,
    granted_until: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET granted_until = $1, reservation_id = $2 WHERE id = $3")
        .bind(millis(granted_until))
        .bind(reservation_id.to_string())
        .bind(session.id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes down how a session ended, as far as is known.
pub async fn end(
    connection: &mut Connection,
    id: Uuid,
    result: OutcomeResult,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET result = $1 WHERE id = $2")
        .bind(result.as_str())
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
