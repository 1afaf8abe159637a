// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which of the languages a resident can choose has words of its own.

use kiosk_session::Language;

/// A complete set of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Catalogue {
    /// `lang/ja` and the `ja` of `endings.toml`.
    Japanese,
    /// The texts of the `.slint` files and the `en` of `endings.toml`.
    English,
}

impl Catalogue {
    /// Whose words a language reads: its own, else English; plain Japanese reads
    /// Japanese.
    pub(crate) const fn of(language: Language) -> Self {
        match language {
            Language::Japanese | Language::EasyJapanese => Self::Japanese,
            Language::English
            | Language::SimplifiedChinese
            | Language::TraditionalChinese
            | Language::Korean
            | Language::Spanish
            | Language::Portuguese
            | Language::Thai
            | Language::Nepali
            | Language::Indonesian
            | Language::Vietnamese
            | Language::Filipino => Self::English,
        }
    }

    /// As `slint::select_bundled_translation` names it.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }
}
