// SPDX-License-Identifier: MIT OR Apache-2.0
//! The code that stands on the screen of each ending, from the kiosk's own table: by it a test
//! knows an ending in any language.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    ending: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    key: String,
    code: String,
    card: String,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("../../../kiosk-app/endings.toml"))
        .map(|table| table.ending)
        .unwrap_or_default()
});

/// Codes by key, such as `done` to `C-100`.
static CODES: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| ROWS.iter().map(|row| (row.key.as_str(), row.code.as_str())).collect());

/// The code of the ending with this key; the key itself where the table has none, which no
/// screen shows.
#[must_use]
pub fn code_of(key: &str) -> &str {
    CODES.get(key).copied().unwrap_or(key)
}

/// What the ending with this key says of the card: `changed`, `unchanged` or `uncertain`.
#[must_use]
pub fn card_of(key: &str) -> &'static str {
    ROWS.iter().find(|row| row.key == key).map_or("uncertain", |row| row.card.as_str())
}

/// The key of the ending with this code.
#[must_use]
pub fn key_of(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(_, known)| **known == code).map(|(key, _)| *key)
}

/// Every key there is.
pub fn keys() -> impl Iterator<Item = &'static str> {
    CODES.keys().copied()
}

/// Every code there is.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CODES.values().copied()
}

#[cfg(test)]
mod tests {
    use super::{code_of, key_of};

    #[test]
    fn codes_and_keys_lead_to_each_other() {
        assert_ne!(code_of("done"), "done");
        assert_eq!(key_of(code_of("done")), Some("done"));
    }
}
