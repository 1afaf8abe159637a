// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of endings: words for residents in each language, a code and a
//! remedy for staff, from `endings.toml`, which is compiled in and read once.
//!
//! A session's [`Ending`] reaches its row through [`Ending::key`], an exhaustive
//! match; a test holds that every key has its row.

mod manual;
mod table;

use std::sync::LazyLock;

use kiosk_session::ending::CardChanged;
use kiosk_session::view::OutOfService;
use kiosk_session::{Ending, Language};
use serde::Deserialize;

pub use self::manual::manual;
use self::table::Table;
use crate::screen::Catalogue;

/// What is said of one ending.
#[derive(Clone, Debug)]
pub struct Row {
    /// [`Ending::key`]; the log field and the metric's label.
    pub key: String,
    /// For the screen, the log and the staff: `C-104`.
    pub code: String,
    /// How much it matters to the operator.
    pub severity: Severity,
    /// What became of the PIN on the card.
    pub card: CardChanged,
    /// What the store or the operator does about it, in English.
    pub staff: String,
    remedy: Option<String>,
    ja: Words,
    en: Words,
}

/// What a resident reads of an ending.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// One line: what this is.
    pub title: String,
    /// What happened.
    pub happened: String,
    /// Whether anything on the card changed.
    pub card: String,
    /// What to do.
    pub next: String,
    /// Where; empty when there is nowhere to go.
    #[serde(rename = "where")]
    pub place: String,
}

/// A code that only staff can do something with; it belongs to no session.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffRow {
    /// The log field and the metric's label.
    pub key: String,
    /// For the screen and the log: `K-405`.
    pub code: String,
    /// How much it matters to the operator.
    pub severity: Severity,
    /// What the store or the operator does about it, in English.
    pub staff: String,
    remedy: Option<String>,
}

/// What staff of the store read of a fault, in one line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remedy {
    ja: String,
    en: String,
}

/// How much an ending matters to whoever looks after the units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The new PIN is set.
    Done,
    /// The resident knows what to do.
    Notice,
    /// Worth a look when it happens again.
    Warning,
    /// Somebody has to come.
    Fault,
}

impl Severity {
    /// As the table writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

impl Row {
    /// The row of an ending.
    #[must_use]
    pub fn of(ending: Ending) -> &'static Self {
        Self::of_key(ending.key())
    }

    /// Every row, in the order of the table.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &TABLE.endings
    }

    /// Whether the resident is given a slip to be helped by: where somebody may have to look.
    #[must_use]
    pub const fn has_slip(&self) -> bool {
        matches!(self.severity, Severity::Warning | Severity::Fault)
    }

    /// Its words.
    #[must_use]
    pub fn words(&self, language: Language) -> &Words {
        match Catalogue::of(language) {
            Catalogue::Japanese => &self.ja,
            Catalogue::English => &self.en,
        }
    }

    #[expect(clippy::expect_used, reason = "a test looks every key up")]
    fn of_key(key: &str) -> &'static Self {
        Self::all().iter().find(|row| row.key == key).expect("every ending has a row")
    }
}

impl Words {
    /// Everything a resident reads, in the order of the screen.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        [&self.title, &self.happened, &self.card, &self.next, &self.place]
            .into_iter()
            .map(String::as_str)
    }
}

impl StaffRow {
    /// No outcome can be kept.
    pub const JOURNAL_FAILED: &'static str = "journal-failed";
    /// A card lies there that belongs to no session.
    pub const LEFT_BEHIND: &'static str = "left-behind";
    /// A resident left without the card.
    pub const CARD_NOT_TAKEN: &'static str = "card-not-taken";
    /// The clock is not set, and nobody is to be served with one that is not.
    pub const CLOCK_NOT_SET: &'static str = "clock-not-set";
    /// The unit's data cannot be opened.
    pub const DATA_LOCKED: &'static str = "data-locked";

    /// Something of the service's policy was not taken.
    pub const POLICY_UNREADABLE: &'static str = "policy-unreadable";
    /// The last policy could not be read from the disk.
    pub const POLICY_CACHE_UNREADABLE: &'static str = "policy-cache-unreadable";

    /// Every row, in the order of the table.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &TABLE.staff
    }
}

/// The code that staff read while the unit is out of service.
#[must_use]
pub fn out_of_service_code(cause: OutOfService) -> &'static str {
    match cause {
        OutOfService::DataLocked => staff_code(StaffRow::DATA_LOCKED),
        OutOfService::JournalFailed => staff_code(StaffRow::JOURNAL_FAILED),
        OutOfService::ClockNotSet => staff_code(StaffRow::CLOCK_NOT_SET),
        OutOfService::ReaderGone => &Row::of(Ending::ReaderGone).code,
        OutOfService::KioskNotAuthorised => &Row::of(Ending::KioskNotAuthorised).code,
        OutOfService::SoftwareTooOld => &Row::of(Ending::SoftwareTooOld).code,
    }
}

