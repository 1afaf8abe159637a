// SPDX-License-Identifier: MIT OR Apache-2.0
//! The languages of the kiosk, by their BCP 47 tags.

/// A language that a resident may choose. It is forgotten with the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// 日本語
    #[default]
    Japanese,
    /// やさしい日本語
    EasyJapanese,
    /// English
    English,
    /// 简体中文
    SimplifiedChinese,
    /// 繁體中文
    TraditionalChinese,
    /// 한국어
    Korean,
    /// Español
    Spanish,
    /// Português
    Portuguese,
    /// ไทย
    Thai,
    /// नेपाली
    Nepali,
    /// Bahasa Indonesia
    Indonesian,
    /// Tiếng Việt
    Vietnamese,
    /// Filipino
    Filipino,
}

impl Language {
    /// In the order in which they are offered.
    pub const ALL: [Self; 13] = [
        Self::Japanese,
        Self::EasyJapanese,
        Self::English,
        Self::SimplifiedChinese,
        Self::TraditionalChinese,
        Self::Korean,
        Self::Spanish,
        Self::Portuguese,
        Self::Thai,
        Self::Nepali,
        Self::Indonesian,
        Self::Vietnamese,
        Self::Filipino,
    ];

    /// The tag in configuration, catalogues and file names.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::EasyJapanese => "ja-easy",
            Self::English => "en",
            Self::SimplifiedChinese => "zh-Hans",
            Self::TraditionalChinese => "zh-Hant",
            Self::Korean => "ko",
            Self::Spanish => "es",
            Self::Portuguese => "pt",
            Self::Thai => "th",
            Self::Nepali => "ne",
            Self::Indonesian => "id",
            Self::Vietnamese => "vi",
            Self::Filipino => "fil",
        }
    }

    /// The language of a tag, as in [`Self::tag`].
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tag_names_its_language() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
        assert_eq!(Language::from_tag("xx"), None);
    }
}
