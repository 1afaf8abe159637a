// SPDX-License-Identifier: MIT OR Apache-2.0
//! The screen takes no touch for a while, so that it can be wiped.

use core::time::Duration;

use super::Staff;
use crate::event::Event;
use crate::limits::Limit;
use crate::session::facts::Facts;
use crate::session::state::State;
use crate::session::turn::Turn;
use crate::session::waiting::{Lapse, Patience};
use crate::view::{Screen, View};

#[derive(Debug)]
pub(crate) struct Cleaning {
    /// Where it leads back to.
    staff: Staff,
    lock: Patience,
}

impl Cleaning {
    pub(super) fn begin(staff: Staff, facts: &Facts) -> State {
        Self { staff, lock: Patience::counted_down(Limit::Cleaning, facts) }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::TimePassed if self.lock.hear(&event, turn.facts) == Lapse::Over => {
                self.staff.patience.restart(turn.facts);
                self.staff.into()
            }
            Event::Stopping => turn.rest(),
            _ => self.into(),
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        Some(self.lock.deadline(facts))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let seconds = self.lock.seconds_left(facts).unwrap_or_default();
        facts.show(Screen::Cleaning { seconds, unit: facts.unit_state() })
    }
}
