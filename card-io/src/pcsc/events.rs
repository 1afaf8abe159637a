// SPDX-License-Identifier: MIT OR Apache-2.0
//! From PC/SC's lists and state flags to events: pure, so that the rare cases can
//! be tested. PC/SC counts insertions and removals in the state's high word; a
//! card swapped between two looks is told from one that stayed by that count.

use std::mem;

use ::pcsc::State;

use crate::media::{Atr, ChipPower, Media, ReaderEvent, ReaderName};

/// The readers that are there, in the order in which PC/SC lists them.
#[derive(Default)]
pub(super) struct ReaderList {
    readers: Vec<(ReaderName, Seen)>,
}

impl ReaderList {
    /// Takes in a new list. `None`: it is the old one.
    pub(super) fn update(&mut self, names: Vec<String>) -> Option<Vec<ReaderEvent>> {
        if names.iter().eq(self.readers.iter().map(|(name, _)| name.as_str())) {
            return None;
        }
        let mut events = Vec::new();
        let mut known = mem::take(&mut self.readers);
        for name in names {
            let reader = match known.iter().position(|(old, _)| old.as_str() == name) {
                Some(at) => known.remove(at),
                None => {
                    let name = ReaderName::new(name);
                    events.push(ReaderEvent::ReaderAttached { reader: name.clone() });
                    (name, Seen::nothing())
                }
            };
            self.readers.push(reader);
        }
        // Those that went are told first: a reader plugged in elsewhere has a new name.
        let gone = known.iter().flat_map(|(name, seen)| seen.leave(name));
        Some(gone.chain(events).collect())
    }

    /// All readers go, and cards with them.
    pub(super) fn clear(&mut self) -> Vec<ReaderEvent> {
        self.update(Vec::new()).unwrap_or_default()
    }

    /// Names and what was seen, in order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&ReaderName, &mut Seen)> {
        self.readers.iter_mut().map(|(name, seen)| (&*name, seen))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.readers.iter().map(|(name, _)| name.as_str())
    }
}

/// What was last seen of one reader.
pub(super) struct Seen {
    media: Media,
    event_count: u32,
}

impl Seen {
    /// A reader that was not looked at yet.
    const fn nothing() -> Self {
        Self { media: Media::NotPresent, event_count: 0 }
    }

    /// Takes in a new look and returns what happened in between, in order.
    pub(super) fn look(
        &mut self,
        reader: &ReaderName,
        state: State,
        event_count: u32,
        atr: &[u8],
    ) -> Vec<ReaderEvent> {
        let media = media(state, atr);
        let was_swapped = self.event_count != event_count;
        let before = mem::replace(&mut self.media, media);
        self.event_count = event_count;
        match (&before, &self.media) {
            (Media::Present { .. }, Media::Present { .. }) if !was_swapped => Vec::new(),
            (Media::Present { .. }, Media::Present { chip_power, atr }) => {
                vec![removed(reader), inserted(reader, *chip_power, atr)]
            }
            (_, Media::Present { chip_power, atr }) => vec![inserted(reader, *chip_power, atr)],
            (Media::Present { .. }, _) => vec![removed(reader)],
            _ => Vec::new(),
        }
    }

    /// The reader goes, and a card with it.
    fn leave(&self, reader: &ReaderName) -> Vec<ReaderEvent> {
        let detached = ReaderEvent::ReaderDetached { reader: reader.clone() };
        match self.media {
            Media::Present { .. } => vec![removed(reader), detached],
            Media::NotPresent | Media::Unknown => vec![detached],
        }
    }
}

/// EMPTY, PRESENT, PRESENT with MUTE, UNAVAILABLE or UNKNOWN, in XFS words.
pub(super) fn media(state: State, atr: &[u8]) -> Media {
    if state.intersects(State::UNKNOWN | State::UNAVAILABLE) {
        Media::Unknown
    } else if state.contains(State::PRESENT) {
        let chip_power = match state.contains(State::MUTE) {
            true => ChipPower::HardwareError,
            false => ChipPower::Online,
        };
        Media::Present { chip_power, atr: Atr(atr.to_vec()) }
    } else if state.contains(State::EMPTY) {
        Media::NotPresent
    } else {
        Media::Unknown
    }
}

fn inserted(reader: &ReaderName, chip_power: ChipPower, atr: &Atr) -> ReaderEvent {
    ReaderEvent::MediaInserted { reader: reader.clone(), chip_power, atr: atr.clone() }
}

fn removed(reader: &ReaderName) -> ReaderEvent {
    ReaderEvent::MediaRemoved { reader: reader.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATR: &[u8] = &[0x3B, 0x00];

    fn reader() -> ReaderName {
        ReaderName::new("reader")
    }

    fn online() -> ReaderEvent {
        inserted(&reader(), ChipPower::Online, &Atr(ATR.to_vec()))
    }

    #[test]
    fn a_card_comes_and_goes() {
        let mut seen = Seen::nothing();
        assert_eq!(seen.look(&reader(), State::EMPTY, 0, &[]), []);
        assert_eq!(seen.look(&reader(), State::PRESENT, 1, ATR), [online()]);
        assert_eq!(seen.look(&reader(), State::EMPTY, 2, &[]), [removed(&reader())]);
    }

    #[test]
    fn use_by_a_program_is_no_event() {
        let mut seen = Seen::nothing();
        seen.look(&reader(), State::PRESENT, 1, ATR);
        let in_use = State::PRESENT | State::INUSE | State::EXCLUSIVE;
        assert_eq!(seen.look(&reader(), in_use, 1, ATR), []);
    }

    #[test]
    fn a_card_swapped_between_two_looks_has_left_and_come() {
        let mut seen = Seen::nothing();
        seen.look(&reader(), State::PRESENT, 1, ATR);
        let events = seen.look(&reader(), State::PRESENT, 3, ATR);
        assert_eq!(events, [removed(&reader()), online()]);
    }

    #[test]
    fn a_mute_card_is_there_with_a_hardware_error() {
        let events = Seen::nothing().look(&reader(), State::PRESENT | State::MUTE, 1, &[]);
        assert_eq!(events, [inserted(&reader(), ChipPower::HardwareError, &Atr(Vec::new()))]);
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn readers_come_and_go_and_the_rest_is_remembered() {
        let mut list = ReaderList::default();
        let attached = |name: &str| ReaderEvent::ReaderAttached { reader: ReaderName::new(name) };
        let detached = |name: &str| ReaderEvent::ReaderDetached { reader: ReaderName::new(name) };
        let first = list.update(names(&["a", "b"]));
        assert_eq!(first, Some(vec![attached("a"), attached("b")]));
        assert_eq!(list.update(names(&["a", "b"])), None);
        for (reader, seen) in list.iter_mut() {
            seen.look(reader, State::PRESENT, 1, ATR);
        }
        let gone = ReaderName::new("a");
        let moved = list.update(names(&["b", "c"]));
        assert_eq!(moved, Some(vec![removed(&gone), detached("a"), attached("c")]));
        let (reader, seen) = list.iter_mut().next().unwrap();
        assert_eq!(seen.look(reader, State::PRESENT, 1, ATR), [], "b was there already");
        assert_eq!(list.clear().len(), 3, "b with its card, and c");
    }

    #[test]
    fn a_card_leaves_with_its_reader() {
        let mut seen = Seen::nothing();
        seen.look(&reader(), State::PRESENT, 1, ATR);
        let detached = ReaderEvent::ReaderDetached { reader: reader() };
        assert_eq!(seen.leave(&reader()), [removed(&reader()), detached]);
    }
}
