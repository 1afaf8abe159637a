// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes with a resident from state to state, from the opening of the service's session until
//! its outcome.

use alloc::boxed::Box;
use core::num::NonZeroU8;
use core::time::Duration;

use crate::TARGET;
use crate::carried::{KioskId, Nonce, Opaque, Papers, SessionId, TicketId, UnixTime};
use crate::central::Opened;
use crate::effect::OutcomeResult;

/// One resident's session at the service.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) papers: Papers,
    pub(crate) session: SessionId,
    pub(crate) nonce: Nonce,
    pub(crate) kiosk: KioskId,
    pub(crate) reservation_until: UnixTime,
    /// Of the PIN that proves. A visit with none left ends, so that it is never asked for.
    pub(crate) retries_left: NonZeroU8,
    /// The resident stopped after a wrong PIN if they stop now.
    pub(crate) was_refused: bool,
    /// The service holds the reservation for this session.
    pub(crate) is_granted: bool,
    pub(crate) tickets_asked: u8,
    pub(crate) last_asked: Duration,
    pub(crate) ticket: Option<TicketId>,
}

impl Visit {
    pub(crate) fn new(opened: &Opened, papers: Papers, retries_left: NonZeroU8) -> Box<Self> {
        Box::new(Self {
            papers,
            session: opened.session,
            nonce: opened.nonce,
            kiosk: opened.kiosk,
            reservation_until: opened.reservation_until,
            retries_left,
            was_refused: false,
            is_granted: false,
            tickets_asked: 0,
            last_asked: Duration::ZERO,
            ticket: None,
        })
    }

    /// The right PIN fills its counter again (reset-profile.md section 2, step 3), should the
    /// resident go back to type it once more.
    pub(crate) const fn was_proved(&mut self) {
        self.was_refused = false;
        if let Some(full) = NonZeroU8::new(TARGET.proved_by().full_retries()) {
            self.retries_left = full;
        }
    }

    /// What the service is told when this ends before RESET RETRY COUNTER was sent.
    pub(crate) const fn result_before_writing(&self) -> OutcomeResult {
        match self.tickets_asked {
            0 => OutcomeResult::Abandoned,
            _ => OutcomeResult::NotDone,
        }
    }
}

/// A visit whose ticket was presented: from here on only the card's receipt can tell.
#[derive(Debug)]
pub(crate) struct Presented {
    pub(crate) visit: Box<Visit>,
    pub(crate) ticket: TicketId,
    pub(crate) response: Opaque,
}
