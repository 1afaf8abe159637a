// SPDX-License-Identifier: MIT OR Apache-2.0
//! *Check my card*: read without a PIN, and shown until the resident goes back. The service hears
//! of the card's receipt meanwhile; the screen waits for nobody.

use core::time::Duration;

use super::choosing::{CardAtHand, Choosing, back_to_choosing, go_home, sitting};
use super::facts::Facts;
use super::hearing::{Heard, answer};
use super::state::State;
use super::telling::Telling;
use super::turn::Turn;
use super::waiting::{Patience, Pending};
use crate::card::{CardReply, CardRequest};
use crate::check::{CardCheck, Checked};
use crate::event::{Event, RequestId, Touch};
use crate::limits::Limit;
use crate::view::{CheckFound, CheckPage, May, Screen, View};

/// The card is being read.
#[derive(Debug)]
pub(crate) struct CheckingCard {
    card: CardAtHand,
    pending: Pending,
}

impl CheckingCard {
    pub(crate) fn begin(card: CardAtHand, turn: &mut Turn<'_>) -> State {
        let pending = turn.ask_card(CardRequest::CheckMyCard);
        Self { card, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        if event == Event::MediaRemoved {
            return go_home(turn);
        }
        match turn.hear_card(event, &self.pending, answer!(CardReply::Checked)) {
            Heard::Answer(checked) => ShowingCheck::begin(self.card, checked, turn),
            Heard::Ending(ending) => turn.end(ending),
            Heard::Nothing => self.into(),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let may = May { cancel: true, ..May::default() };
        View { may, leave_card: true, ..facts.show(Screen::CheckMyCard { found: None }) }
    }
}

/// What was found is shown.
#[derive(Debug)]
pub(crate) struct ShowingCheck {
    card: CardAtHand,
    check: CardCheck,
    page: CheckPage,
    telling: Option<Telling>,
    patience: Patience,
}

impl ShowingCheck {
    fn begin(card: CardAtHand, checked: Checked, turn: &mut Turn<'_>) -> State {
        let Checked { check, receipt } = checked;
        let telling = match (&card, receipt) {
            (CardAtHand::Profile(card), Some(receipt)) => {
                Some(Telling::begin(card.papers.clone(), check.last_reset, receipt, turn))
            }
            // Of a real card nothing is told to anybody.
            (CardAtHand::Real, _) | (CardAtHand::Profile(_), None) => None,
        };
        let patience = Patience::with_warning(Limit::Idle, turn.facts);
        Self { card, check, page: CheckPage::Summary, telling, patience }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match (event, self.page) {
            (Event::Touched(Touch::Continue), CheckPage::Summary) => {
                self.turn_to(CheckPage::More, turn)
            }
            (Event::Touched(Touch::Back), CheckPage::More) => {
                self.turn_to(CheckPage::Summary, turn)
            }
            (Event::Touched(Touch::Back), CheckPage::Summary) => {
                Choosing::new(self.card, turn.facts).into()
            }
            (Event::MediaRemoved, _) => go_home(turn),
            (Event::Card(id, reply), _) if self.awaits(id) => {
                let telling = self.telling.map(|telling| telling.hear_card(reply, turn));
                Self { telling, ..self }.into()
            }
            (Event::Central(id, reply), _) if self.awaits(id) => {
                let telling = self.telling.map(|telling| telling.hear_central(reply, turn));
                Self { telling, ..self }.into()
            }
            (other, _) => {
                let stuck = self.telling.as_mut().and_then(|telling| telling.overrun(&other, turn));
                match stuck.or_else(|| turn.ends_sitting(&other, &mut self.patience)) {
                    Some(ending) => turn.end(ending),
                    None => self.into(),
                }
            }
        }
    }

    fn turn_to(mut self, page: CheckPage, turn: &Turn<'_>) -> State {
        self.patience.restart(turn.facts);
        Self { page, ..self }.into()
    }

    fn awaits(&self, id: RequestId) -> bool {
        self.telling.as_ref().is_some_and(|telling| telling.awaits(id))
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        let patience = self.patience.deadline(facts);
        let telling = self.telling.as_ref().and_then(Telling::deadline);
        Some(telling.map_or(patience, |telling| telling.min(patience)))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let is_real = matches!(self.card, CardAtHand::Real);
        let found = CheckFound {
            check: self.check,
            advice: self.check.advice(is_real),
            reservation: self.telling.as_ref().and_then(Telling::reservation),
            page: self.page,
        };
        let screen = Screen::CheckMyCard { found: Some(found) };
        let view = back_to_choosing(sitting(screen, &self.patience, facts));
        View { may: May { go_on: self.page == CheckPage::Summary, ..view.may }, ..view }
    }
}
