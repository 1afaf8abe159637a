// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tries the unit's image in QEMU. `cargo xtask image-test` builds everything and starts it.

use std::{fs, path::PathBuf, process::ExitCode, time::Instant};

use clap::{Args, Parser, Subcommand};
use end_to_end::{
    failure::Failure,
    prove::chain,
    unit::{
        machine::Stable,
        report::{Report, Row},
        site::Site,
        trial::{Rig, Trial},
    },
};

/// Tries the unit's image in QEMU, without KVM.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the store that the image is built for: cards, service, the vendor's overlay
    Prepare {
        /// Where the test's files are
        #[arg(long)]
        folder: PathBuf,
        /// The vendor's folder, whose `overlay` is written
        #[arg(long)]
        vendor: PathBuf,
        /// The project's `deploy`
        #[arg(long)]
        deploy: PathBuf,
    },
    /// Make the trials
    Run(Run),
}

#[derive(Args)]
struct Run {
    /// Where the test's files are
    #[arg(long)]
    folder: PathBuf,
    /// How the machines' command sees that folder
    #[arg(long)]
    seen_as: PathBuf,
    /// The image's root hash
    #[arg(long)]
    image: String,
    /// Only this trial (may be repeated)
    #[arg(long)]
    only: Vec<String>,
    /// Which half of what a disk has not flushed is lost
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    /// Keep what every process printed in FOLDER/record.txt
    #[arg(long)]
    record: bool,
    /// The command that runs scripts of deploy/test in the builder
    #[arg(last = true)]
    machine: Vec<String>,
}

const NOT_PROVEN: u8 = 1;
const NOT_SET_UP: u8 = 2;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Prepare { folder, vendor, deploy } => {
            Site::prepare(&folder, &vendor, &deploy).map(|()| true)
        }
        Command::Run(run) => try_out(&run),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NOT_PROVEN),
        Err(failure) => {
            eprintln!("image-test: {}", chain(&failure));
            ExitCode::from(if failure.is_of_setup() { NOT_SET_UP } else { NOT_PROVEN })
        }
    }
}

/// Tells whether every claim holds.
fn try_out(run: &Run) -> Result<bool, Failure> {
    let chosen = chosen(&run.only)?;
    let pictures = run.folder.join("report");
    let stable = Stable {
        command: run.machine.clone(),
        folder: run.folder.clone(),
        seen_as: run.seen_as.clone(),
    };
    eprintln!("image-test: opening the store, drawing the screens");
    let mut rig = Rig::set_up(stable, pictures.clone(), run.seed)?;
    let mut report = Report::resume(&pictures, &run.image);
    for (number, trial) in chosen.iter().enumerate() {
        eprintln!("image-test [{}/{}] {}: {}", number + 1, chosen.len(), trial.name, trial.claim);
        let start = Instant::now();
        let made = trial.make(&mut rig);
        let seconds = start.elapsed().as_secs();
        let (holds, seen) = match &made {
            Ok(seen) => (Some(true), seen.clone()),
            Err(failure) => ((!failure.is_of_setup()).then_some(false), chain(failure)),
        };
        let (trial, claim) = (trial.name.to_owned(), trial.claim.to_owned());
        let pictures_of_it = rig.take_pictures();
        let row = Row { trial, claim, holds, seen, seconds, pictures: pictures_of_it };
        eprintln!("image-test: {}: {} ({seconds} s)", row.trial, row.seen);
        report.add(row, &pictures)?;
        if run.record {
            let path = run.folder.join("record.txt");
            let lines: Vec<_> = rig.record.lines().iter().map(ToString::to_string).collect();
            fs::write(&path, lines.join("\n"))
                .map_err(|source| Failure::System { doing: "keeping the record".into(), source })?;
        }
    }
    eprint!("\n{}", report.table());
    eprintln!("image-test: {}", pictures.join("report.html").display());
    Ok(report.rows.iter().all(|row| row.holds == Some(true)))
}

fn chosen(only: &[String]) -> Result<Vec<Trial>, Failure> {
    for name in only {
        if Trial::ALL.iter().all(|trial| trial.name != *name) {
            let names: Vec<_> = Trial::ALL.iter().map(|trial| trial.name).collect();
            return Err(Failure::Refuted(format!(
                "no trial is called `{name}`; there are {}",
                names.join(", ")
            )));
        }
    }
    let is_chosen = |trial: &&Trial| only.is_empty() || only.iter().any(|name| name == trial.name);
    Ok(Trial::ALL.iter().filter(is_chosen).copied().collect())
}
