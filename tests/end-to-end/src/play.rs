// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the bench and `played-kiosk` say to each other: one JSON value a line, requests on the
//! kiosk's standard input, answers on its standard output, one answer a request.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a resident does or sees.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Wait until an enabled element has this accessible label, then press and release at its
    /// centre. Answer: `touched` or `late`.
    Touch {
        /// The whole label.
        label: String,
        /// How long to wait for it.
        milliseconds: u64,
    },
    /// Press and release in the upper right corner, where no element says what it is. Answer:
    /// `touched`.
    TouchCorner,
    /// Wait until a visible label is one of these texts, or has one in it. Answer: `seen` or
    /// `late`.
    Await {
        /// A label must be the whole text.
        is_whole: bool,
        /// In the order in which they are looked for.
        texts: Vec<String>,
        /// How long to wait for one.
        milliseconds: u64,
    },
    /// Wait until the visible labels are others than these, and tell them. Answer: `shown`, also
    /// when they stay the same.
    Look {
        /// What was seen last.
        unlike: Vec<String>,
        /// How long to wait for something else.
        milliseconds: u64,
    },
    /// Draw the window into a PNG file. Answer: `drawn`.
    Picture {
        /// Where to.
        path: PathBuf,
    },
    /// Tell where everything is that has a label. Answer: `places`.
    Places,
    /// Tell every text of the accessible tree: labels, values, descriptions. Answer: `told`.
    Tell,
    /// Keep a text in memory to the end, in every form of [`crate::forms`]: the canary of a search.
    /// Answer: `kept`.
    Keep {
        /// The text.
        text: String,
    },
    /// Stand still for good, as a fault that nobody has found yet would. Answer: `stands_still`,
    /// the last one.
    StandStill {
        /// Who.
        part: Part,
    },
}

/// A part of the kiosk that can be made to stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The thread that runs Slint's event loop.
    Screen,
    /// The thread that runs the session.
    Driver,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The element was touched.
    Touched,
    /// The text is visible.
    Seen {
        /// Which of those awaited.
        text: String,
    },
    /// It did not come in time.
    Late {
        /// The labels that were visible at the end.
        shown: Vec<String>,
    },
    /// What can be read now.
    Shown {
        /// Every visible label, in the order of the elements.
        labels: Vec<String>,
    },
    /// Label of everything, and its centre as parts of the window's width and height.
    Places {
        /// In the order of the elements.
        places: Vec<(String, f64, f64)>,
    },
    /// The picture is in its file.
    Drawn,
    /// What stands in the accessible tree.
    Told {
        /// In the order of the elements.
        texts: Vec<String>,
    },
    /// The text is in memory.
    Kept,
    /// It stands still now, or will when it wakes next.
    StandsStill,
    /// The request could not be carried out.
    Refused {
        /// Why.
        reason: String,
    },
}
