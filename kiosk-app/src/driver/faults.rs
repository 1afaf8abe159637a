// SPDX-License-Identifier: MIT OR Apache-2.0
//! The codes of what is wrong and of what was, for staff and for whoever looks after many units.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use kiosk_control::{Fault, LastFault};

/// What is wrong now, since when, and what was lately. Of no fault is kept whom it befell.
#[derive(Debug, Default)]
pub(super) struct Faults {
    standing: Vec<(String, Duration)>,
    last: VecDeque<LastFault>,
}

impl Faults {
    /// These are wrong now, the worst first, and no others.
    pub(super) fn note(&mut self, codes: &[String], now: Duration, at: Timestamp) {
        let begun: Vec<_> = codes.iter().filter(|code| self.since(code).is_none()).collect();
        begun.into_iter().rev().for_each(|code| self.add(code, at));
        self.standing =
            codes.iter().map(|code| (code.clone(), self.since(code).unwrap_or(now))).collect();
    }

    /// This happened.
    pub(super) fn add(&mut self, code: &str, at: Timestamp) {
        self.last.truncate(MOST - 1);
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.last.push_front(LastFault { code: code.to_owned(), at });
    }

    /// The worst of what is wrong now.
    pub(super) fn standing(&self, now: Duration) -> Option<Fault> {
        let (code, since) = self.standing.first()?;
        Some(Fault { code: code.clone(), since: now.saturating_sub(*since).as_secs() })
    }

    /// What was lately, the last one first.
    pub(super) fn last(&self) -> Vec<LastFault> {
        self.last.iter().cloned().collect()
    }

    fn since(&self, code: &str) -> Option<Duration> {
        self.standing.iter().find(|(standing, _)| standing == code).map(|(_, since)| *since)
    }
}

/// As many as fit a page for staff.
const MOST: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    }

    #[test]
    fn a_fault_stands_since_it_began_and_is_listed_once() {
        let (mut faults, at) = (Faults::default(), Timestamp::UNIX_EPOCH);
        for second in 5..=9 {
            faults.note(&codes(&["K-402", "K-440"]), Duration::from_secs(second), at);
        }
        let standing = faults.standing(Duration::from_secs(10)).unwrap();
        assert_eq!((standing.code.as_str(), standing.since), ("K-402", 5));
        let last: Vec<_> = faults.last().into_iter().map(|fault| (fault.code, fault.at)).collect();
        let began = "1970-01-01T00:00:00Z".to_owned();
        assert_eq!(last, [("K-402".to_owned(), began.clone()), ("K-440".to_owned(), began)]);
        faults.note(&[], Duration::from_secs(11), at);
        assert_eq!(faults.standing(Duration::from_secs(12)), None);
        faults.note(&codes(&["K-402"]), Duration::from_secs(13), at);
        assert_eq!(faults.last().len(), 3, "it began anew");
    }

    #[test]
    fn only_the_latest_are_kept() {
        let mut faults = Faults::default();
        for number in 0..50 {
            faults.add(&format!("K-{number:03}"), Timestamp::UNIX_EPOCH);
        }
        let last = faults.last();
        assert_eq!((last.len(), last[0].code.as_str()), (MOST, "K-049"));
    }
}
