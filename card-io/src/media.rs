// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lies on the readers, in the words of XFS (CEN/XFS 3.x and XFS4IoT,
//! CardReader): the states that PC/SC can tell apart. Entering, latched and
//! jammed are for readers with a slot and a motor; no PC/SC reader reports them.

use std::collections::BTreeMap;
use std::fmt;

/// The name of a reader as PC/SC lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReaderName(String);

impl ReaderName {
    /// Takes a name from PC/SC or from configuration.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The answer to reset of a card (ISO/IEC 7816-3).
#[derive(Clone, PartialEq, Eq)]
pub struct Atr(pub Vec<u8>);

/// Whether the chip of a card can be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChipPower {
    /// The chip answered its reset.
    Online,
    /// There is a card, and its chip does not answer.
    HardwareError,
}

/// What lies on one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// A card.
    Present {
        /// Whether its chip answers.
        chip_power: ChipPower,
        /// What it answered; empty where it did not.
        atr: Atr,
    },
    /// No card.
    NotPresent,
    /// The reader does not say.
    Unknown,
}

/// Something changed at the readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderEvent {
    /// The smart-card service answers; readers follow.
    ServiceStarted,
    /// The smart-card service does not answer, and its readers with it. Comes
    /// also at the start, where it was never there.
    ServiceStopped,
    /// A reader is there.
    ReaderAttached {
        /// Its name.
        reader: ReaderName,
    },
    /// A reader is no longer there.
    ReaderDetached {
        /// Its name.
        reader: ReaderName,
    },
    /// A card was put on a reader, or lay there when the reader came.
    MediaInserted {
        /// The reader.
        reader: ReaderName,
        /// Whether its chip answers.
        chip_power: ChipPower,
        /// Its answer to reset.
        atr: Atr,
    },
    /// A card was taken from a reader, or went with it.
    MediaRemoved {
        /// The reader.
        reader: ReaderName,
    },
}

impl Atr {
    /// Whether the card's historical bytes say that it takes extended length
    /// fields (ISO/IEC 7816-4 clause 12.1.1.7, third software function table).
    pub fn announces_extended_length(&self) -> bool {
        self.capabilities().is_some_and(|[.., third]| third & 0x40 != 0)
    }

    /// The three bytes of the card capabilities object, compact tag 7.
    fn capabilities(&self) -> Option<[u8; 3]> {
        let (&category, mut objects) = self.historical_bytes()?.split_first()?;
        if category != COMPACT_TLV {
            return None;
        }
        loop {
            let (&head, rest) = objects.split_first()?;
            let (value, rest) = rest.split_at_checked(usize::from(head & 0x0F))?;
            if head >> 4 == 7 {
                return value.try_into().ok();
            }
            objects = rest;
        }
    }

    /// ISO/IEC 7816-3 clause 8.2: T0 says how many there are, and which of TA
    /// to TD come before them.
    fn historical_bytes(&self) -> Option<&[u8]> {
        let (_, rest) = self.0.split_first()?;
        let (&format, mut rest) = rest.split_first()?;
        let count = usize::from(format & 0x0F);
        let mut present = format >> 4;
        loop {
            let characters = usize::try_from(present.count_ones()).ok()?;
            let (interface, after) = rest.split_at_checked(characters)?;
            rest = after;
            if present & 0x08 == 0 {
                return rest.get(..count);
            }
            present = interface.last()? >> 4;
        }
    }
}

impl fmt::Debug for Atr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Atr({self})")
    }
}

impl fmt::Display for Atr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// All readers together, kept up to date by events: what a kiosk that wants one
/// card on one reader has to know.
#[derive(Debug, Clone, Default)]
pub struct Readers {
    service_is_there: bool,
    media: BTreeMap<ReaderName, Media>,
}

/// The readers in one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadersStatus {
    /// The smart-card service does not answer.
    NoService,
    /// There is no reader: out of service.
    NoReader,
    /// No card.
    Empty,
    /// One card.
    One {
        /// The reader it lies on.
        reader: ReaderName,
    },
    /// Cards on more than one reader.
    MoreThanOne,
}

