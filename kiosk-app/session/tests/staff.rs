// SPDX-License-Identifier: MIT OR Apache-2.0
//! The staff page: who gets there, what a card does meanwhile, how it is left.

use std::time::Duration;

use kiosk_session::effect::{Effect, ExitReason};
use kiosk_session::event::{Event, ServiceHours, Touch};
use kiosk_session::staff::{
    Action, CodeCheck, CodeNotice, StaffEvent, StaffOrder, StaffPage, StaffTest, StaffTouch,
    StaffView, TestState, UnitState, Wish,
};
use kiosk_session::view::OutOfService;
use kiosk_session::{Language, Limit, Limits, Screen};

use crate::kit::Desk;
use crate::kit::situation::Situation;

fn staff(desk: &Desk) -> StaffView {
    match desk.view().screen {
        Screen::Staff(view) => view,
        other => panic!("{} shows {other:?}, not the staff page", desk.state()),
    }
}

fn notice(desk: &Desk) -> Option<CodeNotice> {
    match desk.view().screen {
        Screen::StaffCode { notice, .. } => notice,
        other => panic!("{} shows {other:?}, not the code's pad", desk.state()),
    }
}

#[test]
fn the_corner_leads_there_from_rest_alone() {
    for (situation, state) in [
        (Situation::Idle, "StaffCode"),
        (Situation::IdleHelp, "StaffCode"),
        (Situation::Closed, "StaffCode"),
        (Situation::NotOffered, "StaffCode"),
        (Situation::OutOfService, "StaffCode"),
        (Situation::LeftBehind, "LeftBehind"),
        (Situation::Choosing, "Choosing"),
        (Situation::Proving, "Proving"),
        (Situation::Writing, "Writing"),
        (Situation::ShowingEndingCardGone, "ShowingEnding"),
    ] {
        let mut desk = situation.reach();
        desk.touch_the_corner();
        assert_eq!(desk.state(), state, "from {situation:?}");
        let mut desk = situation.reach();
        desk.tell(Event::Staff(StaffEvent::SwitchTurned));
        let state = if state == "StaffCode" { "Staff" } else { state };
        assert_eq!(desk.state(), state, "by the key-switch from {situation:?}");
    }
}

#[test]
fn a_card_that_lies_there_keeps_the_unit_the_residents() {
    let mut desk = Situation::Closed.reach();
    desk.tell(Event::MediaInserted).touch_the_corner();
    assert_eq!(desk.state(), "Closed");
}

#[test]
fn a_slow_hand_in_the_corner_calls_nobody() {
    let mut desk = Desk::new();
    for _ in 0..20 {
        desk.tell(Event::Staff(StaffEvent::CornerTouched)).pass(Duration::from_millis(1_300));
    }
    assert_eq!(desk.state(), "Idle");
}

#[test]
fn a_code_is_checked_once_for_each_ok_and_an_old_answer_opens_nothing() {
    let mut desk = Situation::StaffCodeChecking.reach();
    let Some(Effect::Staff(StaffOrder::CheckCode(first))) = desk.effects.last() else {
        panic!("{:?}", desk.effects)
    };
    let first = *first;
    desk.touch(Touch::Cancel).touch_the_corner().type_a_code(8);
    desk.tell(Event::Staff(StaffEvent::CodeChecked(first, CodeCheck::Right)));
    assert_eq!(desk.state(), "StaffCode", "that was the answer to another code");
    desk.code_is(CodeCheck::Wrong { tries_left: 4 });
    assert_eq!(notice(&desk), Some(CodeNotice::Wrong { tries_left: 4 }));
}

#[test]
fn a_code_that_is_too_short_costs_no_try() {
    let mut desk = Situation::StaffCode.reach();
    desk.type_a_code(5);
    assert_eq!(desk.effects, [Effect::Staff(StaffOrder::OpenCode)]);
    assert!(!desk.checks_a_code());
}

#[test]
fn a_lock_is_told_in_minutes_and_takes_no_digit() {
    let desk = Situation::StaffCodeLocked.reach();
    assert_eq!(notice(&desk), Some(CodeNotice::Locked { minutes: 15 }));
    assert!(!desk.view().may.submit);
}

