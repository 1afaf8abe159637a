// SPDX-License-Identifier: MIT OR Apache-2.0
//! The states, as an enum of structs, and the way from the enum to each struct's own methods.

use core::time::Duration;

use super::checking::{CheckingCard, ShowingCheck};
use super::choosing::{Choosing, Helping, ReadingCard};
use super::concluding::{AwaitingRemoval, Exiting, Reporting, ShowingEnding};
use super::entering::{Confirming, Entering};
use super::facts::Facts;
use super::opening::{DeliveringReceipt, Opening, ReadingReceipt};
use super::proving::{Beware, LastTry, Proving};
use super::putting_back::PuttingBack;
use super::resting::Resting;
use super::ticketing::{Challenging, Pausing, Presenting, Ticketing, Withdrawing};
use super::turn::Turn;
use super::verifying::{Granting, Signing, Verifying};
use super::writing::{Settling, Writing};
use crate::effect::LeaseRefusal;
use crate::event::Event;
use crate::view::View;

/// A state is named by its struct. Each struct has the three methods that are called here:
/// `step` consumes it, `deadline` and `view` look at it.
macro_rules! states {
    ($($state:ident),* $(,)?) => {
        #[derive(Debug)]
        pub(crate) enum State {
            $($state($state),)*
        }

        $(impl From<$state> for State {
            fn from(state: $state) -> Self {
                Self::$state(state)
            }
        })*

        impl State {
            pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> Self {
                match self { $(Self::$state(state) => state.step(event, turn),)* }
            }

            pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
                match self { $(Self::$state(state) => state.deadline(facts),)* }
            }

            pub(crate) fn view(&self, facts: &Facts) -> View {
                match self { $(Self::$state(state) => state.view(facts),)* }
            }

            pub(crate) const fn name(&self) -> &'static str {
                match self { $(Self::$state(_) => stringify!($state),)* }
            }
        }
    };
}

states! {
    Resting,
    ReadingCard, Choosing, Helping, CheckingCard, ShowingCheck,
    Opening, ReadingReceipt, DeliveringReceipt,
    Beware, LastTry, Proving, Verifying, Signing, Granting,
    PuttingBack,
    Entering, Confirming,
    Challenging, Ticketing, Presenting, Pausing, Withdrawing,
    Writing, Settling,
    Reporting, ShowingEnding, AwaitingRemoval,
    Exiting,
}

impl State {
    pub(crate) const fn at_rest() -> Self {
        Self::Resting(Resting::attracting())
    }

    /// Why a unit that is not at rest can't be had for an update.
    pub(crate) const fn refuses_lease(&self) -> LeaseRefusal {
        match self {
            Self::Writing(_) | Self::Settling(_) | Self::Reporting(_) => LeaseRefusal::Settling,
            _ => LeaseRefusal::InSession,
        }
    }
}
