// SPDX-License-Identifier: MIT OR Apache-2.0
//! Plays visit after visit at one kiosk process and tells whether anything in it grows.
//! `cargo xtask soak` builds everything and starts it.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use end_to_end::{
    bench::{Bench, Setting},
    failure::Failure,
    prove::chain,
    soak::{
        report::{HEAD, Report, is_row, row},
        sample::Sample,
        visits::{Draw, Residents},
    },
};

/// Play sessions one after another at one kiosk process, and see whether anything grows.
///
/// Everything is real but the card: the kiosk under its real screens, kiosk-link, pcscd, the
/// reference service. The session's limits are divided, so that walking away takes seconds. Needs
/// root: the kiosk closes its memory to its own user.
#[derive(Parser)]
#[command(name = "soak", bin_name = "cargo xtask soak", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 flat · 1 not flat, or a session went wrong · 2 could not be set up"
)]
struct Arguments {
    /// How many sessions; at least 100, of which the first fifty warm everything up
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    sessions: u32,
    /// What the sessions are drawn with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the report goes
    #[arg(long, value_name = "FOLDER", default_value = "target/soak")]
    out: PathBuf,
}

const NOT_FLAT: u8 = 1;
const NOT_SET_UP: u8 = 2;

/// Of the session's limits: who walks away is gone after 13 s instead of 80.
const HURRY: u32 = 6;

fn main() -> ExitCode {
    match soak(&Arguments::parse()) {
        Ok(report) if report.is_flat => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(NOT_FLAT),
        Err(failure) => {
            eprintln!("\nsoak: {}", chain(&failure));
            ExitCode::from(if failure.is_of_setup() { NOT_SET_UP } else { NOT_FLAT })
        }
    }
}

fn soak(arguments: &Arguments) -> Result<Report, Failure> {
    let setting = Setting { hurry: HURRY, level: "info", ..Setting::default() };
    let mut bench = Bench::new(setting)?;
    let (residents, mut draw) = (Residents::of(&mut bench)?, Draw::with_seed(arguments.seed));
    let sessions = arguments.sessions as usize;
    let mut samples: Vec<Sample> = Vec::with_capacity(sessions);
    eprint!("{HEAD}");
    for session in 1..=sessions {
        let (visit, start) = (draw.next_visit(), Instant::now());
        residents.play(&mut bench, visit).map_err(|failure| {
            Failure::Refuted(format!("session {session} ({visit:?}): {}", chain(&failure)))
        })?;
        let sample = Sample::of(&mut bench, session, start.elapsed())?;
        samples.push(sample);
        if is_row(&sample, sessions) {
            eprint!("{}", row(&sample, &samples));
        }
    }
    bench.end()?;
    let report = Report::of(arguments.seed, samples);
    report.write(&arguments.out)?;
    eprintln!();
    report.judgements.iter().for_each(|judgement| eprint!("{}", judgement.row()));
    let verdict = if report.is_flat { "FLAT" } else { "NOT FLAT" };
    eprintln!("\n{verdict}. The report: {}", arguments.out.join("report.md").display());
    Ok(report)
}
