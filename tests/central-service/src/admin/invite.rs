// SPDX-License-Identifier: MIT OR Apache-2.0
//! `invite`: a one-time code with which a unit may get its first certificate, or its first after a
//! factory reset.

use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;

use super::AdminError;
use super::issue::NewKiosk;
use crate::enrolment::code::Code;
use crate::enrolment::{INVITATION_LASTS, TRIES};
use crate::identity;
use crate::store::audit::{self, Entry};
use crate::store::invitations::{self, Invitation};
use crate::store::{Store, StoreError, units};

/// What the operator is told, once.
pub struct Invited {
    /// `urn:kiosk:<store>:<unit>`.
    pub urn: String,
    /// For whoever stands before the unit.
    pub code: Code,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Invites a unit; the last invitation of the same unit is worth nothing any more.
pub async fn invite(
    store: &Store,
    kiosk: &NewKiosk,
    allows_without_tpm: bool,
    now: Timestamp,
) -> Result<Invited, AdminError> {
    let urn = identity::urn(&kiosk.store, &kiosk.unit).ok_or(AdminError::NotAName)?;
    let code = Code::random(&SystemRandom::new()).ok_or(AdminError::Random)?;
    let lasts = SignedDuration::try_from(INVITATION_LASTS).unwrap_or(SignedDuration::ZERO);
    let expires_at = now.saturating_add(lasts).unwrap_or(Timestamp::MAX);
    let mut transaction = store.write().await?;
    units::enter(&mut transaction, &urn, &kiosk.store, &kiosk.unit, now).await?;
    if units::is_revoked(&mut transaction, &urn).await? {
        return Err(AdminError::RevokedUnit(urn));
    }
    let invitation = Invitation {
        operator: kiosk.operator.clone(),
        code_hash: code.hash(),
        allows_without_tpm,
        expires_at,
        tries_left: TRIES,
        issued: None,
    };
    invitations::make(&mut transaction, &urn, &invitation).await?;
    let key_in = if allows_without_tpm { "anywhere" } else { "tpm" };
    let facts = [("key_in", key_in)];
    let entry =
        Entry { event: "kiosk-invited", unit: Some(&urn), facts: &facts, ..Entry::default() };
    audit::append(&mut transaction, now, &entry).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(Invited { urn, code, expires_at })
}
