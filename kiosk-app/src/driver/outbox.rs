// SPDX-License-Identifier: MIT OR Apache-2.0
//! When each outcome of the journal goes out: at once after a start, after a
//! while where the session reports it itself, and again and again, further and
//! further apart, until the service has acknowledged it.

use std::time::Duration;

use rand::RngExt as _;
use uuid::Uuid;

use crate::journal::Delivery;

/// What the journal holds, with the moments of its next attempts.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    held: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    delivery: Delivery,
    attempts: u32,
    due: Duration,
    is_under_way: bool,
}

impl Outbox {
    /// What a start found, the oldest first.
    pub(super) fn new(deliveries: Vec<Delivery>) -> Self {
        let held = deliveries.into_iter().map(|delivery| Held::new(delivery, Duration::ZERO));
        Self { held: held.collect() }
    }

    /// An outcome that the journal has just kept. The session reports it; should it not, it goes
    /// out a little later.
    pub(super) fn add(&mut self, delivery: Delivery, now: Duration) {
        self.held.push(Held::new(delivery, now + LEFT_TO_THE_SESSION));
    }

    /// The latest outcome of a session, to be reported now.
    pub(super) fn report(&mut self, session_id: Uuid) -> Option<Delivery> {
        let of_session = |held: &&mut Held| held.delivery.session_id == session_id;
        let held = self.held.iter_mut().rev().find(of_session)?;
        held.is_under_way = true;
        Some(held.delivery.clone())
    }

    /// The next one that is due, one at a time.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Delivery> {
        if self.held.iter().any(|held| held.is_under_way) {
            return None;
        }
        let held = self.held.iter_mut().find(|held| held.due <= now)?;
        held.is_under_way = true;
        Some(held.delivery.clone())
    }

    /// The service did not take it; it stays.
    pub(super) fn put_off(&mut self, number: u64, now: Duration) {
        if let Some(held) = self.held.iter_mut().find(|held| held.delivery.number == number) {
            held.is_under_way = false;
            held.due = now + pause(held.attempts, rand::rng().random_range(0.0..=1.0));
            held.attempts = held.attempts.saturating_add(1);
        }
    }

    /// The service has acknowledged it.
    pub(super) fn remove(&mut self, number: u64) {
        self.held.retain(|held| held.delivery.number != number);
    }

    /// How many the service has not acknowledged.
    pub(super) const fn count(&self) -> usize {
        self.held.len()
    }

    /// When something is due; not while one is under way, whose end brings a message.
    pub(super) fn deadline(&self) -> Option<Duration> {
        if self.held.iter().any(|held| held.is_under_way) {
            return None;
        }
        self.held.iter().map(|held| held.due).min()
    }
}

impl Held {
    const fn new(delivery: Delivery, due: Duration) -> Self {
        Self { delivery, attempts: 0, due, is_under_way: false }
    }
}

/// Exponential with full jitter, and never quite at once: `fraction` is drawn from 0 to 1.
fn pause(attempts: u32, fraction: f64) -> Duration {
    let ceiling = FIRST_PAUSE.saturating_mul(1 << attempts.min(16)).min(LONGEST_PAUSE);
    SHORTEST_PAUSE + ceiling.mul_f64(fraction)
}

/// The session reports at once. Should both do so, the key is the same and nothing is told twice.
const LEFT_TO_THE_SESSION: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// With the time that an attempt may take, a service that comes back hears of everything within a
/// minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(45);

#[cfg(test)]
mod tests {
    use backend_client::wire::{EndingCode, IdempotencyKey, Outcome, OutcomeResult};

    use super::*;

    const SESSION: Uuid = Uuid::from_bytes([7; 16]);

    fn delivery(number: u64) -> Delivery {
        let ending = EndingCode::try_from("done").unwrap();
        let body = Outcome { result: OutcomeResult::Done, ending, receipt: None };
        Delivery { number, session_id: SESSION, key: IdempotencyKey::fresh(), body }
    }

    fn number(delivery: Option<Delivery>) -> Option<u64> {
        delivery.map(|delivery| delivery.number)
    }

    #[test]
    fn what_a_start_found_goes_out_at_once_the_oldest_first_one_at_a_time() {
        let mut outbox = Outbox::new(vec![delivery(1), delivery(2)]);
        assert_eq!(number(outbox.take_due(Duration::ZERO)), Some(1));
        assert_eq!(number(outbox.take_due(Duration::ZERO)), None);
        outbox.remove(1);
        assert_eq!(number(outbox.take_due(Duration::ZERO)), Some(2));
    }

    #[test]
    fn a_fresh_outcome_is_left_to_the_session_for_a_while() {
        let mut outbox = Outbox::default();
        outbox.add(delivery(1), Duration::ZERO);
        assert_eq!(number(outbox.take_due(Duration::from_secs(1))), None);
        assert_eq!(number(outbox.report(SESSION)), Some(1));
        assert_eq!(number(outbox.take_due(LEFT_TO_THE_SESSION)), None, "it is under way");
        outbox.put_off(1, Duration::ZERO);
        let soon = SHORTEST_PAUSE + FIRST_PAUSE;
        assert!(outbox.deadline().is_some_and(|due| due <= soon));
        assert_eq!(number(outbox.take_due(soon)), Some(1));
    }

    #[test]
    fn the_latest_outcome_of_a_session_is_the_one_reported() {
        let mut outbox = Outbox::default();
        outbox.add(delivery(1), Duration::ZERO);
        outbox.add(delivery(2), Duration::ZERO);
        assert_eq!(number(outbox.report(SESSION)), Some(2));
        assert_eq!(outbox.report(Uuid::nil()), None);
    }

    #[test]
    fn pauses_grow_and_an_attempt_follows_within_a_minute_for_ever() {
        assert_eq!(pause(0, 1.0), SHORTEST_PAUSE + FIRST_PAUSE);
        assert_eq!(pause(3, 1.0), SHORTEST_PAUSE + FIRST_PAUSE * 8);
        let longest = pause(u32::MAX, 1.0);
        assert_eq!(longest, SHORTEST_PAUSE + LONGEST_PAUSE);
        assert!(longest + crate::central_worker::PATIENCE < Duration::from_secs(60));
        assert_eq!(pause(5, 0.0), SHORTEST_PAUSE);
    }
}
