// SPDX-License-Identifier: MIT OR Apache-2.0
//! One run, from a fresh bench to its judgement.

use std::{
    collections::HashMap,
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use super::{
    arming::Arming,
    facts::Facts,
    fault::{Fault, Then},
    journal,
    journey::Journey,
    judgement::{Case, Judgement},
    plan::Run,
    point::Point,
    reference::Reference,
    result::{RunResult, Verdict},
    story::Story,
    visitor::{Goal, Visitor},
};
use crate::{
    bench::{Bench, Setting},
    card::Card,
    failure::Failure,
    fixture::Fixture,
    pin::Pin,
    prove::chain,
    record::Record,
};

/// What a run needs beside its fault.
#[derive(Clone)]
pub(super) struct Scenery<'w> {
    pub(super) fixture: &'w Fixture,
    pub(super) journey: Journey,
    /// By what the limits are divided.
    pub(super) hurry: u32,
    /// The number of the command that writes, where the journey lifts the card there.
    pub(super) lifted_at: Option<(u64, &'static str)>,
    pub(super) stop: &'w AtomicBool,
}

/// A bench with its residents.
struct Scene<'w> {
    scenery: Scenery<'w>,
    bench: Bench,
    story: Story,
    card: Card,
    other: Card,
    new: Pin,
}

impl Scenery<'_> {
    /// Plays a run and judges it; also gives back all that was printed.
    pub(super) fn run(&self, run: &Run) -> (RunResult, Record) {
        let start = Instant::now();
        let mut record = Record::default();
        let played = self.played(run, &mut record);
        let mut result = played.unwrap_or_else(|failure| not_tried(run, &chain(&failure)));
        result.seconds = start.elapsed().as_secs_f32();
        (result, record)
    }

    fn played(&self, run: &Run, record: &mut Record) -> Result<RunResult, Failure> {
        let arming = Arming { point: &run.point, fault: run.fault, hurry: self.hurry };
        let mut scene = self.scene()?;
        *record = scene.bench.record().clone();
        if matches!(run.fault, Fault::ClockStepped { .. }) {
            // The processes are wound up before they start; the clock shows the time till then.
            scene.bench.step_clock(ON_TIME)?;
        }
        scene.bench.set_arguments(arming.arguments());
        scene.lift_as_planned()?;
        arming.arm(&scene.bench)?;
        scene.start()?;
        scene.visit(Some((&run.point, run.fault)))?;
        let has_fired = arming.has_fired(&scene.bench, &scene.story)?;
        scene.judged(Some(run.fault), &run.id, has_fired)
    }

    /// Makes the journey without a fault, and gives back the points that it passed.
    pub(super) fn reference(&self) -> Result<Vec<Point>, Failure> {
        let mut scene = self.scene()?;
        scene.bench.set_arguments(vec!["--steps".to_owned()]);
        scene.lift_as_planned()?;
        scene.start()?;
        scene.visit(None)?;
        let (lines, trace) = (scene.bench.record().lines(), scene.bench.slot.trace()?);
        let offered: HashMap<_, _> = scene.story.offered.clone();
        let journey = self.journey;
        let reference = Reference { journey, lines: &lines, trace: &trace, offered: &offered };
        let points = reference.points();
        let sights = std::mem::take(&mut scene.story.sights).join(", ");
        let result = scene.judged(None, journey.key(), true)?;
        let asks = |path: &str| {
            points
                .iter()
                .any(|point| matches!(point, Point::Request { path: it, .. } if it == path))
        };
        let is_done = (result.ending() == "done" || journey == Journey::Checking)
            && journey.requests().iter().all(|path| asks(path));
        if result.verdict == Verdict::Passed && is_done {
            return Ok(points);
        }
        Err(Failure::Refuted(format!(
            "the journey `{}` goes wrong without a fault: {}; its last ending is {}; seen were: \
             {sights}",
            journey.key(),
            result.reasons.join("; "),
            result.ending(),
        )))
    }

    /// Leaves a reservation whose outcome is not known, and copies what there is then.
    pub(super) fn leave_unsettled(&self, folder: &std::path::Path) -> Result<Fixture, Failure> {
        let mut scene = self.scene()?;
        scene.lift_as_planned()?;
        scene.start()?;
        scene.visit_laying(None, Then::Never)?;
        scene.wait_until_told()?;
        let service = scene.facts()?.service;
        if service.outcome.as_deref() != Some("unknown") {
            return Err(Failure::Refuted(format!(
                "a card that is lifted while it is written leaves the outcome unknown: {service:?}"
            )));
        }
        scene.bench.end_kiosk()?;
        scene.bench.central.stop()?;
        Fixture::of_bench(scene.bench.folder(), &scene.card, &scene.other, folder)
    }

    fn scene(&self) -> Result<Scene<'_>, Failure> {
        let setting =
            Setting { hurry: self.hurry, policy_every: POLICY_EVERY, ..Setting::default() };
        let mut bench = Bench::of(self.fixture, setting)?;
        bench.be_quiet();
        bench.keep_policy()?;
        let cards = bench.folder().join(crate::card::CARDS);
        let (card, other) =
            (self.fixture.card.moved_to(&cards), self.fixture.other.moved_to(&cards));
        bench.central.reserve(&card, &[])?;
        let new = Pin::of_letters();
        bench.remember(&new);
        Ok(Scene { scenery: self.clone(), bench, story: Story::default(), card, other, new })
    }
}

