// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carries out what a receipt says: raises the card's counter, settles tickets by the table of
//! `settlement`, and moves the reservations that they were for.

use uuid::Uuid;

use super::{Call, Failure};
use crate::profile::Receipt;
use crate::reservation::{State, Step};
use crate::settlement::{Evidence, NonceFacts, Verdict, verdict};
use crate::store::register;
use crate::store::reservations::{self, Cause};
use crate::store::tickets::{self, IssuedTicket, Settled};
use crate::wire::OutcomeResult;

/// Applies a verified receipt; what is now known of the ticket in question.
pub async fn apply(
    call: &mut Call<'_>,
    receipt: &Receipt,
    nonce: Option<NonceFacts>,
    session_id: Option<Uuid>,
) -> Result<OutcomeResult, Failure> {
    register::report_counter(call.connection, receipt.card_id, receipt.counter).await?;
    let tickets = tickets::of_card(call.connection, receipt.card_id).await?;
    let mut is_done = false;
    for ticket in &tickets {
        let Some((settled, evidence)) = news(ticket, receipt, nonce) else { continue };
        tickets::settle(call.connection, ticket.id, settled, evidence, call.now).await?;
        let cause = Cause {
            session_id,
            ticket_id: Some(ticket.id),
            unit: Some(&call.kiosk.urn),
            evidence: Some(evidence),
        };
        move_reservation(call, ticket, settled, cause).await?;
        is_done |= settled == Settled::Done;
    }
    if is_done {
        return Ok(OutcomeResult::Done);
    }
    let after = tickets::of_card(call.connection, receipt.card_id).await?;
    Ok(result(&tickets, &after, receipt))
}

/// What is known of the tickets of one session, or of one reservation, together: done where one of
/// them was; not done where each is settled and the last as not done. One that a later ticket
/// superseded is not known by itself.
pub fn known<'a>(tickets: impl IntoIterator<Item = &'a IssuedTicket>) -> Option<OutcomeResult> {
    let settled: Vec<_> = tickets.into_iter().map(|ticket| ticket.settled).collect();
    if settled.contains(&Some(Settled::Done)) {
        return Some(OutcomeResult::Done);
    }
    let came_to_nothing =
        !settled.contains(&None) && settled.last() == Some(&Some(Settled::NotDone));
    came_to_nothing.then_some(OutcomeResult::NotDone)
}

/// What the receipt tells of this ticket that was not known: of a settled one, only that it was
/// done after all.
fn news(
    ticket: &IssuedTicket,
    receipt: &Receipt,
    nonce: Option<NonceFacts>,
) -> Option<(Settled, Evidence)> {
    match (verdict(&ticket.facts(), receipt, nonce), ticket.settled) {
        (_, Some(Settled::Done)) | (Verdict::Unknown, _) => None,
        (Verdict::Done, _) => Some((Settled::Done, Evidence::Card)),
        (Verdict::NotDone(evidence), None) => Some((Settled::NotDone, evidence)),
        (Verdict::Superseded, None) => Some((Settled::Superseded, Evidence::Card)),
        (Verdict::NotDone(_) | Verdict::Superseded, Some(_)) => None,
    }
}

/// Done consumes the reservation; not done frees it once every ticket of it came to nothing.
pub async fn move_reservation(
    call: &mut Call<'_>,
    ticket: &IssuedTicket,
    settled: Settled,
    cause: Cause<'_>,
) -> Result<(), Failure> {
    let found = reservations::find(call.connection, ticket.reservation_id).await?;
    let Some(mut reservation) = found else { return Ok(()) };
    let step = match settled {
        Settled::Done => Step::SettleDone,
        Settled::NotDone | Settled::Superseded => Step::SettleNotDone,
    };
    let is_free = match settled {
        Settled::Done => reservation.state != State::Consumed,
        Settled::NotDone | Settled::Superseded => {
            let tickets = tickets::of_card(call.connection, ticket.card_id).await?;
            let of_reservation = tickets.iter().filter(|t| t.reservation_id == reservation.id);
            matches!(reservation.state, State::Issued | State::Unresolved)
                && known(of_reservation) == Some(OutcomeResult::NotDone)
        }
    };
    if is_free {
        reservations::advance(call.connection, &mut reservation, step, cause, call.now).await?;
    }
    Ok(())
}

/// The ticket in question is the newest that was open; where none was, the one that the receipt
/// names; else the card's newest.
fn result(before: &[IssuedTicket], after: &[IssuedTicket], receipt: &Receipt) -> OutcomeResult {
    let open = before.iter().rfind(|ticket| ticket.settled.is_none());
    let named = || before.iter().find(|ticket| *ticket.id.as_bytes() == receipt.ticket_id);
    let in_question = open.or_else(named).or(before.last());
    let settled = in_question
        .and_then(|question| after.iter().find(|ticket| ticket.id == question.id))
        .and_then(|ticket| ticket.settled);
    match settled {
        Some(Settled::Done) => OutcomeResult::Done,
        Some(Settled::NotDone) => OutcomeResult::NotDone,
        Some(Settled::Superseded) | None => OutcomeResult::Unknown,
    }
}
