// SPDX-License-Identifier: MIT OR Apache-2.0
//! The endings' part of the operators' manual, `docs/operating.md`, made from
//! the table, so that manual and screen can never differ: an index by letter,
//! then what is to be known of each code.

use std::fmt::Write as _;

use kiosk_session::ending::CardChanged;

use super::{Row, StaffRow, Words};
use crate::metrics::{ENDINGS, STAFF};

/// The codes, what the resident reads and what the staff do, as Markdown.
#[must_use]
pub fn manual() -> String {
    let index: String = LETTERS.iter().map(|(letter, whose)| index(letter, whose)).collect();
    let sections: String = LETTERS.iter().map(|(letter, whose)| sections(letter, whose)).collect();
    format!("{index}\n{}", sections.trim_start())
}

/// One line for each letter, with its codes.
fn index(letter: &str, whose: &str) -> String {
    let links: Vec<_> = codes(letter)
        .map(|(code, key)| format!("[{code}](#{}-{key})", code.to_lowercase()))
        .collect();
    format!("- **{letter}**, {whose}: {}\n", links.join(" · "))
}

fn sections(letter: &str, whose: &str) -> String {
    let endings = Row::all().iter().filter(|row| row.code.starts_with(letter)).map(of_ending);
    let staff = StaffRow::all().iter().filter(|row| row.code.starts_with(letter)).map(of_staff);
    let sections: String = endings.chain(staff).collect();
    format!("\n### {letter}: {whose}\n{sections}")
}

fn codes(letter: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let endings = Row::all().iter().map(|row| (row.code.as_str(), row.key.as_str()));
    let staff = StaffRow::all().iter().map(|row| (row.code.as_str(), row.key.as_str()));
    endings.chain(staff).filter(move |(code, _)| code.starts_with(letter))
}

fn of_ending(row: &Row) -> String {
    let Row { code, key, severity, staff, ja, en, .. } = row;
    let severity = severity.as_str();
    let card = match row.card {
        CardChanged::Changed => "the new PIN is set",
        CardChanged::Unchanged => "no PIN on it has changed",
        CardChanged::Uncertain => "it has the new PIN or the old one",
    };
    let slip = if row.has_slip() { "; the resident has a slip" } else { "" };
    let mut text = format!(
        "\n#### {code} `{key}`\n\n\
         - Severity: {severity}{slip}\n\
         - Card: {card}\n\
         - Staff: {staff}\n\
         - Log: `ending=\"{key}\"`; metric: `{ENDINGS}{{ending=\"{key}\",code=\"{code}\"}}`\n\n"
    );
    quote(&mut text, ja, "");
    text.push_str(">\n");
    quote(&mut text, en, " ");
    text
}

fn of_staff(row: &StaffRow) -> String {
    let StaffRow { code, key, severity, staff, .. } = row;
    let severity = severity.as_str();
    format!(
        "\n#### {code} `{key}`\n\n\
         - Severity: {severity}; no session, so no resident reads of it\n\
         - Card: none was touched\n\
         - Staff: {staff}\n\
         - Log: `staff=\"{key}\"`; metric: `{STAFF}{{key=\"{key}\",code=\"{code}\"}}`\n"
    )
}

/// As the resident reads it; `gap` stands where a line was broken for the screen.
fn quote(text: &mut String, words: &Words, gap: &str) {
    let plain = |words: &str| words.replace('\n', gap).replace("{retries}", "*n*");
    let said = [&words.happened, &words.card, &words.next].map(|words| plain(words));
    let place =
        if words.place.is_empty() { String::new() } else { format!(" — {}", words.place) };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "> **{}** {}{place}", words.title, said.join(gap));
}

/// Who can mend it, by the first letter of a code.
const LETTERS: [(&str, &str); 4] = [
    ("C", "the resident, with card and PIN"),
    ("R", "the resident, with a reservation or certificate"),
    ("S", "the service"),
    ("K", "whoever looks after the unit"),
];

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn every_code_stands_in_the_index_and_has_its_section() {
        let text = manual();
        let codes = Row::all().iter().map(|row| (&row.code, &row.key));
        for (code, key) in codes.chain(StaffRow::all().iter().map(|row| (&row.code, &row.key))) {
            let link = format!("[{code}](#{}-{key})", code.to_lowercase());
            assert_eq!(text.matches(&link).count(), 1, "{link}");
            assert_eq!(text.matches(&format!("#### {code} `{key}`\n")).count(), 1, "{code}");
        }
    }

    const BEGIN: &str = "<!-- endings: made from kiosk-app/endings.toml; do not edit -->\n";
    const END: &str = "<!-- endings: end -->\n";

    /// `BLESS=1 cargo test -p kiosk-app manual` writes the part anew.
    #[test]
    fn the_manual_holds_the_table_of_endings() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operating.md");
        let page = fs::read_to_string(&path).expect("docs/operating.md is there");
        let (before, rest) = page.split_once(BEGIN).expect("the mark where the table begins");
        let (_, after) = rest.split_once(END).expect("the mark where the table ends");
        let wanted = format!("{before}{BEGIN}{}{END}{after}", manual());
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &wanted).expect("the page is written");
        }
        let page = fs::read_to_string(&path).expect("docs/operating.md is there");
        assert!(page == wanted, "docs/operating.md is behind endings.toml: run with BLESS=1");
    }
}
