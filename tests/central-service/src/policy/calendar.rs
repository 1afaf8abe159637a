// SPDX-License-Identifier: MIT OR Apache-2.0
//! When the service is open: the weekly hours and closed days, which keep new sessions out, and
//! closures and maintenance windows, which stop everything but outcomes and receipts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Offset, offset};
use jiff::{SignedDuration, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Affects, Day, MaintenanceWindow, Policy, RecurringMaintenance};
use crate::problem::Problem;

/// 日本標準時, all year.
const TOKYO: Offset = offset(9);

/// How far ahead recurring windows are written out, in days.
const DAYS_AHEAD: u8 = 60;

/// Closed periods that follow each other without a gap are walked through at most this often, so
/// that a policy that never opens still gets an answer.
const MOST_PERIODS: usize = 400;

/// What the operator closed by `close`.
#[derive(Debug, Clone)]
pub struct Closure {
    /// How it is called.
    pub kind: ClosureKind,
    /// First moment.
    pub from: Timestamp,
    /// First moment after it.
    pub until: Timestamp,
}

/// Which code a closure is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosureKind {
    /// `outside-hours`.
    Closed,
    /// `maintenance`.
    Maintenance,
}

/// A time of day, 00:00 to 24:00, in minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(i16);

impl TimeOfDay {
    /// 00:00.
    pub const MIDNIGHT: Self = Self(0);
    /// 24:00.
    pub const END_OF_DAY: Self = Self(24 * 60);

    fn on(self, date: Date) -> Timestamp {
        let minutes = SignedDuration::from_mins(i64::from(self.0));
        let time = date.to_datetime(Time::midnight()).saturating_add(minutes);
        moment(time)
    }
}

/// Something that is shut now, and until when.
type Shut = (ClosureKind, Timestamp);

impl Policy {
    /// Refuses what may not begin now.
    pub fn admits_new_session(&self, closures: &[Closure], now: Timestamp) -> Result<(), Problem> {
        let shut = |at| self.shut_by_closure(closures, at).or_else(|| self.shut_by_hours(at));
        refusal(shut, now)
    }

    /// Refuses what may not go on now: a session that was opened in time may be finished.
    pub fn admits_running_session(
        &self,
        closures: &[Closure],
        now: Timestamp,
    ) -> Result<(), Problem> {
        refusal(|at| self.shut_by_closure(closures, at), now)
    }

    /// The maintenance windows of the next 60 days, recurring ones written out, in their order.
    pub(super) fn windows_ahead(
        &self,
        closures: &[Closure],
        now: Timestamp,
    ) -> Vec<MaintenanceWindow> {
        let today = TOKYO.to_datetime(now).date();
        let last_day = today.saturating_add(SignedDuration::from_hours(24 * i64::from(DAYS_AHEAD)));
        let horizon = TimeOfDay::END_OF_DAY.on(last_day);
        let mut windows = self.windows(closures, today);
        windows.retain(|window| window.until > now && window.from < horizon);
        windows.sort_by_key(|window| window.from);
        windows
    }

    /// All single windows, and the recurring ones of this month and the two after it.
    fn windows(&self, closures: &[Closure], today: Date) -> Vec<MaintenanceWindow> {
        let by_operator = closures
            .iter()
            .filter(|closure| closure.kind == ClosureKind::Maintenance)
            .map(|closure| MaintenanceWindow {
                from: closure.from,
                until: closure.until,
                affects: Affects::Kiosk,
            });
        let recurring = self.recurring_maintenance.iter().flat_map(|rule| rule.around(today));
        self.maintenance_windows.iter().cloned().chain(by_operator).chain(recurring).collect()
    }

    fn shut_by_closure(&self, closures: &[Closure], at: Timestamp) -> Option<Shut> {
        let today = TOKYO.to_datetime(at).date();
        let maintenance = self
            .windows(closures, today)
            .into_iter()
            .find(|window| {
                window.affects == Affects::Kiosk && window.from <= at && at < window.until
            })
            .map(|window| (ClosureKind::Maintenance, window.until));
        let closed = || {
            closures
                .iter()
                .find(|closure| {
                    closure.kind == ClosureKind::Closed && closure.from <= at && at < closure.until
                })
                .map(|closure| (ClosureKind::Closed, closure.until))
        };
        maintenance.or_else(closed)
    }

    fn shut_by_hours(&self, at: Timestamp) -> Option<Shut> {
        let today = TOKYO.to_datetime(at).date();
        let next_day = TimeOfDay::END_OF_DAY.on(today);
        let (opens, closes) = (self.hours.opens.on(today), self.hours.closes.on(today));
        let until = if self.closed_days.contains(&today) || at >= closes {
            next_day
        } else if at < opens {
            opens
        } else {
            return None;
        };
        Some((ClosureKind::Closed, until))
    }
}

impl RecurringMaintenance {
    /// The windows of this month and of the two after it.
    fn around(&self, today: Date) -> impl Iterator<Item = MaintenanceWindow> {
        let first = today.first_of_month();
        let months = (0..3)
            .filter_map(move |ahead: i64| first.checked_add(jiff::Span::new().months(ahead)).ok());
        months.filter_map(|month| {
            let day = month.nth_weekday_of_month(self.week, self.weekday.weekday()?).ok()?;
            Some(MaintenanceWindow {
                from: self.opens.on(day),
                until: self.closes.on(day),
                affects: self.affects,
            })
        })
    }
}

