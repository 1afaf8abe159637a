// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the card on the reader to the choice of what to do: nothing is known to the service yet, so
//! lifting the card simply leads home.

use core::num::NonZeroU8;
use core::time::Duration;

use super::checking::CheckingCard;
use super::facts::Facts;
use super::hearing::{Heard, answer};
use super::opening::Opening;
use super::state::State;
use super::turn::Turn;
use super::waiting::{Patience, Pending};
use crate::card::{CardRead, CardReply, ProfileCard};
use crate::effect::Sound;
use crate::ending::{Ending, WrongCard};
use crate::event::{Choice, Event, Touch};
use crate::limits::Limit;
use crate::view::{May, Screen, View};

/// The card that may be served.
#[derive(Debug)]
pub(crate) enum CardAtHand {
    Profile(ProfileCard),
    Real,
}

#[derive(Debug)]
pub(crate) struct ReadingCard {
    pending: Pending,
}

impl ReadingCard {
    pub(crate) const fn new(pending: Pending) -> Self {
        Self { pending }
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match turn.hear_card(event, &self.pending, answer!(CardReply::Read)) {
            Heard::Answer(read) => Self::read(read, turn),
            Heard::Ending(ending) => turn.end(ending),
            Heard::Nothing => self.into(),
        }
    }

    fn read(read: CardRead, turn: &mut Turn<'_>) -> State {
        let card = match read {
            CardRead::Profile(card) => CardAtHand::Profile(card),
            CardRead::Real => CardAtHand::Real,
            CardRead::OldJuki => return turn.end(Ending::WrongCard(WrongCard::OldJuki)),
            CardRead::Phone => return turn.end(Ending::WrongCard(WrongCard::Phone)),
            CardRead::Other => return turn.end(Ending::WrongCard(WrongCard::Other)),
            CardRead::NotGenuine => return turn.end(Ending::CardNotGenuine),
        };
        turn.sound(Sound::CardRead);
        Choosing::new(card, turn.facts).into()
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let may = May { cancel: true, ..May::default() };
        View { may, leave_card: true, ..facts.show(Screen::ReadingCard) }
    }
}

#[derive(Debug)]
pub(crate) struct Choosing {
    card: CardAtHand,
    patience: Patience,
}

impl Choosing {
    pub(crate) const fn new(card: CardAtHand, facts: &Facts) -> Self {
        Self { card, patience: Patience::with_warning(Limit::Idle, facts) }
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Touched(Touch::Choose(choice)) => self.choose(choice, turn),
            Event::MediaRemoved => go_home(turn),
            other => match turn.ends_sitting(&other, &mut self.patience) {
                Some(ending) => turn.end(ending),
                None => self.into(),
            },
        }
    }

    fn choose(self, choice: Choice, turn: &mut Turn<'_>) -> State {
        match choice {
            Choice::SetNewPin => set_new_pin(self.card, turn),
            Choice::CheckMyCard => CheckingCard::begin(self.card, turn),
            Choice::Help => {
                let patience = Patience::with_warning(Limit::Idle, turn.facts);
                Helping { card: self.card, patience }.into()
            }
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        Some(self.patience.deadline(facts))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let may_set_new_pin = matches!(self.card, CardAtHand::Profile(_));
        sitting(Screen::Choose { may_set_new_pin }, &self.patience, facts)
    }
}

/// Asks the service only for a card whose proving PIN can still be asked for.
fn set_new_pin(card: CardAtHand, turn: &mut Turn<'_>) -> State {
    let CardAtHand::Profile(card) = card else {
        return turn.end(Ending::RealCard);
    };
    match NonZeroU8::new(card.user_authentication_retries_left) {
        None => turn.end(Ending::PinLockedBefore),
        Some(retries_left) => Opening::begin(card.papers, retries_left, turn),
    }
}

#[derive(Debug)]
pub(crate) struct Helping {
    card: CardAtHand,
    patience: Patience,
}

impl Helping {
    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Touched(Touch::Back) => Choosing::new(self.card, turn.facts).into(),
            Event::MediaRemoved => go_home(turn),
            other => match turn.ends_sitting(&other, &mut self.patience) {
                Some(ending) => turn.end(ending),
                None => self.into(),
            },
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        Some(self.patience.deadline(facts))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        back_to_choosing(sitting(Screen::Help, &self.patience, facts))
    }
}

/// A screen that waits for the resident while their card lies there.
pub(crate) fn sitting(screen: Screen, patience: &Patience, facts: &Facts) -> View {
    let warning_seconds = patience.seconds_left(facts);
    let may = May { cancel: true, more_time: warning_seconds.is_some(), ..May::default() };
    View { may, warning_seconds, leave_card: true, ..facts.show(screen) }
}

pub(crate) fn back_to_choosing(view: View) -> View {
    View { may: May { go_back: true, ..view.may }, ..view }
}

pub(crate) fn go_home(turn: &mut Turn<'_>) -> State {
    turn.release_card();
    turn.rest()
}
