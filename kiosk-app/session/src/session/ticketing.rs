// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service's ticket for this card and this reset: asked for over the card's challenge, shown to
//! the card (reset-profile.md section 2, steps 6 to 8), withdrawn when it is not to be used.

use alloc::boxed::Box;
use core::time::Duration;

use super::conclusion::Conclusion;
use super::facts::Facts;
use super::hearing::{Heard, answer, stopped};
use super::opening::{ReadingReceipt, working};
use super::state::State;
use super::turn::Turn;
use super::visit::{Presented, Visit};
use super::waiting::Pending;
use super::writing::Writing;
use crate::card::{CardFault, CardReply, CardRequest, Presentation, Verdict};
use crate::carried::Opaque;
use crate::central::{CentralReply, CentralRequest, Ticketed};
use crate::effect::{Anomaly, Effect, Record};
use crate::ending::{Ending, UnitFault};
use crate::event::{Event, Touch};
use crate::limits::Limit;
use crate::pin::PinHandle;
use crate::view::{May, View, WorkingStep};

/// Tickets asked for in one session: a second one after the card refused the first and its receipt
/// told the service where its counter stands. The service would give three.
const MOST_TICKETS: u8 = 2;

#[derive(Debug)]
pub(crate) struct Challenging {
    visit: Box<Visit>,
    pin: PinHandle,
    pending: Pending,
}

