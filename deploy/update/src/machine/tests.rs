// SPDX-License-Identifier: MIT OR Apache-2.0
//! The decisions: one by one, and what none of them may ever do.

use proptest::prelude::*;

use super::*;
use crate::bundle::Source;

const DEFERRAL: SignedDuration = SignedDuration::from_hours(72);

fn sha(letter: char) -> String {
    letter.to_string().repeat(64)
}

fn artifact(letter: char) -> Artifact {
    Artifact { sha256: sha(letter), size: 1000, source: Source::Server("/a".into()) }
}

fn bundle(version: &str) -> Bundle {
    Bundle {
        compatible: "kiosk".into(),
        version: version.parse().unwrap(),
        minimum_version: Some("1.0.0".parse().unwrap()),
    }
}

fn offer(id: &str, letter: char) -> Offer {
    Offer {
        id: id.into(),
        artifact: Ok(artifact(letter)),
        is_urgent: false,
        may_fetch: true,
        may_install: true,
    }
}

fn boot(slot: &str, boot_id: &str, is_good: bool) -> Boot {
    Boot { slot: slot.into(), boot_id: boot_id.into(), is_good, why_fallen: None }
}

fn machine(memory: Memory, boot: Boot) -> Machine {
    let standard = Standard {
        compatible: "kiosk".into(),
        running: "1.0.0".parse().unwrap(),
        allow_older: false,
        minimum: None,
    };
    Machine::new(memory, Limits { standard, deferral: DEFERRAL, largest: 2000 }, boot)
}

fn unit() -> Machine {
    machine(Memory::default(), boot("A", "1", true))
}

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn closed_with(effects: &[Effect]) -> Option<(bool, &str)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Report(Report::Closed { success, said, .. }) => Some((*success, said.as_str())),
        _ => None,
    })
}

/// As far as the lease.
fn ready(unit: &mut Machine, offer: Offer, version: &str) -> Vec<Effect> {
    assert!(unit.handle(Event::Offered(offer), start()).contains(&Effect::Fetch));
    assert!(unit.handle(Event::Fetched, start()).contains(&Effect::Inspect));
    unit.handle(Event::Inspected(bundle(version)), start())
}

/// As far as the restart into the other slot.
fn restarted(version: &str) -> Memory {
    let mut unit = unit();
    ready(&mut unit, offer("7", 'a'), version);
    assert!(unit.handle(Event::Leased, start()).contains(&Effect::Install));
    assert!(unit.handle(Event::Installed, start()).ends_with(&[Effect::Reboot]));
    unit.memory
}

#[test]
fn a_good_update_is_fetched_leased_installed_tried_confirmed_and_reported() {
    let mut trial = machine(restarted("1.1.0"), boot("B", "2", false));
    let told = trial.handle(Event::Booted, start());
    assert!(matches!(told.as_slice(), [Effect::Tell { stage: Stage::Trying, .. }]), "{told:?}");
    assert!(trial.handle(Event::Due, start()).is_empty(), "a trial is left alone");
    let mut kept = machine(trial.memory, boot("B", "2", true));
    let effects = kept.handle(Event::Booted, start());
    assert_eq!(closed_with(&effects), Some((true, "the new version is well and stays")));
    assert_eq!(kept.memory.floor, Some("1.0.0".parse().unwrap()));
    assert_eq!(kept.memory.action, None);
}

#[test]
fn a_fall_back_is_reported_with_its_reason_and_the_bundle_is_never_taken_again() {
    let back = Boot { why_fallen: Some("touch: no panel".into()), ..boot("A", "3", true) };
    let mut unit = machine(restarted("1.1.0"), back);
    let effects = unit.handle(Event::Booted, start());
    assert_eq!(closed_with(&effects), Some((false, "fell back: touch: no panel")));
    assert_eq!(unit.memory.floor, None);
    let again = unit.handle(Event::Offered(offer("8", 'a')), start());
    assert_eq!(
        closed_with(&again),
        Some((false, "this bundle was tried here before, and the unit fell back"))
    );
    assert!(!again.contains(&Effect::Fetch));
    let brought = Event::Brought { artifact: artifact('a'), is_forced: true };
    let brought = unit.handle(brought, start());
    assert!(matches!(brought.as_slice(), [Effect::GiveUp(_)]), "{brought:?}");
    let other = unit.handle(Event::Offered(offer("9", 'b')), start());
    assert!(other.contains(&Effect::Fetch));
}

