// SPDX-License-Identifier: MIT OR Apache-2.0
//! The invitations to enrol, one a unit.

use jiff::Timestamp;

use super::{Connection, StoreError, millis, moment};

/// An invitation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// `O` of the certificate.
    pub operator: String,
    /// Of the one-time code.
    pub code_hash: Vec<u8>,
    /// Whether the unit may keep its key outside a TPM.
    pub allows_without_tpm: bool,
    /// From then on it is worth nothing.
    pub expires_at: Timestamp,
    /// Wrong codes that it still bears.
    pub tries_left: i64,
    /// Once it was used: for which key, and the certificate.
    pub issued: Option<(Vec<u8>, Vec<u8>)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    operator: String,
    code_hash: Vec<u8>,
    allows_without_tpm: bool,
    expires_at: i64,
    tries_left: i64,
    key_hash: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
}

/// Makes a unit's invitation, in place of the one before.
pub async fn make(
    connection: &mut Connection,
    urn: &str,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM invitations WHERE unit = $1")
        .bind(urn)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO invitations
             (unit, operator, code_hash, allows_without_tpm, expires_at, tries_left)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(urn)
    .bind(&invitation.operator)
    .bind(&invitation.code_hash)
    .bind(invitation.allows_without_tpm)
    .bind(millis(invitation.expires_at))
    .bind(invitation.tries_left)
    .execute(connection)
    .await?;
    Ok(())
}

/// A unit's invitation, whatever became of it.
pub async fn find(
    connection: &mut Connection,
    urn: &str,
) -> Result<Option<Invitation>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT operator, code_hash, allows_without_tpm, expires_at, tries_left, key_hash,
                certificate
         FROM invitations WHERE unit = $1",
    )
    .bind(urn)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Invitation {
        operator: row.operator,
        code_hash: row.code_hash,
        allows_without_tpm: row.allows_without_tpm,
        expires_at: moment(row.expires_at),
        tries_left: row.tries_left,
        issued: row.key_hash.zip(row.certificate),
    }))
}

/// Takes a try.
pub async fn take_try(connection: &mut Connection, urn: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE invitations SET tries_left = tries_left - 1 WHERE unit = $1")
        .bind(urn)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes for which key it was used.
pub async fn used(
    connection: &mut Connection,
    urn: &str,
    key_hash: &[u8],
    certificate: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("UPDATE invitations SET key_hash = $1, certificate = $2 WHERE unit = $3")
        .bind(key_hash)
        .bind(certificate)
        .bind(urn)
        .execute(connection)
        .await?;
    Ok(())
}
