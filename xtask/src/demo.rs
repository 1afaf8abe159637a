// SPDX-License-Identifier: MIT OR Apache-2.0
//! Builds the programs of the demo and hands over to it.

use std::{ffi::OsString, os::unix::process::CommandExt, process::Command};

use crate::{
    command::{Failure, cargo, target},
    setup::{Consent, ensure},
};

#[path = "../../tests/end-to-end/src/options.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the demo's own file, all of which only the demo uses"
)]
mod options;

/// The programs that the demo starts, by package.
const PROGRAMS: &[&str] =
    &["kiosk-app", "backend-client", "virtual-card", "central-service", "end-to-end"];

/// Reads the options, installs, builds and becomes the demo, so that Ctrl-C and the exit code are
/// the demo's own.
pub(crate) fn run(consent: Consent, options: &[String]) -> Result<(), Failure> {
    // Who asks for help or mistypes an option is told so now, not after a build.
    let _ = options::Options::read(options.iter().map(OsString::from));
    ensure(consent)?;
    build()?;
    let demo = target().join("debug/demo");
    let error = Command::new(&demo).args(options).exec();
    Err(Failure::setup(format!("could not start {}: {error}", demo.display())))
}

/// Draws the screens that these options name, all where there are none.
pub(crate) fn gallery(consent: Consent, options: &[String]) -> Result<(), Failure> {
    ensure(consent)?;
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "kiosk-app", "--features", "headless"]);
    command.args(["--example", "gallery", "--"]).args(options);
    crate::command::run(&mut command)
}

/// Builds everything that is started.
pub(crate) fn build() -> Result<(), Failure> {
    eprintln!("Building the kiosk and everything around it (the first time this takes long)");
    let mut command = cargo();
    command.args(["build", "--bins"]);
    for package in PROGRAMS {
        command.args(["--package", package]);
    }
    crate::command::run(&mut command)
        .map_err(|failure| Failure::setup(format!("building the programs: {failure}")))
}

#[cfg(test)]
mod tests {
    use clap::{Parser, error::ErrorKind};

    use super::options::Options;

    #[test]
    fn the_demos_options_are_known_before_it_is_built() {
        assert!(Options::try_parse_from(["demo", "--headless", "--case", "wrong-pin"]).is_ok());
        let kind =
            |option| Options::try_parse_from(["demo", option]).err().map(|error| error.kind());
        assert_eq!(kind("--help"), Some(ErrorKind::DisplayHelp));
        assert_eq!(kind("--headles"), Some(ErrorKind::UnknownArgument));
        assert_eq!(kind("--case=lost"), Some(ErrorKind::InvalidValue));
    }
}
