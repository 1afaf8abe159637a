// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why the bench stopped: something is missing, or what was to be shown is not so.
//!
//! The demo's exit code and the advice it prints are made from these.

use std::{ffi::OsString, io, path::PathBuf, process::ExitStatus, time::Duration};

/// Why the bench stopped.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A program of another project is not installed.
    #[error("`{program}` is not installed; do: apt-get install {package}")]
    Missing {
        /// The program's name.
        program: &'static str,
        /// The Debian package that holds it.
        package: &'static str,
    },
    /// Only root may do it.
    #[error("{doing} is root's alone: run as root")]
    NotRoot {
        /// What was to be done.
        doing: &'static str,
    },
    /// The system refused something that the bench needs.
    #[error("{doing}")]
    System {
        /// What was being done.
        doing: String,
        /// Why it was refused.
        #[source]
        source: io::Error,
    },
    /// The folder for pictures and transcript holds what no demo put there.
    #[error(
        "{} holds other things (such as {}), and no demo may have it: name a new folder, an \
         empty one, or that of an earlier demo",
        folder.display(),
        holds.display()
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// One of the things that are in it.
        holds: OsString,
    },
    /// A program of ours could not be built.
    #[error("`cargo build {arguments}` failed ({status}); the compiler's words are above")]
    NotBuilt {
        /// What cargo was told.
        arguments: String,
        /// How cargo ended.
        status: ExitStatus,
    },
    /// The private pcscd came up without exactly its two virtual readers.
    #[error(
        "the private pcscd shows {found:?} where its two virtual readers were expected; \
         is the package vsmartcard-vpcd installed?"
    )]
    Readers {
        /// The readers that it shows.
        found: Vec<String>,
    },
    /// A program that was asked for one answer ended badly.
    #[error("{doing}: `{program}` ended with {status}, saying: {said}")]
    Ended {
        /// What was being done.
        doing: String,
        /// Which program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// Its own words.
        said: String,
    },
    /// Something that was to happen did not happen in time.
    #[error("waited {} s for {awaited}; instead: {instead}", patience.as_secs_f32())]
    TooLate {
        /// What was awaited.
        awaited: String,
        /// For how long.
        patience: Duration,
        /// What was there when patience ended.
        instead: String,
    },
    /// An answer that the bench cannot read.
    #[error("{from} answered what the bench cannot read: {answer}")]
    Unreadable {
        /// Who answered.
        from: &'static str,
        /// The answer, or what is wrong with it.
        answer: String,
    },
    /// The bench did not come up; whatever kept it from that, nothing was tried yet.
    #[error(transparent)]
    NotSetUp(Box<Self>),
    /// What was to be shown is not so.
    #[error("{0}")]
    Refuted(String),
}

impl Failure {
    /// For `map_err`: the system refused `doing`.
    pub(crate) fn system(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::System { doing, source }
    }

    /// For `map_err`: a file could not be written or read.
    pub(crate) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::System { doing: format!("{doing} {}", path.display()), source }
    }

    /// Whether the proof could not even be tried.
    #[must_use]
    pub fn is_of_setup(&self) -> bool {
        match self {
            Self::Missing { .. }
            | Self::NotRoot { .. }
            | Self::System { .. }
            | Self::Foreign { .. }
            | Self::NotBuilt { .. }
            | Self::Readers { .. }
            | Self::NotSetUp(_) => true,
            Self::Ended { .. }
            | Self::TooLate { .. }
            | Self::Unreadable { .. }
            | Self::Refuted(_) => false,
        }
    }
}
