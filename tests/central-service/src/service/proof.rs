// SPDX-License-Identifier: MIT OR Apache-2.0
//! `POST /v1/sessions/{id}/proof`: the card's signature over the transcript holds the reservation
//! for this session (reset-profile section 2, step 4).

use uuid::Uuid;

use super::admission::{reservation_in_order, session_in_order};
use super::{Call, Failure};
use crate::certificates::proof_holds;
use crate::problem::Problem;
use crate::profile::proof_transcript;
use crate::reservation::{GRANT_LASTS, State, Step, Target};
use crate::store::reservations::{self, Cause};
use crate::store::sessions::{self, Session};
use crate::store::{closures, housekeeping, tickets};
use crate::wire::{ProofAnswer, ProofRequest};

/// Grants a session, or not.
pub async fn grant(
    call: &mut Call<'_>,
    session_id: Uuid,
    request: ProofRequest,
) -> Result<ProofAnswer, Failure> {
    let session = running_session(call, session_id).await?;
    if session.granted_until.is_some() {
        return Err(Problem::OutOfOrder { why: "the proof was granted already" }.into());
    }
    if call.now >= session.expires_at {
        return Err(Problem::SessionExpired.into());
    }
    session_in_order(call, &session).await?;
    housekeeping::lapse(call.connection, Some(session.card_id), call.now).await?;
    let mut reservation = reservation_in_order(call, session.card_id, Some(session.id)).await?;
    if tickets::is_receipt_wanted(call.connection, session.card_id).await? {
        return Err(Problem::ReceiptWanted.into());
    }
    if reservation.state != State::Open {
        return Err(Problem::ReservationInUse.into());
    }
    if !holds(&session, &request) {
        return Err(Problem::ProofInvalid.into());
    }
    let granted_until = call.now + GRANT_LASTS;
    reservation.held_until = Some(granted_until);
    let cause =
        Cause { session_id: Some(session.id), unit: Some(&call.kiosk.urn), ..Cause::default() };
    reservations::advance(call.connection, &mut reservation, Step::Hold, cause, call.now).await?;
    sessions::grant(call.connection, &session, reservation.id, granted_until).await?;
    Ok(ProofAnswer { granted_until })
}

/// A session of this unit that has not ended, while the service is not shut.
pub(super) async fn running_session(
    call: &mut Call<'_>,
    session_id: Uuid,
) -> Result<Session, Failure> {
    let closures = closures::ahead(call.connection, call.now).await?;
    call.service.policy.current().admits_running_session(&closures, call.now)?;
    let session = sessions::find(call.connection, session_id, &call.kiosk.urn).await?;
    let session = session.ok_or(Problem::SessionNotFound)?;
    if session.result.is_some() {
        return Err(Problem::OutOfOrder { why: "the session's outcome was told" }.into());
    }
    Ok(session)
}

fn holds(session: &Session, request: &ProofRequest) -> bool {
    let transcript = proof_transcript(
        &session.nonce,
        session.id,
        &session.kiosk_id,
        session.card_id,
        Target::Signature.pin_ref(),
    );
    proof_holds(&session.authentication_key, &transcript, &request.signature.0)
}
