// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a resident does on each screen.

use std::time::{Duration, Instant};

use super::{Acted, Goal, Visitor};
use crate::{
    failure::Failure,
    pin::Pin,
    screens,
    sweep::{fault::Then, sight::Sight, story::Shown},
};

impl Visitor<'_> {
    /// Does what the screen asks for; tells whether the visit is over.
    pub(super) fn reacts(&mut self, sight: &Sight) -> Result<bool, Failure> {
        if let Sight::Ending { key, can_still_tell } = *sight {
            self.reads_an_ending(key, can_still_tell)?;
            return Ok(false);
        }
        self.last_ending = None;
        if sight.is_at_rest() {
            return self.stands_before_a_kiosk_at_rest(sight);
        }
        self.has_left_attract = true;
        match sight {
            Sight::TakeCard => self.takes_the_card()?,
            Sight::PutBack if !self.is_away => self.is_asked_for_the_card()?,
            Sight::PutBackAnew if !self.is_away => self.lifts_and_puts_back()?,
            _ if self.is_away || !self.is_news(sight) => {}
            _ => self.goes_on(sight)?,
        }
        Ok(false)
    }

    fn goes_on(&mut self, sight: &Sight) -> Result<(), Failure> {
        self.story.sights.push(format!("{sight:?}"));
        self.notes_what_is_offered();
        match sight {
            Sight::StillThere | Sight::Beware if self.goal != Goal::Settle => {
                self.touches(screens::GO_ON)?;
            }
            Sight::StillThere => self.touches(screens::GO_ON)?,
            Sight::Beware | Sight::LastTry if self.goal == Goal::Settle => {
                self.touches(screens::CANCEL)?;
            }
            Sight::Choose => match (self.goal, self.has_checked) {
                (Goal::Check, true) => self.takes_the_card()?,
                (Goal::Check, false) => self.touches(screens::CHECK_MY_CARD)?,
                (Goal::NewPin | Goal::Mistype | Goal::Settle, _) => {
                    self.touches(screens::SET_NEW_PIN)?
                }
            },
            Sight::YourCard if self.has_checked => self.touches(screens::BACK)?,
            Sight::YourCard => self.touches(screens::SEE_MORE)?,
            Sight::MoreOfYourCard => {
                self.has_checked = true;
                self.touches(screens::BACK)?;
            }
            Sight::LastTry => self.touches(screens::KNOWN)?,
            Sight::FourDigits => {
                let is_wrong = self.goal == Goal::Mistype && self.story.wrong_presses < MISTYPED;
                let right = &self.card.user_authentication_pin;
                let typed = if is_wrong { self.wrong.clone() } else { right.clone() };
                if self.types(&typed, screens::OK)? {
                    self.story.known_presses += 1;
                    self.story.wrong_presses += u8::from(is_wrong);
                }
            }
            Sight::NewPin => {
                let new = self.new.clone();
                self.types(&new, screens::OK)?;
            }
            Sight::Repeat => {
                // Counts as no press of the button: what differs is never sent.
                let is_wrong = self.goal == Goal::Mistype && !self.story.has_repeated_wrongly;
                let typed = if is_wrong { Pin::of_letters() } else { self.new.clone() };
                if self.types(&typed, screens::SET_THIS_PIN)? {
                    self.story.new_presses += u32::from(!is_wrong);
                    self.story.has_repeated_wrongly |= is_wrong;
                }
            }
            _ => {}
        }
        let acted = Acted { on: sight.clone(), states: self.states.len(), at: Instant::now() };
        self.acted = Some(acted);
        Ok(())
    }

    /// Whether this screen has not been answered yet.
    fn is_news(&self, sight: &Sight) -> bool {
        self.acted.as_ref().is_none_or(|acted| {
            acted.on != *sight
                || acted.states != self.states.len()
                || acted.at.elapsed() > PATIENCE_WITH_A_TOUCH
        })
    }

    fn touches(&mut self, words: &str) -> Result<(), Failure> {
        let words = self.bench.language().say(words).into_owned();
        // A screen that has gone meanwhile is looked at anew.
        self.bench.player()?.touch_if_there(&words, REACH).ok();
        Ok(())
    }

    /// Types a PIN and presses the button; tells whether the button was pressed. A pad that goes
    /// away meanwhile is left.
    fn types(&mut self, pin: &Pin, button: &str) -> Result<bool, Failure> {
        let button = self.bench.language().say(button).into_owned();
        let player = self.bench.player()?;
        for key in pin.reveal().chars() {
            if !player.touch_if_there(key.encode_utf8(&mut [0; 4]), REACH).unwrap_or(false) {
                return Ok(false);
            }
        }
        // A kiosk that ended over the touch may have heard it.
        if !player.touch_if_there(&button, REACH).unwrap_or(true) {
            return Ok(false);
        }
        // Until the pad has gone, or at least its dots: what is still there is not to be typed on.
        if let Ok(before) = player.look(&[], Duration::ZERO)
            && before.contains(&button)
        {
            player.look(&before, PATIENCE_WITH_A_TOUCH).ok();
        }
        Ok(true)
    }

    fn reads_an_ending(&mut self, key: &'static str, can_still_tell: bool) -> Result<(), Failure> {
        self.has_left_attract = true;
        if self.last_ending.replace(key) != Some(key) {
            let has_new_pin = self.has_new_pin()?;
            let had_new_pin = self.had_new_pin;
            self.story.endings.push(Shown { key: key.to_owned(), has_new_pin, had_new_pin });
            self.acted = None;
        }
        if self.is_away {
            return Ok(());
        }
        if self.bench.slot.lying()?.is_some() {
            return self.takes_the_card();
        }
        if can_still_tell && self.next() != Then::Never && self.times_laid < MOST_TIMES_LAID {
            return self.lays(self.next());
        }
        self.touches(screens::FINISH)
    }

    /// Tells whether the visit is over.
    fn stands_before_a_kiosk_at_rest(&mut self, sight: &Sight) -> Result<bool, Failure> {
        let lies_there = self.bench.slot.lying()?.is_some();
        let was_just_laid = self.laid_at.is_some_and(|at| at.elapsed() < NOTICING);
        match (sight, lies_there) {
            (Sight::Attract, false) if self.laid_at.is_none() => {
                self.lays(Then::Same)?;
            }
            (Sight::Attract, true) if was_just_laid => {}
            (Sight::Attract, false) if self.has_left_attract || !was_just_laid => {
                self.story.is_back_at_attract = true;
                return Ok(true);
            }
            // A clerk hands it over, or its owner takes it.
            (_, true) => self.takes_the_card()?,
            (Sight::OutOfService, false) => self.has_staff_start_it_again(),
            (_, false) => {}
        }
        Ok(false)
    }

    /// Whose disk is full is told so by its code; once there is room, the unit is started again.
    fn has_staff_start_it_again(&mut self) {
        if !self.is_disk_full || self.has_been_restarted {
            return;
        }
        self.has_been_restarted = true;
        if let Some(kiosk) = self.bench.kiosk() {
            kiosk.ask_to_end();
        }
    }

    fn is_asked_for_the_card(&mut self) -> Result<(), Failure> {
        let is_there = self.bench.slot.lying()?.is_some();
        if is_there || self.times_laid >= MOST_TIMES_LAID {
            return Ok(());
        }
        match self.next() {
            Then::Never => Ok(()),
            then => self.lays(then),
        }
    }

    fn lifts_and_puts_back(&mut self) -> Result<(), Failure> {
        if self.laid_at.is_some_and(|at| at.elapsed() < NOTICING) {
            return Ok(());
        }
        self.takes_the_card()?;
        if self.next() == Then::Never || self.times_laid >= MOST_TIMES_LAID {
            return Ok(());
        }
        self.lays(self.next())
    }

    fn lays(&mut self, which: Then) -> Result<(), Failure> {
        let card = if which == Then::Other { self.other } else { self.card };
        // After pcscd was started anew there may be nothing that it could have noticed.
        self.bench.pcscd.notices_within(NOTICING, false, self.bench.record()).ok();
        if self.bench.slot.lying()?.is_none() {
            if self.times_laid == 0 {
                self.had_new_pin = self.has_new_pin()?;
            }
            self.bench.slot.say(&format!("insert {}", card.file().display())).ok();
        }
        self.laid_at = Some(Instant::now());
        self.times_laid += 1;
        Ok(())
    }

    pub(super) fn takes_the_card(&self) -> Result<(), Failure> {
        if self.bench.slot.lying()?.is_some() {
            // It may be gone by now: a fault lifts it.
            self.bench.slot.say("remove").ok();
        }
        Ok(())
    }
}

/// How often the 4-digit PIN is mistyped: down to the last try.
const MISTYPED: u8 = 2;
/// How long a finger waits for a button.
const REACH: Duration = Duration::from_millis(400);
/// How long a screen may take to go after a touch.
const PATIENCE_WITH_A_TOUCH: Duration = Duration::from_millis(1500);
/// pcscd looks every 0.4 s.
const NOTICING: Duration = Duration::from_millis(2500);
/// At first and when asked; nobody goes on for ever.
const MOST_TIMES_LAID: u32 = 4;
