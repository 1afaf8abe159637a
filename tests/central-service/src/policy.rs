// SPDX-License-Identifier: MIT OR Apache-2.0
//! The policy: `DIR/policy.json`, which the operator edits while the service runs, and what a unit
//! gets of it by `GET /v1/policy`. Facts about hours and telephone lines are data, because they
//! differ from page to page and from year to year.

mod calendar;

pub use calendar::{Closure, ClosureKind, TimeOfDay};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::{Timestamp, civil};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::wire::{WireProfile, WireTarget};

/// What `init` writes: the facts known at the time of writing, with their years.
const DEFAULT: &str = include_str!("policy/default.json");

/// `DIR/policy.json`. An unknown key is refused: a misspelt one would be silently without effect.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The one zone whose days and hours these are.
    pub time_zone: TimeZoneName,
    /// Every day alike.
    pub hours: Hours,
    /// Whole days.
    pub closed_days: Vec<civil::Date>,
    /// Single windows.
    pub maintenance_windows: Vec<MaintenanceWindow>,
    /// Windows of each month.
    pub recurring_maintenance: Vec<RecurringMaintenance>,
    /// What a unit offers.
    pub services: Vec<Offer>,
    /// Stores that differ.
    pub stores: BTreeMap<String, StorePolicy>,
    /// Texts by language.
    pub notices: Vec<Notice>,
    /// Whom to call.
    pub help_lines: Vec<HelpLine>,
    /// Older kiosks are refused.
    pub minimum_software: Version,
    /// For the kiosk's screens.
    pub time_limits: TimeLimits,
}

/// Japan has one zone and no summer time: UTC+9.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum TimeZoneName {
    /// 日本標準時.
    #[serde(rename = "Asia/Tokyo")]
    Tokyo,
}

/// Opening hours.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Local time.
    pub opens: TimeOfDay,
    /// Local time; 24:00 is the end of the day.
    pub closes: TimeOfDay,
}

/// A window in which something is shut.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceWindow {
    /// First moment.
    pub from: Timestamp,
    /// First moment after it.
    pub until: Timestamp,
    /// What is shut.
    pub affects: Affects,
}

/// What a window shuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affects {
    /// This service.
    Kiosk,
    /// The phone app in which reservations are made.
    ReservationApp,
}

/// A window on the n-th such weekday of each month.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecurringMaintenance {
    /// 1 to 5; a month without a fifth has none.
    pub week: i8,
    /// Which day.
    pub weekday: Day,
    /// Local time of its begin.
    pub opens: TimeOfDay,
    /// Local time of its end.
    pub closes: TimeOfDay,
    /// What is shut.
    pub affects: Affects,
}

/// Days, for the hours of help lines and for recurring windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
    /// 祝日.
    Holiday,
}

/// A reset that is on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Which PIN.
    pub target: WireTarget,
    /// With which card profile.
    pub profile: WireProfile,
}

/// What differs in one store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorePolicy {
    /// Instead of the general offer.
    pub services: Vec<Offer>,
}

/// A text for residents.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Its name.
    pub id: String,
    /// How it is shown.
    pub kind: NoticeKind,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Not after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// One text a language (BCP 47, and `ja-easy`).
    pub texts: BTreeMap<String, String>,
}

/// How a notice is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Calmly.
    Information,
    /// With care.
    Warning,
}

/// A telephone or fax line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpLine {
    /// Its name.
    pub id: String,
    /// Telephone or fax.
    pub medium: Medium,
    /// As one dials it.
    pub number: String,
    /// Free of charge.
    pub is_free: bool,
    /// BCP 47 tags.
    pub languages: Vec<String>,
    /// One title a language.
    pub titles: BTreeMap<String, String>,
    /// Empty where none are published.
    pub hours: Vec<HelpLineHours>,
    /// First day of the year-end pause, MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_from_day: Option<String>,
    /// Last day of the year-end pause, MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_until_day: Option<String>,
    /// Year of the source, where it is old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
}

/// How a line is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// By voice.
    Telephone,
    /// In writing.
    Fax,
}

/// When a line answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpLineHours {
    /// On these days.
    pub days: Vec<Day>,
    /// Local time.
    pub opens: TimeOfDay,
    /// Local time.
    pub closes: TimeOfDay,
    /// For these of the line's languages only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Only the suspension of a lost card.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loss_only: bool,
}

/// Limits of the kiosk's screens, in seconds where not a count.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeLimits {
    /// Without a touch, until the warning.
    pub idle_seconds: u32,
    /// From the warning to the end.
    pub warning_seconds: u32,
    /// How often one touch goes on.
    pub extensions: u32,
    /// For a card lifted while a PIN was typed.
    pub put_back_seconds: u32,
    /// For a card lifted while it was written.
    pub settling_seconds: u32,
    /// An ending stays after the card is gone.
    pub ending_seconds: u32,
    /// The ending "not certain" stays.
    pub not_certain_seconds: u32,
}

