// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the screens tell beside the session: hours, maintenance, notices and help lines, as the
//! policy that holds has them at a moment. The driver makes it; the screen says it in the language
//! that is shown.

use std::rc::Rc;

use backend_client::wire::{
    Affected, HelpLine, MaintenanceWindow, NoticeKind, Policy, Texts, TimeOfDay,
};
use jiff::{Timestamp, civil::Date};
use kiosk_session::Language;
use slint::{ModelRc, VecModel};

use super::{
    catalogue::Catalogue,
    help_line::{self, is_for},
    moment,
};
use crate::{
    hours::{Daily, JAPAN},
    policy::{Image, fit, sentences},
};
use kiosk_ui::{HelpPage, Kiosk, Told};

/// Everything that the pages tell, in all languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Information {
    /// Daily hours of this machine.
    daily: Daily,
    /// The next ones, in their order.
    closed_days: Vec<Date>,
    /// The one that is under way or comes next.
    maintenance: Option<MaintenanceWindow>,
    help_lines: Vec<HelpLine>,
    /// In force now, in the policy's order.
    notices: Vec<(NoticeKind, Texts)>,
}

impl Information {
    /// What a policy tells at this moment; `recurring` are windows beside its own.
    pub(crate) fn of(
        policy: &Policy,
        daily: Daily,
        recurring: &[MaintenanceWindow],
        now: Timestamp,
    ) -> Self {
        let today = JAPAN.to_datetime(now).date();
        let mut closed_days = policy.closed_days.clone();
        closed_days.retain(|day| *day >= today);
        closed_days.sort_unstable();
        closed_days.truncate(MOST_CLOSED_DAYS);
        let windows = policy.maintenance_windows.iter().chain(recurring);
        let ahead = windows.filter(|window| window.period.until > now);
        let notices = policy.notices.iter().filter(|notice| {
            let has_begun = notice.from.is_none_or(|from| from <= now);
            has_begun && notice.until.is_none_or(|until| now < until)
        });
        Self {
            daily,
            closed_days,
            maintenance: ahead.min_by_key(|window| window.period.from).copied(),
            help_lines: policy.help_lines.clone(),
            notices: notices.map(|notice| (notice.kind, notice.texts.clone())).collect(),
        }
    }

    /// What the image alone tells at this moment.
    #[must_use]
    pub fn of_image(now: Timestamp) -> Self {
        let image = Image::read();
        Self::of(image.policy(), image.daily(), &image.windows_ahead(now), now)
    }

    /// The same with a policy as the service serves it, in JSON, without its bounds: for tests.
    ///
    /// # Errors
    /// When it is no policy.
    #[cfg(feature = "headless")]
    pub fn of_policy(json: &str, now: Timestamp) -> serde_json::Result<Self> {
        Ok(Self::of(&serde_json::from_str(json)?, Image::read().daily(), &[], now))
    }

    /// Says it in the language of the screen.
    pub(super) fn tell(&self, kiosk: &Kiosk<'_>, language: Language) {
        let catalogue = Catalogue::of(language);
        kiosk.set_day_and_night(self.daily.is_day_and_night());
        kiosk.set_opens(clock(self.daily.opens).into());
        kiosk.set_closes(clock(self.daily.closes).into());
        let days = self.closed_days.iter().map(|day| moment::date(*day, catalogue));
        kiosk.set_closed_days(listed(days, catalogue).into());
        let period = self.maintenance.map(|window| moment::period(window.period, catalogue));
        kiosk.set_maintenance(period.unwrap_or_default().into());
        let affected = self.maintenance.map(|window| window.affects);
        kiosk.set_maintenance_is_apps(affected == Some(Affected::ReservationApp));
        kiosk.set_notice(self.warning(language).unwrap_or_default().into());
        kiosk.set_help_pages(self.help_pages(language));
    }

    /// The first warning, as far as it fits on the attract screen.
    fn warning(&self, language: Language) -> Option<&str> {
        let is_warning = |(kind, _): &&(NoticeKind, Texts)| *kind == NoticeKind::Warning;
        let (_, texts) = self.notices.iter().find(is_warning)?;
        fit(text_in(texts, language)?, WARNING_EMS)
    }

    /// Help lines first, then what is good to know.
    fn help_pages(&self, language: Language) -> ModelRc<HelpPage> {
        let lines = self.help_lines.iter().filter(|line| is_for(line, language));
        let mut told: Vec<Told> = lines.flat_map(|line| help_line::told(line, language)).collect();
        let notices = self.notices.iter().filter_map(|(_, texts)| text_in(texts, language));
        told.extend(notices.map(|text| Told { name: "".into(), text: text.into() }));
        let pages: Vec<_> = paged(told)
            .into_iter()
            .map(|told| HelpPage { told: Rc::new(VecModel::from(told)).into() })
            .collect();
        Rc::new(VecModel::from(pages)).into()
    }
}

