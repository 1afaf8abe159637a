// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit is wanted for an update: when it is given, and what holds until it is given back.

use std::time::Duration;

use kiosk_session::effect::LeaseRefusal;
use kiosk_session::event::{Event, Page, Touch};
use kiosk_session::view::OutOfService;
use kiosk_session::{Language, Screen};

use crate::kit::Desk;
use crate::kit::situation::Situation;

const TEN_MINUTES: Duration = Duration::from_secs(600);

fn asked(desk: &mut Desk, forced: bool) -> Option<LeaseRefusal> {
    desk.lease = None;
    desk.tell(Event::LeaseWanted { forced, lasts: TEN_MINUTES });
    desk.lease.expect("whoever wants the unit is answered in the same turn")
}

#[test]
fn a_unit_that_serves_nobody_is_given_at_any_hour() {
    for situation in [
        Situation::Closed,
        Situation::NotOffered,
        Situation::OutOfService,
        Situation::OutOfServiceClock,
        Situation::OutOfServiceData,
    ] {
        let mut desk = situation.reach();
        assert_eq!(asked(&mut desk, false), None, "{situation:?}");
        assert_eq!(desk.view().screen, Screen::Leased);
    }
}

#[test]
fn within_opening_hours_it_is_given_only_when_forced() {
    let mut desk = Situation::Idle.reach();
    assert_eq!(asked(&mut desk, false), Some(LeaseRefusal::OpenHours));
    assert_eq!(desk.state(), "Idle");
    assert_eq!(asked(&mut desk, true), None);
    assert_eq!(desk.state(), "Leased");
}

#[test]
fn force_overrides_neither_a_session_nor_a_card_nor_another_lease() {
    for &situation in Situation::ALL {
        let mut desk = situation.reach();
        let refusal = match situation.state() {
            "Idle" | "Closed" | "NotOffered" | "OutOfService" => continue,
            "Leased" => LeaseRefusal::Leased,
            "LeftBehind" => LeaseRefusal::CardPresent,
            "Writing" | "Settling" | "Reporting" => LeaseRefusal::Settling,
            _ => LeaseRefusal::InSession,
        };
        let before = desk.view();
        assert_eq!(asked(&mut desk, true), Some(refusal), "{situation:?}");
        assert_eq!(desk.view(), before, "{situation:?}");
    }
}

#[test]
fn a_card_put_there_while_closed_is_a_card_too() {
    let mut desk = Situation::Closed.reach();
    desk.tell(Event::MediaInserted);
    assert_eq!(asked(&mut desk, true), Some(LeaseRefusal::CardPresent));
}

#[test]
fn a_card_laid_during_the_lease_begins_nothing_then_or_after_it() {
    let mut desk = Situation::Leased.reach();
    desk.tell(Event::MediaInserted);
    assert!(desk.effects.is_empty() && desk.card_request().is_none());
    assert_eq!(desk.state(), "Leased");
    desk.tell(Event::LeaseEnded);
    assert_eq!(desk.state(), "LeftBehind");
    desk.tell(Event::MediaRemoved).tell(Event::MediaInserted);
    assert_eq!(desk.state(), "ReadingCard");
}

#[test]
fn it_ends_by_itself_when_its_time_is_over_and_not_before() {
    let mut desk = Situation::Leased.reach();
    desk.pass(TEN_MINUTES - Duration::from_millis(1));
    assert_eq!(desk.state(), "Leased");
    desk.pass(Duration::from_millis(1));
    assert_eq!(desk.state(), "Idle");
}

#[test]
fn a_page_or_a_language_is_not_kept_over_it_and_one_chosen_meanwhile_does_not_end_it() {
    let mut desk = Situation::IdleHelp.reach();
    desk.touch(Touch::Language(Language::English));
    assert_eq!(asked(&mut desk, true), None);
    assert_eq!(desk.view().language, Language::Japanese);
    desk.touch(Touch::Language(Language::English)).touch(Touch::Page(Page::Help));
    desk.pass(TEN_MINUTES - Duration::from_secs(1));
    assert_eq!((desk.state(), desk.view().language), ("Leased", Language::Japanese));
    desk.pass(Duration::from_secs(1));
    assert_eq!(desk.view().screen, Screen::Attract { page: Page::Attract });
}

#[test]
fn a_fault_that_comes_meanwhile_shows_when_it_is_over() {
    let mut desk = Situation::Leased.reach();
    desk.tell(Event::ReaderLost);
    assert_eq!(desk.state(), "Leased");
    desk.tell(Event::LeaseEnded);
    assert_eq!(desk.state(), "OutOfService");
}

#[test]
fn a_process_that_is_asked_to_end_does_not_wait_for_it() {
    let mut desk = Situation::Leased.reach();
    desk.tell(Event::Stopping);
    assert_eq!(desk.state(), "Exiting");
}

#[test]
fn nobody_begins_with_a_clock_that_is_not_set_and_whoever_has_begun_goes_on() {
    let mut desk = Situation::OutOfServiceClock.reach();
    desk.tell(Event::MediaInserted);
    assert_eq!(desk.state(), "OutOfService");
    desk.tell(Event::MediaRemoved).tell(Event::ClockChecked { is_set: true });
    assert_eq!(desk.state(), "Idle");
    let mut desk = Situation::Writing.reach();
    desk.tell(Event::ClockChecked { is_set: false });
    assert_eq!(desk.state(), "Writing");
}

#[test]
fn nobody_begins_while_the_units_data_is_locked_and_whoever_has_begun_goes_on() {
    let mut desk = Situation::OutOfServiceData.reach();
    let cause = OutOfService::DataLocked;
    desk.tell(Event::ReaderLost).tell(Event::JournalFailed);
    assert_eq!(desk.view().screen, Screen::OutOfService { cause }, "nothing is graver");
    desk.tell(Event::ReaderBack).tell(Event::JournalBack).tell(Event::MediaInserted);
    assert_eq!(desk.state(), "OutOfService");
    desk.tell(Event::MediaRemoved).tell(Event::DataChecked { is_locked: false });
    assert_eq!(desk.state(), "Idle");
    let mut desk = Situation::Writing.reach();
    desk.tell(Event::DataChecked { is_locked: true });
    assert_eq!(desk.state(), "Writing");
}
