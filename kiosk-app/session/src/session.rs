// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine: facts that hold in every state, and the one state that holds now.
//!
//! A state's struct carries what is true in that state alone and is consumed by its `step`, so that
//! what is over can't be reached. Read `session/` in the resident's order: resting, choosing,
//! checking, opening, proving, verifying, putting_back, entering, ticketing, writing, concluding.

mod checking;
mod choosing;
mod concluding;
mod conclusion;
mod entering;
mod facts;
mod hearing;
mod opening;
mod proving;
mod putting_back;
mod resting;
mod state;
mod telling;
mod ticketing;
mod turn;
mod verifying;
mod visit;
mod waiting;
mod writing;

use alloc::vec::Vec;
use core::time::Duration;

use crate::effect::Effect;
use crate::event::Event;
use crate::language::Language;
use crate::limits::Limits;
use crate::view::View;
use facts::Facts;
use state::State;
use turn::Turn;

/// One kiosk's session machine. It lives as long as the process; residents come and go in it.
#[derive(Debug)]
pub struct Session {
    facts: Facts,
    state: State,
}

impl Session {
    /// A kiosk at rest: reader there and empty, service open, until events say otherwise.
    pub fn new(limits: Limits, default_language: Language) -> Self {
        Self { facts: Facts::new(limits, default_language), state: State::at_rest() }
    }

    /// Takes one event and says what to do, by the rule of the list of [`effect`](crate::effect).
    ///
    /// `now` is the driver's steady clock, from any beginning; one that steps back is held still.
    pub fn handle(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        self.facts.note(&event, now);
        let state = core::mem::replace(&mut self.state, State::at_rest());
        let mut turn = Turn::new(&mut self.facts, state.name());
        self.state = match (state, event) {
            (state, Event::LeaseWanted { .. }) if !matches!(state, State::Resting(_)) => {
                turn.push(Effect::Lease(Some(state.refuses_lease())));
                state
            }
            (state, event) => state.step(event, &mut turn),
        };
        turn.into_effects()
    }

    /// When to send [`Event::TimePassed`] if nothing happens before.
    pub fn deadline(&self) -> Option<Duration> {
        self.state.deadline(&self.facts)
    }

    /// What the screen shows.
    pub fn view(&self) -> View {
        self.state.view(&self.facts)
    }

    /// The state's name, as in the states table; for the log and the metric.
    pub fn state_name(&self) -> &'static str {
        match &self.state {
            State::Resting(_) => self.facts.place().name(),
            state => state.name(),
        }
    }
}
