// SPDX-License-Identifier: MIT OR Apache-2.0
//! The PIN pad behind the screen: key positions go in, shapes come out, and the
//! characters lie in the locked page and nowhere else.
//!
//! Three threads meet here. The one that takes the touches types into the open
//! slot; the driver opens and wipes; the card worker takes out what was staged
//! for it. A key that crosses a wipe is wiped again by its own press: each
//! opening has a number, and the press looks whether it is still the same.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU32, Ordering},
};

use kiosk_session::{Event, PadCommand, PadSlot, PinHandle, PinKind, PinShape};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::locked::{PIN_LENGTH, Private, SHARED_LENGTH, Shared, wipe};

/// Characters of the keys by their position on the screen: the ten digits, then
/// the letters. A pad for the 4-digit PIN has the first ten alone.
pub const KEYS: [u8; 36] = *b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The slots of the locked page, for every thread that has to do with them.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    shared: Shared,
    /// Number of the opening, and in the lowest two bits which slot is open.
    opened: Arc<AtomicU32>,
}

impl Slots {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared, opened: Arc::new(AtomicU32::new(NO_SLOT)) }
    }

    /// Carries out what the session wants done with the page.
    pub(crate) fn carry_out(&self, command: PadCommand) {
        match command {
            PadCommand::Open(slot) => {
                self.close();
                self.place(Place::of(slot)).wipe();
                self.reopen(Place::of(slot).mark());
            }
            PadCommand::Wipe(slot) => {
                if self.open_place() == Some(Place::of(slot)) {
                    self.close();
                }
                self.place(Place::of(slot)).wipe();
            }
            PadCommand::WipeAll => {
                self.close();
                TYPED.iter().for_each(|place| self.place(*place).wipe());
            }
        }
    }

    /// Moves a PIN to where the card worker takes it from, so that a wipe of its slot in the same
    /// breath cannot change what is sent.
    pub(crate) fn stage(&self, pin: &PinHandle) {
        let (from, to) = (self.place(Place::of(pin.slot())), self.place(Place::Staged));
        to.wipe();
        for (from, to) in from.characters.iter().zip(to.characters) {
            to.store(from.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        to.length.store(from.length.load(Ordering::SeqCst), Ordering::SeqCst);
        from.wipe();
    }

    /// Moves the staged PIN to the worker's own bench and returns its length; 0 when nothing is
    /// staged.
    pub(crate) fn take(&self, bench: &mut [u8; PIN_LENGTH]) -> usize {
        let staged = self.place(Place::Staged);
        let length = staged.read(bench);
        staged.wipe();
        length
    }

    /// Overwrites what was staged and not taken.
    pub(crate) fn discard_staged(&self) {
        self.place(Place::Staged).wipe();
    }

    /// Overwrites everything, for a process that is about to end.
    pub(crate) fn wipe_to_the_end(&self) {
        self.close();
        wipe(self.shared.bytes());
    }

    fn close(&self) {
        self.reopen(NO_SLOT);
    }

    fn reopen(&self, mark: u32) {
        let number = self.opened.load(Ordering::SeqCst) & !MARK;
        self.opened.store(number.wrapping_add(MARK + 1) | mark, Ordering::SeqCst);
    }

    fn open_place(&self) -> Option<Place> {
        let mark = self.opened.load(Ordering::SeqCst) & MARK;
        TYPED.into_iter().find(|place| place.mark() == mark)
    }

    fn place(&self, place: Place) -> Slot<'_> {
        let start = place as usize * SLOT_LENGTH;
        let bytes = &self.shared.bytes()[start..start + SLOT_LENGTH];
        Slot { length: &bytes[0], characters: &bytes[1..] }
    }
}

/// The side of the pad that touches reach. One exists; it lives on the screen's thread.
#[derive(Debug)]
pub(crate) struct Keys {
    slots: Slots,
    bench: Private<[u8; PIN_LENGTH]>,
}

impl Keys {
    pub(crate) fn new(slots: Slots, bench: Private<[u8; PIN_LENGTH]>) -> Self {
        Self { slots, bench }
    }

    /// A key was touched. Nothing happens where no slot is open, no key has this position, or the
    /// slot is full.
    pub(crate) fn press(&mut self, position: usize) -> Option<Event> {
        let character = *KEYS.get(position)?;
        let kind = self.slots.open_place()?.slot()?.pin_kind();
        if kind == PinKind::UserAuthentication && !character.is_ascii_digit() {
            return None;
        }
        self.edit(|slot, length| {
            if length < usize::from(*kind.lengths().end()) {
                slot.characters[length].store(character, Ordering::SeqCst);
                slot.set_length(length + 1);
            }
        })
    }

