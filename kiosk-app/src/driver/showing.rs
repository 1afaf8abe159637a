// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the driver tells of the session: the screen its views, the log and the
//! metrics their endings, the card worker that a resident has gone.

use kiosk_session::{Ending, Screen, SessionId, view::OutOfService};
use tracing::info;

use super::{Driver, Shown, wall_clock};
use crate::{
    endings::{Row, StaffRow, staff_code},
    slip::{Number, Slip},
};

impl Driver {
    /// Shows the session's view where it changed. Before the reader is known nothing is shown, so
    /// that nobody puts a card on it too early; nor before the policy, so that none is shown for a
    /// blink.
    pub(super) fn show_view(&mut self) {
        let view = self.session.view();
        let is_early = !self.media.is_settled() || self.unit.is_awaited(self.now());
        if self.shown == Some(view) || is_early {
            return;
        }
        let was = self.shown.replace(view).map(|view| view.screen);
        if is_at_rest(&view.screen) && !was.is_some_and(|screen| is_at_rest(&screen)) {
            self.card.forget();
        }
        self.count_view(was, view.screen);
        (self.show)(Shown::View(view));
    }

    /// Counts and logs what a screen says that was not said by the one before.
    fn count_view(&mut self, was: Option<Screen>, screen: Screen) {
        match (was, screen) {
            (Some(Screen::Ending { ending: before, .. }), Screen::Ending { ending, .. })
                if before == ending => {}
            (_, Screen::Ending { ending, session, .. }) => self.end(ending, session),
            (Some(before), after) if before == after => {}
            (Some(Screen::TakeCard), Screen::LeftBehind) => {
                self.call_staff(StaffRow::CARD_NOT_TAKEN);
            }
            (_, Screen::LeftBehind) => self.call_staff(StaffRow::LEFT_BEHIND),
            (_, Screen::OutOfService { cause: OutOfService::JournalFailed }) => {
                self.call_staff(StaffRow::JOURNAL_FAILED);
            }
            (_, Screen::OutOfService { cause: OutOfService::DataLocked }) => {
                self.call_staff(StaffRow::DATA_LOCKED);
            }
            (_, Screen::OutOfService { cause: OutOfService::ClockNotSet }) => {
                self.call_staff(StaffRow::CLOCK_NOT_SET);
            }
            _ => {}
        }
    }

    /// An ending is shown: its line in the log has the number that the resident is given.
    fn end(&mut self, ending: Ending, session: Option<SessionId>) {
        let number = session.map_or_else(|| Number::drawn(rand::random()), Number::of);
        let row @ Row { code, severity, .. } = Row::of(ending);
        let (severity, card) = (severity.as_str(), ending.card_changed());
        info!(ending = ending.key(), code, severity, ?card, %number, "ending");
        self.metrics.end(ending);
        // What the resident can mend is no fault.
        if row.has_slip() {
            self.faults.add(code, wall_clock());
        }
        // Before anybody can have read it on the screen.
        self.publish();
        (self.show)(Shown::Slip(Slip { at: wall_clock(), unit: self.unit.name(), number }));
    }

    pub(super) fn publish(&mut self) {
        self.metrics.hold(self.outbox.count());
        self.metrics.publish();
    }

    fn call_staff(&mut self, key: &'static str) {
        info!(staff = key, code = staff_code(key), "staff are called");
        self.metrics.call_staff(key);
    }
}

/// Whether nobody is here: what was known of a resident's card is to be forgotten.
pub(super) const fn is_at_rest(screen: &Screen) -> bool {
    matches!(
        screen,
        Screen::Attract { .. }
            | Screen::Closed { .. }
            | Screen::NotOffered
            | Screen::OutOfService { .. }
            | Screen::Leased
            | Screen::LeftBehind
    )
}