impl Scene<'_> {
    fn lift_as_planned(&self) -> Result<(), Failure> {
        match self.scenery.lifted_at {
            Some((number, moment)) => {
                self.bench.slot.say(&format!("tear {number} {moment}")).map(drop)
            }
            None => Ok(()),
        }
    }

    fn start(&mut self) -> Result<(), Failure> {
        self.bench.start_link()?;
        self.bench.start_kiosk()
    }

    fn visit(&mut self, step: Option<(&Point, Fault)>) -> Result<(), Failure> {
        let then = match step {
            Some((_, Fault::Lifted { then, .. })) => then,
            _ => Then::Same,
        };
        self.visit_laying(step, then)
    }

    fn visit_laying(&mut self, step: Option<(&Point, Fault)>, then: Then) -> Result<(), Failure> {
        let patience = VISIT.max(VISIT * 20 / self.scenery.hurry.max(1));
        let goal = Goal::of(self.scenery.journey);
        let is_lifted_before = self.scenery.journey == Journey::Settling;
        let cards = (&self.card, &self.other);
        let (bench, story) = (&mut self.bench, &mut self.story);
        let visitor = Visitor::new(bench, story, cards, &self.new, goal, self.scenery.stop)
            .laying(then)
            .after_being_lifted(is_lifted_before);
        match step {
            Some((point, fault)) => visitor.with_step(point, fault).visits(patience),
            None => visitor.visits(patience),
        }
    }

    /// The network is back and everything runs: what has to be told is told.
    fn mend(&mut self) -> Result<(), Failure> {
        self.bench.network.mend();
        if self.bench.central.has_ended() {
            self.bench.central.start_again()?;
            self.bench.network.lead_to(self.bench.central.address());
        }
        self.bench.central.plan("clear")?;
        if self.bench.has_a_clock_of_its_own() {
            self.bench.step_clock(ON_TIME)?;
        }
        self.bench.slot.say("clear")?;
        self.bench.slot.say("remove").ok();
        self.keep_running()
    }

    fn keep_running(&mut self) -> Result<(), Failure> {
        let ended = match self.bench.kiosk() {
            Some(process) => process.wait(Duration::ZERO).ok(),
            None => None,
        };
        if let Some(status) = ended {
            self.story.exits.push(status.code());
            self.bench.set_arguments(vec!["--steps".to_owned()]);
            self.bench.start_kiosk()?;
        }
        Ok(())
    }

    /// Until the journal is empty; tells how long it took, at most [`TOLD_WITHIN`].
    fn wait_until_told(&mut self) -> Result<Duration, Failure> {
        let start = Instant::now();
        while start.elapsed() < TOLD_WITHIN {
            self.keep_running()?;
            // A file that is being written is looked at again.
            if journal::left_in(&self.bench.journal_file()).is_ok_and(|left| left.is_empty()) {
                break;
            }
            let mark = self.bench.record().mark();
            self.bench.record().wait_for("kiosk", "acknowledged", mark, MOMENT).ok();
        }
        Ok(start.elapsed())
    }

    fn facts(&self) -> Result<Facts, Failure> {
        Facts::of(&self.bench, (&self.card, &self.other), &self.new)
    }

    /// Mends everything, has a later visit settle what is open, and judges.
    fn judged(
        mut self,
        fault: Option<Fault>,
        id: &str,
        has_fired: bool,
    ) -> Result<RunResult, Failure> {
        self.mend()?;
        let told = self.wait_until_told()?;
        let first = self.facts()?;
        let mut later_visit = None;
        if self.story.wedged.is_none() && wants_a_later_visit(&first) {
            later_visit = Some(self.comes_back()?);
        }
        self.bench.end_kiosk()?;
        let facts = self.facts()?;
        let (known_verifies, new_verifies) = verifies(&self.bench.slot.trace()?);
        let case = Case {
            fault,
            story: &self.story,
            facts: &facts,
            first: &first,
            told,
            known_verifies,
            new_verifies,
            may_have_written: has_begun_to_keep(self.bench.record(), "reset-sent"),
        };
        let Judgement { mut verdict, mut reasons } = case.judge();
        let Self { bench, story, .. } = self;
        match bench.close() {
            Ok(()) => {}
            Err(Failure::Refuted(reason)) => {
                verdict = Verdict::Violation;
                reasons.push(reason);
            }
            // Whether a PIN was let out is not known then.
            Err(failure) if verdict == Verdict::Passed => {
                verdict = Verdict::NotTried;
                reasons.push(chain(&failure));
            }
            Err(_) => {}
        }
        if !has_fired && verdict == Verdict::Passed {
            verdict = Verdict::NotFired;
        }
        Ok(RunResult {
            id: id.to_owned(),
            verdict,
            endings: story.endings,
            reasons,
            facts: Some(facts),
            known_tries: (story.known_presses, known_verifies),
            new_tries: (story.new_presses, new_verifies),
            exits: story.exits,
            later_visit,
            told_after_seconds: told.as_secs_f32(),
            seconds: 0.0,
            attempts: 1,
            commit: String::new(),
        })
    }

    /// The resident comes again with the same card; gives back what the kiosk said then.
    fn comes_back(&mut self) -> Result<String, Failure> {
        let before = self.story.endings.len();
        // A machine that is busy with something else may be too slow for limits divided by 20.
        for _ in 0..MOST_LATER_VISITS {
            let cards = (&self.card, &self.other);
            let (bench, story) = (&mut self.bench, &mut self.story);
            Visitor::new(bench, story, cards, &self.new, Goal::Settle, self.scenery.stop)
                .visits(VISIT)?;
            self.wait_until_told()?;
            if !wants_a_later_visit(&self.facts()?) {
                break;
            }
        }
        let said = self.story.endings.split_off(before);
        let keys: Vec<_> = said.iter().map(|shown| shown.key.as_str()).collect();
        let state = self.facts()?.service.state;
        Ok(format!("{}, then {state}", keys.join(", ")))
    }
}