    /// The last character goes.
    pub(crate) fn erase(&mut self) -> Option<Event> {
        self.edit(|slot, length| {
            if let Some(last) = length.checked_sub(1) {
                slot.set_length(last);
                slot.characters.get(last..).into_iter().for_each(wipe);
            }
        })
    }

    /// OK was touched: the pad closes, so that no key can follow.
    pub(crate) fn submit(&mut self) -> Option<Event> {
        let place = self.slots.open_place()?;
        let slot = place.slot()?;
        self.slots.close();
        let shape = self.shape(place);
        let matches = (slot == PadSlot::Repeat).then(|| self.is_repeated());
        Some(Event::Submitted { pin: PinHandle::issue(slot), shape, matches })
    }

    /// The key position of one typed character, for a screen that shows one at a time.
    pub(crate) fn reveal(&self, index: usize) -> Option<usize> {
        let slot = self.slots.place(self.slots.open_place()?);
        let character = slot.characters.get(index)?.load(Ordering::SeqCst);
        KEYS.iter().position(|key| *key == character)
    }

    fn edit(&mut self, change: impl FnOnce(&Slot<'_>, usize)) -> Option<Event> {
        let opened = self.slots.opened.load(Ordering::SeqCst);
        let place = self.slots.open_place()?;
        let slot = self.slots.place(place);
        change(&slot, slot.length());
        if self.slots.opened.load(Ordering::SeqCst) != opened {
            // The driver wiped while this key was on its way.
            slot.wipe();
            return None;
        }
        Some(Event::Typed(self.shape(place)))
    }

    fn shape(&mut self, place: Place) -> PinShape {
        let bench = self.bench.bytes();
        let length = self.slots.place(place).read(bench);
        let shape = PinShape::of(bench.get(..length).unwrap_or_default());
        bench.zeroize();
        shape
    }

    /// Whether both new PINs are the same, in a time that does not depend on where they differ.
    fn is_repeated(&self) -> bool {
        let (new, repeat) = (self.slots.place(Place::New), self.slots.place(Place::Repeat));
        let pairs = new.characters.iter().zip(repeat.characters);
        let start = new.length.load(Ordering::SeqCst).ct_eq(&repeat.length.load(Ordering::SeqCst));
        pairs
            .fold(start, |same, (left, right)| {
                same & left.load(Ordering::SeqCst).ct_eq(&right.load(Ordering::SeqCst))
            })
            .into()
    }
}

/// A length and room for the longest PIN; what is not used is zero.
struct Slot<'p> {
    length: &'p AtomicU8,
    characters: &'p [AtomicU8],
}

impl Slot<'_> {
    fn length(&self) -> usize {
        usize::from(self.length.load(Ordering::SeqCst)).min(self.characters.len())
    }

    fn set_length(&self, length: usize) {
        self.length.store(u8::try_from(length).unwrap_or(0), Ordering::SeqCst);
    }

    /// Copies the characters. Those that a wipe overtook are zero, which no PIN may hold.
    fn read(&self, into: &mut [u8; PIN_LENGTH]) -> usize {
        for (to, from) in into.iter_mut().zip(self.characters) {
            *to = from.load(Ordering::SeqCst);
        }
        self.length()
    }

    fn wipe(&self) {
        self.set_length(0);
        wipe(self.characters);
    }
}

/// Where a slot lies in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Proof,
    New,
    Repeat,
    /// On its way to the card worker.
    Staged,
}

impl Place {
    const fn of(slot: PadSlot) -> Self {
        match slot {
            PadSlot::Proof => Self::Proof,
            PadSlot::New => Self::New,
            PadSlot::Repeat => Self::Repeat,
        }
    }

    const fn slot(self) -> Option<PadSlot> {
        match self {
            Self::Proof => Some(PadSlot::Proof),
            Self::New => Some(PadSlot::New),
            Self::Repeat => Some(PadSlot::Repeat),
            Self::Staged => None,
        }
    }

    /// What the lowest bits of `opened` say when it is open.
    const fn mark(self) -> u32 {
        self as u32
    }
}

