// SPDX-License-Identifier: MIT OR Apache-2.0
//! The policy in the image, `kiosk-app/policy/default.json`: a policy as the service serves it,
//! whose recurring maintenance is written out here, because nobody else does it without a service.

use backend_client::wire::{Affected, Day, MaintenanceWindow, Period, Policy, TimeOfDay};
use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday},
};
use serde::Deserialize;

use crate::hours::{Daily, JAPAN, OpeningHours};

/// The defaults.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(super) policy: Policy,
    recurring: Vec<Recurring>,
}

/// A window on the n-th such weekday of each month.
#[derive(Clone, Debug, Deserialize)]
struct Recurring {
    /// 1 to 5; a month without a fifth has none.
    week: i8,
    weekday: Day,
    opens: TimeOfDay,
    closes: TimeOfDay,
    affects: Affected,
}

#[derive(Deserialize)]
struct Extra {
    recurring_maintenance: Vec<Recurring>,
}

impl Image {
    /// What is compiled in.
    #[expect(clippy::expect_used, reason = "the text is compiled in, and tests read it")]
    pub(crate) fn read() -> Self {
        let extra: Extra = serde_json::from_str(TEXT).expect("recurring maintenance");
        let policy = serde_json::from_str(TEXT).expect("a policy");
        Self { policy, recurring: extra.recurring_maintenance }
    }

    /// As it stands in the image.
    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its daily hours.
    pub(crate) fn daily(&self) -> Daily {
        let day_and_night = Daily { opens: TimeOfDay::MIDNIGHT, closes: TimeOfDay::MIDNIGHT };
        OpeningHours::of(day_and_night, &self.policy).daily()
    }

    /// A policy with what it leaves out. Help lines and notices are always there: an empty list is
    /// as good as none.
    pub(super) fn completes(&self, heard: &Policy) -> Policy {
        let mut whole = heard.clone();
        let image = &self.policy;
        whole.hours = whole.hours.or(image.hours);
        whole.services = whole.services.or_else(|| image.services.clone());
        whole.minimum_software = whole.minimum_software.or_else(|| image.minimum_software.clone());
        if whole.notices.is_empty() {
            whole.notices.clone_from(&image.notices);
        }
        if whole.help_lines.is_empty() {
            whole.help_lines.clone_from(&image.help_lines);
        }
        whole
    }

    /// The recurring windows of this month and the next, without those that are over.
    pub(crate) fn windows_ahead(&self, now: Timestamp) -> Vec<MaintenanceWindow> {
        let today = JAPAN.to_datetime(now).date();
        let months = [Some(today), today.checked_add(1.months()).ok()];
        let windows = self.recurring.iter().flat_map(|recurring| {
            months.into_iter().flatten().filter_map(|month| recurring.in_month_of(month))
        });
        let mut windows: Vec<_> = windows.filter(|window| window.period.until > now).collect();
        windows.sort_by_key(|window| window.period.from);
        windows
    }
}

impl Recurring {
    fn in_month_of(&self, day: Date) -> Option<MaintenanceWindow> {
        let day = day.nth_weekday_of_month(self.week, weekday(self.weekday)?).ok()?;
        let at = |time: TimeOfDay| {
            let minutes = i64::from(time.minutes()).minutes();
            JAPAN.to_timestamp(day.at(0, 0, 0, 0).checked_add(minutes).ok()?).ok()
        };
        let period = Period { from: at(self.opens)?, until: at(self.closes)? };
        Some(MaintenanceWindow { period, affects: self.affects })
    }
}

/// Public holidays recur on no weekday.
const fn weekday(day: Day) -> Option<Weekday> {
    match day {
        Day::Monday => Some(Weekday::Monday),
        Day::Tuesday => Some(Weekday::Tuesday),
        Day::Wednesday => Some(Weekday::Wednesday),
        Day::Thursday => Some(Weekday::Thursday),
        Day::Friday => Some(Weekday::Friday),
        Day::Saturday => Some(Weekday::Saturday),
        Day::Sunday => Some(Weekday::Sunday),
        Day::Holiday => None,
    }
}

