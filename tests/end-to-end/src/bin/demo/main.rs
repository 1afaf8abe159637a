// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo: a whole kiosk with a virtual card, before a stranger's eyes, and the proof that the
//! new PIN is on the card. `cargo xtask demo` builds everything and starts it.

mod arguments;
mod desk;
mod headless;
mod interrupt;
mod script;

use std::{env, process::ExitCode};

use end_to_end::{failure::Failure, options::Options, prove::chain};

use crate::interrupt::Interrupt;

const NOT_PROVEN: u8 = 1;
const NOT_SET_UP: u8 = 2;
/// What a shell shows for a program that was ended by Ctrl-C: 128 and the signal's number.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let options = Options::read(env::args_os().skip(1));
    let interrupt = match Interrupt::watch() {
        Ok(interrupt) => interrupt,
        Err(failure) => return told(&failure),
    };
    let outcome = if options.is_headless() {
        headless::play(&options, &interrupt)
    } else {
        desk::open(&options, &interrupt)
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if interrupt.is_requested() => {
            eprintln!("demo: interrupted; everything is ended and removed");
            ExitCode::from(INTERRUPTED)
        }
        Err(failure) => told(&failure),
    }
}

/// Says what went wrong with all its causes, and what to do.
fn told(failure: &Failure) -> ExitCode {
    let text = chain(failure);
    if failure.is_of_setup() {
        eprintln!("\ndemo: could not be set up: {text}");
        eprintln!(
            "  `cargo xtask setup` installs what is missing, `cargo xtask demo` builds all, and \
             --headless needs no display."
        );
        return ExitCode::from(NOT_SET_UP);
    }
    eprintln!("\ndemo: NOT PROVEN: {text}");
    eprintln!(
        "  What every process said last is above; without a display, --out has the pictures."
    );
    ExitCode::from(NOT_PROVEN)
}
