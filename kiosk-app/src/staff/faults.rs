// SPDX-License-Identifier: MIT OR Apache-2.0
//! The last faults, by code and moment: what staff are called for, and nothing of a person.

use std::{collections::VecDeque, mem};

use jiff::Timestamp;
use kiosk_session::{Screen, staff::StaffView};

use crate::endings::{Row, StaffRow, out_of_service_code, staff_code};

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When it was seen.
    pub at: Timestamp,
    /// As the screen, the log and the manual have it.
    pub code: &'static str,
}

/// How many are kept.
pub const LAST: usize = 10;

/// The last of them, the newest first.
#[derive(Debug, Default)]
pub(super) struct Faults {
    last: VecDeque<Fault>,
    /// What stands on the screen, staff's own screens aside.
    standing: Option<&'static str>,
    /// The screen asked for a card to be taken.
    asked_for_card: bool,
}

impl Faults {
    /// Sees what is shown now. True where it is a fault that was not shown before.
    pub(super) fn see(&mut self, screen: &Screen, now: Timestamp) -> bool {
        if matches!(
            screen,
            Screen::Staff(StaffView { .. }) | Screen::StaffCode { .. } | Screen::Cleaning { .. }
        ) {
            return false;
        }
        let asked_for_card = mem::replace(&mut self.asked_for_card, *screen == Screen::TakeCard);
        let code = match (asked_for_card, screen) {
            (true, Screen::LeftBehind) => Some(staff_code(StaffRow::CARD_NOT_TAKEN)),
            _ => code_of(screen),
        };
        if mem::replace(&mut self.standing, code) == code {
            return false;
        }
        let Some(code) = code else { return false };
        self.last.truncate(LAST - 1);
        self.last.push_front(Fault { at: now, code });
        true
    }

    pub(super) fn last(&self) -> Vec<Fault> {
        self.last.iter().copied().collect()
    }
}

/// The code of what staff would want to know of.
fn code_of(screen: &Screen) -> Option<&'static str> {
    match screen {
        Screen::Ending { ending, .. } => {
            let row = Row::of(*ending);
            row.has_slip().then_some(row.code.as_str())
        }
        Screen::OutOfService { cause } => Some(out_of_service_code(*cause)),
        Screen::LeftBehind => Some(staff_code(StaffRow::LEFT_BEHIND)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use kiosk_session::{Ending, event::Page, staff::UnitState, view::OutOfService};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ended(ending: Ending) -> Screen {
        Screen::Ending {
            ending,
            session: None,
            reservation_until: None,
            take_card: true,
            may_put_back: false,
        }
    }

    const CLEANING: Screen = Screen::Cleaning { seconds: 3, unit: UnitState::Serving };
    const ATTRACT: Screen = Screen::Attract { page: Page::Attract };
    const GONE: Screen = Screen::OutOfService { cause: OutOfService::ReaderGone };

    #[test]
    fn what_the_resident_can_mend_is_no_fault() {
        let mut faults = Faults::default();
        assert!(!faults.see(&ATTRACT, at(1)));
        assert!(!faults.see(&ended(Ending::Cancelled), at(2)));
        assert!(faults.see(&ended(Ending::ServiceUnreachable), at(3)));
        assert_eq!(faults.last(), [Fault { at: at(3), code: "S-300" }]);
    }

    #[test]
    fn a_fault_that_stands_is_kept_once_and_staff_who_look_do_not_end_it() {
        let mut faults = Faults::default();
        assert!(faults.see(&GONE, at(1)));
        assert!(!faults.see(&GONE, at(2)));
        faults.see(&CLEANING, at(3));
        assert!(!faults.see(&GONE, at(4)));
        faults.see(&ATTRACT, at(5));
        assert!(faults.see(&GONE, at(6)), "it came again");
        assert_eq!(faults.last().len(), 2);
    }

    #[test]
    fn a_card_that_was_not_taken_is_told_from_one_that_was_found() {
        let mut faults = Faults::default();
        faults.see(&Screen::LeftBehind, at(1));
        faults.see(&Screen::TakeCard, at(2));
        faults.see(&Screen::LeftBehind, at(3));
        let codes: Vec<_> = faults.last().iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["K-431", "K-430"]);
    }

    #[test]
    fn only_the_last_ten_are_kept_the_newest_first() {
        let mut faults = Faults::default();
        for second in 0..25 {
            faults.see(&GONE, at(second));
            faults.see(&ATTRACT, at(second));
        }
        let moments: Vec<_> = faults.last().iter().map(|fault| fault.at.as_second()).collect();
        assert_eq!(moments, (15..25).rev().collect::<Vec<_>>());
    }
}
