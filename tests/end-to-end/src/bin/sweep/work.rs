// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sweep itself: which runs, played by so many hands at a time, kept, reported.

use std::{
    collections::BTreeMap,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use end_to_end::{
    failure::Failure,
    sweep::{
        hands::Hands,
        journey::Journey,
        plan::{Plan, Run},
        report::{self, Report},
        result::Verdict,
        workshop::Workshop,
    },
};

use crate::{arguments::Arguments, interrupt, keep, keep::Keep, progress::Progress};

/// How a sweep ended.
pub(crate) enum Outcome {
    Clean,
    Violated,
    NotTried,
    Interrupted,
}

/// Makes the runs that the arguments name.
pub(crate) fn sweep(arguments: &Arguments) -> Result<Outcome, Failure> {
    let stop = interrupt::watch()?;
    if arguments.fresh {
        keep::forget(&arguments.out)?;
    }
    let folder = arguments.out.join(format!("workshop-{}", arguments.hurry()));
    keep::make(&folder)?;
    let workshop =
        Workshop::open(&folder, arguments.hurry(), &stop, &|doing| eprintln!("sweep: {doing}"))?;
    let plan = workshop.plan(&arguments.journeys());
    let whole = workshop.plan(&Journey::ALL);
    let runs = chosen(&plan, arguments);
    if arguments.list {
        runs.iter().for_each(|run| eprintln!("{}", run.id));
    }
    eprintln!(
        "sweep: {} runs of {} points and {} kinds of fault (the whole plan {}: {} runs)",
        runs.len(),
        plan.points(),
        plan.faults(),
        whole.hash,
        whole.runs.len()
    );
    if arguments.list {
        return Ok(Outcome::Clean);
    }
    let keep = Keep::open(&arguments.out, &whole.hash, arguments.hurry())?;
    let mut results =
        if arguments.only.is_empty() { keep.finished(&runs) } else { BTreeMap::new() };
    let missing: Vec<&Run> = runs.iter().filter(|run| !results.contains_key(&run.id)).collect();
    let mut progress = Progress::of(runs.len(), results.len());
    let deadline = arguments.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let hands = Hands { workshop: &workshop, jobs: arguments.jobs, deadline, stop: &stop };
    // What is changed while the sweep goes on is not what is played.
    let commit = report::commit();
    hands.play(&missing, |mut result, record| {
        result.commit.clone_from(&commit);
        progress.finished(&result);
        keep.keep(&result, record)?;
        results.insert(result.id.clone(), result);
        Ok(())
    })?;
    progress.ended();
    let is_interrupted = stop.load(Ordering::SeqCst);
    // The report is of the whole plan, whichever part was made now.
    let known = keep.finished(&whole.runs);
    let report = Report::of(&whole, &known, arguments.hurry(), &commit);
    keep::write(&arguments.out.join("report.json"), &report.json())?;
    keep::write(&arguments.out.join("report.html"), &report.page())?;
    eprintln!("sweep: {}", arguments.out.join("report.html").display());
    if is_interrupted {
        return Ok(Outcome::Interrupted);
    }
    let has = |verdict| results.values().any(|result| result.verdict == verdict);
    let is_unproven = results.values().any(|result| result.verdict.proves_nothing());
    Ok(match (has(Verdict::Violation), is_unproven) {
        (true, _) => Outcome::Violated,
        (false, true) => Outcome::NotTried,
        (false, false) => Outcome::Clean,
    })
}

fn chosen(plan: &Plan, arguments: &Arguments) -> Vec<Run> {
    let mut runs = match arguments.sample {
        Some(count) => plan.sample(count, arguments.seed),
        None => plan.runs.clone(),
    };
    if !arguments.only.is_empty() {
        runs.retain(|run| arguments.only.contains(&run.id));
    }
    if !arguments.filter.is_empty() {
        runs.retain(|run| arguments.filter.iter().any(|text| run.id.contains(text)));
    }
    runs
}