/// What staff of the store do about a code; nothing where the table has none.
#[must_use]
pub fn remedy(code: &str, language: Language) -> &'static str {
    let ending = Row::all().iter().find(|row| row.code == code).map(|row| &row.remedy);
    let staff = || StaffRow::all().iter().find(|row| row.code == code).map(|row| &row.remedy);
    let key = ending.or_else(staff).and_then(Option::as_ref);
    let remedy = key.and_then(|key| TABLE.remedies.get(key));
    remedy.map_or("", |remedy| match Catalogue::of(language) {
        Catalogue::Japanese => &remedy.ja,
        Catalogue::English => &remedy.en,
    })
}

/// The code of a staff row, by its key.
#[expect(clippy::expect_used, reason = "the keys are this module's own; a test looks them up")]
pub(crate) fn staff_code(key: &str) -> &'static str {
    &StaffRow::all().iter().find(|row| row.key == key).expect("every staff key has a row").code
}

#[expect(clippy::expect_used, reason = "the text is compiled in, and tests read it")]
static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::read(include_str!("../endings.toml")).expect("endings.toml is right"));

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_ending_has_a_row_and_every_row_an_ending() {
        let rows: Vec<_> = Row::all().iter().map(|row| row.key.as_str()).collect();
        for key in Ending::ALL_KEYS {
            assert!(rows.contains(key), "{key} has no words");
        }
        assert_eq!(rows.len(), Ending::ALL_KEYS.len(), "a row belongs to no ending");
        for key in [
            StaffRow::JOURNAL_FAILED,
            StaffRow::LEFT_BEHIND,
            StaffRow::CARD_NOT_TAKEN,
            StaffRow::CLOCK_NOT_SET,
            StaffRow::DATA_LOCKED,
            StaffRow::POLICY_UNREADABLE,
            StaffRow::POLICY_CACHE_UNREADABLE,
        ] {
            assert!(staff_code(key).starts_with("K-"));
        }
    }

    #[test]
    fn every_row_says_what_happened_what_became_of_the_card_and_what_to_do() {
        for row in Row::all() {
            for (language, words) in [("ja", &row.ja), ("en", &row.en)] {
                let said = [&words.title, &words.happened, &words.card, &words.next];
                assert!(said.iter().all(|text| !text.is_empty()), "{} in {language}", row.key);
                let is_settled = row.card != CardChanged::Unchanged;
                assert!(is_settled || !words.place.is_empty(), "{} says not where", row.key);
            }
            assert!(!row.staff.is_empty(), "{} has no remedy", row.key);
        }
    }

    #[test]
    fn whatever_staff_are_called_for_has_one_line_of_remedy() {
        let endings = Row::all().iter().filter(|row| row.has_slip()).map(|row| &row.code);
        for code in endings.chain(StaffRow::all().iter().map(|row| &row.code)) {
            for language in [Language::Japanese, Language::English] {
                let said = remedy(code, language);
                assert!(!said.is_empty() && !said.contains('\n'), "{code}: {said:?}");
            }
        }
        assert_eq!(remedy("X-000", Language::English), "");
    }

    #[test]
    fn nothing_that_a_resident_reads_says_error() {
        for row in Row::all() {
            for words in [&row.ja, &row.en] {
                for text in words.all() {
                    let text = text.to_lowercase();
                    let is_calm = !["error", "エラー", "failure", "invalid", "異常"]
                        .iter()
                        .any(|word| text.contains(word));
                    assert!(is_calm, "{}: {text}", row.key);
                }
            }
        }
    }

    #[test]
    fn codes_are_unlike_each_other_and_in_one_form() {
        let codes = Row::all().iter().map(|row| &row.code);
        let codes: Vec<_> = codes.chain(StaffRow::all().iter().map(|row| &row.code)).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len(), "{codes:?}");
        for code in codes {
            let (family, number) = code.split_once('-').expect("C-104");
            assert!(["C", "R", "S", "K"].contains(&family), "{code}");
            assert!(
                number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()),
                "{code}"
            );
        }
    }

    #[test]
    fn keys_fit_the_outcome_field_of_the_central_service() {
        for key in Row::all().iter().map(|row| &row.key) {
            let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            assert!((1..=40).contains(&key.len()) && key.bytes().all(fits), "{key}");
        }
    }
}