#[test]
fn a_power_cut_while_installing_begins_again_three_times() {
    let mut unit = unit();
    ready(&mut unit, offer("7", 'a'), "1.1.0");
    for start_number in 2..=3 {
        assert!(unit.handle(Event::Leased, start()).contains(&Effect::Install));
        unit = machine(unit.memory, boot("A", &start_number.to_string(), true));
        assert!(unit.handle(Event::Booted, start()).is_empty());
        let asked = unit.handle(Event::Due, start());
        assert_eq!(asked, [Effect::Lease { is_forced: false }]);
    }
    assert!(unit.handle(Event::Leased, start()).contains(&Effect::Install));
    unit = machine(unit.memory, boot("A", "4", true));
    let effects = unit.handle(Event::Booted, start());
    assert!(closed_with(&effects).is_some_and(|(success, _)| !success));
    assert!(unit.memory.fallen.is_empty(), "it was never tried");
}

#[test]
fn a_power_cut_between_writing_and_noting_it_ends_as_a_trial() {
    let mut unit = unit();
    ready(&mut unit, offer("7", 'a'), "1.1.0");
    unit.handle(Event::Leased, start());
    let mut trial = machine(unit.memory, boot("B", "2", false));
    let told = trial.handle(Event::Booted, start());
    assert!(matches!(told.as_slice(), [Effect::Tell { stage: Stage::Trying, .. }]), "{told:?}");
    let mut back = machine(trial.memory, boot("A", "3", true));
    back.handle(Event::Booted, start());
    assert_eq!(back.memory.fallen, [sha('a')]);
}

#[test]
fn a_restart_of_the_client_alone_asks_for_the_lease_again_before_the_unit_restarts() {
    let mut unit = machine(restarted("1.1.0"), boot("A", "1", true));
    assert!(unit.handle(Event::Booted, start()).is_empty());
    assert_eq!(unit.handle(Event::Due, start()), [Effect::Lease { is_forced: false }]);
    assert!(unit.handle(Event::Leased, start()).ends_with(&[Effect::Reboot]));
}

#[test]
fn only_an_urgent_update_is_forced_and_only_after_its_deferral() {
    for (is_urgent, hours, is_forced) in [(false, 1000, false), (true, 71, false), (true, 72, true)]
    {
        let mut unit = unit();
        let asked = ready(&mut unit, Offer { is_urgent, ..offer("7", 'a') }, "1.1.0");
        assert_eq!(asked.last(), Some(&Effect::Lease { is_forced: false }));
        let later = start() + SignedDuration::from_hours(hours);
        let asked = unit.handle(Event::Due, later);
        assert_eq!(asked, [Effect::Lease { is_forced }], "urgent {is_urgent}, {hours} h");
    }
}

#[test]
fn the_fleets_hour_is_waited_for() {
    let mut unit = unit();
    let closed_window = Offer { may_install: false, ..offer("7", 'a') };
    let effects = ready(&mut unit, closed_window, "1.1.0");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Lease { .. })));
    let effects = unit.handle(Event::Offered(offer("7", 'a')), start());
    assert_eq!(effects, [Effect::Lease { is_forced: false }]);
    let mut unit = self::unit();
    let later = unit.handle(Event::Offered(Offer { may_fetch: false, ..offer("7", 'a') }), start());
    assert!(!later.contains(&Effect::Fetch));
}

