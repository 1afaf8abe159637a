// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service opens a session for this card, and settles an earlier ticket first where one is
//! unresolved (reset-profile.md section 2, step 2).

use alloc::boxed::Box;
use core::num::NonZeroU8;
use core::time::Duration;

use super::facts::Facts;
use super::hearing::{Heard, answer};
use super::proving::Beware;
use super::state::State;
use super::ticketing::Pausing;
use super::turn::Turn;
use super::visit::Visit;
use super::waiting::Pending;
use crate::card::{CardReply, CardRequest};
use crate::carried::{Opaque, Papers};
use crate::central::{CentralReply, CentralRequest, Opened, ReservationState};
use crate::ending::Ending;
use crate::event::Event;
use crate::pin::PinHandle;
use crate::view::{May, Screen, View, WorkingStep};

#[derive(Debug)]
pub(crate) struct Opening {
    papers: Papers,
    retries_left: NonZeroU8,
    pending: Pending,
}

impl Opening {
    pub(crate) fn begin(papers: Papers, retries_left: NonZeroU8, turn: &mut Turn<'_>) -> State {
        let pending = turn.ask_central(CentralRequest::OpenSession { papers: papers.clone() });
        Self { papers, retries_left, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match turn.hear_central(event, &self.pending, answer!(CentralReply::Opened)) {
            Heard::Answer(opened) => self.opened(&opened, turn),
            Heard::Ending(ending) => turn.end(ending),
            Heard::Nothing => self.into(),
        }
    }

    fn opened(self, opened: &Opened, turn: &mut Turn<'_>) -> State {
        let visit = Visit::new(opened, self.papers, self.retries_left);
        if opened.receipt_wanted {
            ReadingReceipt::begin(visit, None, turn)
        } else {
            Beware::new(visit, turn.facts).into()
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        working(WorkingStep::Opening, facts)
    }
}

/// The card's receipt is read for the service: at the opening, or with the new PIN in hand after
/// the card refused a ticket.
#[derive(Debug)]
pub(crate) struct ReadingReceipt {
    visit: Box<Visit>,
    pin: Option<PinHandle>,
    pending: Pending,
}

impl ReadingReceipt {
    pub(crate) fn begin(visit: Box<Visit>, pin: Option<PinHandle>, turn: &mut Turn<'_>) -> State {
        let pending = turn.ask_card(CardRequest::ReadReceipt { nonce: visit.nonce });
        Self { visit, pin, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match turn.hear_card(event, &self.pending, answer!(CardReply::ReceiptRead)) {
            Heard::Answer(receipt) => DeliveringReceipt::begin(self.visit, self.pin, receipt, turn),
            Heard::Ending(ending) => turn.conclude(&self.visit, ending),
            Heard::Nothing => self.into(),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        working(step_of(self.pin.as_ref()), facts)
    }
}

#[derive(Debug)]
pub(crate) struct DeliveringReceipt {
    visit: Box<Visit>,
    pin: Option<PinHandle>,
    pending: Pending,
}

impl DeliveringReceipt {
    fn begin(
        visit: Box<Visit>,
        pin: Option<PinHandle>,
        receipt: Opaque,
        turn: &mut Turn<'_>,
    ) -> State {
        let pending = turn.ask_central(CentralRequest::DeliverReceipt {
            session: Some(visit.session),
            nonce: visit.nonce,
            receipt,
            attestation_certificate: visit.papers.attestation_certificate.clone(),
        });
        Self { visit, pin, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match turn.hear_central(event, &self.pending, answer!(CentralReply::ReceiptTaken)) {
            Heard::Answer(taken) => Self::taken(self.visit, self.pin, taken.reservation, turn),
            Heard::Ending(ending) => turn.conclude(&self.visit, ending),
            Heard::Nothing => self.into(),
        }
    }

    fn taken(
        visit: Box<Visit>,
        pin: Option<PinHandle>,
        reservation: ReservationState,
        turn: &mut Turn<'_>,
    ) -> State {
        match (reservation, pin) {
            (ReservationState::Open, None) => Beware::new(visit, turn.facts).into(),
            (ReservationState::Open, Some(pin)) => Pausing::new(visit, pin, turn.facts).into(),
            // At an earlier visit, nobody here knows when.
            (ReservationState::Used, _) => {
                turn.conclude(&visit, Ending::ReservationUsed { at: None })
            }
            (ReservationState::None, _) => turn.conclude(&visit, Ending::ReservationNotFound),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        working(step_of(self.pin.as_ref()), facts)
    }
}

/// A step that can still be cancelled.
pub(crate) fn working(step: WorkingStep, facts: &Facts) -> View {
    let may = May { cancel: true, ..May::default() };
    View { may, leave_card: true, ..facts.show(Screen::Working { step }) }
}

const fn step_of(pin: Option<&PinHandle>) -> WorkingStep {
    match pin {
        None => WorkingStep::Opening,
        Some(_) => WorkingStep::Authorising,
    }
}
