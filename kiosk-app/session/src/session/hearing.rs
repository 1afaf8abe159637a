// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an event means to a state that waits: the answer it waits for, an ending from outside, or
//! nothing.

use super::turn::Turn;
use super::waiting::{Lapse, Patience, Pending};
use crate::card::{CardFault, CardReply};
use crate::central::CentralReply;
use crate::effect::Sound;
use crate::ending::Ending;
use crate::event::{ClosedReason, Event, Touch};

#[derive(Debug)]
pub(crate) enum Heard<A> {
    Answer(A),
    Ending(Ending),
    Nothing,
}

/// Takes the payload out of the reply that a request asks for, and gives any other back.
macro_rules! answer {
    ($reply:ident::$kind:ident) => {
        |reply| match reply {
            $reply::$kind(answer) => Ok(answer),
            reply => Err(reply),
        }
    };
}
pub(crate) use answer;

impl Turn<'_> {
    /// For a state that waits for one answer of the card worker and for nothing else.
    pub(crate) fn hear_card<A>(
        &mut self,
        event: Event,
        pending: &Pending,
        wanted: impl FnOnce(CardReply) -> Result<A, CardReply>,
    ) -> Heard<A> {
        match event {
            Event::Card(id, reply) if pending.is(id) => match wanted(reply) {
                Ok(answer) => Heard::Answer(answer),
                Err(reply) => Heard::Ending(self.card_failure(&reply)),
            },
            other => self.ends_card_wait(&other, pending).map_or(Heard::Nothing, Heard::Ending),
        }
    }

    /// For a state that waits for one answer of the central worker and for nothing else.
    pub(crate) fn hear_central<A>(
        &mut self,
        event: Event,
        pending: &Pending,
        wanted: impl FnOnce(CentralReply) -> Result<A, CentralReply>,
    ) -> Heard<A> {
        match event {
            Event::Central(id, reply) if pending.is(id) => match wanted(reply) {
                Ok(answer) => Heard::Answer(answer),
                Err(reply) => Heard::Ending(self.central_failure(&reply)),
            },
            other => self.ends_central_wait(&other, pending).map_or(Heard::Nothing, Heard::Ending),
        }
    }

    /// For a state that waits for the resident: why it ends with this event, if it does.
    pub(crate) fn ends_sitting(
        &mut self,
        event: &Event,
        patience: &mut Patience,
    ) -> Option<Ending> {
        if self.patience_is_over(event, patience) {
            return Some(Ending::WalkedAway);
        }
        self.interrupts(event)
    }

    /// For a state that waits for the card worker.
    pub(crate) fn ends_card_wait(&mut self, event: &Event, pending: &Pending) -> Option<Ending> {
        if pending.is_overrun(event, self.facts) {
            self.give_up_card_worker();
            return Some(Ending::ReaderStuck);
        }
        self.interrupts(event)
    }

    /// For a state that waits for the central worker.
    fn ends_central_wait(&mut self, event: &Event, pending: &Pending) -> Option<Ending> {
        if pending.is_overrun(event, self.facts) {
            self.note_central_overrun();
            return Some(Ending::ServiceUnreachable);
        }
        self.interrupts(event)
    }

    /// Lets the warning be heard when it begins.
    pub(crate) fn patience_is_over(&mut self, event: &Event, patience: &mut Patience) -> bool {
        match patience.hear(event, self.facts) {
            Lapse::None => false,
            Lapse::Warning => {
                self.sound(Sound::Warning);
                false
            }
            Lapse::Over => true,
        }
    }

    /// What ends every session before writing, whatever it was doing.
    pub(crate) fn interrupts(&mut self, event: &Event) -> Option<Ending> {
        match event {
            Event::Touched(Touch::Cancel) => Some(Ending::Cancelled),
            Event::MediaRemoved => Some(Ending::CardLifted),
            Event::SeveralCards => Some(Ending::SeveralCards),
            Event::ReaderLost => Some(Ending::ReaderGone),
            Event::Stopping => Some(stopped()),
            Event::JournalFailed => {
                self.journal_failed();
                Some(Ending::InternalFault)
            }
            Event::Submitted { .. } => {
                self.note_unexpected_submission();
                None
            }
            Event::Touched(_)
            | Event::Typed(_)
            | Event::Card(..)
            | Event::Central(..)
            | Event::MediaInserted
            | Event::CardPresentAtStart
            | Event::ReaderBack
            | Event::ServiceHours(_)
            | Event::PolicyGranted { .. }
            | Event::LimitsChanged(_)
            | Event::LeaseWanted { .. }
            | Event::LeaseEnded
            | Event::ClockChecked { .. }
            | Event::DataChecked { .. }
            | Event::JournalBack
            | Event::Staff(_)
            | Event::TimePassed => None,
        }
    }

    /// The ending of a card's answer that is not the one asked for.
    pub(crate) fn card_failure(&mut self, reply: &CardReply) -> Ending {
        self.card_fault(reply).map_or(Ending::InternalFault, CardFault::ending)
    }

    /// The fault in a card's answer that is not the one asked for; none, and a note, where it is
    /// an answer to something else.
    pub(crate) fn card_fault(&mut self, reply: &CardReply) -> Option<CardFault> {
        match reply {
            CardReply::Failed(fault) => Some(*fault),
            CardReply::Read(_)
            | CardReply::Checked(_)
            | CardReply::ReceiptRead(_)
            | CardReply::Recognised(_)
            | CardReply::Verified(_)
            | CardReply::Signed(_)
            | CardReply::Challenged(_)
            | CardReply::Presented(_)
            | CardReply::Written(_)
            | CardReply::Settled(_) => {
                self.note_unexpected_reply();
                None
            }
        }
    }

    /// The ending of a service's answer that is not the one asked for.
    fn central_failure(&mut self, reply: &CentralReply) -> Ending {
        match reply {
            CentralReply::Denied(denial) => denial.ending(),
            CentralReply::Failed(fault) => fault.ending(),
            CentralReply::Opened(_)
            | CentralReply::ReceiptTaken(_)
            | CentralReply::Granted
            | CentralReply::Ticketed(_)
            | CentralReply::Recorded => {
                self.note_unexpected_reply();
                Ending::InternalFault
            }
        }
    }
}

/// SIGTERM before writing, in a resident's words.
pub(crate) const fn stopped() -> Ending {
    Ending::ServiceClosed { reason: ClosedReason::Maintenance, opens_at: None }
}
