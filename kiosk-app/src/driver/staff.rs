// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the driver does for staff: hands their orders to the desk, and their pages what it knows.

use kiosk_session::{Screen, View, staff::StaffOrder};

use super::{Driver, Shown, wall_clock};

impl Driver {
    pub(super) fn order(&mut self, order: StaffOrder) {
        match order {
            StaffOrder::OpenCode => self.desk.open_code(),
            StaffOrder::CloseCode => self.desk.close_code(),
            StaffOrder::CheckCode(id) => self.desk.check_code(id, self.now()),
            StaffOrder::AskService => {
                self.desk.await_service();
                self.unit.ask_policy();
            }
            StaffOrder::PlayTone(id) => self.desk.play_tone(id),
            StaffOrder::Wish(wish) => self.desk.leave_wish(wish),
        }
    }

    /// Tells the screen what staff read of the unit, where it changed while they are there. Before
    /// the first view it is told once, for the corner that leads to them.
    pub(super) fn show_staff(&mut self) {
        let is_first = self.staff_told.is_none();
        if !is_first && !self.shown.is_some_and(|view| is_staffs(&view)) {
            return;
        }
        let reader = self.media.name().map(|name| name.as_str().to_owned());
        let (undelivered, update) = (self.outbox.count(), self.control.update());
        let (release, reader) = (&self.release, reader.as_deref());
        let faults = self.faults.last().collect();
        let facts = self.desk.facts(release, reader, undelivered, update, faults, wall_clock());
        if self.staff_told.as_ref() != Some(&facts) {
            self.staff_told = Some(facts.clone());
            (self.show)(Shown::Staff(Box::new(facts)));
        }
    }
}

/// Whether staff are at the unit.
const fn is_staffs(view: &View) -> bool {
    matches!(view.screen, Screen::StaffCode { .. } | Screen::Staff(_) | Screen::Cleaning { .. })
}
