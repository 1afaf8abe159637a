// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where something can go wrong: the points that a visit passes, as its reference run met them.

use serde::{Deserialize, Serialize};

/// A place in a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Point {
    /// A command APDU, or the commands that read one file.
    Apdu {
        /// Of the first command, counted from the start of the card's process; 1 is the first.
        number: u64,
        /// Of the last chunk of a file; `number` where there is one command.
        last: u64,
        /// Header and Nc, as the card's trace writes them: by these a run knows that it met the
        /// same command.
        header: String,
        /// ISO 7816-4's name of the command.
        command: String,
        /// The request of the session that it is part of.
        request: String,
    },
    /// An HTTP request.
    Request {
        /// Which part of the path tells it.
        path: String,
        /// The how-manieth with this path; 1 is the first.
        occurrence: u32,
    },
    /// An effect of the session.
    Effect {
        /// As the probe names it.
        step: String,
        /// The how-manieth with this name.
        occurrence: u32,
    },
    /// A write of the journal.
    Journal {
        /// As the probe names it.
        step: String,
        /// The how-manieth with this name.
        occurrence: u32,
    },
    /// A state of the session.
    State {
        /// As the states table names it.
        name: String,
        /// The how-manieth visit to it.
        occurrence: u32,
        /// What keeps the session in it.
        hold: Hold,
        /// The screen had a button *Cancel*.
        offers_cancel: bool,
        /// The screen had a button *Back*.
        offers_back: bool,
    },
}

/// What a state waits for, and so what holds it long enough for something to happen in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "waits-for", rename_all = "kebab-case")]
pub enum Hold {
    /// The resident.
    Resident,
    /// The card's answer to this command.
    Card {
        /// As in [`Point::Apdu`].
        number: u64,
    },
    /// The service's answer to this request.
    Service {
        /// As in [`Point::Request`].
        path: String,
        /// As in [`Point::Request`].
        occurrence: u32,
    },
}

impl Point {
    /// For people and for ids.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Apdu { number, last, command, request, .. } if number == last => {
                format!("apdu {number:02} {command} ({request})")
            }
            Self::Apdu { number, last, command, request, .. } => {
                format!("apdu {number:02}-{last:02} {command} ({request})")
            }
            Self::Request { path, occurrence } => format!("http {path} #{occurrence}"),
            Self::Effect { step, occurrence } | Self::Journal { step, occurrence } => {
                format!("{step} #{occurrence}")
            }
            Self::State { name, occurrence, .. } => format!("state {name} #{occurrence}"),
        }
    }

    /// The part of the report's table that it stands in.
    #[must_use]
    pub const fn group(&self) -> &'static str {
        match self {
            Self::Apdu { .. } => "Commands to the card",
            Self::Request { .. } => "Requests to the service",
            Self::Effect { .. } => "Effects of the session",
            Self::Journal { .. } => "Writes of the journal",
            Self::State { .. } => "Steps of the visit",
        }
    }
}

/// Lower-case letters, digits and single hyphens.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars() {
        match letter {
            letter if letter.is_ascii_alphanumeric() => slug.push(letter.to_ascii_lowercase()),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.trim_end_matches('-').to_owned()
}
