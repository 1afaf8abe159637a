// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosks: known since their certificate was issued or since they first called, revoked or
//! not, and the last heartbeat of each.

use jiff::Timestamp;

use super::{Connection, StoreError, millis, moment};
use crate::identity::Kiosk;

/// A unit, for `list --units`.
#[derive(Debug)]
pub struct Unit {
    /// `urn:kiosk:<store>:<unit>`.
    pub urn: String,
    /// Since when it is revoked.
    pub revoked_at: Option<Timestamp>,
    /// Its last heartbeat, JSON text.
    pub heartbeat: Option<String>,
    /// When that came.
    pub heartbeat_at: Option<Timestamp>,
}

type Row = (String, Option<i64>, Option<String>, Option<i64>);

/// Enters a unit, unless it is known.
pub async fn enter(
    connection: &mut Connection,
    urn: &str,
    store: &str,
    unit: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO units (urn, store, unit, first_seen) VALUES ($1, $2, $3, $4)
         ON CONFLICT (urn) DO NOTHING",
    )
    .bind(urn)
    .bind(store)
    .bind(unit)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Enters the kiosk that calls.
pub async fn seen(
    connection: &mut Connection,
    kiosk: &Kiosk,
    now: Timestamp,
) -> Result<(), StoreError> {
    enter(connection, &kiosk.urn, &kiosk.store, &kiosk.unit, now).await
}

/// Whether a unit is revoked.
pub async fn is_revoked(connection: &mut Connection, urn: &str) -> Result<bool, StoreError> {
    let rows: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM units WHERE urn = $1 AND revoked_at IS NOT NULL")
            .bind(urn)
            .fetch_one(connection)
            .await?;
    Ok(rows > 0)
}

/// Revokes the units of this name, in one store or in all; their URNs.
pub async fn revoke(
    connection: &mut Connection,
    unit: &str,
    store: Option<&str>,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let urns = sqlx::query_scalar(
        "UPDATE units SET revoked_at = COALESCE(revoked_at, $1)
         WHERE unit = $2 AND store = COALESCE($3, store) RETURNING urn",
    )
    .bind(millis(now))
    .bind(unit)
    .bind(store)
    .fetch_all(connection)
    .await?;
    Ok(urns)
}

/// Keeps a unit's last heartbeat.
pub async fn keep_heartbeat(
    connection: &mut Connection,
    urn: &str,
    heartbeat: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE units SET heartbeat = $1, heartbeat_at = $2 WHERE urn = $3")
        .bind(heartbeat)
        .bind(millis(now))
        .bind(urn)
        .execute(connection)
        .await?;
    Ok(())
}

/// All units.
pub async fn all(connection: &mut Connection) -> Result<Vec<Unit>, StoreError> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT urn, revoked_at, heartbeat, heartbeat_at FROM units ORDER BY urn")
            .fetch_all(connection)
            .await?;
    let units = rows.into_iter().map(|(urn, revoked_at, heartbeat, heartbeat_at)| Unit {
        urn,
        revoked_at: revoked_at.map(moment),
        heartbeat,
        heartbeat_at: heartbeat_at.map(moment),
    });
    Ok(units.collect())
}