#[test]
fn what_is_older_too_large_or_always_spoilt_is_closed_as_failed() {
    let mut unit = unit();
    let effects = ready(&mut unit, offer("7", 'a'), "0.9.0");
    assert!(closed_with(&effects).is_some_and(|(_, said)| said.contains("older than 1.0.0")));
    let mut large = offer("8", 'b');
    large.artifact.as_mut().unwrap().size = 2001;
    let effects = unit.handle(Event::Offered(large), start());
    assert!(closed_with(&effects).is_some_and(|(_, said)| said.contains("2001 bytes")));
    unit.handle(Event::Offered(offer("9", 'c')), start());
    assert_eq!(closed_with(&unit.handle(Event::Spoilt, start())), None);
    assert_eq!(closed_with(&unit.handle(Event::Spoilt, start())), None);
    assert!(closed_with(&unit.handle(Event::Spoilt, start())).is_some());
}

#[test]
fn a_cancellation_is_accepted_until_the_installation_begins() {
    let cancel = || Event::Cancelled { cancel: "70".into(), stops: "7".into() };
    let accepted = |effects: &[Effect]| match effects.first() {
        Some(Effect::Report(Report::Cancel { is_accepted, .. })) => *is_accepted,
        other => panic!("{other:?}"),
    };
    let mut unit = unit();
    ready(&mut unit, offer("7", 'a'), "1.1.0");
    assert!(accepted(&unit.handle(cancel(), start())));
    assert_eq!(unit.memory.action, None);
    assert_eq!(unit.handle(Event::Leased, start()), [Effect::Release]);
    let mut unit = machine(restarted("1.1.0"), boot("B", "2", false));
    assert!(!accepted(&unit.handle(cancel(), start())));
    assert!(unit.memory.action.is_some());
    let mut unit = self::unit();
    assert!(accepted(&unit.handle(cancel(), start())), "what is not under way is stopped");
}

#[test]
fn the_end_is_told_until_the_server_has_taken_it() {
    let mut unit = unit();
    let effects = ready(&mut unit, offer("7", 'a'), "0.9.0");
    let (success, said) = closed_with(&effects).unwrap();
    let said = said.to_owned();
    let again = unit.handle(Event::Offered(offer("7", 'a')), start());
    assert_eq!(closed_with(&again), Some((success, said.as_str())));
    assert_eq!(
        closed_with(&unit.handle(Event::NothingOffered, start())),
        Some((false, said.as_str()))
    );
    unit.handle(Event::Reported, start());
    assert!(unit.handle(Event::NothingOffered, start()).is_empty());
    // Offered once more all the same, it is told once more and not begun anew.
    assert!(closed_with(&unit.handle(Event::Offered(offer("7", 'a')), start())).is_some());
}

#[test]
fn a_stick_takes_the_place_of_a_waiting_offer_and_not_of_a_trial() {
    let brought = || Event::Brought { artifact: artifact('b'), is_forced: true };
    let mut unit = unit();
    ready(&mut unit, offer("7", 'a'), "1.1.0");
    assert_eq!(unit.handle(brought(), start()), [Effect::Inspect]);
    let asked = unit.handle(Event::Inspected(bundle("1.2.0")), start());
    assert_eq!(asked.last(), Some(&Effect::Lease { is_forced: true }));
    unit.handle(Event::TakenAway, start());
    assert_eq!(unit.memory.action, None, "the stick is gone, and its update with it");
    let mut unit = machine(restarted("1.1.0"), boot("B", "2", false));
    unit.handle(Event::TakenAway, start());
    let refused = unit.handle(brought(), start());
    assert!(matches!(refused.as_slice(), [Effect::GiveUp(_)]), "{refused:?}");
}

/// Anything that may happen, most often what is waited for.
fn events() -> impl Strategy<Value = Vec<(u8, char, u8)>> {
    let letter = prop_oneof![Just('a'), Just('b'), Just('c')];
    proptest::collection::vec((0_u8..28, letter, 0_u8..4), 0..120)
}

