// SPDX-License-Identifier: MIT OR Apache-2.0
//! Token information (EF 0006): which of its three carriers this JPKI
//! application sits on. Strings as myna's `CheckCard` knows them.

/// The carrier of a JPKI application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// 個人番号カード.
    IndividualNumberCard,
    /// 住民基本台帳カード, its predecessor, no longer valid.
    ResidentRegisterCard,
    /// スマートフォン用電子証明書, on a phone's secure element.
    Smartphone,
    /// Something that calls itself by another name.
    Unknown,
}

/// The text of EF 0006 and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    text: String,
}

impl TokenInfo {
    /// Reads the file's bytes; the padding, spaces or zeros, is not kept.
    /// `None` where they are not printable ASCII.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.trim_matches([' ', '\0']);
        let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        (is_printable && !text.is_empty()).then(|| Self { text: text.to_owned() })
    }

    /// The carrier.
    pub fn token(&self) -> Token {
        match self.text.as_str() {
            "JPKIAPICCTOKEN2" => Token::IndividualNumberCard,
            "JPKIAPICCTOKEN" => Token::ResidentRegisterCard,
            "JPKIAPGPSETOKEN" => Token::Smartphone,
            _ => Token::Unknown,
        }
    }

    /// The text itself, without padding.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_of_either_kind_is_dropped() {
        for padded in [&b"JPKIAPICCTOKEN2                 "[..], b"JPKIAPICCTOKEN2\0\0\0\0"] {
            let info = TokenInfo::parse(padded).unwrap();
            assert_eq!(info.text(), "JPKIAPICCTOKEN2");
            assert_eq!(info.token(), Token::IndividualNumberCard);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(TokenInfo::parse(&[0xFF; 32]), None);
        assert_eq!(TokenInfo::parse(b"JPKI\x1B[2J"), None);
        assert_eq!(TokenInfo::parse(&[0; 32]), None);
    }
}
