// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a reader's trials come to. The limits are this kiosk's own: its residents lay a card once
//! and wait once.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};

/// One card laid and taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trial {
    /// The reader told that it was laid.
    pub(super) is_insertion_seen: bool,
    /// It told that it was taken.
    pub(super) is_removal_seen: bool,
    /// How often it told that the card came or went while it lay still.
    pub(super) flaps: usize,
    reads: Vec<Duration>,
    failures: Vec<String>,
}

impl Trial {
    /// The card was read in this time.
    pub(super) fn read(&mut self, took: Duration) {
        self.reads.push(took);
    }

    /// The card could not be read.
    pub(super) fn fail(&mut self, why: String) {
        self.failures.push(why);
    }
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Score {
    times: usize,
    insertions: usize,
    removals: usize,
    reads: usize,
    failed: usize,
    flaps: usize,
    /// Of the first reading of each trial, with its connection.
    median_first: Duration,
    slowest_first: Duration,
    /// Each once.
    failures: Vec<String>,
}

impl Score {
    pub(super) fn of(trials: &[Trial]) -> Self {
        let mut firsts: Vec<_> = trials.iter().filter_map(|it| it.reads.first().copied()).collect();
        firsts.sort_unstable();
        let mut failures: Vec<_> =
            trials.iter().flat_map(|trial| trial.failures.iter().cloned()).collect();
        let failed = failures.len();
        failures.sort_unstable();
        failures.dedup();
        Self {
            times: trials.len(),
            insertions: trials.iter().filter(|trial| trial.is_insertion_seen).count(),
            removals: trials.iter().filter(|trial| trial.is_removal_seen).count(),
            reads: trials.iter().map(|trial| trial.reads.len()).sum::<usize>() + failed,
            failed,
            flaps: trials.iter().map(|trial| trial.flaps).sum(),
            median_first: firsts.get(firsts.len() / 2).copied().unwrap_or_default(),
            slowest_first: firsts.last().copied().unwrap_or_default(),
            failures,
        }
    }

    /// Whether this reader is fit for a kiosk.
    pub(super) fn is_accepted(&self) -> bool {
        self.complaints().is_empty()
    }

    /// What speaks against it.
    fn complaints(&self) -> Vec<String> {
        let Self { times, insertions, removals, reads, failed, flaps, .. } = self;
        let slow = self.slowest_first > SLOWEST_FIRST;
        let findings = [
            (insertions < times, format!("saw {insertions} of {times} insertions")),
            (removals < times, format!("saw {removals} of {times} removals")),
            (*reads == 0, "never read the card".to_owned()),
            (
                failed * PERMITTED_READS_A_FAILURE > *reads,
                format!("failed in {failed} of {reads} readings"),
            ),
            (*flaps > 0, format!("told {flaps} times of a card that lay still")),
            (slow, format!("took {} ms for a first reading", self.slowest_first.as_millis())),
        ];
        findings.into_iter().filter(|(is_so, _)| *is_so).map(|(_, finding)| finding).collect()
    }

    pub(super) fn in_words(&self) -> String {
        let Self { times, insertions, removals, reads, failed, flaps, .. } = self;
        let mut text = format!(
            "insertion    {insertions} of {times} seen\n\
             removal      {removals} of {times} seen\n\
             speed        {} ms for a first reading, {} ms at worst\n\
             stability    {failed} of {reads} readings failed, {flaps} false movements\n",
            self.median_first.as_millis(),
            self.slowest_first.as_millis(),
        );
        for failure in &self.failures {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "             {failure}");
        }
        match self.complaints().as_slice() {
            [] => text.push_str("accepted\n"),
            complaints => {
                let _ = writeln!(text, "not accepted: it {}", complaints.join(", "));
            }
        }
        text
    }

    pub(super) fn as_value(&self) -> Value {
        json!({
            "times": self.times,
            "insertions_seen": self.insertions,
            "removals_seen": self.removals,
            "readings": self.reads,
            "readings_failed": self.failed,
            "failures": self.failures,
            "false_movements": self.flaps,
            "first_reading_median_ms": whole(self.median_first),
            "first_reading_slowest_ms": whole(self.slowest_first),
            "accepted": self.is_accepted(),
            "complaints": self.complaints(),
        })
    }
}

fn whole(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

/// A resident who lays a card and sees nothing lifts it again.
const SLOWEST_FIRST: Duration = Duration::from_secs(2);
/// One failed reading in so many is a card that was laid badly.
const PERMITTED_READS_A_FAILURE: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Trial {
        let mut trial =
            Trial { is_insertion_seen: true, is_removal_seen: true, ..Trial::default() };
        (0..5).for_each(|_| trial.read(Duration::from_millis(300)));
        trial
    }

    fn score(change: impl Fn(&mut Trial)) -> Score {
        let mut trials = vec![good(); 20];
        change(&mut trials[3]);
        Score::of(&trials)
    }

    #[test]
    fn a_reader_that_sees_all_and_reads_all_is_accepted() {
        let score = score(|_| {});
        assert!(score.is_accepted() && score.in_words().ends_with("accepted\n"));
        assert_eq!(score.as_value()["first_reading_median_ms"], 300);
    }

    #[test]
    fn each_want_is_named_and_enough_to_refuse_it() {
        for (change, complaint) in [
            ((|it| it.is_insertion_seen = false) as fn(&mut Trial), "saw 19 of 20 insertions"),
            (|it| it.is_removal_seen = false, "saw 19 of 20 removals"),
            (|it| it.flaps = 2, "told 2 times of a card that lay still"),
            (|it| it.reads[0] = Duration::from_millis(2_001), "took 2001 ms for a first reading"),
            (
                |it| (0..2).for_each(|_| it.fail("no answer".to_owned())),
                "failed in 2 of 102 readings",
            ),
        ] {
            let score = score(change);
            assert!(!score.is_accepted());
            assert!(score.in_words().contains(complaint), "{}", score.in_words());
        }
        assert!(score(|it| it.fail("laid badly".to_owned())).is_accepted(), "one in a hundred");
        assert!(!Score::of(&[]).is_accepted(), "nothing was tried");
    }
}
