// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads `endings.toml` strictly: an unknown key, a missing word or a `like`
//! that leads nowhere is refused with its place.

use std::collections::HashMap;

use kiosk_session::ending::CardChanged;
use serde::Deserialize;

use super::{Remedy, Row, Severity, StaffRow, Words};

/// The table as the rest of the kiosk uses it.
pub(super) struct Table {
    pub(super) endings: Vec<Row>,
    pub(super) staff: Vec<StaffRow>,
    pub(super) remedies: HashMap<String, Remedy>,
}

/// Why the table cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error("endings.toml is not as it should be")]
    Unreadable(#[source] toml::de::Error),
    #[error("{key} has no words of its own, and `like` names no row that has")]
    Wordless { key: String },
}

impl Table {
    pub(super) fn read(text: &str) -> Result<Self, TableError> {
        let file: File = toml::from_str(text).map_err(TableError::Unreadable)?;
        let endings = file.ending.iter().map(|entry| {
            let source = entry.like.as_ref().unwrap_or(&entry.key);
            let words = file.ending.iter().find(|row| row.key == *source).and_then(Entry::words);
            let (ja, en) = words.ok_or_else(|| TableError::Wordless { key: entry.key.clone() })?;
            Ok(Row {
                key: entry.key.clone(),
                code: entry.code.clone(),
                severity: entry.severity,
                card: entry.card.into(),
                staff: entry.staff.clone(),
                remedy: entry.remedy.clone(),
                ja,
                en,
            })
        });
        let endings = endings.collect::<Result<_, _>>()?;
        Ok(Self { endings, staff: file.staff, remedies: file.remedy })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ending: Vec<Entry>,
    staff: Vec<StaffRow>,
    #[serde(default)]
    remedy: HashMap<String, Remedy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    code: String,
    severity: Severity,
    card: Card,
    staff: String,
    remedy: Option<String>,
    like: Option<String>,
    ja: Option<Words>,
    en: Option<Words>,
}

impl Entry {
    fn words(&self) -> Option<(Words, Words)> {
        Some((self.ja.clone()?, self.en.clone()?))
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Card {
    Changed,
    Unchanged,
    Uncertain,
}

impl From<Card> for CardChanged {
    fn from(card: Card) -> Self {
        match card {
            Card::Changed => Self::Changed,
            Card::Unchanged => Self::Unchanged,
            Card::Uncertain => Self::Uncertain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"
        staff = []
        [[ending]]
        key = "done"
        code = "C-100"
        severity = "done"
        card = "changed"
        staff = "Nothing."
    "#;

    #[test]
    fn a_row_without_words_is_refused_by_its_name() {
        let refused = Table::read(ROW).err().expect("no words");
        assert!(matches!(refused, TableError::Wordless { key } if key == "done"));
    }

    #[test]
    fn an_unknown_word_is_refused() {
        let text = format!("{ROW}\ncolour = \"green\"\n");
        assert!(matches!(Table::read(&text), Err(TableError::Unreadable(_))));
    }
}
