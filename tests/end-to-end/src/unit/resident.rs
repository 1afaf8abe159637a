// SPDX-License-Identifier: MIT OR Apache-2.0
//! A resident before the machine: looks at its screen, touches its panel.

use std::time::{Duration, Instant};

use super::{
    atlas::{self, Atlas},
    machine::Machine,
    picture::Picture,
};
use crate::{failure::Failure, pin::Pin, screens, words::Language};

/// One who knows the screens from the twin.
pub struct Resident<'m> {
    /// What they stand before.
    pub machine: &'m mut Machine,
    /// What they know.
    pub atlas: &'m Atlas,
    /// What they read.
    pub language: Language,
}

/// Waits a moment, unless it is too late.
fn late(start: Instant, patience: Duration, awaited: &str) -> Result<(), Failure> {
    if start.elapsed() > patience {
        let (awaited, instead) = (awaited.to_owned(), "it stayed as it was".to_owned());
        return Err(Failure::TooLate { awaited, patience, instead });
    }
    std::thread::park_timeout(LOOK);
    Ok(())
}

/// A screen that differs in less than this part of its pixels is the same: the minute on a clock,
/// the day of a certificate's end.
const SAME: f64 = 0.01;
/// Between two looks; each costs the machine a picture.
const LOOK: Duration = Duration::from_millis(400);
/// Where staff know of something that no label names; parts of width and height.
const CORNER: (f64, f64) = (0.99, 0.01);
/// A finger's own time: five touches within five seconds.
const BETWEEN_TOUCHES: Duration = Duration::from_millis(250);
/// For a screen that follows a touch. Without KVM a picture takes a second or two.
const PATIENCE: Duration = Duration::from_secs(90);

