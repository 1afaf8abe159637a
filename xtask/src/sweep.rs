// SPDX-License-Identifier: MIT OR Apache-2.0
//! Builds the whole system and hands over to the sweep.

use std::{os::unix::process::CommandExt, process::Command};

use crate::{
    command::{Failure, target},
    demo,
    setup::{Consent, ensure},
};

/// Installs, builds and becomes the sweep, so that Ctrl-C and the exit code are the sweep's own.
pub(crate) fn run(consent: Consent, options: &[String]) -> Result<(), Failure> {
    ensure(consent)?;
    demo::build()?;
    let sweep = target().join("debug/sweep");
    let mut command = Command::new(&sweep);
    if !options.iter().any(|option| option.starts_with("--out")) {
        command.arg("--out").arg(target().join("sweep"));
    }
    let error = command.args(options).exec();
    Err(Failure::setup(format!("could not start {}: {error}", sweep.display())))
}
