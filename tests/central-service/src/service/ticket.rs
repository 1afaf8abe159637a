// SPDX-License-Identifier: MIT OR Apache-2.0
//! `POST /v1/sessions/{id}/ticket`: the register once more, then the signature (reset-profile
//! section 2, step 6, and section 3).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::admission::{in_time, session_in_order};
use super::proof::running_session;
use super::{Call, Failure};
use crate::problem::Problem;
use crate::profile::{Ticket, TicketOrder};
use crate::reservation::{State, Step, Target};
use crate::signer::{GREATEST_LIFETIME_SECONDS, Grant};
use crate::store::reservations::{self, Cause, Reservation};
use crate::store::sessions::Session;
use crate::store::tickets::{self, IssuedTicket};
use crate::store::{housekeeping, register};
use crate::wire::{Bytes, TicketAnswer, TicketRequest};

/// Tickets a session (central-api, "Order and states").
const MOST_TICKETS: usize = 3;

/// Between two tickets of a session.
const TICKET_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// How long a ticket lives: the most that the profile allows.
const TICKET_LASTS: SignedDuration =
    SignedDuration::from_secs(GREATEST_LIFETIME_SECONDS.cast_signed());

/// Issues a ticket.
pub async fn issue(
    call: &mut Call<'_>,
    session_id: Uuid,
    request: TicketRequest,
) -> Result<TicketAnswer, Failure> {
    let order = TicketOrder::parse(&request.request.0)
        .map_err(|length| Problem::malformed(format!("`request` is {length} bytes, not 48")))?;
    let session = running_session(call, session_id).await?;
    let why = "a ticket comes after a granted proof";
    let granted_until = session.granted_until.ok_or(Problem::OutOfOrder { why })?;
    if call.now >= granted_until {
        return Err(Problem::GrantExpired.into());
    }
    session_in_order(call, &session).await?;
    housekeeping::lapse(call.connection, Some(session.card_id), call.now).await?;
    within_limits(call, &session).await?;
    let mut reservation = held_reservation(call, &session, granted_until).await?;
    let issued = sign(call, &session, order, granted_until).await?;
    if reservation.state == State::Held {
        let cause = Cause {
            session_id: Some(session.id),
            ticket_id: Some(issued.ticket_id),
            unit: Some(&call.kiosk.urn),
            evidence: None,
        };
        let step = Step::Issue;
        reservations::advance(call.connection, &mut reservation, step, cause, call.now).await?;
    }
    Ok(issued)
}

/// Three a session, ten seconds apart.
async fn within_limits(call: &mut Call<'_>, session: &Session) -> Result<(), Failure> {
    let issued = tickets::of_card(call.connection, session.card_id).await?;
    let mut of_session = issued.iter().filter(|ticket| ticket.session_id == session.id);
    let Some(last) = of_session.next_back() else { return Ok(()) };
    let next_at = if of_session.count() + 1 >= MOST_TICKETS {
        session.granted_until.unwrap_or(session.expires_at)
    } else {
        last.issued_at + TICKET_INTERVAL
    };
    if call.now < next_at {
        let retry_after = Duration::try_from(next_at.duration_since(call.now)).unwrap_or_default();
        return Err(Problem::TicketLimit { retry_after }.into());
    }
    Ok(())
}

/// The reservation that this session holds. One that a receipt settled as not done within the
/// grant is held again: the proof still stands, if nobody else took it.
async fn held_reservation(
    call: &mut Call<'_>,
    session: &Session,
    granted_until: Timestamp,
) -> Result<Reservation, Failure> {
    let found = reservations::find(call.connection, session.reservation_id).await?;
    let mut reservation = found.ok_or(Problem::ReservationNotFound)?;
    if reservation.state == State::Consumed {
        return Err(Problem::ReservationUsed { used_at: reservation.state_since }.into());
    }
    let busy = reservations::is_card_busy(call.connection, session.card_id, Some(session.id));
    if busy.await? {
        return Err(Problem::ReservationInUse.into());
    }
    // One that a receipt freed after its 24 hours is over, although the grant is not.
    in_time(&reservation, call.now)?;
    match reservation.state {
        State::Open => {
            reservation.held_until = Some(granted_until);
            let cause = Cause {
                session_id: Some(session.id),
                unit: Some(&call.kiosk.urn),
                ..Cause::default()
            };
            let step = Step::Hold;
            reservations::advance(call.connection, &mut reservation, step, cause, call.now).await?;
            Ok(reservation)
        }
        State::Held | State::Issued if reservation.session_id == Some(session.id) => {
            Ok(reservation)
        }
        State::Unresolved => Err(Problem::ReceiptWanted.into()),
        State::Held | State::Issued | State::Consumed => Err(Problem::ReservationInUse.into()),
    }
}

/// Writes the ticket out, has it signed, and enters it.
async fn sign(
    call: &mut Call<'_>,
    session: &Session,
    order: TicketOrder,
    granted_until: Timestamp,
) -> Result<TicketAnswer, Failure> {
    let last_counter = register::last_counter(call.connection, session.card_id).await?;
    let id = Uuid::new_v4();
    let ticket = ticket(session, order, id, last_counter, call.now);
    let grant = Grant {
        pin_ref: ticket.pin_ref,
        card_id: session.card_id,
        kiosk_id: session.kiosk_id,
        granted_until,
        last_counter,
    };
    let bytes = ticket.to_bytes();
    let signer = &call.service.signer;
    let signature = signer.sign(&bytes, &grant, call.now)?;
    let not_after = whole_seconds(call.now) + TICKET_LASTS;
    let issued = IssuedTicket {
        id,
        session_id: session.id,
        reservation_id: session.reservation_id,
        card_id: session.card_id,
        counter: ticket.counter,
        issued_at: call.now,
        not_after,
        settled: None,
        line: 0,
    };
    let key_number = signer.key_number();
    tickets::enter(call.connection, &issued, key_number, &call.kiosk.urn).await?;
    let response = [&[key_number.as_byte()], bytes.as_slice(), &signature].concat();
    Ok(TicketAnswer { ticket_id: id, response: Bytes(response), not_after })
}

fn ticket(
    session: &Session,
    order: TicketOrder,
    id: Uuid,
    last_counter: u32,
    now: Timestamp,
) -> Ticket {
    let unix_seconds = |time: Timestamp| u64::try_from(time.as_second()).unwrap_or_default();
    Ticket {
        pin_ref: Target::Signature.pin_ref(),
        card_id: session.card_id,
        order,
        ticket_id: *id.as_bytes(),
        // At the last counter there is, the signer refuses: this one does not follow.
        counter: last_counter.saturating_add(1),
        issued_at: unix_seconds(now),
        not_after: unix_seconds(whole_seconds(now) + TICKET_LASTS),
        kiosk_id: session.kiosk_id,
    }
}

/// Tickets have no fractions of a second.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
