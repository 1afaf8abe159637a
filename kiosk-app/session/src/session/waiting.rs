// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two ways in which a state waits: for a worker, until a deadline; for a resident, until their
//! patience with us, or ours with them, has run out.

use core::time::Duration;

use super::facts::Facts;
use crate::event::{Event, RequestId};
use crate::limits::Limit;

/// A request that is under way.
#[derive(Debug)]
pub(crate) struct Pending {
    id: RequestId,
    deadline: Duration,
}

impl Pending {
    pub(crate) const fn new(id: RequestId, deadline: Duration) -> Self {
        Self { id, deadline }
    }

    pub(crate) fn is(&self, id: RequestId) -> bool {
        self.id == id
    }

    pub(crate) fn is_overrun(&self, event: &Event, facts: &Facts) -> bool {
        matches!(event, Event::TimePassed) && facts.now() >= self.deadline
    }

    pub(crate) const fn deadline(&self) -> Duration {
        self.deadline
    }
}

/// How long a resident may stay away: a quiet time, then a warning with seconds counted down. Any
/// touch starts it anew, as often as wanted.
#[derive(Debug)]
pub(crate) struct Patience {
    since: Duration,
    quiet: Duration,
    warning: Duration,
    has_warned: bool,
}

/// What an event does to a patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lapse {
    None,
    /// The warning has begun with this event.
    Warning,
    Over,
}

impl Patience {
    /// Quiet for `quiet`, then the usual warning.
    pub(crate) const fn with_warning(quiet: Limit, facts: &Facts) -> Self {
        Self::new(facts.limit(quiet), facts.limit(Limit::Warning), facts)
    }

    /// Over without a warning: for what harms nobody when it goes.
    pub(crate) const fn without_warning(quiet: Limit, facts: &Facts) -> Self {
        Self::new(facts.limit(quiet), Duration::ZERO, facts)
    }

    /// The same for a time that is no limit of its own.
    pub(crate) const fn quiet_for(quiet: Duration, facts: &Facts) -> Self {
        Self::new(quiet, Duration::ZERO, facts)
    }

    /// Counted down from the beginning.
    pub(crate) const fn counted_down(whole: Limit, facts: &Facts) -> Self {
        Self::new(Duration::ZERO, facts.limit(whole), facts)
    }

    const fn new(quiet: Duration, warning: Duration, facts: &Facts) -> Self {
        Self { since: facts.now(), quiet, warning, has_warned: quiet.is_zero() }
    }

    pub(crate) const fn restart(&mut self, facts: &Facts) {
        self.since = facts.now();
        self.has_warned = self.quiet.is_zero();
    }

    pub(crate) fn hear(&mut self, event: &Event, facts: &Facts) -> Lapse {
        match event {
            Event::Touched(_) | Event::Typed(_) | Event::Submitted { .. } => {
                self.restart(facts);
                Lapse::None
            }
            Event::TimePassed if facts.now() >= self.end() => Lapse::Over,
            Event::TimePassed if facts.now() >= self.warning_begins() && !self.has_warned => {
                self.has_warned = true;
                Lapse::Warning
            }
            Event::TimePassed
            | Event::Card(..)
            | Event::Central(..)
            | Event::MediaInserted
            | Event::MediaRemoved
            | Event::SeveralCards
            | Event::CardPresentAtStart
            | Event::ReaderLost
            | Event::ReaderBack
            | Event::ServiceHours(_)
            | Event::PolicyGranted { .. }
            | Event::LimitsChanged(_)
            | Event::JournalFailed
            | Event::Stopping
            | Event::LeaseWanted { .. }
            | Event::LeaseEnded
            | Event::ClockChecked { .. }
            | Event::DataChecked { .. }
            | Event::JournalBack
            | Event::Staff(_) => Lapse::None,
        }
    }

    /// Seconds left, begun ones counted, while they are counted down.
    pub(crate) fn seconds_left(&self, facts: &Facts) -> Option<u16> {
        let left = self.end().saturating_sub(facts.now());
        let is_counting = facts.now() >= self.warning_begins() && !self.warning.is_zero();
        is_counting.then(|| u16::try_from(whole_seconds(left)).unwrap_or(u16::MAX))
    }

    /// When something changes by itself: the warning begins, its count falls, or it is over.
    pub(crate) fn deadline(&self, facts: &Facts) -> Duration {
        if facts.now() < self.warning_begins() {
            return self.warning_begins();
        }
        let left = self.end().saturating_sub(facts.now());
        let still_left_then = Duration::from_secs(whole_seconds(left).saturating_sub(1));
        self.end().saturating_sub(still_left_then)
    }

    fn warning_begins(&self) -> Duration {
        self.since + self.quiet
    }

    fn end(&self) -> Duration {
        self.since + self.quiet + self.warning
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
