// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pad for the staff code. It is no resident's PIN and is kept like one: digits lie in the
//! locked page, behind the PINs' slots, and are overwritten when they have been checked.
//!
//! As with the PINs' pad, three threads meet here, and a digit that crosses a wipe is wiped again
//! by its own press: each opening and closing has a number.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU32, Ordering},
};

use kiosk_session::staff::{CODE_LENGTHS, StaffEvent};

use crate::{
    locked::{SHARED_LENGTH, Shared, wipe},
    pad::{KEYS, PINS_LENGTH},
};

/// Longest staff code.
pub(super) const CODE_LENGTH: usize = *CODE_LENGTHS.end() as usize;
/// A length, and room for the longest code, at the end of the shared part.
const START: usize = SHARED_LENGTH - 1 - CODE_LENGTH;
const _: () = assert!(PINS_LENGTH <= START);

/// The pad, for every thread that has to do with it.
#[derive(Clone, Debug)]
pub(crate) struct CodePad {
    shared: Shared,
    /// Odd while it is open.
    turns: Arc<AtomicU32>,
}

impl CodePad {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared, turns: Arc::new(AtomicU32::new(0)) }
    }

    /// Empties it and lets digits be typed.
    pub(super) fn open(&self) {
        self.close();
        self.turns.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes no digit any more, and forgets those that were typed.
    pub(super) fn close(&self) {
        self.shut();
        self.wipe();
    }

    /// Moves the code out, for whoever checks it; its length.
    pub(super) fn take(&self, code: &mut [u8; CODE_LENGTH]) -> usize {
        for (to, from) in code.iter_mut().zip(self.digits()) {
            *to = from.load(Ordering::SeqCst);
        }
        let length = self.typed();
        self.wipe();
        length
    }

    /// Whether keys are the staff's now.
    pub(crate) fn is_open(&self) -> bool {
        self.turns.load(Ordering::SeqCst) % 2 == 1
    }

    /// A key was touched.
    pub(crate) fn press(&self, position: usize) -> Option<StaffEvent> {
        let digit = KEYS.get(position).copied().filter(u8::is_ascii_digit)?;
        self.edit(|length| {
            if let Some(free) = self.digits().get(length) {
                free.store(digit, Ordering::SeqCst);
                self.set_length(length + 1);
            }
        })
    }

    /// The last digit goes.
    pub(crate) fn erase(&self) -> Option<StaffEvent> {
        self.edit(|length| {
            if let Some(last) = length.checked_sub(1) {
                self.set_length(last);
                self.digits().get(last..).into_iter().for_each(wipe);
            }
        })
    }

    /// OK was touched: no digit can follow.
    pub(crate) fn submit(&self) -> Option<StaffEvent> {
        if !self.is_open() {
            return None;
        }
        self.shut();
        Some(StaffEvent::CodeSubmitted { length: self.length() })
    }

    fn edit(&self, change: impl FnOnce(usize)) -> Option<StaffEvent> {
        let turn = self.turns.load(Ordering::SeqCst);
        if turn.is_multiple_of(2) {
            return None;
        }
        change(self.typed());
        if self.turns.load(Ordering::SeqCst) != turn {
            self.wipe();
            return None;
        }
        Some(StaffEvent::CodeTyped { length: self.length() })
    }

    fn shut(&self) {
        // From odd to even; an even number stays.
        let next = |turn: u32| Some(turn.wrapping_add(turn % 2));
        let _ = self.turns.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
    }

    fn typed(&self) -> usize {
        usize::from(self.length()).min(CODE_LENGTH)
    }

    fn length(&self) -> u8 {
        self.place()[0].load(Ordering::SeqCst)
    }

    fn set_length(&self, length: usize) {
        self.place()[0].store(u8::try_from(length).unwrap_or(0), Ordering::SeqCst);
    }

    fn digits(&self) -> &[AtomicU8] {
        &self.place()[1..]
    }

    fn wipe(&self) {
        wipe(self.place());
    }

    fn place(&self) -> &[AtomicU8] {
        &self.shared.bytes()[START..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locked::LockedPage;

    fn pad() -> CodePad {
        CodePad::new(LockedPage::allocate().unwrap().shared)
    }

    fn taken(pad: &CodePad) -> Vec<u8> {
        let mut code = [0; CODE_LENGTH];
        let length = pad.take(&mut code);
        code[..length].to_vec()
    }

    fn is_blank(pad: &CodePad) -> bool {
        pad.shared.bytes().iter().all(|byte| byte.load(Ordering::SeqCst) == 0)
    }

    fn type_in(pad: &CodePad, digits: &[usize]) -> Option<StaffEvent> {
        digits.iter().fold(None, |_, digit| pad.press(*digit))
    }

    #[test]
    fn what_is_typed_is_taken_once_and_stays_nowhere() {
        let pad = pad();
        pad.open();
        assert_eq!(type_in(&pad, &[4, 0, 2, 8]), Some(StaffEvent::CodeTyped { length: 4 }));
        assert_eq!(pad.erase(), Some(StaffEvent::CodeTyped { length: 3 }));
        type_in(&pad, &[8, 1, 7]);
        assert_eq!(pad.submit(), Some(StaffEvent::CodeSubmitted { length: 6 }));
        assert_eq!((pad.press(1), pad.submit()), (None, None), "nothing follows OK");
        assert_eq!(taken(&pad), b"402817");
        assert!(is_blank(&pad));
        assert_eq!(taken(&pad), b"");
    }

    #[test]
    fn it_takes_digits_alone_and_no_more_than_a_code_has() {
        let pad = pad();
        assert_eq!(pad.press(1), None, "it is not open");
        pad.open();
        assert_eq!(pad.press(10), None, "A is no digit");
        let typed = type_in(&pad, &[1; CODE_LENGTH + 3]);
        assert_eq!(typed, Some(StaffEvent::CodeTyped { length: 12 }));
    }

    #[test]
    fn closing_and_opening_forget_what_was_typed() {
        let pad = pad();
        pad.open();
        type_in(&pad, &[4, 0, 2]);
        pad.open();
        assert!(is_blank(&pad) && pad.is_open());
        type_in(&pad, &[4, 0, 2]);
        pad.close();
        assert!(is_blank(&pad) && !pad.is_open());
    }
}
