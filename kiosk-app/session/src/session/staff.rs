// SPDX-License-Identifier: MIT OR Apache-2.0
//! The staff page: its way in, its pages, its tests and actions. It begins from rest alone and with
//! no card on the reader; a card that is laid there meanwhile begins nothing.

mod calling;
mod cleaning;
mod code;
mod testing;

use core::time::Duration;

pub(crate) use calling::Calling;
pub(crate) use cleaning::Cleaning;
pub(crate) use code::StaffCode;
use testing::Tests;

use super::facts::Facts;
use super::state::State;
use super::turn::Turn;
use super::waiting::{Lapse, Patience};
use crate::effect::{Effect, ExitReason};
use crate::event::{Event, Touch};
use crate::limits::Limit;
use crate::staff::{
    Action, StaffEvent, StaffOrder, StaffPage, StaffTest, StaffTouch, StaffView, Wish,
};
use crate::view::{May, Screen, View};

/// Whoever is here has shown that they are staff.
#[derive(Debug)]
pub(crate) struct Staff {
    page: StaffPage,
    tests: Tests,
    confirming: Option<Action>,
    wished: Option<(Wish, Option<bool>)>,
    patience: Patience,
}

impl Staff {
    pub(crate) fn begin(turn: &Turn<'_>) -> State {
        Self {
            page: StaffPage::default(),
            tests: Tests::default(),
            confirming: None,
            wished: None,
            patience: patience(turn.facts),
        }
        .into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        if self.patience.hear(&event, turn.facts) == Lapse::Over {
            return turn.rest();
        }
        if self.tests.hear(&event, turn) {
            self.patience.restart(turn.facts);
        }
        match event {
            Event::Touched(touch) => self.touched(touch, turn),
            Event::Staff(StaffEvent::WishLeft { is_left }) => {
                self.wished = self.wished.map(|(wish, _)| (wish, Some(is_left)));
                self.into()
            }
            Event::Stopping => turn.rest(),
            _ => self.into(),
        }
    }

    fn touched(mut self, touch: Touch, turn: &mut Turn<'_>) -> State {
        match (touch, self.confirming) {
            (Touch::Dismiss, _) => return turn.rest(),
            (Touch::Back, _) => {
                self.confirming = None;
                self.tests.leave();
            }
            (Touch::Continue, Some(Action::Restart)) => {
                turn.facts.exit_after(ExitReason::Stopped);
                return turn.rest();
            }
            (Touch::Continue, Some(Action::Wish(wish))) => {
                self.confirming = None;
                self.wished = Some((wish, None));
                turn.order(StaffOrder::Wish(wish));
            }
            (Touch::Staff(StaffTouch::Page(page)), _) => self.turn_to(page),
            (Touch::Staff(StaffTouch::Test(test)), None) => self.test(test, turn),
            (Touch::Staff(StaffTouch::Clean), None) => return Cleaning::begin(self, turn.facts),
            (Touch::Staff(StaffTouch::Act(action)), None) if self.page == StaffPage::Actions => {
                self.confirming = Some(action);
            }
            _ => {}
        }
        self.into()
    }

    /// What was begun on a page is left with it.
    fn turn_to(&mut self, page: StaffPage) {
        self.page = page;
        self.confirming = None;
        self.wished = None;
        self.tests.leave();
    }

    fn test(&mut self, test: StaffTest, turn: &mut Turn<'_>) {
        if self.page == StaffPage::Tests {
            self.tests.begin(test, turn);
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        let patience = self.patience.deadline(facts);
        Some(self.tests.deadline().map_or(patience, |test| test.min(patience)))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let view = StaffView {
            page: self.page,
            confirming: self.confirming,
            wished: self.wished,
            target: self.tests.target(),
            reader: self.tests.of(StaffTest::Reader),
            service: self.tests.of(StaffTest::Service),
            touch: self.tests.of(StaffTest::Touch),
            sound: self.tests.of(StaffTest::Sound),
            unit: facts.unit_state(),
            has_card: facts.has_card(),
        };
        let is_asked = self.confirming.is_some();
        let may = May {
            dismiss: !is_asked && view.target.is_none(),
            go_on: is_asked,
            go_back: is_asked,
            ..May::default()
        };
        View { may, ..facts.show(Screen::Staff(view)) }
    }
}

/// A policy may give residents more than a minute; nobody leaves a page like this open for longer.
fn patience(facts: &Facts) -> Patience {
    Patience::quiet_for(facts.limit(Limit::Idle).min(Limit::Idle.default()), facts)
}

impl Turn<'_> {
    /// Has the driver do something for the staff page.
    fn order(&mut self, order: StaffOrder) {
        self.push(Effect::Staff(order));
    }
}
