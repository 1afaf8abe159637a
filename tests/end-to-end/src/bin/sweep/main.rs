// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask sweep`: the whole kiosk, once for every fault at every point, and the report of it.

mod arguments;
mod interrupt;
mod keep;
mod progress;
mod work;

use std::process::ExitCode;

use clap::Parser;
use end_to_end::{failure::Failure, prove::chain};

use arguments::Arguments;
use work::Outcome;

/// Exit codes: everything is as it must be, something is not, or it could not be tried.
const VIOLATED: u8 = 1;
const NOT_TRIED: u8 = 2;
/// After Ctrl-C: 128 and the signal's number. What is finished is kept.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    match work::sweep(&Arguments::parse()) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Violated) => ExitCode::from(VIOLATED),
        Ok(Outcome::NotTried) => ExitCode::from(NOT_TRIED),
        Ok(Outcome::Interrupted) => {
            eprintln!("sweep: interrupted; what is finished is kept, the same command goes on");
            ExitCode::from(INTERRUPTED)
        }
        Err(failure) => told(&failure),
    }
}

fn told(failure: &Failure) -> ExitCode {
    eprintln!("sweep: {}", chain(failure));
    ExitCode::from(NOT_TRIED)
}
