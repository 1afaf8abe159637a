// SPDX-License-Identifier: MIT OR Apache-2.0
//! The twin: the same visit at a kiosk of the bench with the same panel, of which each screen is
//! kept as a picture with the places of its buttons. A resident who sees such a picture on the
//! machine's screen knows where to touch; the machine itself is never asked.

use std::{collections::BTreeMap, path::Path};

use super::picture::Picture;
use crate::{
    bench::{Bench, Setting},
    card::Making,
    endings,
    failure::Failure,
    kiosk::{Panel, STAFF_CODE},
    screens,
    words::Language,
};

/// Every screen of one visit.
pub struct Atlas {
    screens: BTreeMap<&'static str, Page>,
}

/// One screen.
pub struct Page {
    /// What it looks like.
    pub picture: Picture,
    places: Vec<(String, f64, f64)>,
}

impl Page {
    /// Where the thing with this label is.
    ///
    /// # Errors
    /// When nothing there has this label.
    pub fn place(&self, label: &str) -> Result<(f64, f64), Failure> {
        let place = self.places.iter().find(|(its, ..)| its == label);
        place.map(|&(_, x, y)| (x, y)).ok_or_else(|| {
            let labels: Vec<_> = self.places.iter().map(|(label, ..)| label.as_str()).collect();
            Failure::Refuted(format!("nothing is called `{label}` there, only {labels:?}"))
        })
    }
}

impl Atlas {
    /// Makes the visit on a bench of its own, with pictures in `folder`.
    ///
    /// # Errors
    /// When the bench fails.
    pub fn draw(folder: &Path, language: Language) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(Failure::file("making the folder", folder))?;
        let setting =
            Setting { language, panel: Panel::WIDE, needs_the_clock: true, ..Setting::default() };
        let mut bench = Bench::new(setting)?;
        let card =
            bench.reserved_card(&Making { signature_retries: Some(0), ..Making::default() })?;
        let new = crate::pin::Pin::of_letters();
        bench.remember(&new);
        let mut drawing = Drawing { bench: &mut bench, language, folder, screens: BTreeMap::new() };
        // Pages that differ in their code alone are told apart by whichever is nearest.
        drawing.page_with("clock-not-set", "K-442")?;
        drawing.bench.set_the_clock()?;
        drawing.page(ATTRACT, screens::ATTRACT)?;
        drawing.bench.lay(&card)?;
        drawing.page(CHOOSE, screens::CHOOSE)?;
        drawing.touch(screens::SET_NEW_PIN)?;
        drawing.page(BEWARE, screens::BEWARE)?;
        drawing.touch(screens::GO_ON)?;
        drawing.page(FOUR_DIGITS, screens::FOUR_DIGITS)?;
        drawing.types(card.user_authentication_pin.reveal(), screens::OK)?;
        drawing.page(NEW_PIN, screens::NEW_PIN)?;
        drawing.types(new.reveal(), screens::OK)?;
        drawing.page(REPEAT, screens::REPEAT)?;
        drawing.types(new.reveal(), screens::SET_THIS_PIN)?;
        drawing.bench.player()?.await_any(&[endings::code_of("done")], crate::PATIENCE)?;
        drawing.keep(DONE)?;
        drawing.bench.slot.remove()?;
        drawing.staff()?;
        drawing.bench.end_kiosk()?;
        drawing.bench.unplug_readers()?;
        drawing.bench.start_kiosk()?;
        drawing.page_with("reader-gone", "K-402")?;
        drawing.bench.end_kiosk()?;
        drawing.bench.restart_pcscd()?;
        drawing.bench.damage_the_journal()?;
        drawing.bench.start_kiosk()?;
        drawing.page_with(JOURNAL_FAILED, "K-405")?;
        drawing.bench.end_kiosk()?;
        drawing.bench.lock_the_data()?;
        drawing.bench.start_kiosk()?;
        drawing.page_with(DATA_LOCKED, "K-443")?;
        let pages = drawing.screens;
        bench.close()?;
        Ok(Self { screens: pages })
    }

    /// One of its screens.
    ///
    /// # Errors
    /// When the visit has none with this name.
    pub fn page(&self, name: &str) -> Result<&Page, Failure> {
        self.screens
            .get(name)
            .ok_or_else(|| Failure::Refuted(format!("no screen is called {name}")))
    }

    /// The screen that looks most like this picture, and how much it differs.
    #[must_use]
    pub fn nearest(&self, picture: &Picture) -> (&'static str, f64) {
        let differences =
            self.screens.iter().map(|(name, page)| (*name, page.picture.difference(picture)));
        differences.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or(("no screen", 1.0))
    }
}

