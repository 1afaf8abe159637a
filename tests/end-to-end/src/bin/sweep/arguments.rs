// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line.

use std::{path::PathBuf, thread};

use clap::Parser;
use end_to_end::sweep::journey::Journey;

/// Run the whole kiosk once for every fault at every point of a visit.
///
/// Each run has a pcscd, a virtual card, a service, kiosk-link and a kiosk of its own in a
/// temporary folder, and is judged by what the card's state file, the service's database and the
/// journal say. Finished runs are kept: the same command goes on where it was interrupted.
///
/// Writes report.html, report.json, runs/ID.json of each run, and violations/ID.log of each
/// violation, which is all that every process printed.
#[derive(Parser)]
#[command(name = "cargo xtask sweep", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Where report and runs are kept
    #[arg(long, value_name = "FOLDER", default_value = "target/sweep")]
    pub(crate) out: PathBuf,
    /// Runs at a time; as many as there are processors where not given
    #[arg(long, value_name = "N", default_value_t = processors())]
    pub(crate) jobs: usize,
    /// Only these journeys (may be repeated)
    #[arg(long, value_enum)]
    pub(crate) journey: Vec<Journey>,
    /// Only runs whose id has this text in it (may be repeated: one of them)
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Only the run with this id, afresh, whether or not it is finished (may be repeated)
    #[arg(long, value_name = "ID")]
    pub(crate) only: Vec<String>,
    /// So many runs, of every kind of fault
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<usize>,
    /// Which sample
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Begin no run after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) seconds: Option<u64>,
    /// With the session's true limits, not divided by 20 (many hours)
    #[arg(long)]
    pub(crate) true_limits: bool,
    /// Forget what earlier sweeps finished
    #[arg(long)]
    pub(crate) fresh: bool,
    /// List the runs, and make none
    #[arg(long)]
    pub(crate) list: bool,
}

const EXIT_CODES: &str = "\
Exit codes: 0 no violation, 1 at least one, 2 a run proves nothing, 130 interrupted";

fn processors() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

impl Arguments {
    /// By what the session's limits are divided.
    pub(crate) const fn hurry(&self) -> u32 {
        if self.true_limits { 1 } else { 20 }
    }

    /// All of them where none is named.
    pub(crate) fn journeys(&self) -> Vec<Journey> {
        if self.journey.is_empty() { Journey::ALL.to_vec() } else { self.journey.clone() }
    }
}
