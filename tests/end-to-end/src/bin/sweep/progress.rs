// SPDX-License-Identifier: MIT OR Apache-2.0
//! How far the sweep is: one line that grows on a terminal, a line a run without one.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use end_to_end::sweep::result::{RunResult, Verdict};

/// Says how far it is, on standard error.
pub(crate) struct Progress {
    is_terminal: bool,
    start: Instant,
    all: usize,
    earlier: usize,
    done: usize,
    verdicts: BTreeMap<Verdict, usize>,
}

impl Progress {
    /// Of so many runs, some of which an earlier sweep finished.
    pub(crate) fn of(all: usize, earlier: usize) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let (start, verdicts) = (Instant::now(), BTreeMap::new());
        Self { is_terminal, start, all, earlier, done: 0, verdicts }
    }

    /// A run is finished.
    pub(crate) fn finished(&mut self, result: &RunResult) {
        self.done += 1;
        *self.verdicts.entry(result.verdict).or_default() += 1;
        let place = format!("{}/{}", self.earlier + self.done, self.all);
        let left = format!("{} left", minutes(self.left()));
        let is_bad = !matches!(result.verdict, Verdict::Passed);
        if is_bad || !self.is_terminal {
            self.line(&format!(
                "{place} {:<20} {:5.1} s  {}  [{}]  {left}",
                result.verdict.words(),
                result.seconds,
                result.id,
                result.ending(),
            ));
            for reason in &result.reasons {
                self.line(&format!("      {reason}"));
            }
            if result.verdict == Verdict::Violation {
                self.line(&format!("      again: cargo xtask sweep -- --only {}", result.id));
            }
        }
        if self.is_terminal {
            let width = 30 * (self.earlier + self.done) / self.all.max(1);
            let bar = format!("{:<30}", "#".repeat(width));
            let mut error = io::stderr();
            // A terminal that has gone hears nothing.
            let _ = write!(error, "\r\x1b[K[{bar}] {place}  {left}  {}", self.counts());
            let _ = error.flush();
        }
    }

    /// The last word.
    pub(crate) fn ended(&self) {
        self.line(&format!("{} in {}", self.counts(), minutes(self.start.elapsed())));
    }

    fn line(&self, text: &str) {
        let erase = if self.is_terminal { "\r\x1b[K" } else { "" };
        eprintln!("{erase}{text}");
    }

    fn counts(&self) -> String {
        let counts: Vec<_> = self
            .verdicts
            .iter()
            .map(|(verdict, count)| format!("{count} {}", verdict.words()))
            .collect();
        counts.join(", ")
    }

    /// As long as the runs so far, each.
    fn left(&self) -> Duration {
        let missing = self.all.saturating_sub(self.earlier + self.done);
        let each = self.start.elapsed() / u32::try_from(self.done.max(1)).unwrap_or(1);
        each * u32::try_from(missing).unwrap_or(u32::MAX)
    }
}

fn minutes(time: Duration) -> String {
    format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60)
}
