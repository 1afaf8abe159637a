// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the binary `kiosk` can be told, and what it answers in a terminal.

use std::{
    error::Error,
    io::{Write as _, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use backend_client::error::Chain;
use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use kiosk_app::{
    Config, Exit,
    commands::{self, Code, Command, Done, Failure},
    config::reference,
};

/// A kiosk that resets the signature PIN of Individual Number Cards.
///
/// Without a command it is the kiosk itself, which needs `kiosk-link`, which holds the network, and
/// pcscd, which holds the reader. This build speaks the simulated card profile ref-eac-1 and sends a
/// real card nothing but public commands. The commands ask the kiosk that runs, or look after the
/// unit.
#[derive(Debug, Parser)]
#[command(name = "kiosk", version, after_help = exit_codes())]
pub(crate) struct CommandLine {
    /// The configuration: one TOML file (deploy/kiosk.toml is an example); a command takes
    /// /etc/kiosk/kiosk.toml where none is given
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Check the configuration and the certificate that it names, and start nothing
    #[arg(long)]
    check_config: bool,
    /// Print the reference of the configuration, as Markdown
    #[arg(long, conflicts_with_all = ["config", "check_config"])]
    config_reference: bool,
    #[command(subcommand)]
    command: Option<Word>,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
enum Word {
    /// Ask for a new staff code and print its hash, `staff_code` of the unit's site file
    StaffCode,
    #[command(flatten)]
    Of(Command),
}

/// What was asked for.
pub(crate) enum Task {
    /// Run the kiosk.
    Run(Box<Config>),
    /// Carry a command out, with the configuration in this file.
    Command(Command, PathBuf),
    /// Ask for a staff code and print its hash.
    StaffCode,
    /// Say this and end.
    Print(String),
    /// The configuration cannot be used.
    Refuse(Box<dyn Error>),
}

impl CommandLine {
    /// What to do. A command line that says too little ends the process here.
    pub(crate) fn task(self) -> Task {
        if self.config_reference {
            return Task::Print(reference());
        }
        match self.command {
            Some(Word::StaffCode) => return Task::StaffCode,
            Some(Word::Of(command)) => {
                let config = self.config.unwrap_or_else(|| PathBuf::from(INSTALLED));
                return Task::Command(command, config);
            }
            None => {}
        }
        let Some(path) = self.config else {
            let what = "the kiosk needs its configuration: --config <FILE>";
            Self::command().error(ErrorKind::MissingRequiredArgument, what).exit()
        };
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

/// Carries a command out and says what came of it.
pub(crate) fn carry_out(command: Command, config: &Path) -> ExitCode {
    let code = match commands::carry_out(command, config) {
        Ok(Done { said, code }) => {
            print(&said);
            code
        }
        Err(Failure { code, error }) => {
            eprintln!("kiosk: {}", Chain(&*error));
            code
        }
    };
    code.number().into()
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
    let line = |number: u8, meaning: &str| format!("  {number:>2}  {meaning}\n");
    let kiosk = Exit::ALL.map(|exit| line(exit.code(), exit.meaning()));
    let commands = Code::ALL.map(|code| line(code.number(), code.meaning()));
    format!(
        "Exit codes of the kiosk:\n{}   2  the command line cannot be used\n\n\
         Exit codes of its commands (enrol: those of kiosk-enrol):\n{}   \
         2  the command line cannot be used",
        kiosk.concat(),
        commands.concat()
    )
}

/// Where an image has it.
const INSTALLED: &str = "/etc/kiosk/kiosk.toml";
