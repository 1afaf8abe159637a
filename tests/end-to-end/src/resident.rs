// SPDX-License-Identifier: MIT OR Apache-2.0
//! A resident at the kiosk: reads the screens, touches what they say, knows the PINs.
//!
//! Each step waits for its screen by the words on it and leaves it by a touch, so that a script
//! of steps reads as the visit did.

use std::time::Duration;

use crate::{
    album::Album, endings, failure::Failure, pin::Pin, player::Player, screens, words::Language,
};

/// A resident in front of the screen.
pub struct Resident<'b> {
    player: &'b mut Player,
    album: &'b mut Album,
    language: Language,
}

impl<'b> Resident<'b> {
    /// One who reads this language.
    pub fn new(player: &'b mut Player, album: &'b mut Album, language: Language) -> Self {
        Self { player, album, language }
    }

    /// The kiosk waits for a resident.
    ///
    /// # Errors
    /// When the screen does not come; so for every step below.
    pub fn finds_the_kiosk_waiting(&mut self) -> Result<(), Failure> {
        self.sees(screens::ATTRACT, "attract")
    }

    /// The kiosk speaks another language until this resident chooses theirs.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn chooses_the_language(&mut self, spoken: Language) -> Result<(), Failure> {
        self.player.touch(&spoken.say(screens::LANGUAGE))?;
        self.player.await_text(&spoken.say(screens::CHOOSE_LANGUAGE))?;
        self.album.picture(self.player, "language")?;
        self.player.touch(self.language.own_name())
    }

    /// From the card on the reader to the way of setting a new PIN.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn chooses_a_new_pin(&mut self) -> Result<(), Failure> {
        self.sees(screens::CHOOSE, "choose")?;
        self.touches(screens::SET_NEW_PIN)
    }

    /// Reads the one line of warning and goes on.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn goes_on_of_own_accord(&mut self) -> Result<(), Failure> {
        self.sees(screens::BEWARE, "beware")?;
        self.touches(screens::GO_ON)
    }

    /// Types the 4-digit PIN.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn types_the_known_pin(&mut self, pin: &Pin) -> Result<(), Failure> {
        self.sees(screens::FOUR_DIGITS, "four-digits")?;
        self.types(pin)?;
        self.touches(screens::OK)
    }

    /// Types the new PIN, once.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn types_the_new_pin(&mut self, pin: &Pin) -> Result<(), Failure> {
        self.sees(screens::NEW_PIN, "new-pin-empty")?;
        self.types(pin)?;
        self.album.picture(self.player, "new-pin-typed")?;
        self.touches(screens::OK)
    }

    /// Types the new PIN once more; the card is written after this touch.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn repeats_the_new_pin(&mut self, pin: &Pin) -> Result<(), Failure> {
        self.sees(screens::REPEAT, "repeat-pin")?;
        self.types(pin)?;
        self.touches(screens::SET_THIS_PIN)
    }

    /// Waits for a screen by the (English) words on it.
    ///
    /// # Errors
    /// When it does not come.
    pub fn sees(&mut self, words: &str, name: &str) -> Result<(), Failure> {
        self.player.await_text(&self.language.say(words))?;
        self.album.picture(self.player, name)
    }

    /// Touches what bears these (English) words.
    ///
    /// # Errors
    /// When it does not come.
    pub fn touches(&mut self, words: &str) -> Result<(), Failure> {
        self.player.touch(&self.language.say(words))
    }

    /// Presses the keys of a PIN.
    ///
    /// # Errors
    /// When there are no such keys.
    pub fn types(&mut self, pin: &Pin) -> Result<(), Failure> {
        pin.reveal().chars().try_for_each(|key| self.player.touch(key.encode_utf8(&mut [0; 4])))
    }

    /// Waits for an ending and expects it to be this one.
    ///
    /// # Errors
    /// When another ending or none comes.
    pub fn ends_with(&mut self, key: &str, patience: Duration) -> Result<(), Failure> {
        let codes: Vec<_> = endings::codes().collect();
        let code = self.player.await_any(&codes, patience)?;
        self.album.picture(self.player, &format!("ending-{key}"))?;
        if code == endings::code_of(key) {
            return Ok(());
        }
        let ended = endings::key_of(&code).unwrap_or("an unknown ending");
        Err(Failure::Refuted(format!("the session ended with {ended} ({code}), not with {key}")))
    }

    /// Touches the ending away, and leaves a kiosk that waits for the next resident.
    ///
    /// # Errors
    /// When a screen does not come.
    pub fn leaves_the_ending(&mut self) -> Result<(), Failure> {
        self.touches(screens::FINISH)?;
        self.finds_the_kiosk_waiting()
    }

    /// Where notes and pictures go.
    pub fn album(&mut self) -> &mut Album {
        self.album
    }
}