impl Resident<'_> {
    /// Waits until the machine's screen is this one; gives back how long it took.
    ///
    /// # Errors
    /// [`Failure::TooLate`] with what was there instead.
    pub fn sees_within(&mut self, patience: Duration, name: &str) -> Result<Duration, Failure> {
        let start = Instant::now();
        let page = self.atlas.page(name)?;
        loop {
            let picture = self.machine.screen()?;
            if page.picture.difference(&picture) < SAME {
                return Ok(start.elapsed());
            }
            if start.elapsed() > patience {
                let (nearest, difference) = self.atlas.nearest(&picture);
                return Err(Failure::TooLate {
                    awaited: format!("the screen `{name}`"),
                    patience,
                    instead: format!(
                        "a picture that is nearest to `{nearest}` and differs in {:.1} % from it",
                        difference * 100.0
                    ),
                });
            }
            std::thread::park_timeout(LOOK);
        }
    }

    /// The same, for a screen that follows a touch.
    ///
    /// # Errors
    /// See [`Self::sees_within`].
    pub fn sees(&mut self, name: &str) -> Result<Duration, Failure> {
        self.sees_within(PATIENCE, name)
    }

    /// Whether the machine's screen is this one now.
    ///
    /// # Errors
    /// When the machine is off.
    pub fn is_it(&mut self, name: &str) -> Result<bool, Failure> {
        let picture = self.machine.screen()?;
        Ok(self.atlas.page(name)?.picture.difference(&picture) < SAME)
    }

    /// Waits until the screen is another one.
    ///
    /// # Errors
    /// [`Failure::TooLate`] when it stays.
    pub fn sees_another_than(&mut self, name: &str) -> Result<Duration, Failure> {
        let start = Instant::now();
        while self.is_it(name)? {
            late(start, PATIENCE, &format!("another screen than `{name}`"))?;
        }
        Ok(start.elapsed())
    }

    /// Waits until the kiosk shows anything: firmware and console write on black.
    ///
    /// # Errors
    /// [`Failure::TooLate`] when it stays dark.
    pub fn sees_another_than_dark(&mut self, patience: Duration) -> Result<Duration, Failure> {
        let start = Instant::now();
        while self.machine.screen()?.is_dark() {
            late(start, patience, "a screen that is not dark")?;
        }
        Ok(start.elapsed())
    }

    /// Watches for so long that the screen is this one as soon as there is any, whose code parts it
    /// from those that look alike, and none that invites a resident.
    ///
    /// # Errors
    /// When it is another at the end, or was ready meanwhile.
    pub fn sees_nothing_but(&mut self, name: &str, patience: Duration) -> Result<(), Failure> {
        let start = Instant::now();
        while start.elapsed() < patience {
            if self.is_it(atlas::ATTRACT)? {
                return Err(Failure::Refuted(format!("the unit is ready, and not at `{name}`")));
            }
            std::thread::park_timeout(Duration::from_secs(1));
        }
        let picture = self.machine.screen()?;
        match self.atlas.nearest(&picture) {
            (nearest, difference) if nearest == name && difference < SAME => Ok(()),
            (nearest, difference) => Err(Failure::Refuted(format!(
                "not `{name}` but a picture that is nearest to `{nearest}` and differs in {:.1} % \
                 from it",
                difference * 100.0
            ))),
        }
    }

    /// Touches what is called so (in English) on a screen.
    ///
    /// # Errors
    /// When it is not on that screen.
    pub fn touches(&mut self, name: &str, words: &str) -> Result<(), Failure> {
        let words = self.language.say(words);
        let (x, y) = self.atlas.page(name)?.place(&words)?;
        self.machine.monitor.touch(x, y)
    }

    /// From the card on the reader to the touch after which the card is written.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn sets_a_new_pin(&mut self, known: &Pin, new: &Pin) -> Result<(), Failure> {
        self.sees(atlas::CHOOSE)?;
        self.touches(atlas::CHOOSE, screens::SET_NEW_PIN)?;
        self.sees(atlas::BEWARE)?;
        self.touches(atlas::BEWARE, screens::GO_ON)?;
        self.sees(atlas::FOUR_DIGITS)?;
        self.types(atlas::FOUR_DIGITS, known, screens::OK)?;
        self.sees(atlas::NEW_PIN)?;
        self.types(atlas::NEW_PIN, new, screens::OK)?;
        self.sees(atlas::REPEAT)?;
        self.types(atlas::REPEAT, new, screens::SET_THIS_PIN)
    }

    /// As one of the staff: five touches of the upper right corner, the code, and the button to what
    /// can be asked of the unit.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn comes_as_staff(&mut self, code: &str) -> Result<(), Failure> {
        for _ in 0..5 {
            self.machine.monitor.touch(CORNER.0, CORNER.1)?;
            std::thread::park_timeout(BETWEEN_TOUCHES);
        }
        self.sees(atlas::CODE)?;
        let pad = self.types_keys(atlas::CODE, code)?;
        self.touches(atlas::CODE, screens::OK)?;
        self.sees_a_change(&pad)?;
        // The code is checked at a price; what the overview tells is the unit's own.
        let start = Instant::now();
        while self.is_it(atlas::CODE)? || self.is_it(atlas::ATTRACT)? {
            late(start, PATIENCE, "the staff page")?;
        }
        self.touches(atlas::OVERVIEW, screens::ACTIONS)?;
        self.sees(atlas::ACTIONS).map(drop)
    }

    /// Asks for one thing on the page of actions, and says that it is meant.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn asks_for(&mut self, action: &str, on: &str, question: &str) -> Result<(), Failure> {
        self.touches(on, action)?;
        self.sees(question)?;
        self.touches(question, screens::DO_IT)
    }

    /// Waits until a touch shows: without KVM a hand is faster than the screen.
    fn sees_a_change(&mut self, before: &Picture) -> Result<Picture, Failure> {
        let start = Instant::now();
        loop {
            let picture = self.machine.screen()?;
            if picture != *before {
                return Ok(picture);
            }
            late(start, PATIENCE, "an answer of the screen to a touch")?;
        }
    }

    fn types(&mut self, name: &str, pin: &Pin, button: &str) -> Result<(), Failure> {
        self.types_keys(name, pin.reveal())?;
        self.touches(name, button)
    }

    /// Gives back what the screen is then.
    fn types_keys(&mut self, name: &str, keys: &str) -> Result<Picture, Failure> {
        let mut before = self.machine.screen()?;
        for key in keys.chars() {
            let (x, y) = self.atlas.page(name)?.place(key.encode_utf8(&mut [0; 4]))?;
            self.machine.monitor.touch(x, y)?;
            before = self.sees_a_change(&before)?;
        }
        Ok(before)
    }
}
