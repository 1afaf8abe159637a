// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every end-to-end test does: sets up, plays, ends everything, searches for PINs; and tells
//! all causes when something fails.

use std::error::Error;

use crate::{
    album::Album,
    bench::{Bench, Setting},
    case::Case,
    failure::Failure,
};

/// Plays a visit to its proven ending.
///
/// # Panics
/// When it ends otherwise, or a PIN was let out.
pub fn case(case: Case) {
    with(case.setting(), |bench| case.play(bench, &mut Album::none()));
}

/// Runs a test on a bench of its own.
///
/// # Panics
/// When the test fails, or a PIN was let out.
pub fn with(setting: Setting, test: impl FnOnce(&mut Bench) -> Result<(), Failure>) {
    let outcome = Bench::new(setting).and_then(|mut bench| {
        // Before the bench says what was printed last, which is long.
        test(&mut bench).inspect_err(|failure| eprintln!("{}", chain(failure)))?;
        bench.close()
    });
    if let Err(failure) = outcome {
        panic!("{}", chain(&failure));
    }
}

/// A failure with all its causes, in one line.
#[must_use]
pub fn chain(failure: &Failure) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
