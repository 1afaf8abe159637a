// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the watcher of the readers is heard no more: a smart-card service that hangs without
//! ending says nothing, and a card on its reader is not seen.

use std::time::Duration;

use card_io::pcsc::Pulse;

/// What is known of the watcher, from look to look. It counts looks, each at least as far apart as
/// planned, so that a machine that stood still as a whole does not look like a service that hangs.
pub(super) struct Silence {
    pulse: Pulse,
    beats: u32,
    looks_without: u32,
    next_look: Duration,
}

impl Silence {
    pub(super) fn new(pulse: Pulse) -> Self {
        Self { beats: pulse.beats(), pulse, looks_without: 0, next_look: BETWEEN_LOOKS }
    }

    /// Whether there has been no beat for as long as it takes.
    pub(super) fn look(&mut self, now: Duration) -> bool {
        let beats = self.pulse.beats();
        if beats != self.beats {
            (self.beats, self.looks_without) = (beats, 0);
        } else if now >= self.next_look {
            self.looks_without = self.looks_without.saturating_add(1);
        }
        if now >= self.next_look {
            self.next_look = now + BETWEEN_LOOKS;
        }
        self.looks_without >= MOST_WITHOUT
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// The watcher beats once in two seconds; a machine that is merely slow gets five times that.
const MOST_WITHOUT: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_looks_a_second_apart_without_a_beat_are_a_silence_and_one_beat_ends_it() {
        let pulse = Pulse::default();
        let mut silence = Silence::new(pulse.clone());
        let silent_from = (0..200).find(|tenths| silence.look(Duration::from_millis(tenths * 100)));
        assert_eq!(silent_from, Some(100));
        pulse.beat();
        assert!(!silence.look(Duration::from_secs(20)));
    }

    #[test]
    fn a_service_that_answers_every_two_seconds_is_never_silent() {
        let pulse = Pulse::default();
        let mut silence = Silence::new(pulse.clone());
        for second in 0..100 {
            if second % 2 == 0 {
                pulse.beat();
            }
            assert!(!silence.look(Duration::from_secs(second)));
        }
    }

    #[test]
    fn a_machine_that_stood_still_as_a_whole_is_no_silence() {
        let mut silence = Silence::new(Pulse::default());
        assert!(!silence.look(Duration::from_secs(5)));
        assert!(!silence.look(Duration::from_secs(50_000)));
    }
}
