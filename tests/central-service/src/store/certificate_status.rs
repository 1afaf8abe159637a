// SPDX-License-Identifier: MIT OR Apache-2.0
//! The certificate status table: revoked by an operator, or by the CRL of that CA. A CRL replaces
//! what the CRL before it said, so that a hold can be lifted.

use jiff::Timestamp;

use super::{Connection, StoreError, millis, moment};
use crate::certificates::{JpkiAuthority, RevocationList};

/// Whether a certificate is revoked.
pub async fn is_revoked(
    connection: &mut Connection,
    authority: JpkiAuthority,
    serial: &str,
) -> Result<bool, StoreError> {
    let lines: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM certificate_status WHERE authority = $1 AND serial = $2",
    )
    .bind(authority.as_str())
    .bind(serial)
    .fetch_one(connection)
    .await?;
    Ok(lines > 0)
}

/// Revokes one certificate by the operator's hand.
pub async fn revoke(
    connection: &mut Connection,
    authority: JpkiAuthority,
    serial: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO certificate_status (authority, serial, source, reason, revoked_at)
         VALUES ($1, $2, 'operator', $3, $4)
         ON CONFLICT (authority, serial, source) DO UPDATE SET reason = excluded.reason",
    )
    .bind(authority.as_str())
    .bind(serial)
    .bind(reason)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// When the CA's imported list was made.
pub async fn list_made_at(
    connection: &mut Connection,
    authority: JpkiAuthority,
) -> Result<Option<Timestamp>, StoreError> {
    let made_at: Option<i64> =
        sqlx::query_scalar("SELECT this_update FROM revocation_lists WHERE authority = $1")
            .bind(authority.as_str())
            .fetch_optional(connection)
            .await?;
    Ok(made_at.map(moment))
}

/// Puts a list in the place of the CA's last.
pub async fn import(
    connection: &mut Connection,
    authority: JpkiAuthority,
    list: &RevocationList,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM certificate_status WHERE authority = $1 AND source = 'crl'")
        .bind(authority.as_str())
        .execute(&mut *connection)
        .await?;
    for revoked in &list.revoked {
        sqlx::query(
            "INSERT INTO certificate_status (authority, serial, source, reason, revoked_at)
             VALUES ($1, $2, 'crl', $3, $4)
             ON CONFLICT (authority, serial, source) DO NOTHING",
        )
        .bind(authority.as_str())
        .bind(&revoked.serial)
        .bind(revoked.reason)
        .bind(millis(revoked.revoked_at))
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query(
        "INSERT INTO revocation_lists (authority, this_update, next_update, imported_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (authority) DO UPDATE SET this_update = excluded.this_update,
             next_update = excluded.next_update, imported_at = excluded.imported_at",
    )
    .bind(authority.as_str())
    .bind(millis(list.this_update))
    .bind(list.next_update.map(millis))
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}
