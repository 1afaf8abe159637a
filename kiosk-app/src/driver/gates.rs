// SPDX-License-Identifier: MIT OR Apache-2.0
//! What keeps the unit from serving anybody though the kiosk itself is well. The system says it by
//! files, which are looked for each second.

use std::time::Duration;

use kiosk_session::Event;
use tracing::{info, warn};

use crate::surroundings::Surroundings;

/// What was found at the last look.
#[derive(Debug, Default)]
pub(super) struct Gates {
    is_clock_set: Option<bool>,
    is_data_locked: bool,
    next_look: Duration,
}

impl Gates {
    /// What the session has not heard yet.
    pub(super) fn news(&mut self, machine: &Surroundings, now: Duration) -> Vec<Event> {
        if now < self.next_look {
            return Vec::new();
        }
        self.next_look = now + BETWEEN_LOOKS;
        let news = [self.data_that_changed(machine), self.clock_that_changed(machine)];
        news.into_iter().flatten().collect()
    }

    fn data_that_changed(&mut self, machine: &Surroundings) -> Option<Event> {
        let locked = machine.why_data_is_locked();
        let is_locked = locked.is_some();
        if std::mem::replace(&mut self.is_data_locked, is_locked) == is_locked {
            return None;
        }
        match locked {
            Some(why) => warn!(why, "the unit's data cannot be opened"),
            None => info!("the unit's data is open"),
        }
        Some(Event::DataChecked { is_locked })
    }

    /// Where nobody may be served with one that is not set.
    fn clock_that_changed(&mut self, machine: &Surroundings) -> Option<Event> {
        let is_set = machine.clock_must_be_set().then(|| machine.is_clock_set())?;
        if self.is_clock_set.replace(is_set) == Some(is_set) {
            return None;
        }
        info!(is_set, "clock");
        Some(Event::ClockChecked { is_set })
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
