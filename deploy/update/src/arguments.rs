// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line, its help, and its exit codes.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use backend_client::{
    error::Chain,
    link::{LogConfig, open_log},
};
use tokio::runtime::Runtime;

use crate::{
    config::Config,
    confirm::{Places, confirm, confirm_unread},
    ddi::Fleet,
    error::UpdateError,
    run,
    status::status,
    stick::stick,
};

/// The unit's update client: from a fleet server or a stick to RAUC, when the kiosk lets it.
#[derive(Debug, clap::Parser)]
#[command(version, after_long_help = HELP)]
pub struct Arguments {
    /// The configuration, in TOML
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        default_value = "/etc/kiosk-update/update.toml"
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Follow the fleet server, until a signal ends it
    Run,
    /// Keep the slot that runs once the kiosk is well, or give up one on trial and restart the unit
    Confirm,
    /// Install the newest bundle of a stick; with --now and nothing on it, what waits already
    Stick {
        /// Where it is mounted; `stick.path` of the configuration where missing
        #[arg(long, value_name = "DIR")]
        path: Option<PathBuf>,
        /// Within opening hours too; never during a session
        #[arg(long)]
        now: bool,
    },
    /// Say what runs, what is under way and how the last update ended
    Status {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check the configuration, and the files that it names
    CheckConfig,
    /// Say the minimum version that the configuration sets, or nothing: for the manifest of a bundle
    Minimum,
}

const HELP: &str = "\
An example of the configuration with every key and its meaning is deploy/update.toml.
The environment is not read: no proxy, no system certificates. Only `confirm` with a configuration
that cannot be read takes its folders from STATE_DIRECTORY and RUNTIME_DIRECTORY: it gives up a slot
on trial all the same.

A bundle is installed only if RAUC vouches for it, if it is for this unit, neither older than the
minimum version nor than what runs (install.allow_older), did not fall back here before, and while
the kiosk gives a lease: no session, no card, not within opening hours unless it is forced. The
other slot is then started once, and kept after `confirm`.

Signals: SIGTERM ends it at any point; the next start goes on from its memory.

Exit codes:
   0  done
   2  the command line is wrong
  65  the bundle was refused, or could not be installed
  66  no bundle is on the stick
  69  the unit is not well (confirm), or RAUC or the fleet server is of no use
  71  the operating system refused the runtime
  74  a file could not be read or written
  75  the kiosk gave no lease, or another kiosk-update is at work: try again later
  78  configuration, certificates, token or image cannot be used: starting again will not help";

/// Carries out one command.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match carry_out(arguments) {
        Ok(told) => {
            // A reader that went away is no reason to fail.
            let _ = writeln!(io::stdout(), "{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("kiosk-update: {}", Chain(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

fn carry_out(arguments: &Arguments) -> Result<String, UpdateError> {
    let config = match Config::read(&arguments.config) {
        Err(error) if matches!(arguments.command, Command::Confirm) => {
            open_log(&LogConfig::default());
            return runtime()?.block_on(confirm_unread(error, &Places::of_system()));
        }
        read => read?,
    };
    if matches!(arguments.command, Command::Run | Command::Confirm | Command::Stick { .. }) {
        open_log(&config.log);
    }
    runtime()?.block_on(async {
        match &arguments.command {
            Command::Run => match run::run(&config).await? {},
            Command::Confirm => confirm(&config).await,
            Command::Stick { path, now } => {
                stick(&config, path.as_deref().unwrap_or(&config.stick.path), *now).await
            }
            Command::Status { json } => status(&config, *json).await,
            Command::CheckConfig => check(&config),
            Command::Minimum => Ok(minimum(&config)),
        }
    })
}

fn runtime() -> Result<Runtime, UpdateError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(UpdateError::Runtime)
}

fn minimum(config: &Config) -> String {
    config.install.minimum_version.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn check(config: &Config) -> Result<String, UpdateError> {
    let Some(server) = &config.server else {
        return Ok("the configuration is good; no fleet server, sticks alone".to_owned());
    };
    let fleet = Fleet::new(server)?;
    Ok(format!("the configuration is good; controller {}", fleet.controller()))
}