impl Challenging {
    pub(crate) fn begin(visit: Box<Visit>, pin: PinHandle, turn: &mut Turn<'_>) -> State {
        let pending = turn.ask_card(CardRequest::Challenge);
        Self { visit, pin, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match turn.hear_card(event, &self.pending, answer!(CardReply::Challenged)) {
            Heard::Answer(request) => Ticketing::begin(self.visit, self.pin, request, turn),
            Heard::Ending(ending) => turn.conclude(&self.visit, ending),
            Heard::Nothing => self.into(),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        working(WorkingStep::Authorising, facts)
    }
}

#[derive(Debug)]
pub(crate) struct Ticketing {
    visit: Box<Visit>,
    pin: PinHandle,
    pending: Pending,
}

impl Ticketing {
    fn begin(mut visit: Box<Visit>, pin: PinHandle, request: Opaque, turn: &mut Turn<'_>) -> State {
        let session = visit.session;
        visit.tickets_asked += 1;
        visit.last_asked = turn.facts.now();
        turn.push(Effect::Journal(Record::TicketRequested { session }));
        let pending = turn.ask_central(CentralRequest::Ticket { session, request });
        Self { visit, pin, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match turn.hear_central(event, &self.pending, answer!(CentralReply::Ticketed)) {
            Heard::Answer(ticketed) => Presenting::begin(self.visit, self.pin, ticketed, turn),
            Heard::Ending(ending) => turn.conclude(&self.visit, ending),
            Heard::Nothing => self.into(),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        working(WorkingStep::Authorising, facts)
    }
}

/// EXTERNAL and GENERAL AUTHENTICATE are under way. A wish to stop waits for their answer, so that
/// the ticket can be withdrawn and the reservation opens again.
#[derive(Debug)]
pub(crate) struct Presenting {
    presented: Presented,
    pin: PinHandle,
    pending: Pending,
    wish: Option<Ending>,
}

impl Presenting {
    fn begin(
        mut visit: Box<Visit>,
        pin: PinHandle,
        ticketed: Ticketed,
        turn: &mut Turn<'_>,
    ) -> State {
        let Ticketed { ticket, response } = ticketed;
        visit.ticket = Some(ticket);
        turn.push(Effect::Journal(Record::TicketPresented { session: visit.session, ticket }));
        let kiosk = visit.kiosk;
        let pending = turn.ask_card(CardRequest::Present { response: response.clone(), kiosk });
        Self { presented: Presented { visit, ticket, response }, pin, pending, wish: None }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Card(id, reply) if self.pending.is(id) => self.answered(reply, turn),
            Event::Touched(Touch::Cancel) => self.wishing(Ending::Cancelled),
            Event::SeveralCards => self.wishing(Ending::SeveralCards),
            Event::Stopping => self.wishing(stopped()),
            other => match turn.ends_card_wait(&other, &self.pending) {
                Some(ending) => turn.conclude(&self.presented.visit, ending),
                None => self.into(),
            },
        }
    }

    fn wishing(self, ending: Ending) -> State {
        Self { wish: self.wish.or(Some(ending)), ..self }.into()
    }

    fn answered(self, reply: CardReply, turn: &mut Turn<'_>) -> State {
        let Self { presented, pin, pending: _, wish } = self;
        let CardReply::Presented(presentation) = reply else {
            return match turn.card_fault(&reply) {
                Some(fault @ (CardFault::CardGone | CardFault::ReaderGone)) => {
                    turn.conclude(&presented.visit, fault.ending())
                }
                Some(fault @ (CardFault::Unreadable | CardFault::SeveralCards)) => {
                    Withdrawing::begin(presented, fault.ending(), turn)
                }
                None => Withdrawing::begin(presented, Ending::InternalFault, turn),
            };
        };
        match (presentation, wish) {
            (Presentation::Accepted, None) => Writing::begin(presented, pin, turn),
            (Presentation::Accepted, Some(ending)) => Withdrawing::begin(presented, ending, turn),
            (Presentation::NotGenuine, _) => {
                Withdrawing::begin(presented, Ending::CardNotGenuine, turn)
            }
            (Presentation::Unfit, _) => {
                turn.conclude(&presented.visit, Ending::UnitFault(UnitFault::TicketUnfit))
            }
            (Presentation::Refused, Some(ending)) => turn.conclude(&presented.visit, ending),
            (Presentation::Refused, None) => refused(presented.visit, pin, turn),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let view = working(WorkingStep::Authorising, facts);
        View { may: May { cancel: self.wish.is_none(), ..view.may }, ..view }
    }
}

/// The service may be behind with this card's counter, which its receipt tells.
fn refused(visit: Box<Visit>, pin: PinHandle, turn: &mut Turn<'_>) -> State {
    turn.note(Anomaly::TicketRefused);
    if visit.tickets_asked >= MOST_TICKETS {
        return turn.conclude(&visit, Ending::UnitFault(UnitFault::TicketRefused));
    }
    ReadingReceipt::begin(visit, Some(pin), turn)
}

/// Until the service takes the next ticket request of this session.
#[derive(Debug)]
pub(crate) struct Pausing {
    visit: Box<Visit>,
    pin: PinHandle,
    until: Duration,
}

impl Pausing {
    pub(crate) fn new(visit: Box<Visit>, pin: PinHandle, facts: &Facts) -> Self {
        let until = visit.last_asked + facts.limit(Limit::TicketInterval);
        Self { visit, pin, until }
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::TimePassed if turn.facts.now() >= self.until => {
                Challenging::begin(self.visit, self.pin, turn)
            }
            other => match turn.interrupts(&other) {
                Some(ending) => turn.conclude(&self.visit, ending),
                None => self.into(),
            },
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.until)
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        working(WorkingStep::Authorising, facts)
    }
}

/// The card is made to drop the ticket, and its receipt then proves that nothing was done: the
/// reservation is open again at once.
#[derive(Debug)]
pub(crate) struct Withdrawing {
    presented: Presented,
    ending: Ending,
    pending: Pending,
}

impl Withdrawing {
    fn begin(presented: Presented, ending: Ending, turn: &mut Turn<'_>) -> State {
        let pending = turn.ask_card(presented.settle());
        Self { presented, ending, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Card(id, reply) if self.pending.is(id) => self.withdrawn(reply, turn),
            Event::MediaRemoved | Event::ReaderLost => {
                turn.conclude(&self.presented.visit, self.ending)
            }
            other if self.pending.is_overrun(&other, turn.facts) => {
                turn.give_up_card_worker();
                turn.conclude(&self.presented.visit, self.ending)
            }
            _ => self.into(),
        }
    }

    fn withdrawn(self, reply: CardReply, turn: &mut Turn<'_>) -> State {
        let visit = &self.presented.visit;
        let CardReply::Settled(verdict) = reply else {
            turn.card_fault(&reply);
            return turn.conclude(visit, self.ending);
        };
        let receipt = match verdict {
            Verdict::NotDone { receipt } => Some(receipt),
            // No reset was sent; if the card says so all the same, nobody is told "nothing changed".
            Verdict::Done { receipt } => {
                turn.note_unexpected_reply();
                return Conclusion::done_but_not_read_back(receipt).reach(visit, turn);
            }
            Verdict::Unknown | Verdict::OtherCard => None,
        };
        Conclusion::withdrawn(visit, self.ending, receipt).reach(visit, turn)
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let view = working(WorkingStep::Authorising, facts);
        View { may: May::default(), ..view }
    }
}