const TEXT: &str = include_str!("../../policy/default.json");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{bounds::admit, fit::fit};

    fn said(language: &str) -> String {
        let policy = Image::read().policy;
        policy.notices.iter().map(|notice| notice.texts[language].clone() + "\n").collect()
    }

    #[test]
    fn the_image_is_read_whole_and_keeps_every_bound_of_a_policy() {
        let (read, unread) = Policy::read(TEXT.as_bytes()).unwrap();
        assert!(unread.is_empty(), "{unread:?}");
        assert_eq!(read, Image::read().policy);
        let (admitted, refused) = admit(read.clone(), &[], &Policy::default());
        assert!(refused.is_empty(), "{refused:?}");
        assert_eq!(admitted, read, "no text of the image is shortened");
        let titles = read.help_lines.iter().map(|line| &line.titles);
        for texts in read.notices.iter().map(|notice| &notice.texts).chain(titles) {
            assert!(texts.contains_key("ja") && texts.contains_key("en"), "{texts:?}");
        }
    }

    #[test]
    fn the_image_carries_what_every_kiosk_has_to_tell() {
        let ja = [
            "英数字6文字から16文字",
            "利用者証明用",
            "券面事項入力補助用",
            "住民基本台帳用",
            "5回",
            "3回",
            "日をまたいでも",
            "10年",
            "20歳未満",
            "5年です",
            "2〜3か月前",
            "無料",
            "1年長く",
            "月曜日の午前",
            "預かったり",
            "6時30分",
        ];
        let en = [
            "6 to 16 letters and digits",
            "user-authentication PIN has 4",
            "card-entry support",
            "resident register",
            "5 wrong tries",
            "after 3",
            "over days",
            "10 years",
            "under 20",
            "for 5 years",
            "2 to 3 months",
            "free of charge",
            "a year too long",
            "Monday mornings",
            "collects your card",
            "6:30",
        ];
        for (language, facts) in [("ja", ja), ("en", en)] {
            let said = said(language);
            for fact in facts {
                assert!(said.contains(fact), "{language} does not say {fact:?}");
            }
        }
    }

    #[test]
    fn each_language_has_a_line_and_old_numbers_bear_their_year() {
        let lines = Image::read().policy.help_lines;
        for language in kiosk_session::Language::ALL {
            let tag = language.tag().trim_end_matches("-easy");
            assert!(lines.iter().any(|line| line.languages.iter().any(|it| it == tag)), "{tag}");
        }
        let dated: Vec<_> = lines.iter().filter(|line| line.as_of.is_some()).collect();
        assert_eq!(dated.len(), 3);
        assert!(dated.iter().all(|line| line.as_of.as_deref() == Some("2022")));
        for number in ["0120-95-0178", "0120-0178-27", "0120-0178-26", "0570-064-738"] {
            assert!(lines.iter().any(|line| line.number == number), "{number}");
        }
        let loss = lines[0].hours.iter().find(|hours| hours.loss_only).unwrap();
        assert_eq!((loss.opens.minutes(), loss.closes.minutes(), loss.days.len()), (0, 1_440, 8));
    }

    #[test]
    fn the_apps_maintenance_is_every_third_saturday_until_eight() {
        let ahead = |now: &str| {
            let windows = Image::read().windows_ahead(now.parse().unwrap());
            windows.iter().map(|it| it.period.from.to_string()).collect::<Vec<_>>()
        };
        let (november, december) = ("2026-11-20T15:00:00Z", "2026-12-18T15:00:00Z");
        assert_eq!(ahead("2026-11-21T07:59:59+09:00"), [november, december]);
        assert_eq!(ahead("2026-11-21T08:00:00+09:00"), [december]);
    }

    #[test]
    fn what_a_policy_leaves_out_is_the_images() {
        let image = Image::read();
        let whole = image.completes(&Policy::default());
        assert_eq!(whole, Policy { time_limits: whole.time_limits, ..image.policy });
        let first = whole.notices[0].texts["ja"].as_str();
        assert!(fit(first, 30.0).is_none() && fit(first, 80.0).is_some(), "{first}");
    }
}
