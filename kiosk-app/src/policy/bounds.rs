// SPDX-License-Identifier: MIT OR Apache-2.0
//! What this kiosk takes of a policy. A text that is too long for its place is shortened at the
//! end of a sentence; what is beyond a bound is left out by itself, named, and what held before it
//! goes on, so that one slip does not hide the hours.

use backend_client::wire::{HelpLine, Notice, Period, Policy, Texts};
use tracing::info;

use super::{
    fit::{fit, width},
    limits::{is_within_bounds, members},
};

/// What was left out: its name, and why.
pub(super) type Refused = Vec<(String, &'static str)>;

/// The policy as far as this kiosk takes it; `unread` names what the link could not read, and
/// `before` is what held until now.
pub(super) fn admit(mut policy: Policy, unread: &[String], before: &Policy) -> (Policy, Refused) {
    let mut refused = Refused::new();
    for member in unread {
        refused.push((member.clone(), "cannot be read"));
        keep_member(member, &mut policy, before);
    }
    admit_limits(&mut policy, before, &mut refused);
    admit_times(&mut policy, before, &mut refused);
    admit_texts(&mut policy, before, &mut refused);
    (policy, refused)
}

fn keep_member(member: &str, policy: &mut Policy, before: &Policy) {
    match member {
        "hours" => policy.hours = before.hours,
        "closed_days" => policy.closed_days.clone_from(&before.closed_days),
        "closures" => policy.closures.clone_from(&before.closures),
        "maintenance_windows" => {
            policy.maintenance_windows.clone_from(&before.maintenance_windows);
        }
        "services" => policy.services.clone_from(&before.services),
        "notices" => policy.notices.clone_from(&before.notices),
        "help_lines" => policy.help_lines.clone_from(&before.help_lines),
        "minimum_software" => policy.minimum_software.clone_from(&before.minimum_software),
        "time_limits" => policy.time_limits = before.time_limits,
        // A member that this kiosk does not know has nothing to be kept.
        _ => {}
    }
}

fn admit_limits(policy: &mut Policy, before: &Policy, refused: &mut Refused) {
    let held = before.time_limits;
    for (name, limit, wish) in members(&policy.time_limits) {
        if wish.is_none_or(|seconds| is_within_bounds(limit, seconds)) {
            continue;
        }
        refused.push((format!("time_limits.{name}"), "not within the bounds of this limit"));
        let wishes = &mut policy.time_limits;
        match name {
            "idle_seconds" => wishes.idle_seconds = held.idle_seconds,
            "warning_seconds" => wishes.warning_seconds = held.warning_seconds,
            "put_back_seconds" => wishes.put_back_seconds = held.put_back_seconds,
            "settling_seconds" => wishes.settling_seconds = held.settling_seconds,
            "ending_seconds" => wishes.ending_seconds = held.ending_seconds,
            _ => wishes.not_certain_seconds = held.not_certain_seconds,
        }
    }
    // Ten are the least (WCAG 2.2.1); more than that is what this kiosk gives anyway.
    if policy.time_limits.extensions.is_some_and(|times| times < LEAST_EXTENSIONS) {
        refused.push(("time_limits.extensions".to_owned(), "residents go on ten times at least"));
        policy.time_limits.extensions = held.extensions;
    }
}

fn admit_times(policy: &mut Policy, before: &Policy, refused: &mut Refused) {
    for (name, count) in [
        ("closed_days", policy.closed_days.len()),
        ("closures", policy.closures.len()),
        ("maintenance_windows", policy.maintenance_windows.len()),
    ] {
        if count > MOST_TIMES {
            refused.push((name.to_owned(), "too many"));
            keep_member(name, policy, before);
        }
    }
    let mut is_span = |name: &str, period: Period| {
        let is_span = period.from < period.until;
        if !is_span {
            refused.push((name.to_owned(), "ends before it begins"));
        }
        is_span
    };
    policy.closures.retain(|closure| is_span("closures", *closure));
    policy.maintenance_windows.retain(|window| is_span("maintenance_windows", window.period));
}

fn admit_texts(policy: &mut Policy, before: &Policy, refused: &mut Refused) {
    if policy.notices.len() > MOST_NOTICES {
        refused.push(("notices".to_owned(), "too many"));
        keep_member("notices", policy, before);
    }
    if policy.help_lines.len() > MOST_HELP_LINES {
        refused.push(("help_lines".to_owned(), "too many"));
        keep_member("help_lines", policy, before);
    }
    policy.notices.retain_mut(|notice| admit_notice(notice, refused));
    policy.help_lines.retain(|line| {
        let why_not = why_not(line);
        refused.extend(why_not.map(|why| (format!("help_lines.{}", short(&line.id)), why)));
        why_not.is_none()
    });
}

fn admit_notice(notice: &mut Notice, refused: &mut Refused) -> bool {
    let id = short(&notice.id);
    let mut fitting = Texts::new();
    for (language, text) in &notice.texts {
        let name = || format!("notices.{id}.{}", short(language));
        if !is_drawn(language, text) {
            refused.push((name(), "it has a character that no font here has"));
            continue;
        }
        match fit(text, NOTICE_EMS) {
            Some(fits) => {
                if fits.len() < text.trim().len() {
                    info!(notice = id, language, "shortened to the sentences that fit");
                }
                fitting.insert(language.clone(), fits.to_owned());
            }
            None => {
                refused.push((name(), "its first sentence does not fit"));
            }
        }
    }
    notice.texts = fitting;
    !notice.texts.is_empty()
}

fn why_not(line: &HelpLine) -> Option<&'static str> {
    let is_dialled = |character: char| character.is_ascii_digit() || "-+#* ".contains(character);
    if !(1..=20).contains(&line.number.len()) || !line.number.chars().all(is_dialled) {
        return Some("its number cannot be dialled");
    }
    let fits = |(language, title): (&String, &String)| {
        (1.0..=TITLE_EMS).contains(&width(title)) && is_drawn(language, title)
    };
    (line.titles.is_empty() || !line.titles.iter().all(fits)).then_some("its title does not fit")
}

