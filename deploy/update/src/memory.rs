// SPDX-License-Identifier: MIT OR Apache-2.0
//! What outlives a restart: one action at the most, how the last one ended, the bundles that fell
//! back, and the raised minimum version.
//!
//! The release before reads it too, after a fall-back: what it does not know is passed over.

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::bundle::{Artifact, Bundle};

/// Bundles that fell back are remembered up to this many, the oldest is forgotten first.
pub(crate) const MOST_FALLEN: usize = 32;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    /// Nothing older installs: the highest minimum that a confirmed bundle asked for.
    pub(crate) floor: Option<Version>,
    /// What is under way.
    pub(crate) action: Option<Action>,
    /// How the fleet server's last action ended.
    pub(crate) closed: Option<Closed>,
    /// SHA-256 of the bundles that were tried and given up.
    pub(crate) fallen: Vec<String>,
}

/// One update, from its offer to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Action {
    /// The fleet server's number; none for a stick.
    pub(crate) id: Option<String>,
    /// What is to be fetched, or lies here.
    pub(crate) artifact: Artifact,
    /// Whether it may be asked for as forced once its deferral is over.
    pub(crate) is_urgent: bool,
    /// Whether its sender lets it be fetched now.
    pub(crate) may_fetch: bool,
    /// Whether its sender lets it be installed now.
    pub(crate) may_install: bool,
    /// From when its deferral counts.
    pub(crate) since: Timestamp,
    /// How often it was begun to be installed.
    pub(crate) installs: u8,
    /// How often it came with another hash.
    pub(crate) spoilt: u8,
    /// How far it is.
    pub(crate) phase: Phase,
}

/// How far an action is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// Not all here.
    Fetching,
    /// Here; RAUC has not seen it.
    Fetched,
    /// RAUC vouches for it and it may be installed here.
    Ready(Bundle),
    /// RAUC writes it to the other slot.
    Installing(Bundle, From),
    /// The other slot is started once, or runs and is not confirmed.
    Trying(Bundle, From),
}

/// Where an installation was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct From {
    /// The slot that ran.
    pub(crate) slot: String,
    /// The kernel's number of that start.
    pub(crate) boot_id: String,
}

/// How an action of the fleet server ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Closed {
    /// Its number.
    pub(crate) id: String,
    /// Whether the new version stays.
    pub(crate) success: bool,
    /// For people.
    pub(crate) said: String,
    /// Whether the server took it.
    pub(crate) is_reported: bool,
}

impl Action {
    /// What is known of the bundle, from when RAUC has seen it.
    pub(crate) const fn bundle(&self) -> Option<&Bundle> {
        match &self.phase {
            Phase::Fetching | Phase::Fetched => None,
            Phase::Ready(bundle) | Phase::Installing(bundle, _) | Phase::Trying(bundle, _) => {
                Some(bundle)
            }
        }
    }

    /// Whether RAUC has been told to write, so that nothing can be taken back.
    pub(crate) const fn is_begun(&self) -> bool {
        matches!(self.phase, Phase::Installing(..) | Phase::Trying(..))
    }
}

impl Memory {
    /// Keeps the bundle from being installed again.
    pub(crate) fn remember_fallen(&mut self, sha256: &str) {
        if self.fallen.iter().any(|fallen| fallen == sha256) {
            return;
        }
        if self.fallen.len() >= MOST_FALLEN {
            self.fallen.remove(0);
        }
        self.fallen.push(sha256.to_owned());
    }
}
