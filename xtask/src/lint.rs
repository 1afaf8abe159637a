// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is checked without running the product: format, lints, licences, trees, documentation.

use std::{process::Command, time::Instant};

use clap::ValueEnum;

use crate::{
    command::{Failure, cargo, exists, root, run as run_command, target},
    setup::{Consent, ensure, ensure_device},
    tree::{self, DEVICE},
};

/// One check, in the order of its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Check {
    /// rustfmt would change nothing
    Fmt,
    /// No released program holds what it must not
    Trees,
    /// cargo-deny: licences, bans, sources and, where the database can be had, advisories
    Deny,
    /// Clippy, with warnings as errors; of the kiosk also as a unit has it
    Clippy,
    /// rustdoc, with warnings as errors
    Doc,
}

/// Runs these checks, all where none is named, and prints the seconds of each.
pub(crate) fn run(consent: Consent, only: &[Check]) -> Result<(), Failure> {
    ensure(consent)?;
    for check in Check::value_variants() {
        if !only.is_empty() && !only.contains(check) {
            continue;
        }
        let start = Instant::now();
        perform(*check, consent)?;
        eprintln!("lint {check:?}: ok, {} s", start.elapsed().as_secs());
    }
    Ok(())
}

fn perform(check: Check, consent: Consent) -> Result<(), Failure> {
    match check {
        Check::Fmt => run_command(cargo().args(["fmt", "--all", "--check"])),
        Check::Trees => tree::check(),
        Check::Deny => deny(),
        Check::Clippy => clippy(consent),
        Check::Doc => run_command(cargo().env("RUSTDOCFLAGS", "-D warnings").args([
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ])),
    }
}

/// All of the workspace; then the kiosk with the features of a unit, which nothing else compiles.
fn clippy(consent: Consent) -> Result<(), Failure> {
    let deny_warnings = ["--", "-D", "warnings"];
    run_command(cargo().args(["clippy", "--workspace", "--all-targets"]).args(deny_warnings))?;
    ensure_device(consent)?;
    run_command(cargo().args(["clippy", "--package", "kiosk-app"]).args(DEVICE).args(deny_warnings))
}

/// cargo-deny, with the advisory database where it can be fetched, and plainly without where not.
fn deny() -> Result<(), Failure> {
    let program = deny_program()?;
    let mut command = Command::new(&program);
    command.current_dir(root()).args([
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]);
    run_command(&mut command)?;
    let fetched = Command::new(&program)
        .current_dir(root())
        .args(["--log-level", "off", "fetch", "db"])
        .status()
        .is_ok_and(|status| status.success());
    if !fetched {
        eprintln!("advisories NOT checked: the advisory database could not be fetched");
        return Ok(());
    }
    run_command(Command::new(&program).current_dir(root()).args(["check", "advisories"]))
}

/// cargo-deny from the machine, or built once into the target directory.
fn deny_program() -> Result<std::path::PathBuf, Failure> {
    if exists("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let tools = target().join("tools");
    let program = tools.join("bin/cargo-deny");
    if !program.is_file() {
        eprintln!("cargo-deny is not installed: building it once into {}", tools.display());
        run_command(
            cargo()
                .args(["install", "cargo-deny", "--locked", "--debug", "--quiet", "--root"])
                .arg(&tools)
                .env("CARGO_TARGET_DIR", tools.join("build")),
        )?;
    }
    Ok(program)
}
