// SPDX-License-Identifier: MIT OR Apache-2.0
//! When the service takes residents at this unit: within the unit's own hours, which the
//! configuration sets, and the policy's daily hours, but on closed days and in closures.
//!
//! Times of day are Japan's (UTC+9, no summer time since 1951), whatever time
//! zone the system has.

use backend_client::wire::{Affected, Period, Policy, TimeOfDay};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::Offset};
use kiosk_session::{
    UnixTime,
    event::{ClosedReason, ServiceHours},
};

/// The same hours each day. Equal times: day and night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Daily {
    /// First minute.
    pub(crate) opens: TimeOfDay,
    /// First minute without; past midnight where it is before `opens`.
    pub(crate) closes: TimeOfDay,
}

impl Daily {
    /// Whether they never end.
    pub(crate) fn is_day_and_night(self) -> bool {
        self.opens == self.closes || self.closes.minutes() == self.opens.minutes() + DAY
    }

    fn is_open_at(self, minutes: i32) -> bool {
        let (opens, closes) = (i32::from(self.opens.minutes()), i32::from(self.closes.minutes()));
        if opens < closes {
            (opens..closes).contains(&minutes)
        } else {
            minutes >= opens || minutes < closes
        }
    }

    /// As the screens name what both allow. Two spans of one day have no common name: then those
    /// of the service are named, and the closed screen says when it opens here.
    fn within(self, unit: Self) -> Self {
        let is_within_a_day = |daily: Self| daily.opens < daily.closes;
        if unit.is_day_and_night() {
            self
        } else if self.is_day_and_night() {
            unit
        } else if is_within_a_day(self) && is_within_a_day(unit) {
            let opens = self.opens.max(unit.opens);
            Self { opens, closes: self.closes.min(unit.closes).max(opens) }
        } else {
            self
        }
    }
}

/// The hours that hold now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpeningHours {
    unit: Daily,
    service: Daily,
    closed_days: Vec<Date>,
    closures: Vec<Period>,
}

impl OpeningHours {
    /// What a policy says, within the unit's own hours. A policy without hours of its own leaves
    /// the unit's.
    pub(crate) fn of(unit: Daily, policy: &Policy) -> Self {
        let service =
            policy.hours.map_or(unit, |hours| Daily { opens: hours.opens, closes: hours.closes });
        let ours = policy.maintenance_windows.iter().filter(|it| it.affects == Affected::Kiosk);
        let closures = policy.closures.iter().copied().chain(ours.map(|it| it.period));
        let closed_days = policy.closed_days.clone();
        Self { unit, service, closed_days, closures: closures.collect() }
    }

    /// The daily hours as the screens name them.
    pub(crate) fn daily(&self) -> Daily {
        self.service.within(self.unit)
    }

    /// Whether the service takes residents at this moment.
    pub(crate) fn at(&self, now: Timestamp) -> ServiceHours {
        match self.why_closed(now) {
            None => ServiceHours::Open,
            Some(reason) => ServiceHours::Closed { reason, opens_at: self.next_opening(now) },
        }
    }

    /// A closure, before the hours: it is the reason that a resident can't read off the door.
    fn why_closed(&self, now: Timestamp) -> Option<ClosedReason> {
        if self.closures.iter().any(|closure| (closure.from..closure.until).contains(&now)) {
            return Some(ClosedReason::Maintenance);
        }
        let there = JAPAN.to_datetime(now);
        let minutes = i32::from(there.hour()) * 60 + i32::from(there.minute());
        let is_open = self.unit.is_open_at(minutes) && self.service.is_open_at(minutes);
        let is_closed_day = self.closed_days.contains(&there.date());
        (!is_open || is_closed_day).then_some(ClosedReason::Hours)
    }

    /// The next moment at which nothing closes the service any more, if it comes within a month.
    fn next_opening(&self, now: Timestamp) -> Option<UnixTime> {
        let mut starts: Vec<Timestamp> =
            self.closures.iter().map(|closure| closure.until).collect();
        let today = JAPAN.to_datetime(now).date();
        for day in 0..=DAYS_AHEAD {
            let midnight = today.checked_add(day.days()).ok()?.at(0, 0, 0, 0);
            for minutes in [0, self.unit.opens.minutes(), self.service.opens.minutes()] {
                let start = midnight.checked_add(i64::from(minutes).minutes()).ok()?;
                starts.push(JAPAN.to_timestamp(start).ok()?);
            }
        }
        starts.sort_unstable();
        let opening =
            starts.into_iter().find(|start| *start > now && self.why_closed(*start).is_none());
        opening.map(|start| UnixTime(start.as_second()))
    }
}

/// 日本標準時, all year.
pub(crate) const JAPAN: Offset = Offset::constant(9);
const DAYS_AHEAD: i64 = 31;
/// Minutes in a day.
const DAY: u16 = 24 * 60;

#[cfg(test)]
mod tests {
    use backend_client::wire::{Hours, MaintenanceWindow};
    use jiff::civil::date;

    use super::*;

    fn time(text: &str) -> TimeOfDay {
        TimeOfDay::try_from(text.to_owned()).unwrap()
    }

    fn daily(opens: &str, closes: &str) -> Daily {
        Daily { opens: time(opens), closes: time(closes) }
    }

    fn of(unit: Daily, service: Daily, policy: Policy) -> OpeningHours {
        let hours = Some(Hours { opens: service.opens, closes: service.closes });
        OpeningHours::of(unit, &Policy { hours, ..policy })
    }

