// SPDX-License-Identifier: MIT OR Apache-2.0
//! `settle`: a person decides about a reservation whose receipt never came, by means outside the
//! service (the card was seen at a counter, say). Marked as the operator's word.

use jiff::Timestamp;
use uuid::Uuid;

use super::AdminError;
use crate::reservation::{State, Step};
use crate::settlement::Evidence;
use crate::store::reservations::{self, Cause};
use crate::store::tickets::{self, Settled};
use crate::store::{Store, StoreError};

/// Settles an ISSUED or UNRESOLVED reservation; where it stands then.
pub async fn settle(
    store: &Store,
    reservation_id: Uuid,
    is_done: bool,
    now: Timestamp,
) -> Result<State, AdminError> {
    let mut transaction = store.write().await?;
    let found = reservations::find(&mut transaction, reservation_id).await?;
    let waits = |state| matches!(state, State::Issued | State::Unresolved);
    let Some(mut reservation) = found.filter(|reservation| waits(reservation.state)) else {
        return Err(AdminError::NothingToSettle(reservation_id.to_string()));
    };
    let (settled, step) = if is_done {
        (Settled::Done, Step::SettleDone)
    } else {
        (Settled::NotDone, Step::SettleNotDone)
    };
    let tickets = tickets::of_card(&mut transaction, reservation.card_id).await?;
    let mut waiting = tickets
        .iter()
        .filter(|ticket| ticket.reservation_id == reservation_id && ticket.settled.is_none())
        .peekable();
    while let Some(ticket) = waiting.next() {
        // One reset is one ticket: where it was done, by the last.
        let is_last = waiting.peek().is_none();
        let settled = if is_done && !is_last { Settled::Superseded } else { settled };
        tickets::settle(&mut transaction, ticket.id, settled, Evidence::Operator, now).await?;
    }
    let cause = Cause { evidence: Some(Evidence::Operator), ..Cause::default() };
    reservations::advance(&mut transaction, &mut reservation, step, cause, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(reservation.state)
}