impl Day {
    fn weekday(self) -> Option<Weekday> {
        match self {
            Self::Monday => Some(Weekday::Monday),
            Self::Tuesday => Some(Weekday::Tuesday),
            Self::Wednesday => Some(Weekday::Wednesday),
            Self::Thursday => Some(Weekday::Thursday),
            Self::Friday => Some(Weekday::Friday),
            Self::Saturday => Some(Weekday::Saturday),
            Self::Sunday => Some(Weekday::Sunday),
            Self::Holiday => None,
        }
    }
}

/// The refusal of what is shut now, with the moment from which on nothing is.
fn refusal(shut: impl Fn(Timestamp) -> Option<Shut>, now: Timestamp) -> Result<(), Problem> {
    let Some((kind, mut opens_at)) = shut(now) else { return Ok(()) };
    for _ in 0..MOST_PERIODS {
        match shut(opens_at) {
            Some((_, until)) => opens_at = until,
            None => break,
        }
    }
    let retry_after = Duration::try_from(opens_at.duration_since(now)).unwrap_or_default();
    Err(match kind {
        ClosureKind::Closed => Problem::OutsideHours { opens_at, retry_after },
        ClosureKind::Maintenance => Problem::Maintenance { opens_at, retry_after },
    })
}

fn moment(local: DateTime) -> Timestamp {
    TOKYO.to_timestamp(local).unwrap_or(Timestamp::MAX)
}

impl ClosureKind {
    /// As in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Maintenance => "maintenance",
        }
    }
}

/// Not HH:MM.
#[derive(Debug, thiserror::Error)]
#[error("a time of day is HH:MM, from 00:00 to 24:00")]
pub struct NotATimeOfDay;

impl FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    fn from_str(text: &str) -> Result<Self, NotATimeOfDay> {
        let (hours, minutes) = text.split_once(':').ok_or(NotATimeOfDay)?;
        let number = |digits: &str| {
            let is_two_digits = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
            is_two_digits.then(|| digits.parse::<i16>().ok()).flatten().ok_or(NotATimeOfDay)
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let time = Self(60 * hours + minutes);
        (minutes < 60 && time <= Self::END_OF_DAY).then_some(time).ok_or(NotATimeOfDay)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        serde_json::from_str(&Policy::default_file(false)).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// When a new session is admitted, seen from `now`; `None`: now.
    fn opens(policy: &Policy, closures: &[Closure], now: &str) -> Option<Problem> {
        policy.admits_new_session(closures, at(now)).err()
    }

    #[test]
    fn sessions_are_opened_from_half_past_six_to_eleven_at_night_in_tokyo() {
        let policy = policy();
        for open in ["2026-04-01T06:30:00+09:00", "2026-04-01T22:59:59+09:00"] {
            assert_eq!(opens(&policy, &[], open), None, "{open}");
        }
        for (shut, seconds) in [
            ("2026-04-01T06:29:59+09:00", 1),
            ("2026-04-01T23:00:00+09:00", 7 * 3600 + 1800),
            ("2026-04-01T00:00:00+09:00", 6 * 3600 + 1800),
        ] {
            let Some(Problem::OutsideHours { retry_after, .. }) = opens(&policy, &[], shut) else {
                panic!("{shut} is admitted");
            };
            assert_eq!(retry_after, Duration::from_secs(seconds), "{shut}");
        }
    }

    #[test]
    fn a_closed_day_opens_on_the_next_morning() {
        let policy = Policy { closed_days: vec!["2026-12-31".parse().unwrap()], ..policy() };
        let expected = at("2027-01-01T06:30:00+09:00");
        match opens(&policy, &[], "2026-12-31T12:00:00+09:00") {
            Some(Problem::OutsideHours { opens_at, .. }) => assert_eq!(opens_at, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn maintenance_is_called_so_and_a_running_session_waits_for_it_but_not_for_the_night() {
        let closures = [Closure {
            kind: ClosureKind::Maintenance,
            from: at("2026-04-01T22:00:00+09:00"),
            until: at("2026-04-01T23:30:00+09:00"),
        }];
        let during = at("2026-04-01T22:30:00+09:00");
        match policy().admits_new_session(&closures, during) {
            Err(Problem::Maintenance { opens_at, .. }) => {
                assert_eq!(opens_at, at("2026-04-02T06:30:00+09:00"), "the night follows");
            }
            other => panic!("{other:?}"),
        }
        assert!(policy().admits_running_session(&closures, during).is_err());
        let night = at("2026-04-01T23:45:00+09:00");
        assert_eq!(policy().admits_running_session(&closures, night), Ok(()));
    }

    #[test]
    fn the_apps_maintenance_is_told_and_closes_nothing() {
        let saturday = at("2026-04-18T07:00:00+09:00");
        assert_eq!(policy().admits_new_session(&[], saturday), Ok(()));
        let windows = policy().windows_ahead(&[], at("2026-04-01T12:00:00+09:00"));
        let begins: Vec<_> = windows.iter().map(|window| window.from).collect();
        let expected = [at("2026-04-18T00:00:00+09:00"), at("2026-05-16T00:00:00+09:00")];
        assert_eq!(begins, expected);
    }

    #[test]
    fn a_policy_that_never_opens_still_gets_an_answer() {
        let policy = Policy {
            hours: super::super::Hours { opens: TimeOfDay(0), closes: TimeOfDay(0) },
            ..policy()
        };
        assert!(opens(&policy, &[], "2026-04-01T12:00:00+09:00").is_some());
    }

    #[test]
    fn a_time_of_day_has_one_form() {
        assert_eq!("24:00".parse::<TimeOfDay>().unwrap(), TimeOfDay::END_OF_DAY);
        for wrong in ["6:30", "24:01", "12:60", "+1:00", "noon"] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
    }
}
