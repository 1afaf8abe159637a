// SPDX-License-Identifier: MIT OR Apache-2.0
//! A number to call, and when someone answers in which language.

use serde::{Deserialize, Serialize};

use super::{Texts, TimeOfDay};

/// A number to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpLine {
    /// Names it in logs.
    pub id: String,
    /// How it is reached.
    pub medium: Medium,
    /// As it is dialled in Japan.
    pub number: String,
    /// Whether the call costs nothing.
    pub is_free: bool,
    /// Spoken there (BCP 47).
    pub languages: Vec<String>,
    /// What it is for.
    pub titles: Texts,
    /// When someone answers; empty where no hours are published.
    #[serde(default)]
    pub hours: Vec<HelpLineHours>,
    /// First day of its year-end pause, `MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_from_day: Option<String>,
    /// Last day of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_until_day: Option<String>,
    /// Year of the source, where it is old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
}

/// How a help line is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// By voice.
    Telephone,
    /// In writing, for those who do not hear.
    Fax,
}

/// When someone answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpLineHours {
    /// On these days.
    pub days: Vec<Day>,
    /// First minute.
    pub opens: TimeOfDay,
    /// First minute without; past midnight where it is before `opens`.
    pub closes: TimeOfDay,
    /// Only in these languages; in all of the line's where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub languages: Option<Vec<String>>,
    /// Only for the suspension of a lost card (一時停止).
    #[serde(default)]
    pub loss_only: bool,
}

/// A day of the week; public holidays are a day of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
    Holiday,
}