    fn shop_with(policy: Policy) -> OpeningHours {
        of(daily("00:00", "24:00"), daily("06:30", "23:00"), policy)
    }

    fn shop() -> OpeningHours {
        shop_with(Policy::default())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn closed(reason: ClosedReason, until: &str) -> ServiceHours {
        ServiceHours::Closed { reason, opens_at: Some(UnixTime(at(until).as_second())) }
    }

    fn period(from: &str, until: &str) -> Period {
        Period { from: at(from), until: at(until) }
    }

    #[test]
    fn hours_are_japans_whatever_the_clock_of_the_system_shows() {
        assert_eq!(shop().at(at("2026-11-23T06:30:00+09:00")), ServiceHours::Open);
        assert_eq!(shop().at(at("2026-11-23T22:59:59+09:00")), ServiceHours::Open);
        let night = closed(ClosedReason::Hours, "2026-11-24T06:30:00+09:00");
        assert_eq!(shop().at(at("2026-11-23T23:00:00+09:00")), night);
        assert_eq!(shop().at(at("2026-11-24T06:29:59+09:00")), night);
    }

    #[test]
    fn hours_may_cross_midnight_or_never_end() {
        let late = of(daily("00:00", "00:00"), daily("18:00", "02:00"), Policy::default());
        assert_eq!(late.at(at("2026-11-24T01:59:00+09:00")), ServiceHours::Open);
        let day = closed(ClosedReason::Hours, "2026-11-24T18:00:00+09:00");
        assert_eq!(late.at(at("2026-11-24T02:00:00+09:00")), day);
        for (opens, closes) in [("00:00", "00:00"), ("00:00", "24:00")] {
            let always = daily(opens, closes);
            assert!(always.is_day_and_night());
            let always = of(always, always, Policy::default());
            for hour in 0..24 {
                let moment = JAPAN.to_timestamp(date(2026, 11, 23).at(hour, 59, 59, 0)).unwrap();
                assert_eq!(always.at(moment), ServiceHours::Open);
            }
        }
    }

    #[test]
    fn a_closed_day_lasts_until_the_next_days_opening() {
        let policy = Policy { closed_days: vec![date(2026, 12, 31)], ..Policy::default() };
        let hours = shop_with(policy);
        let expected = closed(ClosedReason::Hours, "2027-01-01T06:30:00+09:00");
        assert_eq!(hours.at(at("2026-12-31T12:00:00+09:00")), expected);
    }

    #[test]
    fn a_closure_ends_where_the_hours_allow_it() {
        let with = |closures| shop_with(Policy { closures, ..Policy::default() });
        let noon = with(vec![period("2026-11-23T12:00:00+09:00", "2026-11-23T13:00:00+09:00")]);
        assert_eq!(
            noon.at(at("2026-11-23T12:30:00+09:00")),
            closed(ClosedReason::Maintenance, "2026-11-23T13:00:00+09:00")
        );
        let night = with(vec![period("2026-11-23T22:00:00+09:00", "2026-11-24T03:00:00+09:00")]);
        assert_eq!(
            night.at(at("2026-11-23T22:30:00+09:00")),
            closed(ClosedReason::Maintenance, "2026-11-24T06:30:00+09:00")
        );
    }

    #[test]
    fn maintenance_of_the_app_alone_closes_nothing_here() {
        let period = period("2026-11-23T12:00:00+09:00", "2026-11-23T13:00:00+09:00");
        let at_noon = |affects| {
            let maintenance_windows = vec![MaintenanceWindow { period, affects }];
            let policy = Policy { maintenance_windows, ..Policy::default() };
            shop_with(policy).at(at("2026-11-23T12:30:00+09:00"))
        };
        assert_eq!(at_noon(Affected::ReservationApp), ServiceHours::Open);
        assert_ne!(at_noon(Affected::Kiosk), ServiceHours::Open);
    }

    #[test]
    fn a_store_that_closes_earlier_bounds_what_the_policy_allows() {
        let store = daily("08:00", "21:00");
        let hours = of(store, daily("06:30", "23:00"), Policy::default());
        assert_eq!(hours.daily(), store);
        let morning = closed(ClosedReason::Hours, "2026-11-23T08:00:00+09:00");
        assert_eq!(hours.at(at("2026-11-23T07:00:00+09:00")), morning);
        let night = closed(ClosedReason::Hours, "2026-11-24T08:00:00+09:00");
        assert_eq!(hours.at(at("2026-11-23T21:00:00+09:00")), night);
        let late = of(daily("10:00", "24:00"), daily("06:30", "23:00"), Policy::default());
        assert_eq!(late.daily(), daily("10:00", "23:00"));
    }

    #[test]
    fn a_policy_without_hours_leaves_the_units_own() {
        let store = daily("08:00", "21:00");
        assert_eq!(OpeningHours::of(store, &Policy::default()).daily(), store);
    }

    #[test]
    fn hours_follow_the_clock_when_it_is_stepped_either_way() {
        let hours = shop();
        for (moment, is_open) in [("22:59", true), ("23:00", false), ("22:00", true)] {
            let moment = at(&format!("2026-11-23T{moment}:00+09:00"));
            assert_eq!(hours.at(moment) == ServiceHours::Open, is_open, "{moment}");
        }
        assert_eq!(hours.at(at("2031-11-23T12:00:00+09:00")), ServiceHours::Open);
    }
}