#[test]
fn a_check_that_never_answers_is_told_and_time_leads_home() {
    let mut desk = Situation::StaffCodeChecking.reach();
    desk.pass(Duration::from_secs(31));
    assert_eq!(notice(&desk), Some(CodeNotice::Uncounted));
    desk.pass(Duration::from_secs(60));
    assert_eq!(desk.state(), "Idle");
}

#[test]
fn nobody_at_the_page_for_a_minute_leaves_it_without_a_warning() {
    let mut desk = Situation::Staff.reach();
    desk.touch(Touch::Language(Language::English)).pass(Duration::from_secs(59));
    assert_eq!(desk.state(), "Staff");
    desk.touch(Touch::Staff(StaffTouch::Page(StaffPage::Faults))).pass(Duration::from_secs(59));
    assert_eq!((desk.state(), desk.sounds.len()), ("Staff", 0));
    desk.pass(Duration::from_secs(1));
    assert_eq!(desk.state(), "Idle");
    assert_eq!(desk.view().language, Language::Japanese, "staff's language goes with them");
}

#[test]
fn a_policy_that_gives_residents_more_time_leaves_the_page_open_no_longer() {
    let limits = Limits::default().with(Limit::Idle, Duration::from_secs(600)).expect("in bounds");
    let mut desk = Desk::with(limits);
    desk.tell(Event::Staff(StaffEvent::SwitchTurned)).pass(Duration::from_secs(60));
    assert_eq!(desk.state(), "Idle");
}

#[test]
fn a_card_laid_there_begins_nothing_and_is_found_left_behind() {
    let mut desk = Situation::Staff.reach();
    desk.tell(Event::MediaInserted);
    assert!(staff(&desk).has_card && desk.effects.is_empty());
    desk.touch(Touch::Dismiss);
    assert_eq!(desk.state(), "LeftBehind");
    desk.tell(Event::MediaRemoved).tell(Event::MediaInserted);
    assert_eq!(desk.state(), "ReadingCard");
}

#[test]
fn the_reader_is_tried_with_any_card() {
    let mut desk = Situation::StaffTestingReader.reach();
    assert_eq!(staff(&desk).reader, TestState::Running);
    desk.tell(Event::MediaInserted);
    assert_eq!(staff(&desk).reader, TestState::Passed);
    let mut desk = Situation::StaffTestingReader.reach();
    desk.pass(Duration::from_secs(30));
    assert_eq!(staff(&desk).reader, TestState::Failed);
    let mut desk = Situation::OutOfService.reach();
    desk.tell(Event::Staff(StaffEvent::SwitchTurned));
    assert_eq!(staff(&desk).unit, UnitState::OutOfService(OutOfService::ReaderGone));
    desk.touch(Touch::Staff(StaffTouch::Page(StaffPage::Tests)));
    desk.touch(Touch::Staff(StaffTouch::Test(StaffTest::Reader)));
    assert_eq!(staff(&desk).reader, TestState::Failed, "there is none");
}

#[test]
fn the_service_is_tried_by_one_call() {
    for (is_answered, state) in [(true, TestState::Passed), (false, TestState::Failed)] {
        let mut desk = Situation::StaffTestingService.reach();
        assert_eq!(desk.effects, [Effect::Staff(StaffOrder::AskService)]);
        desk.tell(Event::Staff(StaffEvent::ServiceAsked { is_answered }));
        assert_eq!(staff(&desk).service, state);
    }
}