/// The places that keys can be typed into.
const TYPED: [Place; 3] = [Place::Proof, Place::New, Place::Repeat];
/// The bits of `opened` that name the open slot.
const MARK: u32 = 0b11;
/// Their value when none is.
const NO_SLOT: u32 = Place::Staged as u32;
/// A length, and room for the longest PIN.
const SLOT_LENGTH: usize = 1 + PIN_LENGTH;
/// What all slots take of the shared part, from its beginning.
pub(crate) const PINS_LENGTH: usize = (Place::Staged as usize + 1) * SLOT_LENGTH;
const _: () = assert!(PINS_LENGTH <= SHARED_LENGTH);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locked::{LockedPage, Workbench};

    struct Bench {
        slots: Slots,
        keys: Keys,
        worker: Private<Workbench>,
    }

    fn bench() -> Bench {
        let LockedPage { shared, typed, workbench } = LockedPage::allocate().unwrap();
        let slots = Slots::new(shared);
        Bench { keys: Keys::new(slots.clone(), typed), slots, worker: workbench }
    }

    impl Bench {
        fn type_in(&mut self, slot: PadSlot, text: &str) -> Event {
            self.slots.carry_out(PadCommand::Open(slot));
            for character in text.bytes() {
                self.keys.press(KEYS.iter().position(|key| *key == character).unwrap());
            }
            self.keys.submit().unwrap()
        }

        fn taken(&mut self) -> Vec<u8> {
            let bench = &mut self.worker.bytes().pin;
            let length = self.slots.take(bench);
            bench[..length].to_vec()
        }

        fn is_blank(&self) -> bool {
            self.slots.shared.bytes().iter().all(|byte| byte.load(Ordering::SeqCst) == 0)
        }
    }

    #[test]
    fn what_is_typed_reaches_the_worker_and_stays_nowhere_else() {
        let mut bench = bench();
        let Event::Submitted { pin, shape, matches } = bench.type_in(PadSlot::Proof, "0042") else {
            panic!("OK submits")
        };
        assert_eq!((shape.length, matches), (4, None));
        bench.slots.stage(&pin);
        bench.slots.carry_out(PadCommand::WipeAll);
        assert_eq!(bench.taken(), b"0042");
        assert!(bench.is_blank());
        assert_eq!(bench.taken(), b"", "a PIN is taken once");
    }

    #[test]
    fn keys_do_nothing_without_an_open_slot() {
        let mut bench = bench();
        assert_eq!(bench.keys.press(1), None);
        assert_eq!(bench.keys.submit(), None);
        bench.slots.carry_out(PadCommand::Open(PadSlot::New));
        assert!(bench.keys.press(1).is_some());
        bench.slots.carry_out(PadCommand::Wipe(PadSlot::New));
        assert_eq!(bench.keys.press(1), None);
        assert!(bench.is_blank());
    }

    #[test]
    fn a_pad_takes_no_more_than_its_pin_can_hold_and_no_key_it_does_not_have() {
        let mut bench = bench();
        let shape = |event| match event {
            Event::Submitted { shape, .. } => shape,
            other => panic!("{other:?}"),
        };
        assert_eq!(shape(bench.type_in(PadSlot::Proof, "12A345")).length, 4);
        let typed = shape(bench.type_in(PadSlot::New, "ABCDEFGHIJKLMNOPQ"));
        assert_eq!((typed.length, typed.has_digit), (16, false));
        assert_eq!(bench.keys.press(KEYS.len()), None);
    }

    #[test]
    fn the_repetition_is_compared_whole() {
        let matches = |new: &str, repeat: &str| {
            let mut bench = bench();
            bench.type_in(PadSlot::New, new);
            match bench.type_in(PadSlot::Repeat, repeat) {
                Event::Submitted { matches, .. } => matches,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(matches("KURO7K", "KURO7K"), Some(true));
        assert_eq!(matches("KURO7K", "KURO7X"), Some(false));
        assert_eq!(matches("KURO7K", "KURO7"), Some(false));
        assert_eq!(matches("KURO7K", "KURO7KK"), Some(false));
    }

    #[test]
    fn erasing_takes_the_last_character_and_leaves_nothing_of_it() {
        let mut bench = bench();
        bench.slots.carry_out(PadCommand::Open(PadSlot::New));
        bench.keys.press(10);
        bench.keys.press(11);
        assert_eq!(bench.keys.reveal(1), Some(11));
        bench.keys.erase();
        assert_eq!((bench.keys.reveal(0), bench.keys.reveal(1)), (Some(10), None));
        let erased = bench.keys.erase();
        assert_eq!(erased, Some(Event::Typed(PinShape::EMPTY)));
        assert!(bench.is_blank());
    }

    #[test]
    fn opening_a_slot_empties_it() {
        let mut bench = bench();
        bench.type_in(PadSlot::Proof, "1234");
        bench.slots.carry_out(PadCommand::Open(PadSlot::Proof));
        assert!(bench.is_blank());
    }

    #[test]
    fn the_positions_are_the_digits_and_then_the_letters() {
        assert_eq!(&KEYS[..10], b"0123456789");
        assert_eq!((KEYS[10], KEYS[35]), (b'A', b'Z'));
    }
}
