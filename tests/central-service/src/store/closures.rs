// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the operator closed with `close`, until `open` or until its time is over.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Connection, StoreError, millis, moment};
use crate::policy::{Closure, ClosureKind};

/// Those that are not over.
pub async fn ahead(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<Vec<Closure>, StoreError> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT kind, from_time, until_time FROM closures WHERE until_time > $1 ORDER BY from_time",
    )
    .bind(millis(now))
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(kind, from, until)| {
            let kind = match kind.as_str() {
                "closed" => ClosureKind::Closed,
                "maintenance" => ClosureKind::Maintenance,
                _ => return Err(StoreError::Row(kind)),
            };
            Ok(Closure { kind, from: moment(from), until: moment(until) })
        })
        .collect()
}

/// Closes.
pub async fn close(connection: &mut Connection, closure: &Closure) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO closures (id, kind, from_time, until_time) VALUES ($1, $2, $3, $4)")
        .bind(Uuid::new_v4().to_string())
        .bind(closure.kind.as_str())
        .bind(millis(closure.from))
        .bind(millis(closure.until))
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends every closure that is not over; how many there were.
pub async fn open(connection: &mut Connection, now: Timestamp) -> Result<u64, StoreError> {
    let ended = sqlx::query("DELETE FROM closures WHERE until_time > $1")
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(ended.rows_affected())
}
