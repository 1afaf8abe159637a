// SPDX-License-Identifier: MIT OR Apache-2.0
//! What came of a run, as it is kept and reported.

use serde::{Deserialize, Serialize};

use super::{facts::Facts, story::Shown};

/// One finished run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunResult {
    /// The run's id.
    pub id: String,
    /// How it came out.
    pub verdict: Verdict,
    /// The endings that the resident saw, in their order.
    pub endings: Vec<Shown>,
    /// What was expected and what was, one sentence each; of a violation.
    pub reasons: Vec<String>,
    /// What card, journal and service say; none where the run could not be tried.
    pub facts: Option<Facts>,
    /// Presses of OK on the pad for the known PIN, and VERIFY commands for it.
    pub known_tries: (u32, u32),
    /// Presses of *Set this PIN*, and VERIFY commands for the read-back.
    pub new_tries: (u32, u32),
    /// How often the kiosk ended, with its codes; none where it was killed.
    pub exits: Vec<Option<i32>>,
    /// How the outcome was settled afterwards, where a later visit was made for it.
    pub later_visit: Option<String>,
    /// Seconds from the network's return until the service held what the card holds.
    pub told_after_seconds: f32,
    /// How long the run took.
    pub seconds: f32,
    /// How often it was played: a fault that did not fire is tried again.
    pub attempts: u32,
    /// The commit that was played.
    #[serde(default)]
    pub commit: String,
}

/// How a run came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything is as it must be.
    Passed,
    /// The visit never came to where the fault waits.
    NotFired,
    /// The bench failed: nothing is known of the kiosk.
    NotTried,
    /// Something is as it must not be.
    Violation,
}

impl Verdict {
    /// Nothing is known of the kiosk by such a run.
    #[must_use]
    pub const fn proves_nothing(self) -> bool {
        matches!(self, Self::NotFired | Self::NotTried)
    }

    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Passed => "as it must be",
            Self::NotFired => "not fired",
            Self::NotTried => "could not be tried",
            Self::Violation => "violation",
        }
    }
}

impl RunResult {
    /// The last ending that was seen, for the table.
    #[must_use]
    pub fn ending(&self) -> &str {
        self.endings.last().map_or("none", |shown| shown.key.as_str())
    }
}
