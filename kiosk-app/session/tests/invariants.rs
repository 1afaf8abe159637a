// SPDX-License-Identifier: MIT OR Apache-2.0
//! Properties over random stories. Seven of eight events are what the state waits for: with
//! uniformly random ones a trial build reached Writing in 0 of 256 runs and passed over a real
//! wedge. What must never happen is watched by the desk; here stands what must be true at the end.

mod world;

use std::cell::RefCell;
use std::ops::RangeInclusive;

use kiosk_session::effect::Record;
use kiosk_session::event::{Event, Touch};
use kiosk_session::{Ending, Limits, Screen};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq};
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::kit::Desk;
use world::{Chance, World};

const RUNS: u32 = 512;
const EVENTS: RangeInclusive<usize> = 40..=80;

/// How far the runs came, over all of them.
#[derive(Debug, Default)]
struct Coverage {
    events: usize,
    reached_writing: u32,
    done: u32,
    settled_to_done: u32,
    journal_failed: u32,
    leased: u32,
    card_laid_while_leased: u32,
}

/// Failures are told by their smallest story; there is no file of old ones to keep.
fn config() -> Config {
    Config { cases: RUNS, failure_persistence: None, ..Config::default() }
}

#[test]
fn whatever_happens_nothing_forbidden_happens_and_time_alone_leads_home() {
    let coverage = RefCell::new(Coverage::default());
    let mut runner = TestRunner::new(config());
    let runs = (vec(any::<Chance>(), EVENTS), any::<bool>());
    let result = runner.run(&runs, |(chances, journal_fails)| {
        let mut world = World::new(journal_fails);
        for chance in &chances {
            world.happen(*chance);
            tells_the_truth(&world)?;
        }
        coverage.borrow_mut().note(&world, chances.len());
        leads_home(&mut world.desk)
    });
    let coverage = coverage.into_inner();
    println!("of {RUNS} runs: {coverage:?}");
    if let Err(failure) = result {
        panic!("{failure}");
    }
    assert!(coverage.reached_writing * 2 > RUNS, "too few reached Writing: {coverage:?}");
    assert!(coverage.done * 4 > RUNS, "too few were done: {coverage:?}");
    assert!(coverage.settled_to_done > 0, "no card was settled: {coverage:?}");
    assert!(coverage.leased * 8 > RUNS, "too few were leased: {coverage:?}");
    assert!(coverage.card_laid_while_leased > 0, "no card was laid then: {coverage:?}");
}

/// What the resident is told of the card is so.
fn tells_the_truth(world: &World) -> Result<(), TestCaseError> {
    let Screen::Ending { ending, .. } = world.desk.view().screen else { return Ok(()) };
    match ending {
        Ending::Done => prop_assert!(world.is_written(), "done, and the card was not written"),
        Ending::NotCertain(_) => {}
        other => prop_assert!(!world.is_written(), "{other:?}, and the card was written"),
    }
    Ok(())
}

impl Coverage {
    fn note(&mut self, world: &World, events: usize) {
        let is_kept = |wanted: fn(&Record) -> bool| world.desk.journal.iter().any(wanted);
        let is_done = world.desk.outcomes().iter().any(|(_, ending)| *ending == "done");
        self.events += events;
        self.reached_writing += u32::from(is_kept(|it| matches!(it, Record::ResetSent { .. })));
        self.done += u32::from(is_done);
        self.settled_to_done += u32::from(world.was_settled);
        self.journal_failed += u32::from(world.journal_failed());
        self.leased += u32::from(world.was_leased);
        self.card_laid_while_leased += u32::from(world.was_card_laid_while_leased);
    }
}

/// No state without an exit: nobody answers, nobody touches, nobody takes the card.
fn leads_home(desk: &mut Desk) -> Result<(), TestCaseError> {
    for _ in 0..12 {
        if is_home(desk) {
            break;
        }
        let has_changed = desk.wait_for_change();
        prop_assert!(has_changed || is_home(desk), "{} waits for ever", desk.state());
    }
    prop_assert!(is_home(desk), "time alone leads to {}", desk.state());
    prop_assert!(desk.state() != "Exiting" || desk.exit.is_some());
    Ok(())
}

fn is_home(desk: &Desk) -> bool {
    matches!(
        desk.state(),
        "Idle" | "Closed" | "NotOffered" | "OutOfService" | "LeftBehind" | "Exiting"
    ) && desk.deadline().is_none()
}

#[test]
fn the_worst_answers_lead_home_too() {
    let mut runner = TestRunner::new(config());
    let runs = vec(any::<Chance>(), EVENTS);
    let result = runner.run(&runs, |chances| {
        let mut world = World::new(false);
        for chance in &chances {
            world.happen(*chance);
        }
        for _ in 0..12 {
            world.answer_with_faults();
            if is_home(&world.desk) {
                return Ok(());
            }
            world.desk.wait_for_change();
        }
        prop_assert_eq!(world.desk.state(), "a state at rest");
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn nothing_of_a_person_is_kept_after_any_story() {
    let mut runner = TestRunner::new(config());
    let runs = vec(any::<Chance>(), EVENTS);
    let result = runner.run(&runs, |chances| {
        let mut world = World::new(false);
        for chance in &chances {
            world.happen(*chance);
        }
        world.desk.touch(Touch::MoreTime).tell(Event::MediaRemoved);
        leads_home(&mut world.desk)?;
        if world.desk.state() == "Exiting" {
            return Ok(());
        }
        let debug = world.desk.debug();
        prop_assert_eq!(world.desk.view().language, kiosk_session::Language::Japanese);
        for kept in ["Papers", "SessionId", "TicketId", "Nonce", "PinHandle", "Opaque"] {
            prop_assert!(!debug.contains(kept), "{} is kept: {}", kept, debug);
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn squeezed_limits_change_when_and_not_what() {
    let mut desk = Desk::with(Limits::default().scaled_by(0.01));
    desk.tell(Event::MediaInserted);
    let begun = desk.now();
    assert!(desk.wait_for_change());
    assert_eq!(desk.ending(), Ending::ReaderStuck);
    assert_eq!((desk.now() - begun).as_millis(), 150);
}