#[test]
fn sound_is_tried_by_one_tone_and_the_end_of_another_is_no_answer() {
    for (is_played, state) in [(true, TestState::Passed), (false, TestState::Failed)] {
        let mut desk = Situation::StaffTestingSound.reach();
        assert!(matches!(desk.effects[..], [Effect::Staff(StaffOrder::PlayTone(_))]));
        desk.tone_ends(is_played);
        assert_eq!(staff(&desk).sound, state);
    }
    let mut desk = Situation::StaffTestingSound.reach();
    let [Effect::Staff(StaffOrder::PlayTone(first))] = desk.effects[..] else { panic!() };
    desk.pass(Duration::from_secs(30));
    assert_eq!(staff(&desk).sound, TestState::Failed, "the device hangs");
    desk.touch(Touch::Staff(StaffTouch::Test(StaffTest::Sound)));
    desk.tell(Event::Staff(StaffEvent::ToneEnded { id: first, is_played: true }));
    assert_eq!(staff(&desk).sound, TestState::Running);
    desk.tone_ends(true);
    assert_eq!(staff(&desk).sound, TestState::Passed);
}

#[test]
fn touch_is_tried_at_four_corners_and_left_by_time_alone() {
    let mut desk = Situation::StaffTestingTouch.reach();
    for corner in 0..4 {
        assert_eq!(staff(&desk).target, Some(corner));
        desk.touch(Touch::Staff(StaffTouch::Target));
    }
    assert_eq!((staff(&desk).target, staff(&desk).touch), (None, TestState::Passed));
    let mut desk = Situation::StaffTestingTouch.reach();
    desk.pass(Duration::from_secs(30));
    assert_eq!((staff(&desk).target, staff(&desk).touch), (None, TestState::Failed));
}

#[test]
fn a_test_that_is_left_has_no_result() {
    let mut desk = Situation::StaffTestingReader.reach();
    desk.touch(Touch::Staff(StaffTouch::Page(StaffPage::Overview)));
    desk.tell(Event::MediaInserted);
    assert_eq!(staff(&desk).reader, TestState::NotRun);
}

#[test]
fn cleaning_takes_no_touch_for_its_time_and_goes_back() {
    let mut desk = Situation::Cleaning.reach();
    let shown = |seconds| Screen::Cleaning { seconds, unit: UnitState::Serving };
    assert_eq!(desk.view().screen, shown(30));
    desk.touch(Touch::Dismiss).touch(Touch::Cancel).pass(Duration::from_secs(29));
    assert_eq!(desk.view().screen, shown(1));
    desk.pass(Duration::from_secs(1));
    assert_eq!(desk.state(), "Staff");
}

#[test]
fn nothing_is_done_before_it_is_confirmed() {
    let mut desk = Situation::StaffConfirmingReboot.reach();
    assert!(desk.effects.is_empty());
    desk.touch(Touch::Back);
    assert_eq!((staff(&desk).confirming, desk.effects.len()), (None, 0));
    desk.touch(Touch::Continue);
    assert!(desk.effects.is_empty(), "what was taken back is not done");
    let mut desk = Situation::StaffWished.reach();
    assert_eq!(desk.effects, [Effect::Staff(StaffOrder::Wish(Wish::Reboot))]);
    desk.tell(Event::Staff(StaffEvent::WishLeft { is_left: true }));
    assert_eq!(staff(&desk).wished, Some((Wish::Reboot, Some(true))));
}

#[test]
fn a_restart_ends_the_process_in_order() {
    let mut desk = Situation::StaffConfirmingRestart.reach();
    assert_eq!(staff(&desk).confirming, Some(Action::Restart));
    desk.touch(Touch::Continue);
    assert_eq!((desk.state(), desk.exit), ("Exiting", Some(ExitReason::Stopped)));
}

#[test]
fn asked_to_stop_the_page_is_left_at_once() {
    for situation in [Situation::StaffCode, Situation::Staff, Situation::Cleaning] {
        let mut desk = situation.reach();
        desk.tell(Event::Stopping);
        assert_eq!(desk.exit, Some(ExitReason::Stopped), "{situation:?}");
    }
}

#[test]
fn hours_that_end_meanwhile_are_told_and_hold_afterwards() {
    let mut desk = Situation::Staff.reach();
    desk.tell(Event::ServiceHours(ServiceHours::NotOffered));
    assert_eq!(staff(&desk).unit, UnitState::NotOffered);
    desk.touch(Touch::Dismiss);
    assert_eq!(desk.state(), "NotOffered");
}
