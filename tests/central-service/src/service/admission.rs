// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is asked at the session, at the proof and at the ticket again: is the card in order, and is
//! its reservation free for this session? What no reservation could mend is told first, so that
//! nobody makes one in vain.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Call, Failure};
use crate::card_id::CardId;
use crate::certificates::JpkiAuthority;
use crate::problem::Problem;
use crate::reservation::{State, Target, expires_at};
use crate::store::register::Card;
use crate::store::reservations::{self, Reservation};
use crate::store::sessions::Session;
use crate::store::{certificate_status, register};

/// The user-authentication certificate that the card showed when its session opened.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// As the register keeps it.
    pub serial: &'a str,
    /// Whether it is in date now.
    pub is_in_date: bool,
}

/// The register once more, for a session that is open: a row that got another certificate in the
/// meantime is no longer this one's.
pub async fn session_in_order(call: &mut Call<'_>, session: &Session) -> Result<(), Failure> {
    let is_in_date = call.now <= session.authentication_expires;
    let shown = Shown { serial: &session.authentication_serial, is_in_date };
    card_in_order(call, session.card_id, shown).await?;
    Ok(())
}

/// The card's row, which must be in order. A card without a row has no reservation either.
pub async fn card_in_order(
    call: &mut Call<'_>,
    card_id: CardId,
    shown: Shown<'_>,
) -> Result<Card, Failure> {
    let card =
        register::find(call.connection, card_id).await?.ok_or(Problem::ReservationNotFound)?;
    if card.authentication_serial != shown.serial {
        let why = "the user-authentication certificate is not this card's";
        return Err(Problem::CardNotGenuine { why }.into());
    }
    if card.suspended_at.is_some() {
        return Err(Problem::CardSuspended.into());
    }
    if !shown.is_in_date {
        return Err(Problem::AuthenticationCertificateExpired.into());
    }
    let authority = JpkiAuthority::UserAuthentication;
    let serial = &card.authentication_serial;
    if certificate_status::is_revoked(call.connection, authority, serial).await? {
        return Err(Problem::AuthenticationCertificateRevoked.into());
    }
    signature_in_order(call, &card).await?;
    Ok(card)
}

/// The kiosk cannot read the signature certificate without the forgotten PIN: the register tells.
async fn signature_in_order(call: &mut Call<'_>, card: &Card) -> Result<(), Failure> {
    let signature = card.signature.as_ref().ok_or(Problem::SignatureCertificateAbsent)?;
    let authority = JpkiAuthority::DigitalSignature;
    if certificate_status::is_revoked(call.connection, authority, &signature.serial).await? {
        return Err(Problem::SignatureCertificateRevoked.into());
    }
    if call.now > signature.not_after {
        return Err(Problem::SignatureCertificateExpired.into());
    }
    Ok(())
}

/// The card's reservation, for a session that wants to open (`session_id` none) or to hold it.
///
/// One that is ISSUED or UNRESOLVED and whose session has told its outcome is passed on: the
/// receipt, which is wanted then, settles it, also after its 24 hours.
pub async fn reservation_in_order(
    call: &mut Call<'_>,
    card_id: CardId,
    session_id: Option<Uuid>,
) -> Result<Reservation, Failure> {
    let current = reservations::current(call.connection, card_id).await?;
    let reservation = current.ok_or(Problem::ReservationNotFound)?;
    if reservation.state == State::Consumed {
        return Err(Problem::ReservationUsed { used_at: reservation.state_since }.into());
    }
    if reservations::is_card_busy(call.connection, card_id, session_id).await? {
        return Err(Problem::ReservationInUse.into());
    }
    in_time(&reservation, call.now)?;
    match reservation.target {
        Target::Signature => Ok(reservation),
        target => Err(Problem::ReservationForOtherPin { target }.into()),
    }
}

/// Refuses a reservation that is free and whose 24 hours are over; one that is held may be used.
pub fn in_time(reservation: &Reservation, now: Timestamp) -> Result<(), Problem> {
    if reservation.state == State::Open && reservation.is_expired(now) {
        return Err(Problem::ReservationExpired { expired_at: expires_at(reservation.made_at) });
    }
    Ok(())
}
