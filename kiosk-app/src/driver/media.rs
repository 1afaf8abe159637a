// SPDX-License-Identifier: MIT OR Apache-2.0
//! From what the watcher sees on the readers to what the session is told.
//!
//! A reader that appears is given a moment to say whether a card lies on it
//! already: such a card was there before us, and starts no session.

use std::{collections::BTreeSet, time::Duration};

use card_io::media::{ReaderEvent, ReaderName, Readers, ReadersStatus};
use kiosk_session::{Event, card::CardFault};

/// What lies on the readers, and what the session knows of it.
#[derive(Debug)]
pub(super) struct LyingMedia {
    readers: Readers,
    names: BTreeSet<ReaderName>,
    told: Told,
    /// The watcher's calls have not come back for a while: nothing is known of any reader.
    is_silent: bool,
    /// Until when what the readers say is not yet believed.
    unsettled_until: Option<Duration>,
}

/// What the session was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Nothing yet; it takes the reader for there and empty.
    Nothing,
    Lost,
    Empty,
    Card,
    Several,
}

impl LyingMedia {
    /// Nothing known; the watcher starts `now`.
    pub(super) fn new(now: Duration) -> Self {
        let unsettled_until = Some(now + PATIENCE_AT_START);
        let (readers, names) = (Readers::default(), BTreeSet::new());
        Self { readers, names, told: Told::Nothing, is_silent: false, unsettled_until }
    }

    /// Takes in what the watcher saw.
    pub(super) fn apply(&mut self, event: &ReaderEvent, now: Duration) -> Vec<Event> {
        self.readers.apply(event);
        match event {
            ReaderEvent::ServiceStarted => self.unsettle(now + PATIENCE_WITH_SERVICE),
            ReaderEvent::ReaderAttached { reader } => {
                self.names.insert(reader.clone());
                self.unsettle(now + PATIENCE_WITH_READER);
            }
            ReaderEvent::ServiceStopped => {
                self.names.clear();
                self.unsettled_until = None;
            }
            ReaderEvent::ReaderDetached { reader } => {
                self.names.remove(reader);
            }
            ReaderEvent::MediaInserted { .. } | ReaderEvent::MediaRemoved { .. } => {}
        }
        if self.unsettled_until.is_some() { Vec::new() } else { self.tell() }
    }

