// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every command of this repository, in one list: people, CI and the README use it.
//!
//! It depends on no member of the workspace and on no crate that links a system library, so
//! that it builds on a machine that has only Rust and a C compiler, and can then install what
//! the rest needs.

mod command;
mod counts;
mod demo;
mod fresh;
mod fuzz;
mod image;
mod lint;
mod setup;
mod soak;
mod sweep;
mod test;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::Failure;

/// Build, prove and show the kiosk.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reset the signature PIN of a virtual card, before your eyes
    ///
    /// Starts a private pcscd with a virtual reader, a virtual card, the reference service,
    /// kiosk-link and the kiosk in a temporary folder, and removes all of it at the end.
    /// Never touches a real reader. Exit code 0: proven, 1: not, 2: could not be set up.
    ///
    /// Options such as --headless, --language ja|en, --size WIDTHxHEIGHT and --case NAME are
    /// handed to the demo; `cargo xtask demo -- --help` lists them.
    Demo {
        #[command(flatten)]
        consent: setup::Consent,
        /// Options of the demo itself, such as --headless, --language en, --case wrong-pin
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Run every test, the end-to-end tests over real pcscd and real TLS among them
    Test {
        #[command(flatten)]
        consent: setup::Consent,
        /// Run only the tests of this package (may be repeated)
        #[arg(long, short, value_name = "NAME")]
        package: Vec<String>,
    },
    /// Check format, lints, licences, feature trees and documentation
    Lint {
        #[command(flatten)]
        consent: setup::Consent,
        /// Run only this check (may be repeated)
        #[arg(long, value_enum)]
        only: Vec<lint::Check>,
    },
    /// Draw every screen in every language on every panel into target/gallery/
    Gallery {
        #[command(flatten)]
        consent: setup::Consent,
        /// Options of the gallery itself, such as --language ja; see `cargo xtask gallery -- --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Play sessions one after another at one kiosk process, and see whether anything grows
    ///
    /// Memory, file descriptors, threads and the journal are judged over the second half; the
    /// report goes to target/soak/. Needs root. Exit code 0: flat, 1: not, 2: could not be set up.
    Soak {
        #[command(flatten)]
        consent: setup::Consent,
        /// How many sessions
        #[arg(long, default_value_t = 300)]
        sessions: u32,
        /// Options of the soak itself, such as --seed 2; see `cargo xtask soak -- --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Fuzz what the card, the service, the disk and the operator may say
    ///
    /// Each target starts from its committed inputs in tests/fuzz/corpus, which `cargo test -p
    /// fuzz` also runs as plain tests. What is found lies in target/fuzz/finds.
    Fuzz(fuzz::Options),
    /// Run the whole kiosk once for every fault at every point of a visit, and report
    ///
    /// Writes report.html and report.json to target/sweep/. Finished runs are kept, so that an
    /// interrupted sweep goes on. Exit code 0: no violation, 1: at least one, 2: not tried.
    ///
    /// Options such as --sample N, --filter TEXT, --only ID, --seconds N and --true-limits are
    /// handed to the sweep; `cargo xtask sweep -- --help` lists them.
    Sweep {
        #[command(flatten)]
        consent: setup::Consent,
        /// Options of the sweep itself, such as --sample 40, --only ID, --fresh
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Build the unit's image: verified root, signed kernels, disk, update, SBOM, source
    ///
    /// `cargo xtask image --kind lab` makes an image for a laboratory, with keys of its own and a
    /// mark on every screen; a release wants `--keys FOLDER`. All of it runs in a Debian 13 root
    /// that is made once in target/image; needs root, no loop device, no KVM. A step can be run
    /// alone: `cargo xtask image check --kind lab`. deploy/README.md takes you through it.
    Image(image::Options),
    /// Try the release image in QEMU: Secure Boot, a reset by touch, power cuts, what is refused
    ///
    /// Builds a release image for a store of the test's own (target/image/test), then plays each
    /// trial in a machine of its own, without KVM. The report with pictures goes to
    /// target/image/test/report/. Needs root. Exit code 0: every claim holds, 1: one does not, 2: it
    /// could not be tried.
    ImageTest(image::test::Options),
    /// Install the Debian packages that building, testing and linting need
    Setup {
        #[command(flatten)]
        consent: setup::Consent,
    },
    /// Prove the README's two commands on a bare Debian 12 that has nothing
    ///
    /// Makes the root with mmdebstrap, clones the committed state of this project into it and
    /// runs `cargo xtask demo` and `cargo xtask test` there. Needs root. Uncommitted changes
    /// are not part of the proof; it says so when there are any.
    Fresh(fresh::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::from(failure.exit_code)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo { consent, options } => demo::run(consent, &options),
        Command::Test { consent, package } => test::run(consent, &package),
        Command::Lint { consent, only } => lint::run(consent, &only),
        Command::Gallery { consent, options } => demo::gallery(consent, &options),
        Command::Soak { consent, sessions, options } => soak::run(consent, sessions, &options),
        Command::Sweep { consent, options } => sweep::run(consent, &options),
        Command::Setup { consent } => setup::run(consent),
        Command::Image(options) => image::run(&options),
        Command::ImageTest(options) => image::test::run(&options),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Fresh(options) => fresh::run(&options),
    }
}
