// SPDX-License-Identifier: MIT OR Apache-2.0
//! `POST /v1/sessions`: everything that can be refused is refused here, before the resident types
//! anything (reset-profile section 2, step 2).

use ring::rand::SecureRandom as _;
use uuid::Uuid;

use super::admission::{Shown, card_in_order, reservation_in_order};
use super::{Call, Failure};
use crate::certificates::{AuthenticationCertificate, CardCertificates};
use crate::policy::Offer;
use crate::problem::Problem;
use crate::profile::NONCE_BYTES;
use crate::reservation::{SESSION_LASTS, expires_at};
use crate::store::sessions::{self, Session};
use crate::store::{closures, housekeeping, tickets};
use crate::wire::{Bytes, SessionAnswer, SessionRequest};

/// EF 0006 holds 0x20 bytes (public card map).
const TOKEN_INFO_BYTES: usize = 0x20;

/// Opens a session.
pub async fn open(call: &mut Call<'_>, request: SessionRequest) -> Result<SessionAnswer, Failure> {
    if request.card_token_info.len() > TOKEN_INFO_BYTES {
        return Err(Problem::malformed("`card_token_info` is longer than EF 0006").into());
    }
    kiosk_in_order(call, &request).await?;
    let authorities = &call.service.authorities;
    let card = CardCertificates::verify(
        &request.key_agreement_certificate.0,
        &request.attestation_certificate.0,
        &authorities.card,
    )?;
    let certificate = AuthenticationCertificate::verify(
        &request.authentication_certificate.0,
        &authorities.user_authentication,
    )?;
    let shown = Shown { serial: &certificate.serial, is_in_date: certificate.is_in_date(call.now) };
    let row = card_in_order(call, card.card_id, shown).await?;
    if row.authentication_key != certificate.key_hash {
        let why = "the user-authentication key is not this card's";
        return Err(Problem::CardNotGenuine { why }.into());
    }
    housekeeping::lapse(call.connection, Some(card.card_id), call.now).await?;
    let reservation = reservation_in_order(call, card.card_id, None).await?;
    let receipt_wanted = tickets::is_receipt_wanted(call.connection, card.card_id).await?;
    let session = new_session(call, card, certificate, reservation.id, &request)?;
    sessions::open(call.connection, &session).await?;
    Ok(SessionAnswer {
        session_id: session.id,
        nonce: Bytes(session.nonce.to_vec()),
        expires_at: session.expires_at,
        reservation_expires_at: expires_at(reservation.made_at),
        receipt_wanted,
    })
}

fn new_session(
    call: &Call<'_>,
    card: CardCertificates,
    certificate: AuthenticationCertificate,
    reservation_id: Uuid,
    request: &SessionRequest,
) -> Result<Session, Failure> {
    Ok(Session {
        id: Uuid::new_v4(),
        unit: call.kiosk.urn.clone(),
        kiosk_id: call.kiosk.kiosk_id,
        card_id: card.card_id,
        reservation_id,
        nonce: nonce(call)?,
        attestation_key: card.attestation_key,
        authentication_key: certificate.public_key,
        authentication_serial: certificate.serial,
        authentication_expires: certificate.not_after,
        software: request.software.to_string(),
        opened_at: call.now,
        expires_at: call.now + SESSION_LASTS,
        granted_until: None,
        result: None,
        line: 0,
    })
}

/// The hours, the software and the offer of this unit.
async fn kiosk_in_order(call: &mut Call<'_>, request: &SessionRequest) -> Result<(), Failure> {
    let policy = call.service.policy.current();
    let closures = closures::ahead(call.connection, call.now).await?;
    policy.admits_new_session(&closures, call.now)?;
    if request.software < policy.minimum_software {
        let minimum = policy.minimum_software.clone();
        return Err(Problem::SoftwareTooOld { minimum }.into());
    }
    let wanted = Offer { target: request.target, profile: request.profile };
    if !policy.services_of(&call.kiosk.store).contains(&wanted) {
        return Err(Problem::KioskNotAuthorised { why: "not offering this service" }.into());
    }
    Ok(())
}

fn nonce(call: &Call<'_>) -> Result<[u8; NONCE_BYTES], Failure> {
    let mut nonce = [0; NONCE_BYTES];
    call.service.random.fill(&mut nonce).map_err(|_| Failure::Random)?;
    Ok(nonce)
}
