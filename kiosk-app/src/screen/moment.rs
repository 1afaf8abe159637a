// SPDX-License-Identifier: MIT OR Apache-2.0
//! Moments as a resident reads them: in Japan's time, as the language writes them.

use backend_client::wire::Period;
use jiff::Timestamp;
use jiff::civil::Date;
use kiosk_session::UnixTime;

use super::catalogue::Catalogue;
use crate::hours::JAPAN;

/// A day: 2029年3月15日, 15 March 2029.
pub(super) fn day(time: UnixTime, catalogue: Catalogue) -> String {
    written(
        time,
        match catalogue {
            Catalogue::Japanese => "%Y年%-m月%-d日",
            Catalogue::English => "%-d %B %Y",
        },
    )
}

/// A time of a day near by: 3月15日 14:30, 15 March, 14:30.
pub(super) fn day_and_time(time: UnixTime, catalogue: Catalogue) -> String {
    written(time, DAY_AND_TIME.of(catalogue))
}

/// A moment of the last days, for a list: 11/27 09:05, 27 Nov 09:05.
pub(super) fn short(time: UnixTime, catalogue: Catalogue) -> String {
    written(
        time,
        match catalogue {
            Catalogue::Japanese => "%m/%d %H:%M",
            Catalogue::English => "%-d %b %H:%M",
        },
    )
}

/// A day near by: 3月15日, 15 March.
pub(super) fn date(date: Date, catalogue: Catalogue) -> String {
    date.strftime(match catalogue {
        Catalogue::Japanese => "%-m月%-d日",
        Catalogue::English => "%-d %B",
    })
    .to_string()
}

/// From when until when, near by: 3月15日 0:00〜8:00, 15 March, 0:00 to 8:00.
pub(super) fn period(period: Period, catalogue: Catalogue) -> String {
    let (from, until) = (JAPAN.to_datetime(period.from), JAPAN.to_datetime(period.until));
    let begin = written(UnixTime(period.from.as_second()), DAY_AND_TIME.of(catalogue));
    let end = if from.date() == until.date() { TIME } else { DAY_AND_TIME };
    let end = written(UnixTime(period.until.as_second()), end.of(catalogue));
    match catalogue {
        Catalogue::Japanese => format!("{begin}〜{end}"),
        Catalogue::English => format!("{begin} to {end}"),
    }
}

/// A pattern in each language.
struct Pattern(&'static str, &'static str);

impl Pattern {
    const fn of(&self, catalogue: Catalogue) -> &'static str {
        match catalogue {
            Catalogue::Japanese => self.0,
            Catalogue::English => self.1,
        }
    }
}

const DAY_AND_TIME: Pattern = Pattern("%-m月%-d日 %-H:%M", "%-d %B, %-H:%M");
const TIME: Pattern = Pattern("%-H:%M", "%-H:%M");

/// Empty for a time outside the calendar: nothing is said rather than nonsense.
fn written(time: UnixTime, format: &str) -> String {
    let Ok(timestamp) = Timestamp::from_second(time.0) else { return String::new() };
    JAPAN.to_datetime(timestamp).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-14 15:30:00 UTC, the next day in Japan.
    const MOMENT: UnixTime = UnixTime(1_773_502_200);

    #[test]
    fn a_moment_is_written_in_japans_time_as_the_language_writes_it() {
        assert_eq!(day(MOMENT, Catalogue::Japanese), "2026年3月15日");
        assert_eq!(day(MOMENT, Catalogue::English), "15 March 2026");
        assert_eq!(day_and_time(MOMENT, Catalogue::Japanese), "3月15日 0:30");
        assert_eq!(day_and_time(MOMENT, Catalogue::English), "15 March, 0:30");
    }

    #[test]
    fn a_span_names_its_second_day_only_where_it_is_another() {
        let span = |hours: i64| Period {
            from: Timestamp::from_second(MOMENT.0).unwrap(),
            until: Timestamp::from_second(MOMENT.0 + hours * 3_600).unwrap(),
        };
        assert_eq!(period(span(8), Catalogue::Japanese), "3月15日 0:30〜8:30");
        assert_eq!(period(span(8), Catalogue::English), "15 March, 0:30 to 8:30");
        assert_eq!(period(span(24), Catalogue::Japanese), "3月15日 0:30〜3月16日 0:30");
    }

    #[test]
    fn a_time_outside_the_calendar_is_left_unsaid() {
        assert_eq!(day(UnixTime(i64::MAX), Catalogue::Japanese), "");
    }
}
