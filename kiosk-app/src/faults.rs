// SPDX-License-Identifier: MIT OR Apache-2.0
//! The codes of what is wrong and of what was, for staff and for whoever looks after many units. Of
//! no fault is kept whom it befell.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

/// One fault that was, or began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When it was seen.
    pub at: Timestamp,
    /// As the screen, the log and the manual have it.
    pub code: &'static str,
}

/// What is wrong now, since when, and what was lately.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    standing: Vec<(&'static str, Duration)>,
    last: VecDeque<Fault>,
}

impl Faults {
    /// These are wrong now, the worst first, and no others.
    pub(crate) fn note(&mut self, codes: &[&'static str], now: Duration, at: Timestamp) {
        let begun: Vec<_> = codes.iter().filter(|code| self.since(code).is_none()).collect();
        begun.into_iter().rev().for_each(|code| self.add(code, at));
        self.standing = codes.iter().map(|code| (*code, self.since(code).unwrap_or(now))).collect();
    }

    /// This happened.
    pub(crate) fn add(&mut self, code: &'static str, at: Timestamp) {
        self.last.truncate(MOST - 1);
        self.last.push_front(Fault { at, code });
    }

    /// The worst of what is wrong now, and for how long it has been.
    pub(crate) fn standing(&self, now: Duration) -> Option<(&'static str, Duration)> {
        let (code, since) = self.standing.first()?;
        Some((code, now.saturating_sub(*since)))
    }

    /// What was lately, the last one first.
    pub(crate) fn last(&self) -> impl Iterator<Item = Fault> {
        self.last.iter().copied()
    }

    fn since(&self, code: &str) -> Option<Duration> {
        self.standing.iter().find(|(standing, _)| *standing == code).map(|(_, since)| *since)
    }
}

/// As many as fit a page for staff.
const MOST: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    #[test]
    fn a_fault_stands_since_it_began_and_is_listed_once() {
        let (mut faults, at) = (Faults::default(), Timestamp::UNIX_EPOCH);
        for moment in 5..=9 {
            faults.note(&["K-402", "K-440"], second(moment), at);
        }
        assert_eq!(faults.standing(second(10)), Some(("K-402", second(5))));
        let last: Vec<_> = faults.last().collect();
        assert_eq!(last, [Fault { at, code: "K-402" }, Fault { at, code: "K-440" }]);
        faults.note(&[], second(11), at);
        assert_eq!(faults.standing(second(12)), None);
        faults.note(&["K-402"], second(13), at);
        assert_eq!(faults.last().count(), 3, "it began anew");
    }

    #[test]
    fn only_the_last_ten_are_kept_the_newest_first() {
        let mut faults = Faults::default();
        for moment in 0..25 {
            faults.add("S-300", Timestamp::from_second(moment).unwrap());
        }
        let moments: Vec<_> = faults.last().map(|fault| fault.at.as_second()).collect();
        assert_eq!(moments, (15..25).rev().collect::<Vec<_>>());
    }
}
