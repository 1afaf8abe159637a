// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs every test and closes with one line of counts.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use crate::{
    command::{Failure, cargo, exists},
    counts::Counts,
    setup::{Consent, ensure},
};

/// Installs what is missing, then runs the tests of these packages, of all where none is named.
pub(crate) fn run(consent: Consent, packages: &[String]) -> Result<(), Failure> {
    ensure(consent)?;
    let start = Instant::now();
    let mut selection = Vec::new();
    for package in packages {
        selection.extend(["--package", package]);
    }
    if selection.is_empty() {
        selection.push("--workspace");
    }
    let mut counts = Counts::default();
    let mut green = true;
    for mut command in runners(&selection) {
        if packages.is_empty() {
            // All programs are among the tests' own parts; who tests one package builds the others.
            command.env("KIOSK_TEST_PROGRAMS", "built");
        }
        let (ended_well, counted) = count(&mut command)?;
        green &= ended_well;
        counts += counted;
    }
    eprintln!("all tests took {} s", start.elapsed().as_secs());
    eprintln!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    match (green, counts.passed) {
        (true, 1..) => Ok(()),
        (true, 0) => Err(Failure::refuted("no test was run")),
        (false, _) => Err(Failure::refuted("tests failed (see above)")),
    }
}

/// nextest where it is installed, with the documentation's tests that it leaves out; else cargo.
fn runners(selection: &[&str]) -> Vec<Command> {
    let mut all = cargo();
    if !exists("cargo-nextest") {
        all.args(["test", "--no-fail-fast"]).args(selection);
        return vec![all];
    }
    all.args(["nextest", "run", "--no-fail-fast", "--no-tests=pass"]).args(selection);
    let mut documentation = cargo();
    documentation.args(["test", "--doc", "--no-fail-fast"]).args(selection);
    vec![all, documentation]
}

/// Runs one test runner, shows what it prints, and adds up its closing lines.
fn count(command: &mut Command) -> Result<(bool, Counts), Failure> {
    let failed = |error: std::io::Error| Failure::setup(format!("running the tests: {error}"));
    // Both runners say their counts on one of the two streams: take them as one.
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let both = writer.try_clone().map_err(failed)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::from(writer))
        .stderr(Stdio::from(both))
        .spawn()
        .map_err(failed)?;
    // The command keeps its ends of the pipe; without this the reader never sees the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut counts = Counts::default();
    for line in BufReader::new(reader).lines() {
        let line = line.map_err(failed)?;
        eprintln!("{line}");
        if let Some(more) = Counts::of_line(&line) {
            counts += more;
        }
    }
    let status = child.wait().map_err(failed)?;
    Ok((status.success(), counts))
}
