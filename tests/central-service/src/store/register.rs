// SPDX-License-Identifier: MIT OR Apache-2.0
//! One row a card: what the register holds of it. Everything is looked up by card_id; a certificate
//! that is not that row's is not this citizen's card.

use jiff::Timestamp;

use super::{Connection, StoreError, millis, moment};
use crate::card_id::CardId;

/// A card's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The card.
    pub card_id: CardId,
    /// SHA-256 over the SubjectPublicKeyInfo of its user-authentication certificate.
    pub authentication_key: Vec<u8>,
    /// That certificate's serial.
    pub authentication_serial: String,
    /// Its signature certificate, where it has one.
    pub signature: Option<SignatureCertificate>,
    /// Since when it is suspended.
    pub suspended_at: Option<Timestamp>,
}

/// What the register holds of a signature certificate (署名用電子証明書).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureCertificate {
    /// Its serial.
    pub serial: String,
    /// Its last moment.
    pub not_after: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    authentication_key: Vec<u8>,
    authentication_serial: String,
    signature_serial: Option<String>,
    signature_not_after: Option<i64>,
    suspended_at: Option<i64>,
}

/// Enters a card, or brings its certificates up to date; a suspension stays.
pub async fn enter(
    connection: &mut Connection,
    card: &Card,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cards (card_id, authentication_key, authentication_serial, signature_serial,
                            signature_not_after, registered_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (card_id) DO UPDATE SET
             authentication_key = excluded.authentication_key,
             authentication_serial = excluded.authentication_serial,
             signature_serial = excluded.signature_serial,
             signature_not_after = excluded.signature_not_after",
    )
    .bind(card.card_id.to_string())
    .bind(&card.authentication_key)
    .bind(&card.authentication_serial)
    .bind(card.signature.as_ref().map(|signature| &signature.serial))
    .bind(card.signature.as_ref().map(|signature| millis(signature.not_after)))
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// The card's row.
pub async fn find(
    connection: &mut Connection,
    card_id: CardId,
) -> Result<Option<Card>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT authentication_key, authentication_serial, signature_serial, signature_not_after,
                suspended_at
         FROM cards WHERE card_id = $1",
    )
    .bind(card_id.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Card {
        card_id,
        authentication_key: row.authentication_key,
        authentication_serial: row.authentication_serial,
        signature: row.signature_serial.zip(row.signature_not_after).map(|(serial, not_after)| {
            SignatureCertificate { serial, not_after: moment(not_after) }
        }),
        suspended_at: row.suspended_at.map(moment),
    }))
}

/// Suspends a card, or lifts the suspension; whether there is such a card.
pub async fn suspend(
    connection: &mut Connection,
    card_id: CardId,
    since: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE cards SET suspended_at = $1 WHERE card_id = $2")
        .bind(since.map(millis))
        .bind(card_id.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The highest ticket counter issued for the card or seen in its receipts.
pub async fn last_counter(connection: &mut Connection, card_id: CardId) -> Result<u32, StoreError> {
    let last: i64 = sqlx::query_scalar(
        "SELECT COALESCE(MAX(counter), 0) FROM (
             SELECT counter_reported AS counter FROM cards WHERE card_id = $1
             UNION ALL
             SELECT counter FROM tickets WHERE card_id = $1) AS counters",
    )
    .bind(card_id.to_string())
    .fetch_one(connection)
    .await?;
    u32::try_from(last).map_err(|_| StoreError::Row(format!("counter {last}")))
}

/// Raises the card's counter to at least a receipt's.
pub async fn report_counter(
    connection: &mut Connection,
    card_id: CardId,
    counter: u32,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE cards SET counter_reported = $1 WHERE card_id = $2 AND counter_reported < $1",
    )
    .bind(i64::from(counter))
    .bind(card_id.to_string())
    .execute(connection)
    .await?;
    Ok(())
}
