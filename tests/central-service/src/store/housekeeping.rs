// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the passing of time does: holds run out, receipts are overdue, stored answers are
//! forgotten. Done for a card before each call that looks at it, and for all cards now and then, so
//! that `list` shows it without a call.

use jiff::Timestamp;

use super::reservations::{self, Cause};
use super::{Connection, StoreError, idempotency, millis, parsed};
use crate::card_id::CardId;
use crate::reservation::{RECEIPT_WITHIN, Step};

/// Reservations whose hold is over, or whose last ticket ended 10 minutes ago.
const DUE: &str = "
    SELECT reservations.id,
           CASE reservations.state WHEN 'HELD' THEN 1 ELSE 0 END AS is_held
    FROM reservations
    WHERE reservations.card_id = COALESCE($1, reservations.card_id)
      AND ((reservations.state = 'HELD' AND reservations.held_until <= $2)
           OR (reservations.state = 'ISSUED' AND $3 >=
               (SELECT MAX(not_after) FROM tickets
                WHERE tickets.reservation_id = reservations.id)))
    ORDER BY reservations.line";

/// Lets the time pass for one card, or for all.
pub async fn lapse(
    connection: &mut Connection,
    card_id: Option<CardId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let overdue = millis(now) - RECEIPT_WITHIN.as_secs() * 1_000;
    let due: Vec<(String, bool)> = sqlx::query_as(DUE)
        .bind(card_id.map(|card| card.to_string()))
        .bind(millis(now))
        .bind(overdue)
        .fetch_all(&mut *connection)
        .await?;
    for (id, is_held) in due {
        let found = reservations::find(connection, parsed(&id)?).await?;
        let Some(mut reservation) = found else { continue };
        let step = if is_held { Step::HoldRanOut } else { Step::ReceiptOverdue };
        let cause = Cause { session_id: reservation.session_id, ..Cause::default() };
        reservations::advance(connection, &mut reservation, step, cause, now).await?;
    }
    Ok(())
}

/// One round over everything.
pub async fn round(connection: &mut Connection, now: Timestamp) -> Result<(), StoreError> {
    lapse(connection, None, now).await?;
    idempotency::purge(connection, now).await
}
