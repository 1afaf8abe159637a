// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which failed attempts are repeated, and after how long. Pure: time and chance are arguments.
//!
//! The contract ("Problem codes", last paragraph) repeats only what cannot do harm twice.
//! Every POST is idempotent by its key, so that is any attempt which left no decision.

use std::time::Duration;

use crate::wire::Call;

/// Longest pause before the second attempt; it doubles with each further one.
pub const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// No pause is longer, unless the service asks for it by `Retry-After`.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A total deadline for calls during which a resident stands before the screen.
pub const RESIDENT_WAITS: Duration = Duration::from_secs(5);

/// No attempt gets less than this, as far as the deadline allows: a handshake and an answer.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// No attempt gets more than this.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(15);

/// What an attempt met, as far as it matters for a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection, a connection that broke, or no answer in time.
    NoAnswer,
    /// An answer with a status that is no success.
    Status {
        /// The HTTP status.
        status: u16,
        /// Whether the answer names a problem, one that this version knows or another.
        names_a_problem: bool,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Attempts that were made, 1 or more.
    pub attempts: u32,
    /// Since the first one began.
    pub elapsed: Duration,
    /// The call's total deadline, from the same moment.
    pub deadline: Duration,
}

/// The pause before the next attempt; none when the failure is the answer.
///
/// Exponential with full jitter: `chance` is uniform in `0.0..1.0`. A pause that `Retry-After`
/// asks for is kept in full, and one that would pass the deadline is not begun.
#[must_use]
pub fn pause(call: Call, failure: Failure, progress: Progress, chance: f64) -> Option<Duration> {
    if !is_repeated(call, failure) {
        return None;
    }
    let asked_for = match failure {
        Failure::NoAnswer => None,
        Failure::Status { retry_after, .. } => retry_after,
    };
    let doublings = progress.attempts.saturating_sub(1).min(16);
    let longest = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    let pause = longest.mul_f64(chance.clamp(0.0, 1.0)).max(asked_for.unwrap_or_default());
    let next = progress.elapsed.saturating_add(pause);
    (next < progress.deadline).then_some(pause)
}

/// How long the next attempt may take, so that a dead connection leaves time for another one.
#[must_use]
pub fn attempt_limit(left: Duration) -> Duration {
    (left * 2 / 3).clamp(SHORTEST_ATTEMPT, LONGEST_ATTEMPT).min(left)
}

const fn is_repeated(call: Call, failure: Failure) -> bool {
    match failure {
        Failure::NoAnswer => true,
        Failure::Status { status: 429 | 500..=599, names_a_problem, .. } => {
            !names_a_problem || is_never_refused(call)
        }
        Failure::Status { .. } => false,
    }
}

/// What happened to a card must reach the service, which never answers these two as closed.
const fn is_never_refused(call: Call) -> bool {
    matches!(call, Call::Outcome | Call::DeliverReceipt)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CALLS: [Call; 7] = [
        Call::OpenSession,
        Call::DeliverReceipt,
        Call::Prove,
        Call::Ticket,
        Call::Outcome,
        Call::Policy,
        Call::Heartbeat,
    ];

    const FIRST: Progress =
        Progress { attempts: 1, elapsed: Duration::ZERO, deadline: RESIDENT_WAITS };

    fn answered(status: u16, names_a_problem: bool) -> Failure {
        Failure::Status { status, names_a_problem, retry_after: None }
    }

    fn repeated_calls(failure: Failure) -> Vec<Call> {
        CALLS.into_iter().filter(|call| pause(*call, failure, FIRST, 0.5).is_some()).collect()
    }

    #[test]
    fn every_call_is_repeated_when_no_decision_was_made() {
        for failure in [Failure::NoAnswer, answered(429, false), answered(502, false)] {
            assert_eq!(repeated_calls(failure), CALLS, "{failure:?}");
        }
    }

    #[test]
    fn only_outcomes_and_receipts_are_repeated_against_a_named_problem() {
        for status in [429, 500, 503] {
            let repeated = repeated_calls(answered(status, true));
            assert_eq!(repeated, [Call::DeliverReceipt, Call::Outcome], "{status}");
        }
    }

    #[test]
    fn nothing_is_repeated_against_a_refusal_or_a_redirect() {
        for status in [301, 304, 400, 403, 404, 409, 410, 413, 422, 426] {
            for names_a_problem in [false, true] {
                assert_eq!(repeated_calls(answered(status, names_a_problem)), [], "{status}");
            }
        }
    }

    #[test]
    fn a_pause_that_the_service_asks_for_is_kept_in_full() {
        let seconds = |asked| Failure::Status {
            status: 503,
            names_a_problem: false,
            retry_after: Some(Duration::from_secs(asked)),
        };
        let kept = pause(Call::Policy, seconds(2), FIRST, 0.0);
        assert_eq!(kept, Some(Duration::from_secs(2)));
        assert_eq!(pause(Call::Policy, seconds(5), FIRST, 0.0), None, "an answer, not a wait");
    }

    #[test]
    fn a_dead_connection_leaves_time_for_another_one() {
        assert_eq!(attempt_limit(Duration::from_secs(6)), Duration::from_secs(4));
        assert_eq!(attempt_limit(Duration::from_millis(1_200)), Duration::from_secs(1));
        assert_eq!(attempt_limit(Duration::from_millis(300)), Duration::from_millis(300));
        assert_eq!(attempt_limit(Duration::from_secs(600)), Duration::from_secs(15));
    }

    proptest! {
        #[test]
        fn no_pause_passes_the_deadline(
            attempts in 1_u32..200,
            elapsed in 0_u64..20_000,
            deadline in 0_u64..20_000,
            asked in proptest::option::of(0_u64..30),
            chance in 0.0..1.0,
        ) {
            let progress = Progress {
                attempts,
                elapsed: Duration::from_millis(elapsed),
                deadline: Duration::from_millis(deadline),
            };
            let retry_after = asked.map(Duration::from_secs);
            let failure = Failure::Status { status: 503, names_a_problem: false, retry_after };
            if let Some(pause) = pause(Call::Outcome, failure, progress, chance) {
                prop_assert!(progress.elapsed + pause < progress.deadline);
                prop_assert!(pause >= retry_after.unwrap_or_default());
                prop_assert!(pause <= LONGEST_PAUSE.max(retry_after.unwrap_or_default()));
            }
        }

        #[test]
        fn pauses_grow_and_are_spread_from_nothing_to_the_whole(
            attempts in 1_u32..30,
            chance in 0.0..1.0,
        ) {
            let progress = |attempts| Progress { attempts, deadline: Duration::MAX, ..FIRST };
            let at = |attempts, chance| {
                pause(Call::Outcome, Failure::NoAnswer, progress(attempts), chance)
            };
            prop_assert_eq!(at(attempts, 0.0), Some(Duration::ZERO));
            prop_assert!(at(attempts, chance) <= at(attempts, 1.0));
            prop_assert!(at(attempts, 1.0) <= at(attempts + 1, 1.0));
        }

        #[test]
        fn a_call_ends_however_long_the_service_fails(chance in 0.0..1.0_f64) {
            let mut progress = FIRST;
            while let Some(pause) = pause(Call::Ticket, Failure::NoAnswer, progress, chance) {
                let left = progress.deadline - progress.elapsed - pause;
                progress.attempts += 1;
                progress.elapsed += pause + attempt_limit(left).min(left);
                prop_assert!(progress.attempts < 1_000);
            }
            prop_assert!(progress.elapsed <= progress.deadline);
        }
    }
}
