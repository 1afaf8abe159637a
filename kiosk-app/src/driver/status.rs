// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the kiosk is, as one value, from what the driver knows. Nothing of a person.

use jiff::Timestamp;
use kiosk_control::{Clock, Fault, LastFault, Link, State, Status};
use kiosk_session::Screen;

use super::{Driver, wall_clock};
use crate::{central_worker::software, faults};

impl Driver {
    pub(super) fn status(&self) -> Status {
        let now = self.now();
        Status {
            software: software().to_string(),
            image: self.release.booted(),
            since: now.as_secs(),
            state: self.kiosk_state(),
            card_present: self.media.has_card(),
            reader: self.media.name().map(|reader| reader.as_str().to_owned()),
            fault: self
                .faults
                .standing(now)
                .map(|(code, lasted)| Fault { code: code.to_owned(), since: lasted.as_secs() }),
            last_faults: self.faults.last().map(last_fault).collect(),
            undelivered: self.outbox.count().try_into().unwrap_or(u64::MAX),
            link: self.link(wall_clock()),
            clock: Clock {
                set: self.surroundings.is_clock_set(),
                offset_ms: self.unit.clock_offset_milliseconds(),
            },
            update: self.control.update().cloned(),
            frame_drawn: self.frame.is_drawn(),
        }
    }

    /// What it is doing, in the socket's words.
    pub(super) fn kiosk_state(&self) -> State {
        if !self.media.is_settled() {
            return State::Starting;
        }
        match self.session.view().screen {
            Screen::Attract { .. } => State::Attract,
            Screen::Closed { .. } | Screen::NotOffered => State::Closed,
            Screen::OutOfService { .. } => State::OutOfService,
            Screen::Leased => State::Leased,
            Screen::StaffCode { .. } | Screen::Staff(_) | Screen::Cleaning { .. } => State::Staff,
            _ => State::InSession,
        }
    }

    fn link(&self, now: Timestamp) -> Link {
        let identity = self.unit.identity();
        Link {
            reachable: self.unit.is_reachable(),
            kiosk_id: identity.map(|identity| identity.kiosk_id.to_string()),
            unit: identity.map(|identity| identity.unit.clone()),
            certificate_days_left: identity
                .map(|identity| days_until(identity.certificate_not_after, now)),
            key_without_tpm: identity.map(|identity| identity.key_without_tpm),
        }
    }
}

fn last_fault(fault: faults::Fault) -> LastFault {
    let at = fault.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    LastFault { code: fault.code.to_owned(), at }
}

/// Whole days; below nought once it is over.
pub(super) fn days_until(end: Timestamp, now: Timestamp) -> i64 {
    (end.as_second() - now.as_second()).div_euclid(24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_has_begun_is_not_whole_and_one_that_is_over_is_below_nought() {
        let at = |second| Timestamp::constant(second, 0);
        assert_eq!(days_until(at(2 * 86_400), at(0)), 2);
        assert_eq!(days_until(at(2 * 86_400), at(1)), 1);
        assert_eq!(days_until(at(0), at(0)), 0);
        assert_eq!(days_until(at(0), at(1)), -1);
    }
}
