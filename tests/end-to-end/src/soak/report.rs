// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a soak found, as a table for people and as JSON for whoever keeps a history.

use std::{fmt::Write, fs, path::Path};

use serde::Serialize;

use super::{
    sample::Sample,
    verdict::{Bound, Judgement, judge},
};
use crate::failure::Failure;

/// The whole report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing grows.
    pub is_flat: bool,
    /// What the visits were drawn with.
    pub seed: u64,
    /// Each thing that was watched.
    pub judgements: Vec<Judgement>,
    /// One a session.
    pub samples: Vec<Sample>,
}

impl Report {
    /// Judges the samples.
    #[must_use]
    pub fn of(seed: u64, samples: Vec<Sample>) -> Self {
        let judgements = judge(&samples);
        let is_flat = judgements.iter().all(|judgement| judgement.is_flat);
        Self { is_flat, seed, judgements, samples }
    }

    /// Writes `report.json` and `report.md` into the folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        fs::create_dir_all(folder).map_err(Failure::file("making the folder", folder))?;
        let json = serde_json::to_string_pretty(self).map_err(|error| Failure::Unreadable {
            from: "the report",
            answer: error.to_string(),
        })?;
        for (name, text) in [("report.json", json), ("report.md", self.page())] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Failure::file("writing", path))?;
        }
        Ok(())
    }

    /// The report as Markdown.
    #[must_use]
    pub fn page(&self) -> String {
        let sessions = self.samples.len();
        let mut page = format!(
            "# Soak\n\n{sessions} sessions at one kiosk process, seed {}: {}.\n\n{HEAD}",
            self.seed,
            if self.is_flat { "flat" } else { "NOT flat" }
        );
        for sample in self.samples.iter().filter(|sample| is_row(sample, sessions)) {
            page.push_str(&row(sample, &self.samples));
        }
        page.push_str("\n| watched, second half | from | to | a session | may | |\n|---|--:|--:|--:|--:|---|\n");
        for judgement in &self.judgements {
            page.push_str(&judgement.row());
        }
        page.push_str("\nWhy these bounds:\n\n");
        let mut reasons: Vec<_> = self.judgements.iter().map(|judgement| judgement.why).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons.iter().for_each(|why| page.push_str(&format!("- {why}\n")));
        page
    }
}

impl Judgement {
    /// A row of the second table.
    #[must_use]
    pub fn row(&self) -> String {
        let Self { what, from, to, slope, bound, is_flat, .. } = self;
        let may = match bound {
            Bound::Slope(most) => format!("{most:+}"),
            Bound::NoMore => "no more".to_owned(),
        };
        let verdict = if *is_flat { "flat" } else { "**grows**" };
        format!("| {what} | {from} | {to} | {slope:+.3} | {may} | {verdict} |\n")
    }
}

/// The head of the first table.
pub const HEAD: &str = "\
| sessions | s each | kiosk RSS | PSS | fds | threads | link RSS | PSS | fds | threads | journal | pcscd RSS | fds |\n\
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";

/// Whether a sample has a row of its own: each 25th, the first and the last.
#[must_use]
pub fn is_row(sample: &Sample, sessions: usize) -> bool {
    sample.sessions == 1 || sample.sessions.is_multiple_of(ROWS) || sample.sessions == sessions
}

/// A row of the first table, with the mean duration of the sessions since the last one.
#[must_use]
pub fn row(sample: &Sample, all: &[Sample]) -> String {
    let since: Vec<_> = all
        .iter()
        .filter(|it| it.sessions <= sample.sessions && it.sessions + ROWS > sample.sessions)
        .map(|it| it.seconds)
        .collect();
    let mean = since.iter().sum::<f64>() / since.len().max(1) as f64;
    let mut row = format!("| {} | {mean:.1} |", sample.sessions);
    for usage in [sample.kiosk, sample.link] {
        let (rss, pss) = (usage.rss_kib, usage.pss_kib);
        let counted = write!(row, " {rss} | {pss} | {} | {} |", usage.descriptors, usage.threads);
        debug_assert!(counted.is_ok(), "a String takes whatever is written to it");
    }
    let Sample { journal_kib, pcscd, .. } = sample;
    row + &format!(" {journal_kib} | {} | {} |\n", pcscd.rss_kib, pcscd.descriptors)
}

/// Sessions between two rows.
const ROWS: usize = 25;
