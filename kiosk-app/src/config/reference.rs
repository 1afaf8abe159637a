// SPDX-License-Identifier: MIT OR Apache-2.0
//! `docs/configuration.md`, made from the same table that reads the file.

use std::fmt::Write;

use super::{Described, SECTIONS};

/// The whole page, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = HEADER.to_owned();
    for section in SECTIONS {
        page.push_str(&section_reference(section));
    }
    page
}

fn section_reference(section: &Described) -> String {
    let mut text = format!("\n## [{}]\n\n{}\n", section.name, paragraph(section.meaning));
    for key in section.keys {
        let default = (key.default)()
            .map_or_else(|| "must be given".to_owned(), |default| format!("default `{default}`"));
        let (name, kind, meaning) = (key.name, (key.kind)(), paragraph(key.meaning));
        let written = write!(text, "\n### {name}\n\n{meaning}\n\nValue: {kind}; {default}.\n");
        debug_assert!(written.is_ok(), "a String takes whatever is written to it");
    }
    text
}

fn paragraph(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
}

const HEADER: &str = "\
# Configuration of the kiosk

Generated from the code by `kiosk --config-reference`; do not edit.

`kiosk --config FILE` reads one TOML file. A section or key that is not listed
here is refused with its line and column, and so is a value out of its bounds.
`kiosk --check-config --config FILE` checks a file and starts nothing.
A commented example is `deploy/kiosk.toml`.
";
