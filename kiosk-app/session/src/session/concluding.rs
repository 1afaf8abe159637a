// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way out: the outcome is told, the ending shown, the card taken, the person forgotten.

use core::time::Duration;

use super::facts::Facts;
use super::state::State;
use super::turn::Turn;
use super::visit::Presented;
use super::waiting::{Patience, Pending};
use super::writing::Settling;
use crate::carried::{SessionId, UnixTime};
use crate::central::CentralReply;
use crate::effect::{Anomaly, Sound};
use crate::ending::{CardChanged, Ending};
use crate::event::{Event, Touch};
use crate::limits::{Limit, Limits};
use crate::view::{May, OutOfService, Screen, View, WorkingStep};

/// The outcome is kept; the service is given a moment to acknowledge it.
#[derive(Debug)]
pub(crate) struct Reporting {
    pending: Pending,
    session: SessionId,
    ending: Ending,
    reservation_until: Option<UnixTime>,
    unsettled: Option<Presented>,
}

impl Reporting {
    pub(crate) const fn new(
        pending: Pending,
        session: SessionId,
        ending: Ending,
        reservation_until: Option<UnixTime>,
    ) -> Self {
        Self { pending, session, ending, reservation_until, unsettled: None }
    }

    /// The card may still be put back, now or while the ending is shown.
    pub(crate) fn still_asking(self, presented: Presented) -> Self {
        Self { unsettled: Some(presented), ..self }
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Central(id, reply) if self.pending.is(id) => {
                match reply {
                    CentralReply::Recorded => {}
                    CentralReply::Denied(_) | CentralReply::Failed(_) => {
                        turn.note(Anomaly::OutcomeLeftToJournal);
                    }
                    CentralReply::Opened(_)
                    | CentralReply::ReceiptTaken(_)
                    | CentralReply::Granted
                    | CentralReply::Ticketed(_) => turn.note_unexpected_reply(),
                }
                self.show(turn)
            }
            Event::JournalFailed => {
                turn.journal_failed();
                self.show(turn)
            }
            Event::MediaInserted | Event::CardPresentAtStart => match self.unsettled.take() {
                Some(presented) => Settling::resume(presented, turn),
                None => self.into(),
            },
            other if self.pending.is_overrun(&other, turn.facts) => {
                turn.note(Anomaly::OutcomeLeftToJournal);
                self.show(turn)
            }
            _ => self.into(),
        }
    }

    fn show(self, turn: &mut Turn<'_>) -> State {
        let Self { session, ending, reservation_until, unsettled, pending: _ } = self;
        ShowingEnding::of_session(session, ending, reservation_until, unsettled, turn)
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        facts.show(Screen::Working { step: WorkingStep::Reporting })
    }
}

/// One of the endings. It stays after the card is gone, for a while.
#[derive(Debug)]
pub(crate) struct ShowingEnding {
    /// None where the service opened none.
    session: Option<SessionId>,
    ending: Ending,
    reservation_until: Option<UnixTime>,
    unsettled: Option<Presented>,
    patience: Patience,
}

impl ShowingEnding {
    /// Of what the service knows nothing of.
    pub(crate) fn without_session(ending: Ending, turn: &mut Turn<'_>) -> State {
        let patience = enter(ending, turn);
        Self { session: None, ending, reservation_until: None, unsettled: None, patience }.into()
    }

