// SPDX-License-Identifier: MIT OR Apache-2.0
//! `POST /v1/sessions/{id}/outcome`: how a session ended, at any time after it. Outcomes only rise;
//! what a receipt settled, this one or one that came before, outweighs the kiosk's word.

use uuid::Uuid;

use super::receipt::verify;
use super::{Call, Failure, settling};
use crate::problem::Problem;
use crate::reservation::{State, Step};
use crate::settlement::NonceFacts;
use crate::store::outcomes::{self, Outcome};
use crate::store::reservations::{self, Cause};
use crate::store::sessions::{self, Session};
use crate::store::{housekeeping, tickets};
use crate::wire::{Bytes, OutcomeAnswer, OutcomeRequest, OutcomeResult};

/// Records an outcome.
pub async fn record(
    call: &mut Call<'_>,
    session_id: Uuid,
    request: OutcomeRequest,
) -> Result<OutcomeAnswer, Failure> {
    let session = sessions::find(call.connection, session_id, &call.kiosk.urn).await?;
    let session = session.ok_or(Problem::SessionNotFound)?;
    housekeeping::lapse(call.connection, Some(session.card_id), call.now).await?;
    if let Some(Bytes(receipt)) = &request.receipt {
        settle(call, &session, receipt).await?;
    }
    let tickets = tickets::of_card(call.connection, session.card_id).await?;
    let own = tickets.iter().filter(|ticket| ticket.session_id == session.id);
    let told = settling::known(own).unwrap_or(request.result);
    let recorded = session.result.map_or(told, |before| before.max(told));
    sessions::end(call.connection, session.id, recorded).await?;
    if matches!(recorded, OutcomeResult::NotDone | OutcomeResult::Abandoned) {
        release(call, &session).await?;
    }
    let outcome = Outcome {
        session_id: session.id,
        unit: &call.kiosk.urn,
        is_unit_revoked: call.is_unit_revoked,
        posted: request.result,
        recorded,
        ending: &request.ending.0,
        receipt: request.receipt.as_ref().map(|receipt| receipt.0.as_slice()),
    };
    let line = outcomes::record(call.connection, &outcome, call.now).await?;
    let audit_head = Bytes(line.head.to_vec());
    Ok(OutcomeAnswer { recorded_at: call.now, result: recorded, audit_head })
}

/// Applies the receipt, which is over this session's nonce.
async fn settle(call: &mut Call<'_>, session: &Session, receipt: &[u8]) -> Result<(), Failure> {
    let receipt = verify(receipt, &session.nonce, &session.attestation_key, session.card_id)?;
    let nonce = NonceFacts { line: session.line };
    settling::apply(call, &receipt, Some(nonce), Some(session.id)).await?;
    Ok(())
}

/// A session that ended without a ticket gives the reservation back.
async fn release(call: &mut Call<'_>, session: &Session) -> Result<(), Failure> {
    let found = reservations::find(call.connection, session.reservation_id).await?;
    let Some(mut reservation) = found else { return Ok(()) };
    if reservation.state == State::Held && reservation.session_id == Some(session.id) {
        let cause =
            Cause { session_id: Some(session.id), unit: Some(&call.kiosk.urn), ..Cause::default() };
        let step = Step::Release;
        reservations::advance(call.connection, &mut reservation, step, cause, call.now).await?;
    }
    Ok(())
}