/// The names of the screens.
pub const ATTRACT: &str = "attract";
/// What to do with the card.
pub const CHOOSE: &str = "choose";
/// The one line of warning.
pub const BEWARE: &str = "beware";
/// The PIN that the resident knows.
pub const FOUR_DIGITS: &str = "four-digits";
/// The new PIN.
pub const NEW_PIN: &str = "new-pin";
/// The new PIN once more.
pub const REPEAT: &str = "repeat";
/// The ending.
pub const DONE: &str = "done";
/// The pad for the staff code.
pub const CODE: &str = "staff-code";
/// The staff page; what it tells differs from unit to unit.
pub const OVERVIEW: &str = "staff-overview";
/// What staff can ask of the unit.
pub const ACTIONS: &str = "staff-actions";
/// Whether a stick is meant.
pub const MEANS_STICK: &str = "staff-means-stick";
/// It can be put in.
pub const STICK_ALLOWED: &str = "staff-stick-allowed";
/// Whether the installation is meant.
pub const MEANS_INSTALL: &str = "staff-means-install";
/// Out of service, as the journal takes no outcome.
pub const JOURNAL_FAILED: &str = "journal-failed";
/// Out of service, as the data partition does not open.
pub const DATA_LOCKED: &str = "data-locked";

struct Drawing<'b> {
    bench: &'b mut Bench,
    language: Language,
    folder: &'b Path,
    screens: BTreeMap<&'static str, Page>,
}

impl Drawing<'_> {
    /// Waits for a screen by its words, and keeps it.
    fn page(&mut self, name: &'static str, words: &str) -> Result<(), Failure> {
        let words = self.language.say(words).into_owned();
        self.bench.player()?.await_text(&words)?;
        self.keep(name)
    }

    fn keep(&mut self, name: &'static str) -> Result<(), Failure> {
        let path = self.folder.join(format!("{name}.png"));
        let player = self.bench.player()?;
        player.picture(&path)?;
        let places = player.places()?;
        self.screens.insert(name, Page { picture: Picture::read(&path)?, places });
        Ok(())
    }

    /// What a clerk does to install an update from a stick, up to the last touch.
    fn staff(&mut self) -> Result<(), Failure> {
        self.touch(screens::FINISH)?;
        let attract = self.language.say(screens::ATTRACT).into_owned();
        self.bench.player()?.await_text(&attract)?;
        (0..5).try_for_each(|_| self.bench.player()?.touch_the_corner())?;
        self.page(CODE, screens::STAFF_CODE)?;
        self.types(STAFF_CODE, screens::OK)?;
        self.page(OVERVIEW, screens::READY)?;
        self.touch(screens::ACTIONS)?;
        self.page(ACTIONS, screens::ALLOW_STICK)?;
        self.touch(screens::ALLOW_STICK)?;
        self.page(MEANS_STICK, screens::DO_IT)?;
        self.touch(screens::DO_IT)?;
        self.page(STICK_ALLOWED, screens::STICK_ALLOWED)?;
        self.touch(screens::INSTALL)?;
        self.page(MEANS_INSTALL, screens::DO_IT)
    }

    /// Waits for a screen by the code on it, and keeps it.
    fn page_with(&mut self, name: &'static str, code: &str) -> Result<(), Failure> {
        self.bench.player()?.await_any(&[code], crate::PATIENCE)?;
        self.keep(name)
    }

    fn touch(&mut self, words: &str) -> Result<(), Failure> {
        let words = self.language.say(words).into_owned();
        self.bench.player()?.touch(&words)
    }

    fn types(&mut self, pin: &str, button: &str) -> Result<(), Failure> {
        for key in pin.chars() {
            self.bench.player()?.touch(key.encode_utf8(&mut [0; 4]))?;
        }
        self.touch(button)
    }
}
