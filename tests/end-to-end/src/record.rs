// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything that every process of a bench printed, line by line, with times.
//!
//! Tests wait on it without sleeping, and each searches it at its end for the PINs it used.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::failure::Failure;

/// One printed line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Since the bench was made.
    pub at: Duration,
    /// Which process printed it.
    pub process: String,
    /// The line, without its end.
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:9.3} {:<15} {}", self.at.as_secs_f32(), self.process, self.text)
    }
}

/// The shared record; a clone is the same record.
#[derive(Clone)]
pub struct Record(Arc<Shared>);

struct Shared {
    start: Instant,
    lines: Mutex<Vec<Line>>,
    grown: Condvar,
}

impl Default for Record {
    fn default() -> Self {
        let shared =
            Shared { start: Instant::now(), lines: Mutex::default(), grown: Condvar::new() };
        Self(Arc::new(shared))
    }
}

impl Record {
    /// Adds a line and wakes those who wait for it.
    pub fn add(&self, process: &str, text: impl Into<String>) {
        let line =
            Line { at: self.0.start.elapsed(), process: process.to_owned(), text: text.into() };
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        self.0.grown.notify_all();
    }

    /// All lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The lines after `mark`.
    #[must_use]
    pub fn since(&self, mark: usize) -> Vec<Line> {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.get(mark..).unwrap_or_default().to_vec()
    }

    /// How many lines there are: a place from which to wait for what comes later.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The first line of `process` after `mark` that has `text` in it, as soon as there is one.
    ///
    /// # Errors
    /// [`Failure::TooLate`] after `patience`.
    pub fn wait_for(
        &self,
        process: &str,
        text: &str,
        mark: usize,
        patience: Duration,
    ) -> Result<Line, Failure> {
        self.wait_until(process, &format!("`{text}`"), patience, |lines| {
            let mut later = lines.iter().skip(mark);
            later.find(|line| line.process == process && line.text.contains(text)).cloned()
        })
    }

    /// What `found` finds in the lines, as soon as it finds something; `process` is the one
    /// whose last word a failure quotes.
    ///
    /// # Errors
    /// [`Failure::TooLate`] after `patience`.
    pub fn wait_until<T>(
        &self,
        process: &str,
        awaited: &str,
        patience: Duration,
        found: impl Fn(&[Line]) -> Option<T>,
    ) -> Result<T, Failure> {
        let mut looked_at = 0;
        let mut seen = None;
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let (lines, _) = self
            .0
            .grown
            .wait_timeout_while(lines, patience, |lines| {
                // At trace level there are thousands of lines of others.
                let mut new = lines.iter().skip(looked_at);
                if looked_at == 0 || new.any(|line| line.process == process) {
                    seen = found(lines);
                }
                looked_at = lines.len();
                seen.is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        seen.ok_or_else(|| Failure::TooLate {
            awaited: format!("{awaited} from {process}"),
            patience,
            instead: lines
                .iter()
                .rfind(|line| line.process == process)
                .map_or_else(|| "it said nothing".to_owned(), |line| line.text.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::Record;

    #[test]
    fn a_line_is_found_whether_it_comes_before_or_after_the_wait() {
        let record = Record::default();
        record.add("a", "first");
        let other = record.clone();
        let writer = thread::spawn(move || other.add("a", "second"));
        let patience = Duration::from_secs(10);
        assert_eq!(record.wait_for("a", "first", 0, patience).unwrap().text, "first");
        assert_eq!(record.wait_for("a", "second", 1, patience).unwrap().text, "second");
        writer.join().unwrap();
    }

    #[test]
    fn what_lies_before_the_mark_or_comes_from_another_does_not_count() {
        let record = Record::default();
        record.add("a", "x");
        record.add("b", "y");
        assert!(record.wait_for("a", "x", record.mark(), Duration::ZERO).is_err());
        assert!(record.wait_for("a", "y", 0, Duration::ZERO).is_err());
    }
}