    /// The moment of [`Self::deadline`] has come, or not.
    pub(super) fn settle(&mut self, now: Duration) -> Vec<Event> {
        match self.unsettled_until {
            Some(until) if until <= now => {
                self.unsettled_until = None;
                self.tell()
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// When to call [`Self::settle`].
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.unsettled_until
    }

    /// Whether the session knows what lies there: nothing is shown before.
    pub(super) fn is_settled(&self) -> bool {
        self.told != Told::Nothing
    }

    /// The reader with the one card, for the card worker, or why there is none.
    pub(super) fn reader(&self) -> Result<ReaderName, CardFault> {
        match self.readers.status() {
            ReadersStatus::NoService | ReadersStatus::NoReader => Err(CardFault::ReaderGone),
            ReadersStatus::Empty => Err(CardFault::CardGone),
            ReadersStatus::One { reader } => Ok(reader),
            ReadersStatus::MoreThanOne => Err(CardFault::SeveralCards),
        }
    }

    /// The first of the readers by name, for the heartbeat.
    pub(super) fn name(&self) -> Option<&ReaderName> {
        self.names.first()
    }

    /// A reader that is known and only lost a moment longer stays lost until it has settled; one
    /// that is in use is not doubted because a second one comes.
    fn unsettle(&mut self, until: Duration) {
        if matches!(self.told, Told::Nothing | Told::Lost) {
            self.unsettled_until = Some(until);
        }
    }

    /// Whether the smart-card service hangs, which no event of the watcher tells.
    pub(super) fn hear_silence(&mut self, is_silent: bool) -> Vec<Event> {
        self.is_silent = is_silent;
        if self.unsettled_until.is_some() && !is_silent { Vec::new() } else { self.tell() }
    }

    /// Whether it was heard to hang.
    pub(super) const fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// Whether the smart-card service answers.
    pub(super) fn has_service(&self) -> bool {
        !self.is_silent && self.readers.status() != ReadersStatus::NoService
    }

    /// Whether there is a reader.
    pub(super) fn has_reader(&self) -> bool {
        self.has_service() && self.readers.status() != ReadersStatus::NoReader
    }

    /// Whether a card lies on one.
    pub(super) fn has_card(&self) -> bool {
        matches!(self.readers.status(), ReadersStatus::One { .. } | ReadersStatus::MoreThanOne)
    }

    fn tell(&mut self) -> Vec<Event> {
        let status = match self.readers.status() {
            _ if self.is_silent => Told::Lost,
            ReadersStatus::NoService | ReadersStatus::NoReader => Told::Lost,
            ReadersStatus::Empty => Told::Empty,
            ReadersStatus::One { .. } => Told::Card,
            ReadersStatus::MoreThanOne => Told::Several,
        };
        let told = std::mem::replace(&mut self.told, status);
        match (told, status) {
            (Told::Nothing | Told::Empty | Told::Card | Told::Several, Told::Lost) => {
                vec![Event::ReaderLost]
            }
            (Told::Nothing, Told::Card | Told::Several) => vec![Event::CardPresentAtStart],
            (Told::Lost, Told::Empty) => vec![Event::ReaderBack],
            (Told::Lost, Told::Card | Told::Several) => {
                vec![Event::ReaderBack, Event::CardPresentAtStart]
            }
            (Told::Empty, Told::Card) => vec![Event::MediaInserted],
            (Told::Empty | Told::Card, Told::Several) => vec![Event::SeveralCards],
            (Told::Card | Told::Several, Told::Empty) => vec![Event::MediaRemoved],
            // One of several was taken away: the session waits until none is left.
            (Told::Several, Told::Card) => {
                self.told = Told::Several;
                Vec::new()
            }
            (Told::Nothing, Told::Nothing | Told::Empty)
            | (Told::Lost, Told::Lost)
            | (Told::Empty, Told::Empty)
            | (Told::Card, Told::Card)
            | (Told::Several, Told::Several)
            | (Told::Lost | Told::Empty | Told::Card | Told::Several, Told::Nothing) => Vec::new(),
        }
    }
}

/// For a watcher that says nothing at all: pcscd hangs.
const PATIENCE_AT_START: Duration = Duration::from_secs(3);
/// From a service that answers to its first reader.
const PATIENCE_WITH_SERVICE: Duration = Duration::from_secs(1);
/// From a reader to the card that lies on it. pcscd polls each 400 ms.
const PATIENCE_WITH_READER: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use card_io::media::{Atr, ChipPower};

    use super::*;

    const LATER: Duration = Duration::from_secs(10);

    fn reader(name: &str) -> ReaderName {
        ReaderName::new(name)
    }

    fn attached(name: &str) -> ReaderEvent {
        ReaderEvent::ReaderAttached { reader: reader(name) }
    }

    fn inserted(name: &str) -> ReaderEvent {
        let (chip_power, atr) = (ChipPower::Online, Atr(Vec::new()));
        ReaderEvent::MediaInserted { reader: reader(name), chip_power, atr }
    }

    fn removed(name: &str) -> ReaderEvent {
        ReaderEvent::MediaRemoved { reader: reader(name) }
    }

    fn told(media: &mut LyingMedia, events: &[ReaderEvent]) -> Vec<Event> {
        events.iter().flat_map(|event| media.apply(event, LATER)).collect()
    }

    /// With one empty reader of that name.
    fn settled(name: &str) -> LyingMedia {
        let mut media = LyingMedia::new(Duration::ZERO);
        assert_eq!(told(&mut media, &[ReaderEvent::ServiceStarted, attached(name)]), []);
        assert_eq!(media.settle(LATER * 2), []);
        assert!(media.is_settled());
        media
    }

    #[test]
    fn a_card_comes_and_goes() {
        let mut media = settled("a");
        assert_eq!(told(&mut media, &[inserted("a")]), [Event::MediaInserted]);
        assert_eq!(media.reader(), Ok(reader("a")));
        assert_eq!(told(&mut media, &[removed("a")]), [Event::MediaRemoved]);
        assert_eq!(media.reader(), Err(CardFault::CardGone));
    }

    #[test]
    fn a_card_that_lies_there_at_start_is_told_as_such() {
        let mut media = LyingMedia::new(Duration::ZERO);
        let start = [ReaderEvent::ServiceStarted, attached("a"), inserted("a")];
        assert_eq!(told(&mut media, &start), []);
        assert_eq!(media.settle(LATER * 2), [Event::CardPresentAtStart]);
    }

    #[test]
    fn several_cards_stay_several_until_none_is_left() {
        let mut media = settled("a");
        told(&mut media, &[attached("b"), inserted("a")]);
        assert_eq!(told(&mut media, &[inserted("b")]), [Event::SeveralCards]);
        assert_eq!(media.reader(), Err(CardFault::SeveralCards));
        assert_eq!(told(&mut media, &[removed("a")]), []);
        assert_eq!(told(&mut media, &[removed("b")]), [Event::MediaRemoved]);
    }

    #[test]
    fn a_service_that_is_not_there_is_told_at_once() {
        let mut media = LyingMedia::new(Duration::ZERO);
        assert_eq!(told(&mut media, &[ReaderEvent::ServiceStopped]), [Event::ReaderLost]);
    }

    #[test]
    fn a_service_that_comes_back_with_a_card_tells_both() {
        let mut media = settled("a");
        told(&mut media, &[inserted("a")]);
        assert_eq!(told(&mut media, &[ReaderEvent::ServiceStopped]), [Event::ReaderLost]);
        let back = [ReaderEvent::ServiceStarted, attached("a"), inserted("a")];
        assert_eq!(told(&mut media, &back), []);
        assert_eq!(media.settle(LATER * 2), [Event::ReaderBack, Event::CardPresentAtStart]);
    }

    #[test]
    fn a_watcher_that_says_nothing_leaves_the_reader_lost() {
        let mut media = LyingMedia::new(Duration::ZERO);
        assert_eq!(media.settle(Duration::from_secs(2)), []);
        assert_eq!(media.settle(Duration::from_secs(3)), [Event::ReaderLost]);
    }

    #[test]
    fn a_service_that_hangs_loses_the_reader_until_it_answers() {
        let mut media = settled("a");
        assert!(media.has_reader());
        assert_eq!(media.hear_silence(true), [Event::ReaderLost]);
        assert!(!media.has_service() && !media.has_reader());
        assert_eq!(media.hear_silence(false), [Event::ReaderBack]);
        told(&mut media, &[inserted("a")]);
        media.hear_silence(true);
        let back = media.hear_silence(false);
        assert_eq!(back, [Event::ReaderBack, Event::CardPresentAtStart], "nobody's");
    }

    #[test]
    fn a_card_swapped_within_one_look_is_told_twice() {
        let mut media = settled("a");
        told(&mut media, &[inserted("a")]);
        let swapped = [removed("a"), inserted("a")];
        assert_eq!(told(&mut media, &swapped), [Event::MediaRemoved, Event::MediaInserted]);
    }
}
