// SPDX-License-Identifier: MIT OR Apache-2.0
//! `audit verify` and `audit export`. A line of the export is the chain's head, a space and the
//! entry's bytes, so that anyone can recompute it: head = SHA-256(head before || entry).

use super::AdminError;
use crate::store::Store;
use crate::store::audit::{self, Verification};
use crate::wire::Bytes;

/// Recomputes the chain.
pub async fn verify(store: &Store) -> Result<Verification, AdminError> {
    let mut connection = store.read().await?;
    Ok(audit::verify(&mut connection).await?)
}

/// All lines as text.
pub async fn export(store: &Store) -> Result<String, AdminError> {
    let mut connection = store.read().await?;
    let lines = audit::lines(&mut connection).await?;
    let text = lines.into_iter().map(|line| format!("{} {}\n", Bytes(line.hash), line.entry));
    Ok(text.collect())
}
