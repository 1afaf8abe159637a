// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service's clock: an argument of everything that depends on the time, so that a test, or
//! `serve --now`, can stand at any hour. TLS alone stays on the system's clock, because the
//! certificates of the transport are no part of what is simulated.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// The system's clock plus an offset that can be moved while the service runs.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_milliseconds: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that is this far ahead of the system's, or behind it.
    pub fn with_offset(offset: SignedDuration) -> Self {
        let clock = Self::default();
        clock.offset_milliseconds.store(saturated_millis(offset), Ordering::SeqCst);
        clock
    }

    /// A clock that shows this time now.
    pub fn starting_at(now: Timestamp) -> Self {
        Self::with_offset(now.duration_since(system_now()))
    }

    /// Makes the clock show this time now, for every holder of this clock.
    pub fn set(&self, now: Timestamp) {
        let offset = saturated_millis(now.duration_since(system_now()));
        self.offset_milliseconds.store(offset, Ordering::SeqCst);
    }

    /// Moves the clock ahead, for every holder of this clock.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.offset_milliseconds.fetch_add(saturated_millis(by), Ordering::SeqCst);
    }

    /// The time, in whole milliseconds: what the database keeps.
    pub fn now(&self) -> Timestamp {
        let offset = self.offset_milliseconds.load(Ordering::SeqCst);
        let now = system_now().as_millisecond().saturating_add(offset);
        Timestamp::from_millisecond(now).unwrap_or(Timestamp::MAX)
    }
}

/// Nothing else in the service reads the system's clock.
#[expect(clippy::disallowed_methods, reason = "this is the service's clock")]
fn system_now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn saturated_millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_starts_where_it_is_told_to_and_moves_for_all_its_holders() {
        let start: Timestamp = "2026-04-01T10:00:00+09:00".parse().unwrap();
        let clock = Clock::starting_at(start);
        let other = clock.clone();
        clock.advance(Duration::from_secs(3600));
        let elapsed = other.now().duration_since(start).as_secs();
        assert!((3600..3660).contains(&elapsed), "{elapsed} s");
    }
}
