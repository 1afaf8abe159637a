// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why an update program did not do what it was asked; each says what to do.

use std::{io, path::PathBuf};

use backend_client::{link::ConfigError, tls::TlsError};

use crate::{ddi::DdiError, rauc::RaucError};

/// Why `kiosk-update` ended otherwise than asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateError {
    /// The configuration.
    #[error("the configuration cannot be used")]
    Config(#[from] ConfigError),
    /// Two keys of it do not go together.
    #[error("the configuration cannot be used: {0}")]
    Contradiction(&'static str),
    /// Certificates, key, TLS.
    #[error("the certificates cannot be used")]
    Tls(#[from] TlsError),
    /// A token or an id that is none.
    #[error("{path} must hold one line of printable ASCII, and no more")]
    OneLine {
        /// The file.
        path: PathBuf,
    },
    /// The fleet server.
    #[error("the fleet server cannot be used")]
    Ddi(#[from] DdiError),
    /// RAUC.
    #[error("RAUC cannot be used")]
    Rauc(#[from] RaucError),
    /// A file.
    #[error("{path} could not be {done}")]
    File {
        /// As in "could not be written".
        done: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The memory is no memory.
    #[error("{path} is not written as this version writes it")]
    Memory {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// The image does not say what it is.
    #[error("{path} says no IMAGE_VERSION of the form 1.2.3")]
    NoVersion {
        /// The file.
        path: PathBuf,
    },
    /// Another of us is at work.
    #[error("another kiosk-update is at work in {folder}; try again later")]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// No stick, or nothing on it.
    #[error("no *.raucb is in {path}")]
    NoBundle {
        /// Where it should be.
        path: PathBuf,
    },
    /// Nothing comes of an update.
    #[error("not installed: {0}")]
    GivenUp(String),
    /// The kiosk gave no lease.
    #[error("not installed: the kiosk gave no lease within {seconds} s: {said}")]
    NoLease {
        /// How long was asked.
        seconds: u64,
        /// What it said last.
        said: String,
    },
    /// The unit is not well.
    #[error("the unit is not well: {0}")]
    Unwell(String),
    /// The runtime.
    #[error("the runtime cannot be started")]
    Runtime(#[source] io::Error),
}

impl UpdateError {
    /// In the numbers of sysexits.h.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::GivenUp(_) => 65,
            Self::NoBundle { .. } => 66,
            Self::Ddi(_) | Self::Rauc(_) | Self::Unwell(_) => 69,
            Self::Runtime(_) => 71,
            Self::File { .. } => 74,
            Self::Busy { .. } | Self::NoLease { .. } => 75,
            Self::Config(_)
            | Self::Contradiction(_)
            | Self::Tls(_)
            | Self::OneLine { .. }
            | Self::Memory { .. }
            | Self::NoVersion { .. } => 78,
        }
    }
}
