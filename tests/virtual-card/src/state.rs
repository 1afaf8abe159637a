// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything about a card that outlives power loss, and the one file that holds it.
//!
//! The file is replaced in one step (temporary file, fsync, rename, fsync of the folder), so a
//! crash leaves the old state or the new one: the atomic commit of the profile, section 7.2.

use std::{
    collections::BTreeMap,
    fs::{self, File as DiskFile},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    file::{Application, Files},
    hex,
    reference::{PinKind, Reference},
};

/// A personalised card: what it is and what it remembers.
#[derive(Clone, Serialize, Deserialize)]
pub struct CardState {
    pub(crate) format: Format,
    pub(crate) kind: Kind,
    #[serde(with = "hex")]
    pub(crate) atr: Vec<u8>,
    pub(crate) applications: BTreeMap<Application, Files>,
    /// Absent on cards that do not speak `ref-eac-1`.
    pub(crate) profile: Option<ProfileKeys>,
    pub(crate) memory: Memory,
}

/// What is personalised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An Individual Number Card of the simulated profile.
    #[default]
    IndividualNumber,
    /// The same without the marker and without the profile, as a real card is.
    NoMarker,
    /// 住民基本台帳カード, the card of before 2016.
    Juki,
    /// The JPKI application of a smartphone.
    Phone,
    /// Some other card: no application that we know.
    Unknown,
}

/// The version of the state file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Format {
    #[serde(rename = "virtual-card-1")]
    VirtualCard1,
}

/// What profile `ref-eac-1` adds to a card (section 1), fixed at personalisation.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ProfileKeys {
    #[serde(with = "hex")]
    pub(crate) card_id: [u8; 16],
    /// The private scalar of `K_agree`.
    #[serde(with = "hex")]
    pub(crate) agreement_key: [u8; 32],
    /// The private scalar of `K_attest`.
    #[serde(with = "hex")]
    pub(crate) attestation_key: [u8; 32],
    pub(crate) ticket_keys: Vec<TicketKey>,
}

/// A public ticket key of the central service: an uncompressed point of P-256.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketKey(#[serde(with = "hex")] pub(crate) [u8; 65]);

/// What commands change.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) references: BTreeMap<PinKind, Reference>,
    /// The highest counter of a ticket accepted so far.
    pub(crate) ticket_counter: u32,
    pub(crate) accepted: Option<AcceptedTicket>,
}

/// What the receipt says about the last ticket that was accepted (section 6).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AcceptedTicket {
    pub(crate) pin_ref: u8,
    #[serde(with = "hex")]
    pub(crate) ticket_id: [u8; 16],
    pub(crate) is_used: bool,
}

/// A state file that is not one.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read.
    #[error("cannot read the card's state from {}", path.display())]
    Read {
        /// The state file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not JSON of the expected form.
    #[error("{} is not the state of a virtual card", path.display())]
    Parse {
        /// The state file.
        path: PathBuf,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
    /// The file cannot be replaced.
    #[error("cannot write the card's state to {}", path.display())]
    Write {
        /// The state file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key in the state does not parse, or a PIN's file has no reference data.
    #[error("the card's state holds an unusable {what}")]
    Unusable {
        /// What it is that cannot be used.
        what: &'static str,
    },
}

impl CardState {
    /// Reads a state file.
    ///
    /// # Errors
    /// Where the file cannot be read or is not a state file.
    pub fn load(path: &Path) -> Result<Self, StateError> {
        let text =
            fs::read(path).map_err(|source| StateError::Read { path: path.to_owned(), source })?;
        serde_json::from_slice(&text)
            .map_err(|source| StateError::Parse { path: path.to_owned(), source })
    }

    /// Replaces the file at `path` in one step.
    ///
    /// # Errors
    /// Where the file cannot be written; it is then what it was.
    pub fn save(&self, path: &Path) -> Result<(), StateError> {
        replace(path, self).map_err(|source| StateError::Write { path: path.to_owned(), source })
    }

    /// Tries left of a PIN; `None` where the card has no such PIN.
    pub fn retries_left(&self, kind: PinKind) -> Option<u8> {
        self.memory.references.get(&kind).map(Reference::retries_left)
    }

    /// Whether `value` is the PIN `kind`, without spending a try: a judge's look into the chip.
    /// `None` where the card has no such PIN.
    pub fn is_pin(&self, kind: PinKind, value: &[u8]) -> Option<bool> {
        self.memory.references.get(&kind).map(|reference| reference.is(value))
    }
}

fn replace(path: &Path, state: &CardState) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut file, state)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    DiskFile::open(folder)?.sync_all()
}