/// What one unit gets.
#[derive(Debug, Serialize)]
pub struct PolicyAnswer<'a> {
    time_zone: TimeZoneName,
    hours: Hours,
    closed_days: &'a [civil::Date],
    closures: Vec<Period>,
    maintenance_windows: Vec<MaintenanceWindow>,
    services: &'a [Offer],
    notices: &'a [Notice],
    help_lines: &'a [HelpLine],
    minimum_software: &'a Version,
    time_limits: TimeLimits,
}

/// A closure on the wire.
#[derive(Debug, Serialize)]
struct Period {
    from: Timestamp,
    until: Timestamp,
}

/// `DIR/policy.json`, read anew at each use.
#[derive(Debug)]
pub struct PolicyFile {
    path: PathBuf,
    last_good: Mutex<Arc<Policy>>,
}

/// The file.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not there.
    #[error("the policy {path} could not be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What reading it met.
        source: std::io::Error,
    },
    /// Not a policy.
    #[error("the policy {path} is not understood")]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Line, column and what is wrong.
        source: serde_json::Error,
    },
}

impl Policy {
    /// The text of a new policy file; `always_open` for tests, which run at any hour.
    #[expect(clippy::expect_used, reason = "the built-in policy is parsed by a test")]
    pub fn default_file(always_open: bool) -> String {
        let mut policy: Self = serde_json::from_str(DEFAULT).expect("the built-in policy is one");
        if !always_open {
            return DEFAULT.to_owned();
        }
        policy.hours = Hours { opens: TimeOfDay::MIDNIGHT, closes: TimeOfDay::END_OF_DAY };
        serde_json::to_string_pretty(&policy).expect("a policy has string keys only") + "\n"
    }

    /// What the units of this store offer.
    pub fn services_of(&self, store: &str) -> &[Offer] {
        self.stores.get(store).map_or(&self.services, |store| &store.services)
    }

    /// What a unit of this store gets, with the operator's closures written in.
    pub fn answer(&self, store: &str, closures: &[Closure], now: Timestamp) -> PolicyAnswer<'_> {
        let closed = closures.iter().filter(|closure| closure.kind == ClosureKind::Closed);
        PolicyAnswer {
            time_zone: self.time_zone,
            hours: self.hours,
            closed_days: &self.closed_days,
            closures: closed
                .map(|closure| Period { from: closure.from, until: closure.until })
                .collect(),
            maintenance_windows: self.windows_ahead(closures, now),
            services: self.services_of(store),
            notices: &self.notices,
            help_lines: &self.help_lines,
            minimum_software: &self.minimum_software,
            time_limits: self.time_limits,
        }
    }
}

impl PolicyFile {
    /// Reads the policy for the first time; later faults of the file fall back to the last good.
    pub fn open(path: &Path) -> Result<Self, PolicyError> {
        let policy = Arc::new(read(path)?);
        Ok(Self { path: path.to_owned(), last_good: Mutex::new(policy) })
    }

    /// The policy as it is now.
    pub fn current(&self) -> Arc<Policy> {
        // A poisoned lock still holds a whole policy: it is replaced in one assignment.
        let mut last_good = self.last_good.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match read(&self.path) {
            Ok(policy) => *last_good = Arc::new(policy),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the last good policy stays in force"
            ),
        }
        Arc::clone(&last_good)
    }
}

fn read(path: &Path) -> Result<Policy, PolicyError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| PolicyError::Read { path: path.to_owned(), source })?;
    serde_json::from_str(&text)
        .map_err(|source| PolicyError::Parse { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_has_the_true_hours_unless_told_otherwise() {
        let hours = |always_open| {
            let policy: Policy = serde_json::from_str(&Policy::default_file(always_open)).unwrap();
            serde_json::to_value(policy.hours).unwrap()
        };
        assert_eq!(hours(false), serde_json::json!({ "opens": "06:30", "closes": "23:00" }));
        assert_eq!(hours(true), serde_json::json!({ "opens": "00:00", "closes": "24:00" }));
    }

    #[test]
    fn every_text_of_the_built_in_policy_is_there_in_japanese_and_english() {
        let policy: Policy = serde_json::from_str(DEFAULT).unwrap();
        let notices = policy.notices.iter().map(|notice| &notice.texts);
        for texts in notices.chain(policy.help_lines.iter().map(|line| &line.titles)) {
            assert!(texts.contains_key("ja") && texts.contains_key("en"), "{texts:?}");
        }
    }

    #[test]
    fn a_file_broken_while_the_service_runs_leaves_the_last_good_policy_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.json");
        std::fs::write(&path, Policy::default_file(false)).unwrap();
        let file = PolicyFile::open(&path).unwrap();
        std::fs::write(&path, Policy::default_file(false).replace("\"stores\"", "\"shops\""))
            .unwrap();
        assert_eq!(file.current().notices.len(), 8);
    }
}
