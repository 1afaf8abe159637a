// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happens at a step of the visit: to daemons, to the clock, to the resident.

use std::time::{Duration, Instant};

use super::Visitor;
use crate::{
    failure::Failure,
    screens,
    sweep::{fault::Fault, point::Point},
};

impl Visitor<'_> {
    /// Lets the fault of a step happen once its state is entered, and tells whether it did now: the
    /// screen that was seen before may be gone then. Plugs the reader in again.
    pub(super) fn lets_it_happen(&mut self) -> Result<bool, Failure> {
        if self.unplugged_at.is_some_and(|at| at.elapsed() > UNPLUGGED) {
            self.unplugged_at = None;
            self.bench.restart_pcscd()?;
        }
        let Some((Point::State { name, occurrence, .. }, fault)) = self.step else {
            return Ok(false);
        };
        let times = self.states.iter().filter(|state| *state == name).count();
        let is_in_it = self.states.last() == Some(name) && times == *occurrence as usize;
        if self.story.is_fired || !is_in_it {
            return Ok(false);
        }
        self.story.is_fired = self.happens(fault)?;
        Ok(self.story.is_fired)
    }

    /// Tells whether it did: a button may be gone before it is touched.
    fn happens(&mut self, fault: Fault) -> Result<bool, Failure> {
        match fault {
            Fault::PcscdRestarted => self.bench.restart_pcscd()?,
            Fault::ReaderUnplugged => {
                self.bench.unplug_readers()?;
                self.unplugged_at = Some(Instant::now());
            }
            Fault::LinkRestarted => {
                self.bench.kill_link()?;
                self.bench.start_link()?;
            }
            Fault::Stopped => {
                if let Some(kiosk) = self.bench.kiosk() {
                    kiosk.ask_to_end();
                }
            }
            Fault::ClockStepped { by } => self.bench.step_clock(by.offset())?,
            Fault::WalksAway => self.is_away = true,
            Fault::Cancels => return self.touches_in_time(screens::CANCEL),
            Fault::GoesBack => return self.touches_in_time(screens::BACK),
            Fault::Lifted { .. } => self.takes_the_card()?,
            Fault::Answer { .. }
            | Fault::Request { .. }
            | Fault::Killed { .. }
            | Fault::DiskFull => return Ok(false),
        }
        Ok(true)
    }

    fn touches_in_time(&mut self, words: &str) -> Result<bool, Failure> {
        let words = self.bench.language().say(words).into_owned();
        Ok(self.bench.player()?.touch_if_there(&words, IN_TIME).unwrap_or(false))
    }
}

/// How long the reader is away.
const UNPLUGGED: Duration = Duration::from_millis(1200);
/// A held state lasts longer than this.
const IN_TIME: Duration = Duration::from_millis(200);
