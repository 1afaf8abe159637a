// SPDX-License-Identifier: MIT OR Apache-2.0
//! Builds the programs of the soak and hands over to it.

use std::{os::unix::process::CommandExt, process::Command};

use crate::{
    command::{Failure, target},
    demo,
    setup::{Consent, ensure},
};

/// Installs, builds and becomes the soak, so that Ctrl-C and the exit code are the soak's own.
pub(crate) fn run(consent: Consent, sessions: u32, options: &[String]) -> Result<(), Failure> {
    ensure(consent)?;
    demo::build()?;
    let soak = target().join("debug/soak");
    let mut command = Command::new(&soak);
    command.args(["--sessions", &sessions.to_string()]).args(options);
    Err(Failure::setup(format!("could not start {}: {}", soak.display(), command.exec())))
}
