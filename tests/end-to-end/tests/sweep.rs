// SPDX-License-Identifier: MIT OR Apache-2.0
//! A sample of the sweep, the same in each run of the tests: every kind of fault at one of its
//! points. The whole is `cargo xtask sweep`.

use std::{
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use end_to_end::sweep::{
    hands::Hands, journey::Journey, plan::Run, result::Verdict, workshop::Workshop,
};

/// In all; one of each kind of fault among them.
const RUNS: usize = 49;
/// Runs in which the sweep has once found a violation.
const FOUND: &[&str] = &[
    "reset.journal-forget-1.disk-full",
    "checking.journal-open-1.disk-full",
    "returning.http-v1-sessions-1.foreign",
    "settling.http-outcome-1.cut-after",
    "reset.effect-pad-open-new-1.killed-before",
    "reset.journal-reset-sent-1.killed-between",
    "reset.journal-outcome-1.disk-full",
    "settling.state-settling-1.walks-away",
];
/// Whether the lifted card or its failed command is heard of first is the machine's to say; the
/// visits without a fault pass other points then, and a run at one of these is not planned.
const MOST_ASIDE: usize = 1;
const SEED: u64 = 2026;
/// By what the session's limits are divided, as in the whole sweep.
const HURRY: u32 = 20;
/// No run is begun after this time: on a machine that is busy with other tests fewer are made.
const AT_MOST: Duration = Duration::from_secs(300);
/// Fewer would be no sample.
const AT_LEAST: usize = RUNS / 2;

#[test]
fn a_sample_of_every_kind_of_fault_leaves_card_service_and_journal_as_they_must_be() {
    let (stop, folder) = (AtomicBool::new(false), tempfile::tempdir().unwrap());
    let start = Instant::now();
    let workshop = Workshop::open(folder.path(), HURRY, &stop, &|_| {}).unwrap();
    let plan = workshop.plan(&Journey::ALL);
    let sample = plan.sample(RUNS - FOUND.len(), SEED);
    let mut runs: Vec<&Run> = FOUND.iter().filter_map(|id| plan.run(id)).collect();
    let aside: Vec<_> = FOUND.iter().filter(|id| plan.run(id).is_none()).collect();
    assert!(aside.len() <= MOST_ASIDE, "the visits pass no such points: {aside:?}");
    runs.extend(sample.iter().filter(|run| !FOUND.contains(&run.id.as_str())));
    let deadline = Some(start + AT_MOST);
    let hands = Hands { workshop: &workshop, jobs: 2, deadline, stop: &stop };
    let mut results = Vec::new();
    hands
        .play(&runs, |result, record| {
            if result.verdict == Verdict::Violation {
                eprintln!("{}: {}", result.id, result.reasons.join("; "));
                record.lines().iter().for_each(|line| eprintln!("{line}"));
            }
            results.push(result);
            Ok(())
        })
        .unwrap();
    let of = |verdict| -> Vec<_> {
        let runs = results.iter().filter(|result| result.verdict == verdict);
        runs.map(|result| (result.id.as_str(), &result.reasons)).collect()
    };
    assert!(of(Verdict::Violation).is_empty(), "{:?}", of(Verdict::Violation));
    let unproven = [of(Verdict::NotFired), of(Verdict::NotTried)].concat();
    let proven = results.len() - unproven.len();
    assert!(proven >= AT_LEAST, "of {} runs only {proven} were made", runs.len());
    assert!(unproven.len() * 10 <= results.len(), "nothing is proven by {unproven:?}");
}
