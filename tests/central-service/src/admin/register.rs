// SPDX-License-Identifier: MIT OR Apache-2.0
//! `register`, `reserve` and `suspend-card`: what the municipality's systems and the phone app do
//! in real life.

use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use super::{AdminError, authorities, read};
use crate::card_id::CardId;
use crate::certificates::{AuthenticationCertificate, normalised_serial};
use crate::directory::Directory;
use crate::reservation::Target;
use crate::store::audit::{self, Entry};
use crate::store::register::{self, Card, SignatureCertificate};
use crate::store::reservations::{self, Reservation};
use crate::store::{Store, StoreError};
use crate::wire::Bytes;

/// `CITIZEN.json`, the public data of a card.
#[derive(Deserialize)]
struct Citizen {
    card_id: String,
    authentication_certificate: Bytes,
    signature_certificate: Option<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    serial: String,
    not_after: Timestamp,
}

/// Enters a citizen's card, or brings its row up to date.
pub async fn enter(
    directory: &Directory,
    store: &Store,
    citizen: &Path,
    now: Timestamp,
) -> Result<CardId, AdminError> {
    let unreadable = |source| AdminError::Citizen { path: citizen.to_owned(), source };
    let parsed: Citizen = serde_json::from_slice(&read(citizen)?).map_err(unreadable)?;
    let wrong_id = |error| unreadable(serde::de::Error::custom(error));
    let card_id: CardId = parsed.card_id.parse().map_err(wrong_id)?;
    let certificate = AuthenticationCertificate::verify(
        &parsed.authentication_certificate.0,
        &authorities(directory)?.user_authentication,
    )
    .map_err(|source| AdminError::Certificate { what: "the citizen's certificate", source })?;
    let card = Card {
        card_id,
        authentication_key: certificate.key_hash,
        authentication_serial: certificate.serial,
        signature: parsed.signature_certificate.map(|signature| SignatureCertificate {
            serial: normalised_serial(&signature.serial),
            not_after: signature.not_after,
        }),
        suspended_at: None,
    };
    let mut transaction = store.write().await?;
    register::enter(&mut transaction, &card, now).await?;
    let entry = Entry { event: "card-registered", card_id: Some(card_id), ..Entry::default() };
    audit::append(&mut transaction, now, &entry).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(card_id)
}

/// Makes a reservation, as the phone app does.
pub async fn reserve(
    store: &Store,
    card_id: CardId,
    target: Target,
    made_at: Timestamp,
    now: Timestamp,
) -> Result<Reservation, AdminError> {
    let mut transaction = store.write().await?;
    if register::find(&mut transaction, card_id).await?.is_none() {
        return Err(AdminError::NoCard(card_id));
    }
    let reservation = reservations::make(&mut transaction, card_id, target, made_at, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(reservation)
}

/// Suspends a card whose loss was reported, or lifts the suspension.
pub async fn suspend(
    store: &Store,
    card_id: CardId,
    lift: bool,
    now: Timestamp,
) -> Result<(), AdminError> {
    let mut transaction = store.write().await?;
    let since = (!lift).then_some(now);
    if !register::suspend(&mut transaction, card_id, since).await? {
        return Err(AdminError::NoCard(card_id));
    }
    let event = if lift { "suspension-lifted" } else { "card-suspended" };
    let entry = Entry { event, card_id: Some(card_id), ..Entry::default() };
    audit::append(&mut transaction, now, &entry).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}
