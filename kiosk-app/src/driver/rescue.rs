// SPDX-License-Identifier: MIT OR Apache-2.0
//! A smart-card service that hangs without ending is started anew by nobody: the service manager
//! sees a process that runs. Whoever hears its silence asks for it.

use std::time::Duration;

use tracing::warn;

use super::{Driver, showing::is_at_rest};

/// When it may be asked for next. Where a restart does not help, neither does a hundred of them.
#[derive(Debug, Default)]
pub(super) struct Rescue {
    not_before: Duration,
}

impl Rescue {
    /// Whether it is to be asked for now.
    fn is_due(&mut self, hangs: bool, is_free: bool, now: Duration) -> bool {
        let is_due = hangs && is_free && now >= self.not_before;
        if is_due {
            self.not_before = now + BETWEEN;
        }
        is_due
    }
}

impl Driver {
    /// Never while somebody is here, or while a card was on the reader when it was seen last.
    pub(super) fn rescue_the_readers(&mut self, now: Duration) {
        let is_free = is_at_rest(&self.session.view().screen) && !self.media.has_card();
        if self.rescue.is_due(self.media.is_silent(), is_free, now) {
            let is_left = self.desk.ask_for_restart_of_readers();
            warn!(code = "readers-restarted", is_left, "the smart-card service is to start anew");
            self.metrics.restart_readers();
        }
    }
}

/// Between two restarts.
const BETWEEN: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_hangs_is_restarted_once_in_five_minutes_and_never_under_a_card() {
        let mut rescue = Rescue::default();
        let second = Duration::from_secs;
        assert!(!rescue.is_due(false, true, second(10)), "it answers");
        assert!(!rescue.is_due(true, false, second(11)), "somebody is here");
        assert!(rescue.is_due(true, true, second(12)));
        let asked = (13..=911).filter(|moment| rescue.is_due(true, true, second(*moment)));
        assert_eq!(asked.collect::<Vec<_>>(), [312, 612]);
    }
}
