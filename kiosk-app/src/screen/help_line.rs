// SPDX-License-Identifier: MIT OR Apache-2.0
//! A help line as a resident reads it: the number, when someone answers in their language, and a
//! line of its own for a lost card. Hours are those of the week, because a kiosk knows no public
//! holidays, and "open today" would be wrong on them.

use backend_client::wire::{Day, HelpLine, HelpLineHours, Medium};
use jiff::civil::date;
use kiosk_session::Language;

use super::{
    catalogue::Catalogue,
    information::{clock, text_in},
    moment,
};
use kiosk_ui::Told;

/// Whether someone there speaks the language.
pub(super) fn is_for(line: &HelpLine, language: Language) -> bool {
    line.languages.iter().any(|spoken| is_spoken(spoken, language))
}

/// The line, and the line for a lost card where it has one.
pub(super) fn told(line: &HelpLine, language: Language) -> Vec<Told> {
    let words = Words(Catalogue::of(language));
    let hours = |loss_only| {
        let all = line.hours.iter().filter(move |hours| hours.loss_only == loss_only);
        let ours = all.filter(|hours| {
            let spoken = hours.languages.as_ref();
            spoken.is_none_or(|spoken| spoken.iter().any(|spoken| is_spoken(spoken, language)))
        });
        ours.take(MOST_HOURS).map(|hours| words.hours(hours)).collect::<Vec<_>>()
    };
    let number = format!("{}{}", line.number, words.bracketed(words.medium(line)));
    let answers = words.listed(&hours(false));
    let text: Vec<_> = [Some(number), Some(answers), words.pause(line)]
        .into_iter()
        .flatten()
        .filter(|line| !line.is_empty())
        .collect();
    let title = text_in(&line.titles, language).unwrap_or_default();
    let dated = |name: &str| format!("{name}{}", words.dated(line));
    let mut told = vec![Told { name: dated(title).into(), text: text.join("\n").into() }];
    let loss = hours(true);
    if !loss.is_empty() {
        let text = format!("{}{}", line.number, words.bracketed(&words.listed(&loss)));
        told.push(Told { name: dated(words.lost_card()).into(), text: text.into() });
    }
    told
}

fn is_spoken(tag: &str, language: Language) -> bool {
    tag == language.tag() || (tag == "ja" && language == Language::EasyJapanese)
}

/// The few words around numbers and times.
#[derive(Clone, Copy)]
struct Words(Catalogue);

