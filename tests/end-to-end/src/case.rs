// SPDX-License-Identifier: MIT OR Apache-2.0
//! Visits to the kiosk, each played by the resident and proven to its own ending. The demo shows
//! them; the tests run them all.

mod before;
mod card;
pub mod check;
mod scene;
mod while_writing;
mod whole;

use clap::ValueEnum;

pub use crate::options::Case;
use crate::{
    album::Album,
    bench::{Bench, Setting},
    card::Card,
    failure::Failure,
    pin::Pin,
    resident::Resident,
    screens,
};

/// One resident's visit.
pub(crate) struct Visit<'b> {
    bench: &'b mut Bench,
    album: &'b mut Album,
    card: Card,
    new: Pin,
}

impl Case {
    /// What is said before the visit begins.
    #[must_use]
    pub fn about(self) -> String {
        self.to_possible_value()
            .and_then(|value| value.get_help().map(ToString::to_string))
            .unwrap_or_default()
    }

    /// Which kiosk it needs: waits that a test has no time for are shortened.
    #[must_use]
    pub fn setting(self) -> Setting {
        let hurry = match self {
            Self::LiftedBeforeWriting => 10,
            Self::SettledLater => check::HURRY,
            _ => 1,
        };
        Setting { hurry, ..Setting::default() }
    }

    /// Plays the visit and proves its ending.
    ///
    /// # Errors
    /// [`Failure::Refuted`] when the visit ends otherwise, or its proof fails.
    pub fn play(self, bench: &mut Bench, album: &mut Album) -> Result<(), Failure> {
        let card = self.set_scene(bench)?;
        let visit = Visit::with(bench, album, card);
        match self {
            Self::Locked | Self::Forgotten => whole::resets(visit),
            Self::NoReservation => before::is_refused(visit, "reservation-not-found"),
            Self::Expired => before::is_refused(visit, "reservation-expired"),
            Self::Used => before::used(visit),
            Self::Revoked => before::is_refused(visit, "signature-certificate-revoked"),
            Self::WrongPin => card::wrong_pin(visit),
            Self::PinLocked => card::pin_locked(visit),
            Self::LiftedBeforeWriting => before::lifted(visit),
            Self::LiftedWhileWriting => while_writing::lifted_after(visit),
            Self::LiftedJustBefore => while_writing::lifted_before(visit),
            Self::CheckMyCard => check::and_set_a_new_pin(visit),
            Self::SettledLater => check::settled_to_done(visit),
            Self::RealCard => card::real_card(visit),
            Self::NotGenuine => card::not_genuine(visit),
            Self::ServiceGone => before::is_refused(visit, "service-unreachable"),
            Self::ServiceGoneAfterwards => whole::service_gone_afterwards(visit),
        }
    }
}

/// A virtual card is too quick for anyone to see that it is being written; a real one is not.
const VISIBLE_MILLISECONDS: &str = "2500";

impl<'b> Visit<'b> {
    /// A resident with this card.
    pub(crate) fn with(bench: &'b mut Bench, album: &'b mut Album, card: Card) -> Self {
        let new = Pin::of_letters();
        bench.remember(&new);
        Self { bench, album, card, new }
    }

    /// The resident, at the screen.
    pub(crate) fn resident(&mut self) -> Result<Resident<'_>, Failure> {
        let language = self.bench.language();
        Ok(Resident::new(self.bench.player()?, self.album, language))
    }

    /// The kiosk waits; the resident lays the card on the reader.
    pub(crate) fn begins(&mut self) -> Result<(), Failure> {
        self.resident()?.finds_the_kiosk_waiting()?;
        self.lays_the_card("the resident lays the card on the reader")
    }

    pub(crate) fn lays_the_card(&mut self, note: &str) -> Result<(), Failure> {
        self.album.note(note)?;
        self.bench.lay(&self.card)
    }

    pub(crate) fn lifts_the_card(&mut self, note: &str) -> Result<(), Failure> {
        self.album.note(note)?;
        self.bench.slot.remove()
    }

    /// From choosing to what *Check my card* says first.
    pub(crate) fn checks_the_card(&mut self) -> Result<(), Failure> {
        let mut resident = self.resident()?;
        resident.sees(screens::CHOOSE, "choose")?;
        resident.touches(screens::CHECK_MY_CARD)
    }

    /// From choosing to the last touch before the card is written.
    pub(crate) fn sets_a_new_pin(&mut self) -> Result<(), Failure> {
        self.proves_who_they_are()?;
        let new = self.new.clone();
        self.resident()?.types_the_new_pin(&new)?;
        if self.album.keeps() {
            let write = while_writing::RESET_RETRY_COUNTER;
            self.bench.slot.control(&["delay", write, VISIBLE_MILLISECONDS])?;
        }
        self.resident()?.repeats_the_new_pin(&new)
    }

    /// The same up to the empty pad for the new PIN.
    pub(crate) fn proves_who_they_are(&mut self) -> Result<(), Failure> {
        let known = self.card.user_authentication_pin.clone();
        let mut resident = self.resident()?;
        resident.chooses_a_new_pin()?;
        resident.goes_on_of_own_accord()?;
        resident.types_the_known_pin(&known)
    }

    /// The session ends so.
    pub(crate) fn ends_with(&mut self, key: &str) -> Result<(), Failure> {
        self.resident()?.ends_with(key, crate::PATIENCE)?;
        self.album.note(&format!("the session ends: {key}"))
    }

    /// The resident takes the card before anything was begun; nothing has to be said.
    pub(crate) fn leaves_the_choice(&mut self) -> Result<(), Failure> {
        self.lifts_the_card("the resident takes the card")?;
        self.resident()?.finds_the_kiosk_waiting()
    }

    /// The resident takes the card and goes; the kiosk waits for the next one. (One that is told to
    /// end while it shows an ending lets it stand, and the bench would have to kill it.)
    pub(crate) fn leaves(&mut self) -> Result<(), Failure> {
        self.lifts_the_card("the resident takes the card")?;
        self.resident()?.leaves_the_ending()
    }
}
