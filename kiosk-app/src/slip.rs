// SPDX-License-Identifier: MIT OR Apache-2.0
//! The slip (控え) of an ending: when, at which unit, under which number, how it
//! ended. It is all that a resident needs to show to be helped, it is shown as a
//! QR code, and there is nothing of a person in it.

use std::fmt;

use backend_client::wire::Identity;
use jiff::Timestamp;
use kiosk_session::{Language, SessionId};

use crate::{endings::Row, hours::JAPAN, screen::Catalogue};

/// What the screen cannot know of an ending by its view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// When it was shown first.
    pub at: Timestamp,
    /// Where; none while the link has not said who this unit is.
    pub unit: Option<UnitName>,
    /// By which staff and help line find it again. Never called a bare number: that is what residents
    /// call a PIN.
    pub number: Number,
}

/// Store and unit, as the kiosk's certificate names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitName(String);

/// Eight hexadecimal digits. Of a session that the service opened they are the first of its id, so
/// that the service's records can be searched for them; of any other they are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(u32);

impl Slip {
    /// What a phone shows when it reads the code: lines for people, and one for programs
    /// (docs/operating.md, "The QR code").
    #[must_use]
    pub fn text(&self, row: &Row, language: Language) -> String {
        let (unit, number, code) = (self.unit(), self.number, &row.code);
        let title = &row.words(language).title;
        let local = JAPAN.to_datetime(self.at);
        let exact = local.strftime("%Y-%m-%dT%H:%M:%S+09:00");
        let [first, second] = number.groups();
        let lines = match Catalogue::of(language) {
            Catalogue::Japanese => [
                local.strftime("%Y年%-m月%-d日 %-H:%M").to_string(),
                format!("{code} {title}"),
                format!("端末 {unit}"),
                format!("問い合わせ番号 {first} {second}"),
            ],
            Catalogue::English => [
                local.strftime("%-d %B %Y, %-H:%M").to_string(),
                format!("{code} {title}"),
                format!("Machine {unit}"),
                format!("Reference {first} {second}"),
            ],
        };
        format!("{}\n{FORM} {exact} {unit} {number} {code}", lines.join("\n"))
    }

    fn unit(&self) -> &str {
        self.unit.as_ref().map_or(UNKNOWN, |unit| &unit.0)
    }
}

impl UnitName {
    /// Store and unit, as the slip writes them.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `store/unit`. What could not stand in a line of words is left out, and what is too long for
    /// a code is cut.
    #[must_use]
    pub fn of(identity: &Identity) -> Self {
        let plain = |name: &str| -> String {
            name.chars().filter(char::is_ascii_graphic).take(LONGEST_NAME).collect()
        };
        Self(format!("{}/{}", plain(&identity.store), plain(&identity.unit)))
    }
}

impl Number {
    /// Of a session that the service opened.
    #[must_use]
    pub fn of(session: SessionId) -> Self {
        let [first, second, third, fourth, ..] = session.0;
        Self(u32::from_be_bytes([first, second, third, fourth]))
    }

    /// Of a session that the service knows nothing of.
    #[must_use]
    pub const fn drawn(digits: u32) -> Self {
        Self(digits)
    }

    /// In halves, to be read aloud.
    #[must_use]
    pub fn groups(self) -> [String; 2] {
        [format!("{:04x}", self.0 >> 16), format!("{:04x}", self.0 & 0xFFFF)]
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// Name and version of the line for programs.
const FORM: &str = "kiosk-slip-1";
const UNKNOWN: &str = "-";
const LONGEST_NAME: usize = 24;

#[cfg(test)]
mod tests {
    use kiosk_session::{Ending, ending::Doubt};

    use super::*;

    /// 2026-11-24 22:40:05.25 in Japan.
    fn slip(unit: Option<UnitName>) -> Slip {
        let at = Timestamp::new(1_795_527_605, 250_000_000).unwrap();
        let mut session = [0xEE; 16];
        session[..4].copy_from_slice(&[0x0A, 0x2B, 0x00, 0x4D]);
        Slip { at, unit, number: Number::of(SessionId(session)) }
    }

    fn unit(store: &str, unit: &str) -> UnitName {
        UnitName::of(&Identity {
            kiosk_id: backend_client::wire::KioskId([0; 16]),
            unit: unit.to_owned(),
            store: store.to_owned(),
            certificate_not_after: Timestamp::UNIX_EPOCH,
            key_without_tpm: false,
        })
    }

    fn row() -> &'static Row {
        Row::of(Ending::NotCertain(Doubt::CardLifted))
    }

    #[test]
    fn a_slip_says_time_ending_unit_and_number_for_people_and_for_programs() {
        let slip = slip(Some(unit("4711", "02")));
        let title = &row().words(Language::English).title;
        assert_eq!(
            slip.text(row(), Language::English),
            format!(
                "24 November 2026, 22:40\nC-110 {title}\nMachine 4711/02\nReference 0a2b 004d\n\
                 kiosk-slip-1 2026-11-24T22:40:05+09:00 4711/02 0a2b004d C-110"
            )
        );
        let title = &row().words(Language::Japanese).title;
        assert_eq!(
            slip.text(row(), Language::Japanese),
            format!(
                "2026年11月24日 22:40\nC-110 {title}\n端末 4711/02\n問い合わせ番号 0a2b 004d\n\
                 kiosk-slip-1 2026-11-24T22:40:05+09:00 4711/02 0a2b004d C-110"
            )
        );
    }

    #[test]
    fn the_number_is_the_beginning_of_the_sessions_id() {
        let id = uuid::Uuid::new_v4();
        let number = Number::of(SessionId(*id.as_bytes())).to_string();
        assert!(id.to_string().starts_with(&number), "{id} and {number}");
    }

    #[test]
    fn a_unit_that_is_not_known_or_badly_named_leaves_the_line_in_its_form() {
        for (name, said) in [
            (None, "-"),
            (Some(unit("a b\n", "\u{5e97}1")), "ab/1"),
            (
                Some(unit(&"s".repeat(99), &"u".repeat(99))),
                &*format!("{}/{}", "s".repeat(24), "u".repeat(24)),
            ),
        ] {
            let text = slip(name).text(row(), Language::Japanese);
            let line: Vec<_> = text.lines().last().unwrap().split(' ').collect();
            assert_eq!((line.len(), line[2]), (5, said), "{text}");
        }
    }
}