/// Whether every character can be shown. Languages without a font here are not shown at all.
fn is_drawn(language: &str, text: &str) -> bool {
    let is_shown = ["ja", "ja-easy", "en"].contains(&language);
    let drawn =
        |character: char| !character.is_control() && (!is_shown || CHARACTERS.contains(character));
    text.chars().all(drawn)
}

/// A name for the log, whatever the policy says.
fn short(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(40).collect()
}

/// Four lines of a page of the help on the narrowest panel, 33 ems each, less what is lost where
/// lines break.
pub(crate) const NOTICE_EMS: f32 = 110.0;
/// One line above the number.
const TITLE_EMS: f32 = 30.0;
const MOST_NOTICES: usize = 16;
const MOST_HELP_LINES: usize = 16;
const MOST_TIMES: usize = 400;
/// Every character of the kiosk's fonts, which `ui/fonts/subset` writes with them.
const CHARACTERS: &str = include_str!("../../ui/fonts/characters.txt");
/// WCAG 2.2.1.
const LEAST_EXTENSIONS: u32 = 10;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use backend_client::wire::{Medium, NoticeKind, TimeLimits};

    use super::*;

    fn notice(text: &str) -> Notice {
        Notice {
            id: "a".to_owned(),
            kind: NoticeKind::Information,
            from: None,
            until: None,
            texts: BTreeMap::from([("ja".to_owned(), text.to_owned())]),
        }
    }

    fn line(number: &str, title: &str) -> HelpLine {
        HelpLine {
            id: "line".to_owned(),
            medium: Medium::Telephone,
            number: number.to_owned(),
            is_free: true,
            languages: vec!["ja".to_owned()],
            titles: BTreeMap::from([("ja".to_owned(), title.to_owned())]),
            hours: Vec::new(),
            closed_from_day: None,
            closed_until_day: None,
            as_of: None,
        }
    }

    fn names(refused: &Refused) -> Vec<&str> {
        refused.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn a_limit_beyond_its_bounds_is_left_as_it_was_and_the_others_hold() {
        let time_limits = TimeLimits {
            idle_seconds: Some(5),
            warning_seconds: Some(30),
            extensions: Some(2),
            ..TimeLimits::default()
        };
        let held = TimeLimits { idle_seconds: Some(90), ..TimeLimits::default() };
        let before = Policy { time_limits: held, ..Policy::default() };
        let (policy, refused) = admit(Policy { time_limits, ..Policy::default() }, &[], &before);
        assert_eq!(names(&refused), ["time_limits.idle_seconds", "time_limits.extensions"]);
        let limits = policy.time_limits;
        assert_eq!((limits.idle_seconds, limits.warning_seconds), (Some(90), Some(30)));
    }

    #[test]
    fn a_member_that_cannot_be_read_leaves_what_held_before() {
        let before =
            Policy { closed_days: vec!["2026-12-31".parse().unwrap()], ..Policy::default() };
        let unread = ["closed_days".to_owned(), "weather".to_owned()];
        let (policy, refused) = admit(Policy::default(), &unread, &before);
        assert_eq!(policy.closed_days, before.closed_days);
        assert_eq!(names(&refused), ["closed_days", "weather"]);
    }

    #[test]
    fn a_long_notice_is_shortened_and_one_without_an_end_is_left_out() {
        let long = "長い文。".repeat(40);
        let endless = "長い".repeat(80);
        let notices = vec![notice(&long), notice(&endless), notice("短い文。")];
        let (policy, refused) =
            admit(Policy { notices, ..Policy::default() }, &[], &Policy::default());
        assert_eq!(names(&refused), ["notices.a.ja"]);
        let texts: Vec<_> = policy.notices.iter().map(|it| it.texts["ja"].as_str()).collect();
        assert_eq!(texts, ["長い文。長い文。長い文。", "短い文。"]);
    }

    #[test]
    fn a_text_that_no_font_here_can_draw_is_left_out() {
        let drawn = notice("熊本城の前です。");
        let mut korean = notice("");
        korean.texts = BTreeMap::from([("ko".to_owned(), "안녕하세요.".to_owned())]);
        let notices =
            vec![notice("𠮷野家の前です。"), notice("二行\nあります。"), drawn.clone(), korean];
        let (policy, refused) =
            admit(Policy { notices, ..Policy::default() }, &[], &Policy::default());
        assert_eq!(names(&refused), ["notices.a.ja"; 2]);
        assert_eq!(policy.notices.len(), 2, "what is shown to nobody may stand there");
        assert_eq!(policy.notices[0], drawn);
    }

    #[test]
    fn a_help_line_that_cannot_be_shown_is_left_out_by_its_name() {
        let good = line("0120-95-0178", "総合");
        let help_lines = vec![good.clone(), line("call us", "総合"), line("110", &"長".repeat(31))];
        let (policy, refused) =
            admit(Policy { help_lines, ..Policy::default() }, &[], &Policy::default());
        assert_eq!(policy.help_lines, [good]);
        assert_eq!(names(&refused), ["help_lines.line"; 2]);
    }

    #[test]
    fn a_span_that_ends_before_it_begins_closes_nothing() {
        let at = |text: &str| text.parse().unwrap();
        let closures =
            vec![Period { from: at("2026-11-24T00:00Z"), until: at("2026-11-23T00:00Z") }];
        let (policy, refused) =
            admit(Policy { closures, ..Policy::default() }, &[], &Policy::default());
        assert_eq!((policy.closures.len(), names(&refused)), (0, vec!["closures"]));
    }

    #[test]
    fn more_than_can_be_shown_is_not_taken() {
        let notices = vec![notice("文。"); MOST_NOTICES + 1];
        let before = Policy { notices: vec![notice("前の文。")], ..Policy::default() };
        let (policy, refused) = admit(Policy { notices, ..Policy::default() }, &[], &before);
        assert_eq!((policy.notices, names(&refused)), (before.notices, vec!["notices"]));
    }
}
