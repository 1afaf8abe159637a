// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an auditor is handed: the same numbers and rows as a page and as data.

mod page;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde::Serialize;

use super::{
    plan::{Plan, Run},
    result::{RunResult, Verdict},
};

/// A whole sweep, as far as it has come.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of the plan.
    plan: String,
    /// The commit that was swept, with a mark where files were changed.
    commit: String,
    /// This release.
    software: &'static str,
    /// By what the session's limits were divided.
    limits_divided_by: u32,
    /// The totals.
    pub totals: Totals,
    rows: Vec<Row>,
}

/// The numbers of a sweep.
#[derive(Debug, Serialize)]
pub struct Totals {
    /// Points of all journeys.
    pub points: usize,
    /// Kinds of fault, each problem code one.
    pub faults: usize,
    /// Runs planned.
    pub planned: usize,
    /// Runs finished.
    pub finished: usize,
    /// Of these, runs of another commit than the report's: an earlier sweep's.
    pub of_other_commits: usize,
    /// Endings that residents saw, with the number of runs.
    pub endings: BTreeMap<String, usize>,
    /// Runs by how they came out.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// The seconds of a run, on average.
    pub seconds_a_run: f32,
}

#[derive(Debug, Serialize)]
struct Row {
    journey: &'static str,
    journey_title: &'static str,
    group: &'static str,
    point: String,
    fault: String,
    /// None where it is not finished.
    result: Option<RunResult>,
    id: String,
}

impl Report {
    /// Of these results of a plan.
    #[must_use]
    pub fn of(
        plan: &Plan,
        results: &BTreeMap<String, RunResult>,
        limits_divided_by: u32,
        commit: &str,
    ) -> Self {
        let rows: Vec<_> = plan.runs.iter().map(|run| Row::of(run, results.get(&run.id))).collect();
        let finished: Vec<_> = rows.iter().filter_map(|row| row.result.as_ref()).collect();
        let mut endings: BTreeMap<String, usize> = BTreeMap::new();
        let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
        for result in &finished {
            *verdicts.entry(result.verdict).or_default() += 1;
            let seen: BTreeSet<_> = result.endings.iter().map(|shown| &shown.key).collect();
            for key in seen {
                *endings.entry(key.clone()).or_default() += 1;
            }
        }
        let seconds: f32 = finished.iter().map(|result| result.seconds).sum();
        let totals = Totals {
            points: plan.points(),
            faults: plan.faults(),
            planned: plan.runs.len(),
            finished: finished.len(),
            of_other_commits: finished.iter().filter(|result| result.commit != commit).count(),
            endings,
            verdicts,
            seconds_a_run: seconds / finished.len().max(1) as f32,
        };
        let software = env!("CARGO_PKG_VERSION");
        Self {
            plan: plan.hash.clone(),
            commit: commit.to_owned(),
            software,
            limits_divided_by,
            totals,
            rows,
        }
    }

    /// As data.
    #[must_use]
    pub fn json(&self) -> String {
        // Maps of strings and plain members: this cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// As a page that needs nothing else.
    #[must_use]
    pub fn page(&self) -> String {
        page::of(self)
    }
}

impl Row {
    fn of(run: &Run, result: Option<&RunResult>) -> Self {
        Self {
            journey: run.journey.key(),
            journey_title: run.journey.title(),
            group: run.point.group(),
            point: run.point.name(),
            fault: run.fault.key(),
            result: result.cloned(),
            id: run.id.clone(),
        }
    }
}

/// The commit that is checked out, with a mark where files were changed.
#[must_use]
pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(head) = git(&["rev-parse", "HEAD"]) else { return "unknown".to_owned() };
    let is_changed = git(&["status", "--porcelain", "--untracked-files=no"])
        .is_none_or(|changes| !changes.is_empty());
    if is_changed { format!("{head} with changes") } else { head }
}