/// What only the card's receipt can settle (central-api.md, "Order and states").
fn wants_a_later_visit(facts: &Facts) -> bool {
    let is_consumed = facts.service.state == "CONSUMED";
    facts.card.has_new_pin != is_consumed
        || matches!(facts.service.state.as_str(), "ISSUED" | "UNRESOLVED")
}

/// VERIFY commands with data in the card's trace: in clear, and under secure messaging, where an
/// empty one has no DO87.
fn verifies(trace: &[String]) -> (u32, u32) {
    let length = |line: &str| -> usize {
        let (_, rest) = line.split_once(" Nc=").unwrap_or_default();
        rest.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    let (mut clear, mut protected) = (0, 0);
    for line in trace {
        match line.get(..4) {
            Some("0020") if length(line) > 0 => clear += 1,
            Some("0C20") if length(line) > EMPTY_PROTECTED => protected += 1,
            _ => {}
        }
    }
    (clear, protected)
}

/// DO97 and DO8E (reset-profile.md section 5).
const EMPTY_PROTECTED: usize = 3 + 10;

/// The kiosk has at least begun to keep a record of this name.
fn has_begun_to_keep(record: &Record, name: &str) -> bool {
    let done = format!("probe: journal {name}");
    record.lines().iter().any(|line| line.process == "kiosk" && line.text == done)
}

pub(super) fn not_tried(run: &Run, reason: &str) -> RunResult {
    RunResult {
        id: run.id.clone(),
        verdict: Verdict::NotTried,
        endings: Vec::new(),
        reasons: vec![reason.to_owned()],
        facts: None,
        known_tries: (0, 0),
        new_tries: (0, 0),
        exits: Vec::new(),
        later_visit: None,
        told_after_seconds: 0.0,
        seconds: 0.0,
        attempts: 1,
        commit: String::new(),
    }
}

/// How long a visit may take with limits divided by 20: each of them, and what follows an answer
/// that puts the unit out of service until the policy is asked for again, after a minute.
const VISIT: Duration = Duration::from_secs(90);

/// Seconds between two questions for the policy: longer than a visit, so that none is asked in the
/// middle of it; an answer that puts the unit out of service holds until the next.
const POLICY_EVERY: u32 = 10;

/// Within this time of the network's return the service holds what the card holds.
pub(super) const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// Of a resident whose reservation is not settled yet.
const MOST_LATER_VISITS: usize = 3;

/// Between two looks at the journal.
const MOMENT: Duration = Duration::from_millis(100);

/// The clock is not stepped.
const ON_TIME: &str = "+0";

#[cfg(test)]
mod tests {
    use super::verifies;

    #[test]
    fn only_verify_commands_with_data_count_as_tries() {
        let trace = [
            "00200080 Nc=0 Ne=0 63C3",
            "00200080 Nc=4 Ne=0 9000",
            "0C200080 Nc=10 Ne=256 63C5",
            "0C200080 Nc=29 Ne=256 9000",
            "00A4020C Nc=2 Ne=0 9000",
        ];
        assert_eq!(verifies(&trace.map(str::to_owned)), (1, 1));
    }
}