impl Words {
    fn pick(self, japanese: &'static str, english: &'static str) -> &'static str {
        match self.0 {
            Catalogue::Japanese => japanese,
            Catalogue::English => english,
        }
    }

    fn lost_card(self) -> &'static str {
        self.pick("カードをなくしたとき", "Lost or stolen card")
    }

    fn medium(self, line: &HelpLine) -> &'static str {
        match (line.medium, line.is_free) {
            (Medium::Fax, _) => self.pick("ファクス", "fax"),
            (Medium::Telephone, true) => self.pick("無料", "free of charge"),
            (Medium::Telephone, false) => self.pick("有料", "not free of charge"),
        }
    }

    fn bracketed(self, text: &str) -> String {
        match self.0 {
            _ if text.is_empty() => String::new(),
            Catalogue::Japanese => format!("（{text}）"),
            Catalogue::English => format!(" ({text})"),
        }
    }

    fn dated(self, line: &HelpLine) -> String {
        let year = line.as_of.as_deref().filter(|year| year.len() <= "2022-04".len());
        let dated = year.map(|year| match self.0 {
            Catalogue::Japanese => format!("{year}年の案内"),
            Catalogue::English => format!("as published in {year}"),
        });
        self.bracketed(&dated.unwrap_or_default())
    }

    fn listed(self, parts: &[String]) -> String {
        parts.join(self.pick("、", ", "))
    }

    /// 平日 9:30〜20:00
    fn hours(self, hours: &HelpLineHours) -> String {
        let (opens, closes) = (clock(hours.opens), clock(hours.closes));
        let is_whole = hours.opens.minutes() == 0 && hours.closes.minutes() == 24 * 60;
        let times = match self.0 {
            Catalogue::Japanese if is_whole => "24時間".to_owned(),
            Catalogue::English if is_whole => "day and night".to_owned(),
            Catalogue::Japanese => format!("{opens}〜{closes}"),
            Catalogue::English => format!("{opens} to {closes}"),
        };
        let has = |days: &[Day]| days.iter().all(|day| hours.days.contains(day));
        let days = match (has(&WEEKDAYS), has(&WEEKEND), hours.days.len()) {
            (true, true, 8) if is_whole => return times,
            (true, true, 8) => self.pick("毎日", "daily").to_owned(),
            (true, false, 5) => self.pick("平日", "weekdays").to_owned(),
            (false, true, 3) => self.pick("土日祝", "weekends and holidays").to_owned(),
            _ => hours
                .days
                .iter()
                .map(|day| self.day(*day))
                .collect::<Vec<_>>()
                .join(self.pick("・", ", ")),
        };
        format!("{days} {times}")
    }

    fn day(self, day: Day) -> &'static str {
        match day {
            Day::Monday => self.pick("月", "Mon"),
            Day::Tuesday => self.pick("火", "Tue"),
            Day::Wednesday => self.pick("水", "Wed"),
            Day::Thursday => self.pick("木", "Thu"),
            Day::Friday => self.pick("金", "Fri"),
            Day::Saturday => self.pick("土", "Sat"),
            Day::Sunday => self.pick("日", "Sun"),
            Day::Holiday => self.pick("祝", "holidays"),
        }
    }

    /// The year-end pause.
    fn pause(self, line: &HelpLine) -> Option<String> {
        let day = |text: &Option<String>| {
            let (month, day) = text.as_ref()?.split_once('-')?;
            // A leap year, so that each day of a year is one.
            let day = date(2028, 1, 1).with().month(month.parse().ok()?).day(day.parse().ok()?);
            Some(moment::date(day.build().ok()?, self.0))
        };
        let (from, until) = (day(&line.closed_from_day)?, day(&line.closed_until_day)?);
        Some(match self.0 {
            Catalogue::Japanese => format!("{from}〜{until}は休み"),
            Catalogue::English => format!("closed {from} to {until}"),
        })
    }
}

const WEEKDAYS: [Day; 5] = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday];
const WEEKEND: [Day; 3] = [Day::Saturday, Day::Sunday, Day::Holiday];
/// Two spans of a week fill a line.
const MOST_HOURS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Image;

    fn said(id: &str, language: Language) -> Vec<(String, String)> {
        let image = Image::read();
        let line = image.policy().help_lines.iter().find(|line| line.id == id).unwrap();
        assert!(is_for(line, language), "{id}");
        told(line, language).into_iter().map(|it| (it.name.into(), it.text.into())).collect()
    }

    #[test]
    fn a_line_tells_its_number_its_week_its_pause_and_the_way_for_a_lost_card() {
        let text =
            "0120-95-0178（無料）\n平日 9:30〜20:00、土日祝 9:30〜17:30\n12月29日〜1月3日は休み";
        assert_eq!(
            said("my-number", Language::Japanese),
            [
                ("マイナンバー総合フリーダイヤル".to_owned(), text.to_owned()),
                ("カードをなくしたとき".to_owned(), "0120-95-0178（24時間）".to_owned()),
            ]
        );
    }

    #[test]
    fn an_old_number_bears_its_year_and_each_language_its_own_hours() {
        let vietnamese = said("foreign-languages-2022", Language::Vietnamese);
        assert_eq!(vietnamese.len(), 1, "no line for lost cards in this language");
        assert_eq!(vietnamese[0].0, "Foreign languages (as published in 2022)");
        assert_eq!(vietnamese[0].1, "0120-0178-27 (free of charge)\ndaily 10:00 to 19:00");
        let english = said("foreign-languages-2022", Language::English);
        assert_eq!(english[1].1, "0120-0178-27 (daily 20:00 to 9:30)");
    }
}
