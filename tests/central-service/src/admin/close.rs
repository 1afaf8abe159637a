// SPDX-License-Identifier: MIT OR Apache-2.0
//! `close` and `open`: the operator's own closures, beside the policy's hours.

use jiff::Timestamp;

use super::AdminError;
use crate::policy::{Closure, ClosureKind};
use crate::store::audit::{self, Entry};
use crate::store::{Store, StoreError, closures};

/// Closes from now on.
pub async fn close(
    store: &Store,
    kind: ClosureKind,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), AdminError> {
    if until <= now {
        return Err(AdminError::Over(until));
    }
    let mut transaction = store.write().await?;
    closures::close(&mut transaction, &Closure { kind, from: now, until }).await?;
    let until = until.to_string();
    let entry = Entry {
        event: "service-closed",
        facts: &[("kind", kind.as_str()), ("until", &until)],
        ..Entry::default()
    };
    audit::append(&mut transaction, now, &entry).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Ends all closures; how many there were.
pub async fn open(store: &Store, now: Timestamp) -> Result<u64, AdminError> {
    let mut transaction = store.write().await?;
    let ended = closures::open(&mut transaction, now).await?;
    if ended > 0 {
        let entry = Entry { event: "service-opened", ..Entry::default() };
        audit::append(&mut transaction, now, &entry).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(ended)
}
