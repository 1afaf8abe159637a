// SPDX-License-Identifier: MIT OR Apache-2.0
//! A minute of the day, `00:00` to `24:00`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Unfit;

/// Minutes in a day.
const DAY: u16 = 24 * 60;

/// A minute of Japan's day, `HH:MM`; `24:00` is its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// 00:00.
    pub const MIDNIGHT: Self = Self(0);

    /// Minutes since midnight, 0 to 1,440.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let unfit = Unfit { what: "a time of day", form: "HH:MM, 00:00 to 24:00" };
        let [h1, h2, b':', m1, m2] = *text.as_bytes() else { return Err(unfit) };
        if ![h1, h2, m1, m2].iter().all(u8::is_ascii_digit) {
            return Err(unfit);
        }
        let number = |tens: u8, ones: u8| u16::from(tens - b'0') * 10 + u16::from(ones - b'0');
        let (hours, minutes) = (number(h1, h2), number(m1, m2));
        match hours * 60 + minutes {
            total if minutes < 60 && total <= DAY => Ok(Self(total)),
            _ => Err(unfit),
        }
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_1440_minutes_and_an_end() {
        for (text, minutes) in [("00:00", 0), ("06:30", 390), ("23:59", 1_439), ("24:00", 1_440)] {
            let time = TimeOfDay::try_from(text.to_owned()).unwrap();
            assert_eq!(time.minutes(), minutes);
            assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn no_other_form_is_taken() {
        for text in ["", "6:30", "06:60", "24:01", "+1:30", "06:30:00", "０６:30"] {
            assert!(TimeOfDay::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
