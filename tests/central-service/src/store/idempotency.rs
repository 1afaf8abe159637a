// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stored answers (central-api, "Idempotency-Key"): scoped to unit and path, kept for 24 hours,
//! written in the very transaction whose answer they are. So there is no moment in which the work
//! is done and its answer is not known, and of two requests at once the second finds the first's.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Connection, StoreError, millis};

/// How long an answer is kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Under which an answer is kept.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The unit's URN.
    pub unit: &'a str,
    /// The request's path.
    pub path: &'a str,
    /// The Idempotency-Key.
    pub key: Uuid,
}

/// An answer as it went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// SHA-256 of the request's body.
    pub body_hash: Vec<u8>,
    /// HTTP status.
    pub status: u16,
    /// The answer's body; its type follows from the status.
    pub answer: Vec<u8>,
}

/// The answer under this key, where one is kept.
pub async fn find(
    connection: &mut Connection,
    scope: Scope<'_>,
    now: Timestamp,
) -> Result<Option<StoredAnswer>, StoreError> {
    let row: Option<(Vec<u8>, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT body_hash, status, answer FROM idempotency
         WHERE unit = $1 AND path = $2 AND key = $3 AND stored_at > $4",
    )
    .bind(scope.unit)
    .bind(scope.path)
    .bind(scope.key.to_string())
    .bind(millis(now) - kept_millis())
    .fetch_optional(connection)
    .await?;
    row.map(|(body_hash, status, answer)| {
        let status =
            u16::try_from(status).map_err(|_| StoreError::Row(format!("status {status}")))?;
        Ok(StoredAnswer { body_hash, status, answer })
    })
    .transpose()
}

/// Keeps an answer; one that is over 24 hours old makes room.
pub async fn keep(
    connection: &mut Connection,
    scope: Scope<'_>,
    stored: &StoredAnswer,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO idempotency (unit, path, key, body_hash, status, answer, stored_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (unit, path, key) DO UPDATE SET body_hash = excluded.body_hash,
             status = excluded.status, answer = excluded.answer, stored_at = excluded.stored_at",
    )
    .bind(scope.unit)
    .bind(scope.path)
    .bind(scope.key.to_string())
    .bind(&stored.body_hash)
    .bind(i64::from(stored.status))
    .bind(&stored.answer)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets what is over 24 hours old.
pub async fn purge(connection: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM idempotency WHERE stored_at <= $1")
        .bind(millis(now) - kept_millis())
        .execute(connection)
        .await?;
    Ok(())
}

fn kept_millis() -> i64 {
    KEPT.as_secs() * 1_000
}
