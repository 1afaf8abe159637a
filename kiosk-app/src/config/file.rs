// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration file as text: finds sections and keys, refuses those that
//! nobody reads, and says where (line, column) and what was probably meant.
//! Strict on purpose: a key with a typing mistake must never be a silent default.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Described, Setting};

/// What is wrong, and where in the text.
#[derive(Debug)]
pub(super) struct Fault {
    /// Byte range in the text; none for something that is absent.
    pub(super) span: Option<Range<usize>>,
    /// What is wrong and what to do, in words.
    pub(super) what: String,
}

/// The parsed text, every key of which is known.
pub(super) struct File<'t>(DeTable<'t>);

impl<'t> File<'t> {
    /// Parses the text and refuses sections and keys that `known` does not list.
    pub(super) fn parse(text: &'t str, known: &[Described]) -> Result<Self, Fault> {
        let root = DeTable::parse(text)
            .map_err(|error| Fault { span: error.span(), what: error.message().to_owned() })?
            .into_inner();
        for (name, value) in &root {
            let names = known.iter().map(|section| section.name);
            let section = known
                .iter()
                .find(|section| section.name == name.get_ref())
                .ok_or_else(|| unknown("section", name, names))?;
            check_section(section, value)?;
        }
        Ok(Self(root))
    }

    /// The value of a key, its default where the file leaves it out.
    pub(super) fn read<S: Setting>(
        &self,
        section: &str,
        key: &str,
        setting: &S,
        default: Option<&str>,
    ) -> Result<S::Value, Fault> {
        let table = self.0.get(section);
        let value = table.and_then(|table| table.get_ref().as_table()?.get(key));
        let at_fault = |span| move |what| Fault { span, what: format!("{section}.{key}: {what}") };
        let default = default.map(str::to_owned).or_else(|| setting.fallback());
        match (value, default) {
            (Some(value), _) => {
                setting.accept(value.get_ref()).map_err(at_fault(Some(value.span())))
            }
            (None, Some(default)) => accept_default(setting, &default).map_err(at_fault(None)),
            (None, None) => Err(at_fault(table.map(Spanned::span))(format!(
                "missing; expected {} under [{section}]",
                setting.describe()
            ))),
        }
    }
}

fn check_section(section: &Described, value: &Spanned<DeValue<'_>>) -> Result<(), Fault> {
    let Some(table) = value.get_ref().as_table() else {
        let what = format!("`{}` is a section: write [{0}] above its keys", section.name);
        return Err(Fault { span: Some(value.span()), what });
    };
    for name in table.keys() {
        if !section.keys.iter().any(|key| key.name == name.get_ref()) {
            let names = section.keys.iter().map(|key| key.name);
            return Err(unknown("key", name, names));
        }
    }
    Ok(())
}

fn accept_default<S: Setting>(setting: &S, default: &str) -> Result<S::Value, String> {
    let value = DeValue::parse(default).map_err(|error| error.message().to_owned())?;
    setting.accept(value.get_ref())
}

fn unknown(
    kind: &str,
    name: &Spanned<impl AsRef<str>>,
    known: impl Iterator<Item = &'static str>,
) -> Fault {
    let written = name.get_ref().as_ref();
    let nearest = known.min_by_key(|known| distance(written, known));
    let hint = nearest.map_or_else(String::new, |known| format!("; the nearest is `{known}`"));
    Fault { span: Some(name.span()), what: format!("unknown {kind} `{written}`{hint}") }
}

/// Levenshtein's distance: how many letters to insert, delete or replace.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (above, other) in row.iter_mut().skip(1).zip(&to) {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = *above;
            left = replaced.min(left + 1).min(*above + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn the_distance_counts_letters_to_change() {
        assert_eq!(distance("socket", "socket"), 0);
        assert_eq!(distance("sokcet", "socket"), 2);
        assert_eq!(distance("widht_px", "width_px"), 2);
        assert_eq!(distance("", "level"), 5);
        assert_eq!(distance("level", ""), 5);
    }
}
