// SPDX-License-Identifier: MIT OR Apache-2.0
//! From touches to the driver's queue. Keys take another way: their characters
//! go into the locked page here, on the screen's thread, and the driver hears
//! the shape of what was typed.

use std::cell::RefCell;

use kiosk_session::{Event, staff::StaffEvent};

use crate::{
    message::{Message, Queue},
    pad::Keys,
    screen::Touched,
    staff::CodePad,
};

/// What touches can reach.
pub(crate) struct Input {
    keys: RefCell<Keys>,
    code: CodePad,
    queue: Queue,
}

impl Input {
    pub(crate) fn new(keys: Keys, code: CodePad, queue: Queue) -> Self {
        Self { keys: RefCell::new(keys), code, queue }
    }

    /// Takes in a touch. Returns place and key position of a character to be shown for a moment.
    pub(crate) fn touched(&self, touched: Touched) -> Option<(u8, u8)> {
        let mut keys = self.keys.borrow_mut();
        let event = match touched {
            Touched::Session(touch) => Some(Event::Touched(touch)),
            Touched::Corner => Some(Event::Staff(StaffEvent::CornerTouched)),
            Touched::Key(position) if self.code.is_open() => {
                self.code.press(usize::from(position)).map(Event::Staff)
            }
            Touched::Delete if self.code.is_open() => self.code.erase().map(Event::Staff),
            Touched::Submit if self.code.is_open() => self.code.submit().map(Event::Staff),
            Touched::Key(position) => keys.press(usize::from(position)),
            Touched::Delete => keys.erase(),
            Touched::Submit => keys.submit(),
            Touched::Reveal(place) => {
                let position = keys.reveal(usize::from(place))?;
                return Some((place, u8::try_from(position).ok()?));
            }
        };
        if let Some(event) = event {
            // A driver that has ended takes no more touches; the screen goes with it.
            let _ = self.queue.send(Message::Event(event));
        }
        None
    }
}
