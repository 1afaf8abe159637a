// SPDX-License-Identifier: MIT OR Apache-2.0
//! `POST /v1/receipts`: a receipt that comes by itself. Taken from a revoked unit too, and marked;
//! never refused for the hour.

use super::{Call, Failure, settling};
use crate::card_id::CardId;
use crate::certificates::attestation;
use crate::problem::Problem;
use crate::profile::{NONCE_BYTES, Receipt, ReceiptError};
use crate::reservation::State;
use crate::store::outcomes::{self, ReceivedReceipt};
use crate::store::sessions::{self, Session};
use crate::store::{housekeeping, reservations};
use crate::wire::{Id, ReceiptAnswer, ReceiptRequest, ReservationAnswer, exactly};

impl From<ReceiptError> for Problem {
    fn from(error: ReceiptError) -> Self {
        Self::ReceiptInvalid { why: error.why() }
    }
}

/// Takes a receipt.
pub async fn take(call: &mut Call<'_>, request: ReceiptRequest) -> Result<ReceiptAnswer, Failure> {
    let nonce: [u8; NONCE_BYTES] = exactly(&request.nonce, "nonce")?;
    let session = own_session(call, request.session_id).await?;
    let card = attestation(&request.attestation_certificate.0, &call.service.authorities.card)?;
    if session.as_ref().is_some_and(|session| session.nonce != nonce) {
        return Err(Problem::ReceiptInvalid { why: "the nonce is not that session's" }.into());
    }
    if session.as_ref().is_some_and(|session| session.card_id != card.card_id) {
        return Err(Problem::ReceiptInvalid { why: "the card is not that session's" }.into());
    }
    let receipt = verify(&request.receipt.0, &nonce, &card.attestation_key, card.card_id)?;
    housekeeping::lapse(call.connection, Some(card.card_id), call.now).await?;
    let facts = sessions::of_nonce(call.connection, &nonce).await?;
    let session_id = session.map(|session| session.id);
    let result = settling::apply(call, &receipt, facts, session_id).await?;
    let received = ReceivedReceipt {
        card_id: card.card_id,
        unit: &call.kiosk.urn,
        is_unit_revoked: call.is_unit_revoked,
        session_id,
        nonce: &nonce,
        receipt: &request.receipt.0,
        result,
    };
    outcomes::record_receipt(call.connection, &received, call.now).await?;
    let reservation = reservation_answer(call, card.card_id).await?;
    Ok(ReceiptAnswer { result, recorded_at: call.now, reservation })
}

/// Verifies a receipt of this very card.
pub(super) fn verify(
    bytes: &[u8],
    nonce: &[u8; NONCE_BYTES],
    attestation_key: &[u8],
    card_id: CardId,
) -> Result<Receipt, Problem> {
    let receipt = Receipt::verify(bytes, nonce, attestation_key)?;
    if receipt.card_id != card_id {
        return Err(Problem::ReceiptInvalid { why: "its card_id is not the certificate's" });
    }
    Ok(receipt)
}

async fn own_session(call: &mut Call<'_>, id: Option<Id>) -> Result<Option<Session>, Failure> {
    let Some(Id(id)) = id else { return Ok(None) };
    let session = sessions::find(call.connection, id, &call.kiosk.urn).await?;
    Ok(Some(session.ok_or(Problem::SessionNotFound)?))
}

async fn reservation_answer(
    call: &mut Call<'_>,
    card_id: CardId,
) -> Result<ReservationAnswer, Failure> {
    let current = reservations::current(call.connection, card_id).await?;
    Ok(match current {
        Some(reservation) if reservation.state == State::Consumed => ReservationAnswer::Used,
        Some(reservation) if !reservation.is_expired(call.now) => ReservationAnswer::Open,
        _ => ReservationAnswer::None,
    })
}
