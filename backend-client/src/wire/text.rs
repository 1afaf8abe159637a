// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two texts of the contract that have a form of their own.
//!
//! Both are narrow on purpose: a field that takes any text is a field in which
//! something that must not travel would fit.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that does not have the form that the contract asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {form}")]
pub struct Unfit {
    /// The field.
    pub what: &'static str,
    /// The form it should have.
    pub form: &'static str,
}

/// The code of an ending in the kiosk's table: `[a-z0-9-]{1,40}`, opaque to the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndingCode(String);

impl EndingCode {
    /// Longest code, in characters.
    pub const MAX_LENGTH: usize = 40;

    /// The code as the table has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EndingCode {
    type Error = Unfit;

    fn try_from(code: String) -> Result<Self, Unfit> {
        let is_allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if (1..=Self::MAX_LENGTH).contains(&code.len()) && code.bytes().all(is_allowed) {
            Ok(Self(code))
        } else {
            Err(Unfit { what: "the ending", form: "1 to 40 of a-z, 0-9 and -" })
        }
    }
}

impl TryFrom<&str> for EndingCode {
    type Error = Unfit;

    fn try_from(code: &str) -> Result<Self, Unfit> {
        Self::try_from(code.to_owned())
    }
}

impl From<EndingCode> for String {
    fn from(code: EndingCode) -> Self {
        code.0
    }
}

impl fmt::Display for EndingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// EF 0006 of the JPKI AP (カード情報) as text: which generation of the application this is.
///
/// At most 32 printable ASCII characters after trimming of blanks and zero bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenInfo(String);

impl TokenInfo {
    /// Longest text, in characters.
    pub const MAX_LENGTH: usize = 32;

    /// The text, trimmed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TokenInfo {
    type Error = Unfit;

    fn try_from(text: String) -> Result<Self, Unfit> {
        let trimmed = text.trim_matches(|c: char| c == '\0' || c.is_ascii_whitespace());
        let is_printable = trimmed.bytes().all(|c| c == b' ' || c.is_ascii_graphic());
        if (1..=Self::MAX_LENGTH).contains(&trimmed.len()) && is_printable {
            Ok(Self(trimmed.to_owned()))
        } else {
            Err(Unfit { what: "the token information", form: "1 to 32 printable characters" })
        }
    }
}

impl TryFrom<&str> for TokenInfo {
    type Error = Unfit;

    fn try_from(text: &str) -> Result<Self, Unfit> {
        Self::try_from(text.to_owned())
    }
}

impl From<TokenInfo> for String {
    fn from(text: TokenInfo) -> Self {
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_code_has_the_published_form() {
        let longest = "a".repeat(40);
        for fit in ["done", "lifted-while-writing", "c-104", longest.as_str()] {
            assert_eq!(EndingCode::try_from(fit).unwrap().as_str(), fit);
        }
        for unfit in ["", "Done", "pin wrong", "だめ", &"a".repeat(41)] {
            assert!(EndingCode::try_from(unfit).is_err(), "{unfit:?}");
        }
        assert!(serde_json::from_str::<EndingCode>(r#""Not This""#).is_err());
    }

    #[test]
    fn token_information_is_trimmed_of_what_the_file_is_padded_with() {
        let padded = "JPKIAPICCTOKEN2     \0\0";
        assert_eq!(TokenInfo::try_from(padded).unwrap().as_str(), "JPKIAPICCTOKEN2");
        assert!(TokenInfo::try_from("  \0").is_err());
        assert!(TokenInfo::try_from("JPKI\u{7}").is_err());
        assert!(TokenInfo::try_from("J".repeat(33)).is_err());
    }
}
