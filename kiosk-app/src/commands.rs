// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an operator asks in a terminal: `kiosk status`, `kiosk check` and so on. Each says its
//! answer for people, or with `--json` for programs, and ends with a code.
//!
//! They speak to a running kiosk by its control socket and look at the machine themselves where it
//! does not run. Nothing of a person is in any answer.

mod accept_reader;
mod check;
mod enrol;
mod journal;
mod report;
mod score;
mod status;

use std::{
    error::Error,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Subcommand;
use kiosk_control::{Client, ControlError, Refused};

use crate::{Config, config::ConfigError, journal::JournalError, sound::Trial};

/// One question.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say how the running kiosk is
    Status {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check reader, touch, screen, sound, network, TLS, clock, disk and certificate, and say what
    /// to do about each
    Check {
        /// As one JSON object
        #[arg(long)]
        json: bool,
        /// Play the test tone as well
        #[arg(long)]
        tone: bool,
    },
    /// Outcomes that the service has not acknowledged; the kiosk must be stopped
    Journal {
        /// What to do with them
        #[command(subcommand)]
        what: Option<Journal>,
        /// As one JSON object
        #[arg(long, global = true)]
        json: bool,
    },
    /// Write a support bundle, which holds nothing of a person, and say what it holds
    Report {
        /// The bundle, one JSON file; it must not be there yet
        file: PathBuf,
    },
    /// Have the kiosk end in order, to be started again by its service manager
    Restart,
    /// Try a reader model with a test card: insertion, removal, speed, stability
    AcceptReader(accept_reader::Arguments),
    /// The unit's identity: runs kiosk-enrol with these arguments
    Enrol {
        /// As kiosk-enrol --help says
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// What to do with the outcomes of the journal.
#[derive(Clone, Debug, Subcommand)]
pub enum Journal {
    /// Say which there are
    List,
    /// Write them to a file, for delivery by hand
    Export {
        /// The file, JSON; it must not be there yet
        file: PathBuf,
    },
}

/// A command that was carried out, whatever it found.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    /// Its answer.
    pub said: String,
    /// What it ends with.
    pub code: Code,
}

impl Done {
    fn well(said: String) -> Self {
        Self { said, code: Code::Well }
    }
}

/// A command that could not be carried out.
#[derive(Debug)]
pub struct Failure {
    /// What it ends with.
    pub code: Code,
    /// Why not, and what to do.
    pub error: Box<dyn Error + Send + Sync>,
}

impl Failure {
    fn new(code: Code, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { code, error: error.into() }
    }
}

/// How a command ends (after sysexits.h). 2 is left to the command line's own refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Carried out, and everything is well.
    Well,
    /// Carried out, and something is not well.
    Unwell,
    /// There is no answer.
    Unavailable,
    /// A file cannot be read or written.
    File,
    /// Not now.
    Later,
    /// The configuration cannot be used.
    Configuration,
}

impl Code {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Well, Self::Unwell, Self::Unavailable, Self::File, Self::Later, Self::Configuration];

    /// The exit code.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Unwell => 1,
            Self::Unavailable => 69,
            Self::File => 74,
            Self::Later => 75,
            Self::Configuration => 78,
        }
    }

    /// What `--help` says of it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Well => "carried out, and all is well",
            Self::Unwell => "carried out, and something is not well: the answer says what",
            Self::Unavailable => "the kiosk (or kiosk-enrol, or pcscd) is not there to be asked",
            Self::File => "a file could not be read or written",
            Self::Later => "refused for now: stop the kiosk first, or try again later",
            Self::Configuration => "the configuration cannot be used",
        }
    }
}

/// Carries out one command, with the configuration in that file.
///
/// # Errors
///
/// [`Failure`]: it could not be carried out.
pub fn carry_out(command: Command, config: &Path) -> Result<Done, Failure> {
    // Needs no configuration of the kiosk.
    if let Command::Enrol { arguments } = command {
        return enrol::run(&arguments);
    }
    let config = Config::load(config)?;
    match command {
        Command::Status { json } => status::say(&mut client(&config)?, json),
        Command::Check { json, tone } => {
            let trial = if tone { Trial::Tone } else { Trial::Open };
            check::check(&config, trial, json)
        }
        Command::Journal { what, json } => {
            journal::carry_out(&config, what.unwrap_or(Journal::List), json)
        }
        Command::Report { file } => report::write(&config, &file),
        Command::Restart => {
            client(&config)?.restart()?;
            let said = "the kiosk ends, and is started again by its service manager\n";
            Ok(Done::well(said.to_owned()))
        }
        Command::AcceptReader(arguments) => accept_reader::accept(&config, &arguments),
        Command::Enrol { arguments } => enrol::run(&arguments),
    }
}

/// The running kiosk.
fn client(config: &Config) -> Result<Client, Failure> {
    let Some(socket) = &config.control.socket else {
        let what = "the configuration names no control.socket, so this kiosk cannot be asked";
        return Err(Failure::new(Code::Configuration, what));
    };
    Ok(Client::connect(socket, PATIENCE)?)
}

/// A file that is not there yet, for its owner alone.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|source| {
        Failure::new(Code::File, CommandError::Write { path: path.to_owned(), source })
    })
}

/// JSON for a program, with the end of its line.
fn json(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// What goes wrong beside what others have a word for.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    /// A file of ours.
    #[error("writing {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    /// Another program.
    #[error("{program} cannot be started; is it installed beside kiosk?")]
    Start { program: &'static str, source: std::io::Error },
    /// The smart-card service.
    #[error("the smart-card service does not answer; is pcscd running?")]
    Pcscd(#[source] card_io::pcsc::ConnectError),
    /// The kiosk has the reader and does not let it go.
    #[error("the kiosk does not let the reader go ({}): {}; try again, or stop it", .0.refused.as_str(), .0.said)]
    NotLeased(Refused),
    /// Nobody laid or took the card.
    #[error("{0}")]
    Waited(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Code::Configuration, error)
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        let code = match &error {
            ControlError::Refused { .. } => Code::Later,
            ControlError::NotThere { .. }
            | ControlError::Broken { .. }
            | ControlError::Closed { .. }
            | ControlError::Unreadable { .. }
            | ControlError::Unexpected { .. } => Code::Unavailable,
        };
        Self::new(code, error)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let code = match &error {
            JournalError::InUse { .. } => Code::Later,
            _ => Code::File,
        };
        Self::new(code, error)
    }
}

/// For an answer of the kiosk, which has its own deadlines.
const PATIENCE: Duration = Duration::from_secs(10);
