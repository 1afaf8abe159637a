// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs played by several hands at a time.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Instant,
};

use super::{
    plan::Run,
    result::{RunResult, Verdict},
    workshop::Workshop,
};
use crate::{failure::Failure, record::Record};

/// Who plays, and until when.
pub struct Hands<'w> {
    /// What runs are made from.
    pub workshop: &'w Workshop,
    /// Runs at a time.
    pub jobs: usize,
    /// No run is begun after it.
    pub deadline: Option<Instant>,
    /// Becomes true when all is to end; runs under way are given up then.
    pub stop: &'w AtomicBool,
}

impl Hands<'_> {
    /// Plays the runs; `finished` hears of each on this thread, with all that was printed.
    ///
    /// # Errors
    /// What `finished` fails with; nothing more is begun then.
    pub fn play(
        &self,
        runs: &[&Run],
        mut finished: impl FnMut(RunResult, &Record) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    while let Some(run) = runs.get(next.fetch_add(1, Ordering::SeqCst)) {
                        if self.is_over()
                            || sender.send(self.workshop.play(run, self.stop)).is_err()
                        {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut outcome = Ok(());
            for (result, record) in &receiver {
                // A run that was given up is no result.
                let is_given_up =
                    self.stop.load(Ordering::SeqCst) && result.verdict == Verdict::NotTried;
                if outcome.is_ok() && !is_given_up {
                    outcome = finished(result, &record);
                }
                if outcome.is_err() {
                    self.stop.store(true, Ordering::SeqCst);
                }
            }
            outcome
        })
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
