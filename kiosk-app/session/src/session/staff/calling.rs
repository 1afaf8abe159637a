// SPDX-License-Identifier: MIT OR Apache-2.0
//! Five touches in a corner that has no label, within five seconds: nothing that a resident does by
//! chance, and nothing that a child finds by trying.

use core::time::Duration;

use super::{Staff, StaffCode};
use crate::session::state::State;
use crate::session::turn::Turn;
use crate::staff::StaffEvent;

/// When the corner was touched, the last one at the end.
#[derive(Debug, Default)]
pub(crate) struct Calling([Option<Duration>; TOUCHES]);

impl Calling {
    /// Where this event leads from rest, if it leads anywhere. With a card on the reader the unit is
    /// a resident's.
    pub(crate) fn hear(&mut self, event: StaffEvent, turn: &mut Turn<'_>) -> Option<State> {
        match event {
            StaffEvent::CornerTouched if turn.facts.may_become_staffs() => {
                self.touched(turn.facts.now()).then(|| StaffCode::open(None, turn))
            }
            StaffEvent::SwitchTurned if turn.facts.may_become_staffs() => Some(Staff::begin(turn)),
            // A late answer to what was left meanwhile.
            StaffEvent::CornerTouched
            | StaffEvent::SwitchTurned
            | StaffEvent::CodeTyped { .. }
            | StaffEvent::CodeSubmitted { .. }
            | StaffEvent::CodeChecked(..)
            | StaffEvent::ServiceAsked { .. }
            | StaffEvent::ToneEnded { .. }
            | StaffEvent::WishLeft { .. } => None,
        }
    }

    fn touched(&mut self, now: Duration) -> bool {
        self.0.rotate_left(1);
        self.0[TOUCHES - 1] = Some(now);
        self.0[0].is_some_and(|first| now.saturating_sub(first) <= WITHIN)
    }
}

const TOUCHES: usize = 5;
const WITHIN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(moments: &[u64]) -> bool {
        let mut calling = Calling::default();
        let heard = moments.iter().map(|moment| calling.touched(Duration::from_millis(*moment)));
        heard.last().unwrap_or(false)
    }

    #[test]
    fn five_touches_within_five_seconds_call() {
        assert!(at(&[0, 1_000, 2_000, 3_000, 5_000]));
        assert!(!at(&[0, 1_000, 2_000, 3_000]), "four do not");
        assert!(!at(&[0, 1_000, 2_000, 3_000, 5_001]), "slow ones do not");
        assert!(at(&[0, 4_000, 5_000, 6_000, 7_000, 8_000]), "any five in a row do");
    }
}