    fn of_session(
        session: SessionId,
        ending: Ending,
        reservation_until: Option<UnixTime>,
        unsettled: Option<Presented>,
        turn: &mut Turn<'_>,
    ) -> State {
        let patience = enter(ending, turn);
        Self { session: Some(session), ending, reservation_until, unsettled, patience }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Touched(Touch::Dismiss) => leave(turn),
            Event::MediaInserted | Event::CardPresentAtStart => match self.unsettled.take() {
                Some(presented) => Settling::resume(presented, turn),
                // Most often the same resident, who reads "put your card there again": the
                // language stays, nothing else does.
                None if turn.facts.takes_cards() && event == Event::MediaInserted => {
                    turn.read_card()
                }
                None => self.into(),
            },
            Event::MediaRemoved | Event::Stopping => {
                self.patience = patience_with(self.ending, turn.facts);
                self.into()
            }
            other => match turn.patience_is_over(&other, &mut self.patience) {
                true => leave(turn),
                false => self.into(),
            },
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        Some(self.patience.deadline(facts))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let take_card = facts.has_card();
        let screen = Screen::Ending {
            ending: self.ending,
            session: self.session,
            reservation_until: self.reservation_until,
            take_card,
            may_put_back: self.unsettled.is_some() && !take_card,
        };
        let warning_seconds = self.patience.seconds_left(facts);
        let may = May { dismiss: true, more_time: warning_seconds.is_some(), ..May::default() };
        View { may, warning_seconds, ..facts.show(screen) }
    }
}

/// What an ending is heard by, and how long it stays.
fn enter(ending: Ending, turn: &mut Turn<'_>) -> Patience {
    turn.sound(match ending {
        Ending::Done => Sound::Done,
        _ => Sound::Ended,
    });
    match ending {
        Ending::KioskNotAuthorised => {
            turn.facts.refused_by_service(OutOfService::KioskNotAuthorised);
        }
        Ending::SoftwareTooOld => turn.facts.refused_by_service(OutOfService::SoftwareTooOld),
        _ => {}
    }
    patience_with(ending, turn.facts)
}

fn patience_with(ending: Ending, facts: &Facts) -> Patience {
    match ending.card_changed() {
        _ if facts.is_stopping() => Patience::without_warning(Limit::StopNotice, facts),
        CardChanged::Uncertain => Patience::with_warning(Limit::EndingUncertain, facts),
        CardChanged::Changed | CardChanged::Unchanged => {
            Patience::without_warning(Limit::Ending, facts)
        }
    }
}

fn leave(turn: &mut Turn<'_>) -> State {
    if turn.facts.has_card() && !turn.facts.is_stopping() {
        AwaitingRemoval::begin(turn)
    } else {
        turn.rest()
    }
}

/// "Take your card": reminders, then silence and a fault.
#[derive(Debug)]
pub(crate) struct AwaitingRemoval {
    next_reminder: Duration,
    reminders: u8,
}

impl AwaitingRemoval {
    fn begin(turn: &mut Turn<'_>) -> State {
        turn.sound(Sound::TakeCard);
        let next_reminder = turn.facts.now() + turn.facts.limit(Limit::TakeCard);
        Self { next_reminder, reminders: 0 }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::MediaRemoved | Event::ReaderLost | Event::Stopping => turn.rest(),
            Event::TimePassed if turn.facts.now() >= self.next_reminder => self.remind(turn),
            _ => self.into(),
        }
    }

    fn remind(self, turn: &mut Turn<'_>) -> State {
        // A process that has to end does not wait for a card that nobody takes: the next one finds
        // it lying there.
        if turn.facts.exit().is_some() {
            return turn.rest();
        }
        if self.reminders == Limits::REMINDERS {
            turn.facts.leave_behind(true);
            turn.note(Anomaly::CardLeftBehind);
            return turn.rest();
        }
        turn.sound(Sound::TakeCard);
        let next_reminder = turn.facts.now() + turn.facts.limit(Limit::Reminder);
        Self { next_reminder, reminders: self.reminders + 1 }.into()
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.next_reminder)
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        facts.show(Screen::TakeCard)
    }
}

/// The driver was told to end the process; nothing is heard any more.
#[derive(Debug)]
pub(crate) struct Exiting;

impl Exiting {
    pub(crate) fn step(self, _event: Event, _turn: &mut Turn<'_>) -> State {
        self.into()
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        None
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        facts.show(Screen::Stopped)
    }
}
