// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the binary `kiosk` can be told, and what it answers in a terminal.

use std::{
    error::Error,
    io::{Write as _, stdout},
    path::PathBuf,
};

use backend_client::error::Chain;
use clap::{Parser, Subcommand};
use kiosk_app::{Config, Exit, config::reference};

/// A kiosk that resets the signature PIN of Individual Number Cards.
///
/// Needs `kiosk-link`, which holds the network, and pcscd, which holds the reader.
/// This build speaks the simulated card profile ref-eac-1 and sends a real card
/// nothing but public commands.
#[derive(Debug, Parser)]
#[command(name = "kiosk", version, after_help = exit_codes())]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct CommandLine {
    /// The configuration: one TOML file (deploy/kiosk.toml is an example)
    #[arg(long, value_name = "FILE", required_unless_present = "config_reference")]
    config: Option<PathBuf>,
    /// Check the configuration and the certificate that it names, and start nothing
    #[arg(long)]
    check_config: bool,
    /// Print the reference of the configuration, as Markdown
    #[arg(long, conflicts_with_all = ["config", "check_config"])]
    config_reference: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What else the program does.
#[derive(Clone, Copy, Debug, Subcommand)]
enum Command {
    /// Ask for a new staff code and print its hash, the line of the file that `[staff] file` names
    StaffCode,
}

/// What was asked for.
pub(crate) enum Task {
    /// Run the kiosk.
    Run(Box<Config>),
    /// Ask for a staff code and print its hash.
    StaffCode,
    /// Say this and end.
    Print(String),
    /// The configuration cannot be used.
    Refuse(Box<dyn Error>),
}

impl CommandLine {
    /// What to do.
    pub(crate) fn task(self) -> Task {
        if let Some(Command::StaffCode) = self.command {
            return Task::StaffCode;
        }
        let Some(path) = self.config else { return Task::Print(reference()) };
        let config = match Config::load(&path) {
            Ok(config) => config,
            Err(error) => return Task::Refuse(error.into()),
        };
        if !self.check_config {
            return Task::Run(Box::new(config));
        }
        match config.card.authority() {
            Ok(_) => Task::Print(format!("{}: in order\n", path.display())),
            Err(error) => Task::Refuse(error.into()),
        }
    }
}

/// A reader that has closed the pipe has read enough.
pub(crate) fn print(text: &str) -> Exit {
    let _ = stdout().write_all(text.as_bytes());
    Exit::Orderly
}

/// The error and its causes, for people.
pub(crate) fn refuse(error: &(dyn Error + 'static)) -> Exit {
    eprintln!("kiosk: {}", Chain(error));
    Exit::Configuration
}

fn exit_codes() -> String {
    let codes = Exit::ALL.map(|exit| format!("  {:>2}  {}\n", exit.code(), exit.meaning()));
    format!("Exit codes:\n{}   2  the command line cannot be used", codes.concat())
}
