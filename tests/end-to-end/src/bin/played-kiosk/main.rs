// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk, whole, with a window in memory and a resident's fingers and eyes on standard input
//! and output (see `end_to_end::play`). Test control lives here and in no released program.

mod canary;
mod controls;
mod probe;

use std::{io, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use kiosk_app::{Config, Exit, headless};
use slint::ComponentHandle;

/// The kiosk without a display, played by JSON lines on standard input.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The kiosk's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Say each step of the driver on standard error
    #[arg(long)]
    steps: bool,
    /// What to let happen at a step: kill-before|kill-within|kill-between|kill-after|disk-full N STEP
    #[arg(long, value_name = "ORDER")]
    probe: Option<probe::Order>,
}

fn main() -> ExitCode {
    let Arguments { config, steps, probe } = Arguments::parse();
    if steps || probe.is_some() {
        probe::stand_by(probe);
    }
    let config = match Config::load(&config) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("played-kiosk: {error}");
            return Exit::Configuration.into();
        }
    };
    if let Err(error) = outlive_a_full_disk() {
        eprintln!("played-kiosk: {error}");
        return Exit::Restart.into();
    }
    if let Err(error) = headless::install() {
        eprintln!("played-kiosk: {error}");
        return Exit::Screen.into();
    }
    kiosk_app::run(&config, |screen| controls::obey(screen.component().as_weak())).into()
}

/// A test makes the disk full by a limit on the size of files; a write beyond it is to fail as on a
/// full disk, and not to kill. The handler has nothing to do.
fn outlive_a_full_disk() -> io::Result<()> {
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default()).map(drop)
}