/// As much on each page as fits there and is no wall of text.
fn paged(told: Vec<Told>) -> Vec<Vec<Told>> {
    let mut pages: Vec<Vec<Told>> = Vec::new();
    for next in told {
        let said = |told: &Told| sentences(&told.text);
        match pages.last_mut() {
            Some(page)
                if page.len() < TOLD_ON_A_PAGE
                    && page.iter().map(said).sum::<usize>() + said(&next)
                        <= SENTENCES_ON_A_PAGE =>
            {
                page.push(next);
            }
            Some(_) | None => pages.push(vec![next]),
        }
    }
    pages
}

/// The text in a language, else in one that most can read.
pub(super) fn text_in(texts: &Texts, language: Language) -> Option<&str> {
    let plain = if language == Language::EasyJapanese { "ja" } else { "en" };
    let text = [language.tag(), plain, "en", "ja"].into_iter().find_map(|tag| texts.get(tag));
    text.map(String::as_str)
}

/// A time of day as one says it: `9:30`.
pub(super) fn clock(time: TimeOfDay) -> String {
    format!("{}:{:02}", time.minutes() / 60, time.minutes() % 60)
}

fn listed(parts: impl Iterator<Item = String>, catalogue: Catalogue) -> String {
    let parts: Vec<_> = parts.collect();
    parts.join(match catalogue {
        Catalogue::Japanese => "、",
        Catalogue::English => ", ",
    })
}

/// More than these are for a calendar.
const MOST_CLOSED_DAYS: usize = 3;
/// As many of the longest as fit on the lowest panel.
const TOLD_ON_A_PAGE: usize = 2;
const SENTENCES_ON_A_PAGE: usize = 4;
/// Two lines above the attract screen, on the narrowest panel.
const WARNING_EMS: f32 = 62.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn told(json: &str, now: &str) -> Information {
        let policy = serde_json::from_str::<Policy>(json).unwrap();
        Information::of(&policy, Image::read().daily(), &[], at(now))
    }

    #[test]
    fn notices_are_told_from_their_beginning_to_their_end() {
        let json = r#"{"notices":[
            {"id":"a","kind":"information","from":"2026-11-23T00:00:00Z","until":"2026-11-24T00:00:00Z",
             "texts":{"ja":"あ","en":"a"}},
            {"id":"b","kind":"warning","texts":{"en":"b"}}]}"#;
        let count = |now| told(json, now).notices.len();
        assert_eq!(count("2026-11-22T23:59:59Z"), 1);
        assert_eq!(count("2026-11-23T00:00:00Z"), 2);
        assert_eq!(count("2026-11-24T00:00:00Z"), 1);
        let now = told(json, "2026-11-23T00:00:00Z");
        assert_eq!(now.warning(Language::Japanese), Some("b"), "rather another language than none");
    }

    #[test]
    fn the_next_maintenance_and_the_next_closed_days_are_told() {
        let json = r#"{"closed_days":["2026-11-22","2027-01-01","2026-11-23","2026-12-31","2027-01-02"],
            "maintenance_windows":[
             {"from":"2026-12-01T00:00:00Z","until":"2026-12-02T00:00:00Z","affects":"kiosk"},
             {"from":"2026-11-20T00:00:00Z","until":"2026-11-21T00:00:00Z","affects":"kiosk"},
             {"from":"2026-11-25T00:00:00Z","until":"2026-11-26T00:00:00Z","affects":"reservation_app"}]}"#;
        let told = told(json, "2026-11-23T03:00:00Z");
        let days: Vec<_> = told.closed_days.iter().map(ToString::to_string).collect();
        assert_eq!(days, ["2026-11-23", "2026-12-31", "2027-01-01"]);
        let next = told.maintenance.unwrap();
        assert_eq!(
            (next.period.from, next.affects),
            (at("2026-11-25T00:00:00Z"), Affected::ReservationApp)
        );
    }

    #[test]
    fn a_warning_that_is_too_long_for_the_attract_screen_is_shortened_at_a_sentence() {
        let long = "これは長い文です。".repeat(12);
        let json =
            format!(r#"{{"notices":[{{"id":"a","kind":"warning","texts":{{"ja":"{long}"}}}}]}}"#);
        let told = told(&json, "2026-11-23T03:00:00Z");
        assert_eq!(told.warning(Language::Japanese), Some("これは長い文です。".repeat(3).as_str()));
    }
}