impl Readers {
    /// Takes in one event.
    pub fn apply(&mut self, event: &ReaderEvent) {
        match event {
            ReaderEvent::ServiceStarted => self.service_is_there = true,
            ReaderEvent::ServiceStopped => *self = Self::default(),
            ReaderEvent::ReaderAttached { reader } => {
                self.media.insert(reader.clone(), Media::NotPresent);
            }
            ReaderEvent::ReaderDetached { reader } => {
                self.media.remove(reader);
            }
            ReaderEvent::MediaInserted { reader, chip_power, atr } => {
                let present = Media::Present { chip_power: *chip_power, atr: atr.clone() };
                self.media.insert(reader.clone(), present);
            }
            ReaderEvent::MediaRemoved { reader } => {
                self.media.insert(reader.clone(), Media::NotPresent);
            }
        }
    }

    /// Where things stand.
    pub fn status(&self) -> ReadersStatus {
        if !self.service_is_there {
            return ReadersStatus::NoService;
        }
        if self.media.is_empty() {
            return ReadersStatus::NoReader;
        }
        let mut occupied =
            self.media.iter().filter(|(_, media)| matches!(media, Media::Present { .. }));
        match (occupied.next(), occupied.next()) {
            (None, _) => ReadersStatus::Empty,
            (Some((reader, _)), None) => ReadersStatus::One { reader: reader.clone() },
            (Some(_), Some(_)) => ReadersStatus::MoreThanOne,
        }
    }

    /// What lies on one reader; `None` where there is no such reader.
    pub fn media(&self, reader: &ReaderName) -> Option<&Media> {
        self.media.get(reader)
    }
}

/// Category indicator of historical bytes in compact TLV without a status.
const COMPACT_TLV: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::unhex;

    #[test]
    fn the_contact_card_announces_extended_length_and_the_contactless_one_nothing() {
        let atr = |text| Atr(unhex(text));
        assert!(atr("3bda13ff8131fb468012392f31c173c601c03b").announces_extended_length());
        assert!(!atr("3b888001000005e0b381a1007f").announces_extended_length());
        assert!(!atr("3be000ff8131fe4514").announces_extended_length());
    }

    #[test]
    fn a_cut_off_atr_announces_nothing() {
        let whole = unhex("3bda13ff8131fb468012392f31c173c601c03b");
        for length in 0..whole.len() - 3 {
            assert!(!Atr(whole[..length].to_vec()).announces_extended_length());
        }
    }

    #[test]
    fn two_occupied_readers_are_more_than_one_card() {
        let [left, right] = ["left", "right"].map(ReaderName::new);
        let inserted = |reader: &ReaderName| ReaderEvent::MediaInserted {
            reader: reader.clone(),
            chip_power: ChipPower::Online,
            atr: Atr(Vec::new()),
        };
        let mut readers = Readers::default();
        assert_eq!(readers.status(), ReadersStatus::NoService);
        readers.apply(&ReaderEvent::ServiceStarted);
        assert_eq!(readers.status(), ReadersStatus::NoReader);
        for reader in [&left, &right] {
            readers.apply(&ReaderEvent::ReaderAttached { reader: reader.clone() });
        }
        assert_eq!(readers.status(), ReadersStatus::Empty);
        readers.apply(&inserted(&left));
        assert_eq!(readers.status(), ReadersStatus::One { reader: left.clone() });
        readers.apply(&inserted(&right));
        assert_eq!(readers.status(), ReadersStatus::MoreThanOne);
        readers.apply(&ReaderEvent::ReaderDetached { reader: right });
        assert_eq!(readers.status(), ReadersStatus::One { reader: left });
        readers.apply(&ReaderEvent::ServiceStopped);
        assert_eq!(readers.status(), ReadersStatus::NoService);
    }
}
