// SPDX-License-Identifier: MIT OR Apache-2.0
//! RESET RETRY COUNTER, and what the receipt says when its answer was lost (reset-profile.md
//! section 8). Nothing here can be cancelled, and no second reset is ever sent.

use core::time::Duration;

use super::choosing::sitting;
use super::conclusion::Conclusion;
use super::facts::Facts;
use super::state::State;
use super::turn::Turn;
use super::visit::Presented;
use super::waiting::{Patience, Pending};
use crate::card::{CardFault, CardReply, CardRequest, ReadBack, Verdict, Written};
use crate::effect::{Anomaly, Effect, PadCommand, Record, Sound};
use crate::ending::{Doubt, Ending};
use crate::event::Event;
use crate::limits::Limit;
use crate::pin::PinHandle;
use crate::view::{May, Screen, SettlingStep, View, WorkingStep};

#[derive(Debug)]
pub(crate) struct Writing {
    presented: Presented,
    pending: Pending,
}

impl Writing {
    pub(crate) fn begin(presented: Presented, pin: PinHandle, turn: &mut Turn<'_>) -> State {
        let (session, ticket) = (presented.visit.session, presented.ticket);
        turn.push(Effect::Journal(Record::ResetSent { session, ticket }));
        let nonce = presented.visit.nonce;
        let pending = turn.ask_card(CardRequest::Write { pin, nonce });
        Self { presented, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        let Self { presented, pending } = self;
        match event {
            Event::Card(id, reply) if pending.is(id) => written(presented, reply, turn),
            Event::MediaRemoved | Event::ReaderLost => {
                turn.sound(Sound::PutBack);
                Settling::new(presented, Step::Writing(pending), turn.facts).into()
            }
            // `reset-sent` was not kept, so the write behind it was never begun.
            Event::JournalFailed => {
                turn.journal_failed();
                let visit = &presented.visit;
                Conclusion::before_writing(visit, Ending::InternalFault).reach(visit, turn)
            }
            other if pending.is_overrun(&other, turn.facts) => give_up(&presented, turn),
            _ => Self { presented, pending }.into(),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let screen = Screen::Working { step: WorkingStep::Writing };
        View { leave_card: true, ..facts.show(screen) }
    }
}

/// The worker's answer to the write, whether or not the card has been lifted since.
fn written(presented: Presented, reply: CardReply, turn: &mut Turn<'_>) -> State {
    let written = match reply {
        CardReply::Written(written) => written,
        other => {
            turn.card_fault(&other);
            Written::Unknown
        }
    };
    match written {
        Written::Done { receipt, read_back: ReadBack::Confirmed | ReadBack::NotDue } => {
            Conclusion::done(receipt).reach(&presented.visit, turn)
        }
        Written::Done { receipt, read_back: ReadBack::NotConfirmed } => {
            turn.note(Anomaly::ReadBackFailed);
            let conclusion = Conclusion::done_but_not_read_back(receipt);
            conclusion.reach(&presented.visit, turn)
        }
        Written::NotDone { receipt } => {
            Conclusion::not_done(&presented.visit, receipt).reach(&presented.visit, turn)
        }
        Written::Unknown => {
            turn.pad(PadCommand::WipeAll);
            Settling::resume(presented, turn)
        }
    }
}

/// Nothing can be asked of this card any more in this process.
fn give_up(presented: &Presented, turn: &mut Turn<'_>) -> State {
    turn.give_up_card_worker();
    Conclusion::unknown(Doubt::ReaderStuck).reach(&presented.visit, turn)
}

/// What became of the card is not known; its receipt will tell if it can be asked.
#[derive(Debug)]
pub(crate) struct Settling {
    presented: Presented,
    step: Step,
    patience: Patience,
}

#[derive(Debug)]
enum Step {
    /// The card was lifted and the worker has not answered yet.
    Writing(Pending),
    /// No card, or another one.
    Awaiting { other_card: bool },
    /// The card lies there and did not answer.
    AwaitingAnew,
    /// The receipt is being read.
    Asking(Pending),
}

impl Settling {
    fn new(presented: Presented, step: Step, facts: &Facts) -> Self {
        Self { presented, step, patience: Patience::with_warning(Limit::Settling, facts) }
    }

    /// Asks the card that lies there, or waits for it.
    pub(crate) fn resume(presented: Presented, turn: &mut Turn<'_>) -> State {
        if turn.facts.has_card() {
            let step = Step::Asking(turn.ask_card(presented.settle()));
            return Self::new(presented, step, turn.facts).into();
        }
        turn.sound(Sound::PutBack);
        let settling = Self::new(presented, Step::Awaiting { other_card: false }, turn.facts);
        settling.unless_stopping(turn)
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Card(id, reply) if self.pending().is_some_and(|it| it.is(id)) => {
                self.answered(reply, turn)
            }
            Event::MediaInserted | Event::CardPresentAtStart => match self.step {
                Step::Awaiting { .. } | Step::AwaitingAnew => Self::resume(self.presented, turn),
                // Its answer comes first; then the card that lies there is asked.
                Step::Writing(_) | Step::Asking(_) => self.into(),
            },
            Event::MediaRemoved | Event::ReaderLost => match self.step {
                Step::Writing(_) => self.into(),
                Step::Awaiting { .. } | Step::AwaitingAnew | Step::Asking(_) => {
                    self.awaiting(Step::Awaiting { other_card: false }, turn)
                }
            },
            Event::Stopping => self.unless_stopping(turn),
            other if self.pending().is_some_and(|it| it.is_overrun(&other, turn.facts)) => {
                give_up(&self.presented, turn)
            }
            other if self.pending().is_none() => {
                match turn.patience_is_over(&other, &mut self.patience) {
                    true => self.stays_uncertain(turn),
                    false => self.into(),
                }
            }
            other => {
                self.patience.hear(&other, turn.facts);
                self.into()
            }
        }
    }

    fn answered(self, reply: CardReply, turn: &mut Turn<'_>) -> State {
        if matches!(self.step, Step::Writing(_)) {
            return written(self.presented, reply, turn);
        }
        let CardReply::Settled(verdict) = reply else {
            let step = match turn.card_fault(&reply) {
                Some(CardFault::CardGone | CardFault::ReaderGone) => {
                    Step::Awaiting { other_card: false }
                }
                Some(CardFault::Unreadable | CardFault::SeveralCards) | None => Step::AwaitingAnew,
            };
            return self.awaiting(step, turn);
        };
        let visit = &self.presented.visit;
        match verdict {
            Verdict::Done { receipt } => Conclusion::done(receipt).reach(visit, turn),
            Verdict::NotDone { receipt } => {
                Conclusion::not_done(visit, Some(receipt)).reach(visit, turn)
            }
            Verdict::Unknown => Conclusion::unknown(Doubt::AnswerLost).reach(visit, turn),
            Verdict::OtherCard => self.awaiting(Step::Awaiting { other_card: true }, turn),
        }
    }

    fn awaiting(self, step: Step, turn: &mut Turn<'_>) -> State {
        Self::new(self.presented, step, turn.facts).unless_stopping(turn)
    }

    /// SIGTERM waits for the answer that is due, not for a resident.
    fn unless_stopping(self, turn: &mut Turn<'_>) -> State {
        if turn.facts.is_stopping() && self.pending().is_none() {
            return self.stays_uncertain(turn);
        }
        self.into()
    }

    /// The service is told `unknown`; while the ending is shown the card may still be put back.
    fn stays_uncertain(self, turn: &mut Turn<'_>) -> State {
        let doubt = match self.step {
            Step::Writing(_) | Step::Awaiting { .. } => Doubt::CardLifted,
            Step::AwaitingAnew | Step::Asking(_) => Doubt::AnswerLost,
        };
        let conclusion = Conclusion::unknown(doubt);
        conclusion.reach_unsettled(self.presented, turn)
    }

    const fn pending(&self) -> Option<&Pending> {
        match &self.step {
            Step::Writing(pending) | Step::Asking(pending) => Some(pending),
            Step::Awaiting { .. } | Step::AwaitingAnew => None,
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        match self.pending() {
            Some(pending) => Some(pending.deadline()),
            None => Some(self.patience.deadline(facts)),
        }
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let step = match self.step {
            Step::Writing(_) => SettlingStep::PutBack { other_card: false },
            Step::Awaiting { other_card } => SettlingStep::PutBack { other_card },
            Step::AwaitingAnew => SettlingStep::PutBackAnew,
            Step::Asking(_) => SettlingStep::Asking,
        };
        let view = sitting(Screen::Settling { step }, &self.patience, facts);
        let is_asking = matches!(step, SettlingStep::Asking);
        let warning_seconds = view.warning_seconds.filter(|_| self.pending().is_none());
        let more_time = warning_seconds.is_some();
        let may = May { more_time, ..May::default() };
        View { may, warning_seconds, leave_card: is_asking, ..view }
    }
}

impl Presented {
    /// The question that only the receipt answers.
    pub(crate) fn settle(&self) -> CardRequest {
        CardRequest::Settle {
            papers: self.visit.papers.clone(),
            nonce: self.visit.nonce,
            response: self.response.clone(),
        }
    }
}
