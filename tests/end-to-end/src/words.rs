// SPDX-License-Identifier: MIT OR Apache-2.0
//! What stands on the kiosk's screens in the resident's language, read from the same catalogue
//! as the screens: residents look for words, and a changed translation must not fail a test.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

/// A language in which residents read the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// 日本語
    #[default]
    Japanese,
    /// English
    English,
}

impl Language {
    /// As the configuration and `--language` write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// As the language screen names it.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Japanese => "日本語",
            Self::English => "English",
        }
    }

    /// Whether the screens' catalogue has this text.
    #[cfg(test)]
    pub(crate) fn knows(self, english: &str) -> bool {
        self == Self::English || JAPANESE.contains_key(english)
    }

    /// What the screens say in this language for a text of their sources.
    #[must_use]
    pub fn say(self, english: &str) -> Cow<'_, str> {
        match self {
            Self::Japanese => JAPANESE.get(english).map_or_else(
                || Cow::Owned(english.to_owned()),
                |translation| Cow::Borrowed(translation.as_str()),
            ),
            Self::English => Cow::Owned(english.to_owned()),
        }
    }
}

static JAPANESE: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| catalogue(include_str!("../../../kiosk-app/lang/ja/LC_MESSAGES/kiosk-ui.po")));

/// Texts and translations of a catalogue in gettext's format; of plurals the first form.
fn catalogue(text: &str) -> HashMap<String, String> {
    let mut entries = HashMap::new();
    let (mut source, mut translation) = (String::new(), String::new());
    let mut is_source = true;
    for line in text.lines().map(str::trim) {
        if let Some(quoted) = line.strip_prefix("msgid ") {
            entries.insert(std::mem::take(&mut source), std::mem::take(&mut translation));
            is_source = true;
            source.push_str(&unquoted(quoted));
        } else if let Some(quoted) =
            line.strip_prefix("msgstr ").or_else(|| line.strip_prefix("msgstr[0] "))
        {
            is_source = false;
            translation.push_str(&unquoted(quoted));
        } else if line.starts_with('"') {
            let part = if is_source { &mut source } else { &mut translation };
            part.push_str(&unquoted(line));
        }
    }
    entries.insert(source, translation);
    entries.retain(|_, translation| !translation.is_empty());
    entries
}

fn unquoted(quoted: &str) -> String {
    quoted.trim_matches('"').replace("\\\"", "\"").replace("\\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::{Language, catalogue};

    #[test]
    fn entries_on_one_line_on_several_and_with_plurals_are_read() {
        let text = "msgid \"\"\nmsgstr \"head\"\n\nmsgid \"a\"\nmsgstr \"α\"\n\n\
                    msgid \"\"\n\"b\"\n\"c\"\nmsgstr \"\"\n\"β\"\n\"γ\"\n\n\
                    msgid \"{n} try\"\nmsgid_plural \"{n} tries\"\nmsgstr[0] \"{n}回\"\n";
        let read = catalogue(text);
        assert_eq!(read["a"], "α");
        assert_eq!(read["bc"], "βγ");
        assert_eq!(read["{n} try"], "{n}回");
    }

    #[test]
    fn the_screens_own_words_are_found_in_japanese() {
        assert_ne!(Language::Japanese.say("Help"), "Help");
        assert_eq!(Language::English.say("Help"), "Help");
    }
}