/// What this number stands for in this state.
fn event_of(unit: &Machine, number: u8, letter: char, hint: u8) -> Event {
    let phase = unit.memory.action.as_ref().map(|action| action.phase.clone());
    let version = ["0.9.0", "1.0.0", "1.1.0", "2.0.0"][usize::from(hint)];
    match number {
        0 => Event::NothingOffered,
        1 => Event::Cancelled { cancel: "70".into(), stops: letter.to_string() },
        2 => Event::Brought { artifact: artifact(letter), is_forced: hint > 1 },
        3 => Event::NotFetched { said: String::new(), is_final: hint == 0 },
        4 => Event::Spoilt,
        5 => Event::Unsound(String::new()),
        6 => Event::NotLeased(String::new()),
        7 => Event::NotInstalled(String::new()),
        8 => Event::Reported,
        9 if hint == 0 => Event::Wanted,
        9 => Event::Leased,
        10 => Event::Inspected(bundle(version)),
        11 => Event::Offered(Offer {
            is_urgent: hint > 1,
            ..offer(&format!("{letter}{hint}"), letter)
        }),
        _ => match phase {
            None => Event::Offered(Offer {
                is_urgent: hint > 1,
                ..offer(&format!("{letter}{hint}"), letter)
            }),
            Some(Phase::Fetching) => Event::Fetched,
            Some(Phase::Fetched) => Event::Inspected(bundle(version)),
            Some(Phase::Ready(_)) => Event::Leased,
            Some(Phase::Installing(..)) => Event::Installed,
            Some(Phase::Trying(..)) => Event::Booted,
        },
    }
}

#[test]
fn nothing_is_installed_without_a_lease_or_older_or_fallen() {
    const CASES: u32 = 512;
    let with_install = std::cell::Cell::new(0);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let run = |steps| {
        let installs = play(steps)?;
        with_install.set(with_install.get() + u32::from(installs > 0));
        Ok(())
    };
    runner.run(&events(), run).unwrap();
    assert!(with_install.get() > CASES / 2, "installed in {} of {CASES} runs", with_install.get());
}

/// One run, with every promise checked at every step; how often it installed.
fn play(steps: Vec<(u8, char, u8)>) -> Result<u32, TestCaseError> {
    let mut unit = unit();
    let mut now = start();
    let (mut starts, mut installs) = (1_u32, 0);
    for (number, letter, hint) in steps {
        now += SignedDuration::from_hours(i64::from(hint) * 7);
        let event = event_of(&unit, number, letter, hint);
        if matches!(event, Event::Booted) {
            // The unit restarted: back, into the other slot on trial, or kept there.
            starts += 1;
            let (slot, is_good) =
                [("A", true), ("B", false), ("B", true), ("A", true)][usize::from(hint)];
            unit = machine(unit.memory, boot(slot, &starts.to_string(), is_good));
        }
        let is_wanted = matches!(event, Event::Wanted);
        let phase = unit.memory.action.as_ref().map(|action| action.phase.clone());
        let is_leased = matches!((&event, phase), (Event::Leased, Some(Phase::Ready(_))));
        let fallen = unit.memory.fallen.clone();
        for effect in unit.handle(event, now) {
            match effect {
                Effect::Install => {
                    installs += 1;
                    prop_assert!(is_leased);
                    let action = unit.memory.action.as_ref().unwrap();
                    let version = &action.bundle().unwrap().version;
                    prop_assert!(*version >= "1.0.0".parse().unwrap());
                    prop_assert!(!fallen.contains(&action.artifact.sha256));
                }
                Effect::Reboot => prop_assert!(unit.memory.action.as_ref().unwrap().is_begun()),
                Effect::Lease { is_forced: true } => {
                    let action = unit.memory.action.as_ref().unwrap();
                    let waited = now.duration_since(action.since);
                    let is_overdue = action.id.is_none() || waited >= DEFERRAL;
                    prop_assert!(is_wanted || action.is_urgent && is_overdue);
                }
                _ => {}
            }
        }
        let action = unit.memory.action.as_ref();
        prop_assert!(action.is_none_or(|action| action.installs <= MOST_INSTALLS));
    }
    Ok(installs)
}
