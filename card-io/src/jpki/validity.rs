// SPDX-License-Identifier: MIT OR Apache-2.0
//! From when and until when a certificate of the card holds (RFC 5280 section
//! 4.1.2.5), and what that means on a day in Japan. Whether it was issued by
//! the right authority is for the service to judge; the resident wants to know
//! the date.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use der::{DateTime, Decode};
use x509_cert::Certificate;

use crate::error::CardError;

/// The time in which a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: SystemTime,
    /// The last second.
    pub not_after: SystemTime,
}

/// How near the end of a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds, and it is too early to renew it.
    Valid {
        /// Midnights in Japan until its last day.
        days_left: u32,
    },
    /// It holds, and the municipal office renews it already.
    Renewable {
        /// Midnights in Japan until its last day; 0: it ends today.
        days_left: u32,
    },
    /// It is over.
    Expired,
}

impl Validity {
    /// How near the end is at `now`. A certificate whose time has not begun is
    /// taken for one that holds: cards are issued with theirs.
    pub fn standing(&self, now: SystemTime) -> Standing {
        if now > self.not_after {
            return Standing::Expired;
        }
        let (today, last) = (day_in_japan(now), day_in_japan(self.not_after));
        let days_left = u32::try_from(last.saturating_sub(today)).unwrap_or(u32::MAX);
        match day_before(self.not_after, RENEWAL_MONTHS) {
            Some(renewable_from) if today >= renewable_from => Standing::Renewable { days_left },
            Some(_) | None => Standing::Valid { days_left },
        }
    }
}

/// Reads the validity of a DER certificate.
pub fn validity(certificate: &[u8]) -> Result<Validity, CardError> {
    let certificate = Certificate::from_der(certificate)
        .map_err(|_| CardError::Malformed { what: "certificate" })?;
    let validity = certificate.tbs_certificate().validity();
    Ok(Validity {
        not_before: validity.not_before.to_system_time(),
        not_after: validity.not_after.to_system_time(),
    })
}

/// Days since 1970-01-01 in Japan; earlier moments count as that day.
fn day_in_japan(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.saturating_add(JAPAN).as_secs() / DAY_SECONDS
}

/// The day in Japan `months` (1 to 12) before the one of `time`; the month's last day where the
/// month is too short.
fn day_before(time: SystemTime, months: u8) -> Option<u64> {
    let there = DateTime::from_system_time(time.checked_add(JAPAN)?).ok()?;
    let (year, month) = match there.month().checked_sub(months) {
        None | Some(0) => (there.year().checked_sub(1)?, there.month() + 12 - months),
        Some(month) => (there.year(), month),
    };
    let days = (there.day().min(28)..=there.day()).rev();
    let day = days.filter_map(|day| DateTime::new(year, month, day, 0, 0, 0).ok()).next()?;
    Some(day.unix_duration().as_secs() / DAY_SECONDS)
}

/// Japan has one time zone and no summer time.
const JAPAN: Duration = Duration::from_secs(9 * 60 * 60);
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Renewal is possible from this many months before the last day (J-LIS).
const RENEWAL_MONTHS: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a clock in Japan.
    fn japan(year: u16, month: u8, day: u8, hour: u8, minute: u8) -> SystemTime {
        DateTime::new(year, month, day, hour, minute, 0).unwrap().to_system_time() - JAPAN
    }

    fn standing(not_after: SystemTime, now: SystemTime) -> Standing {
        Validity { not_before: UNIX_EPOCH, not_after }.standing(now)
    }

    #[test]
    fn days_are_counted_by_midnights_in_japan() {
        let end = japan(2029, 3, 15, 23, 59);
        let valid = |days_left| Standing::Valid { days_left };
        assert_eq!(standing(end, japan(2028, 3, 15, 0, 0)), valid(365));
        assert_eq!(standing(end, japan(2028, 3, 15, 23, 59)), valid(365));
        assert_eq!(standing(end, japan(2028, 3, 16, 0, 1)), valid(364));
    }

    #[test]
    fn a_certificate_can_be_renewed_from_three_months_before_its_last_day() {
        let end = japan(2029, 3, 15, 23, 59);
        assert_eq!(standing(end, japan(2028, 12, 14, 23, 59)), Standing::Valid { days_left: 91 });
        let renewable = |days_left| Standing::Renewable { days_left };
        assert_eq!(standing(end, japan(2028, 12, 15, 0, 0)), renewable(90));
        assert_eq!(standing(end, japan(2029, 3, 15, 12, 0)), renewable(0));
    }

    #[test]
    fn three_months_before_the_end_of_may_is_the_end_of_february() {
        let end = japan(2027, 5, 31, 23, 59);
        assert_eq!(standing(end, japan(2027, 2, 27, 12, 0)), Standing::Valid { days_left: 93 });
        assert_eq!(standing(end, japan(2027, 2, 28, 12, 0)), Standing::Renewable { days_left: 92 });
    }

    #[test]
    fn a_certificate_holds_for_its_last_second_and_no_longer() {
        let end = japan(2029, 3, 15, 23, 59);
        assert_eq!(standing(end, end), Standing::Renewable { days_left: 0 });
        assert_eq!(standing(end, end + Duration::from_secs(1)), Standing::Expired);
    }

    #[test]
    fn a_time_outside_the_calendar_says_nothing_false() {
        let never = UNIX_EPOCH + Duration::from_secs(300_000_000_000);
        assert!(matches!(standing(never, UNIX_EPOCH), Standing::Valid { .. }));
        assert_eq!(standing(UNIX_EPOCH, never), Standing::Expired);
    }
}
