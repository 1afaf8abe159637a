// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a resident takes a screen for, by the words on it.

use crate::{endings, screens, words::Language};

/// A screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    Attract,
    OutOfService,
    LeftBehind,
    Closed,
    Stopped,
    StillThere,
    TakeCard,
    Choose,
    YourCard,
    MoreOfYourCard,
    Beware,
    LastTry,
    FourDigits,
    NewPin,
    Repeat,
    PutBack,
    PutBackAnew,
    /// One of the endings, by its key.
    Ending {
        key: &'static str,
        can_still_tell: bool,
    },
    /// The machine is at work, or shows what no resident has to act on.
    Busy,
}

impl Sight {
    /// What these labels say to who reads this language.
    pub(super) fn of(labels: &[String], language: Language) -> Self {
        let is_there = |words: &str| {
            let words = language.say(words);
            labels.iter().any(|label| *label == *words)
        };
        if is_there(screens::STILL_THERE) {
            return Self::StillThere;
        }
        // Before the titles: an ending may have one in common with a kiosk at rest.
        let code_of = |code: &str| language.say(screens::CODE).replace("{}", code);
        let code = endings::codes().find(|code| labels.contains(&code_of(code)));
        if let Some(key) = code.and_then(endings::key_of) {
            return Self::Ending { key, can_still_tell: is_there(screens::CAN_STILL_TELL) };
        }
        let titles = [
            (screens::OUT_OF_SERVICE, Self::OutOfService),
            (screens::LEFT_BEHIND, Self::LeftBehind),
            (screens::STOPPED, Self::Stopped),
            (screens::CLOSED, Self::Closed),
            (screens::MAINTENANCE, Self::Closed),
            (screens::LEASED, Self::Closed),
            (screens::ATTRACT, Self::Attract),
            (screens::CHOOSE, Self::Choose),
            (screens::BEWARE, Self::Beware),
            (screens::LAST_TRY, Self::LastTry),
            (screens::FOUR_DIGITS, Self::FourDigits),
            (screens::NEW_PIN, Self::NewPin),
            (screens::REPEAT, Self::Repeat),
            (screens::CAN_BE_SET, Self::YourCard),
            (screens::NOT_LOCKED, Self::YourCard),
            (screens::GO_TO_MUNICIPALITY, Self::YourCard),
            (screens::ON_TRIAL, Self::YourCard),
            (screens::MORE, Self::MoreOfYourCard),
            (screens::PUT_BACK_ANEW, Self::PutBackAnew),
            (screens::PUT_BACK, Self::PutBack),
        ];
        if let Some((_, sight)) = titles.into_iter().find(|(title, _)| is_there(title)) {
            return sight;
        }
        if is_there(screens::TAKE_CARD) { Self::TakeCard } else { Self::Busy }
    }

    /// Nobody is served.
    pub(super) const fn is_at_rest(&self) -> bool {
        matches!(
            self,
            Self::Attract | Self::OutOfService | Self::LeftBehind | Self::Closed | Self::Stopped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Sight;
    use crate::{endings, words::Language};

    #[test]
    fn an_ending_is_known_by_its_code_and_a_staff_code_is_none() {
        let code = format!("Code {}", endings::code_of("done"));
        let seen = Sight::of(&[code], Language::English);
        assert_eq!(seen, Sight::Ending { key: "done", can_still_tell: false });
        let staff = ["Take your card".to_owned(), "Code K-431".to_owned()];
        assert_eq!(Sight::of(&staff, Language::English), Sight::TakeCard);
    }
}
