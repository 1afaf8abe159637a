// SPDX-License-Identifier: MIT OR Apache-2.0
//! Times: warned of before they end, restarted by one touch as often as wanted.

use std::time::Duration;

use kiosk_session::central::CentralReply;
use kiosk_session::effect::Sound;
use kiosk_session::event::{Event, Page, Touch};
use kiosk_session::{Ending, Language, Limit, Limits, PadSlot, Screen};

use crate::kit::Desk;
use crate::kit::papers::shape;
use crate::kit::situation::Situation;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_resident_is_warned_twenty_seconds_before_the_session_ends() {
    let mut desk = Situation::Entering.reach();
    desk.pass(59 * SECOND);
    assert_eq!(desk.view().warning_seconds, None);
    desk.pass(SECOND);
    assert_eq!(desk.view().warning_seconds, Some(20));
    assert!(desk.view().may.more_time);
    assert_eq!(desk.sounds.last(), Some(&Sound::Warning));
    desk.pass(5 * SECOND);
    assert_eq!(desk.view().warning_seconds, Some(15), "the count is shown to fall");
    desk.pass(14 * SECOND);
    assert_eq!(desk.state(), "Entering");
    desk.pass(SECOND);
    assert_eq!(desk.outcomes(), [("abandoned", "walked-away")]);
}

#[test]
fn one_touch_goes_on_as_often_as_wanted() {
    let mut desk = Situation::Proving.reach();
    for _ in 0..25 {
        desk.pass(79 * SECOND);
        assert_eq!(desk.view().warning_seconds, Some(1));
        desk.touch(Touch::MoreTime);
        assert_eq!(desk.view().warning_seconds, None);
    }
    desk.pass(79 * SECOND);
    desk.tell(Event::Typed(shape(PadSlot::Proof)));
    desk.pass(79 * SECOND);
    assert_eq!(desk.state(), "Proving", "a key of the pad counts as a touch");
}

#[test]
fn the_warning_is_heard_once() {
    let mut desk = Situation::Beware.reach();
    desk.sounds.clear();
    desk.pass(79 * SECOND);
    assert_eq!(desk.sounds, [Sound::Warning]);
}

#[test]
fn a_page_and_a_language_are_put_back_when_nobody_is_there() {
    let mut desk = Desk::new();
    desk.touch(Touch::Language(Language::Thai)).touch(Touch::Page(Page::Help));
    desk.pass(59 * SECOND);
    assert_eq!(desk.view().language, Language::Thai);
    desk.pass(SECOND);
    assert_eq!(desk.view().language, Language::Japanese);
    assert_eq!(desk.view().screen, Screen::Attract { page: Page::Attract });
}

#[test]
fn an_ending_stays_thirty_seconds_after_the_card_is_gone() {
    let mut desk = Situation::ShowingEnding.reach();
    desk.pass(20 * SECOND);
    desk.tell(Event::MediaRemoved);
    desk.pass(29 * SECOND);
    assert_eq!(desk.ending(), Ending::Done);
    desk.pass(SECOND);
    assert_eq!(desk.state(), "Idle");
}

#[test]
fn an_uncertain_ending_stays_sixty_seconds_warns_and_can_be_kept() {
    let mut desk = Situation::ShowingUncertain.reach();
    desk.pass(61 * SECOND);
    assert_eq!(desk.view().warning_seconds, Some(19));
    desk.touch(Touch::MoreTime);
    desk.pass(61 * SECOND);
    assert_eq!(desk.state(), "ShowingEnding");
}

#[test]
fn take_your_card_is_repeated_and_then_silent_with_a_fault() {
    use kiosk_session::effect::Anomaly;
    let mut desk = Situation::AwaitingRemoval.reach();
    desk.sounds.clear();
    desk.pass(119 * SECOND);
    assert_eq!(desk.sounds, []);
    desk.pass(SECOND);
    assert_eq!(desk.sounds, [Sound::TakeCard]);
    desk.pass(9 * 60 * SECOND);
    assert_eq!(desk.sounds, [Sound::TakeCard; 10]);
    desk.pass(60 * SECOND);
    assert_eq!(desk.state(), "LeftBehind");
    assert_eq!(desk.notes.last(), Some(&Anomaly::CardLeftBehind));
    desk.pass(3_600 * SECOND);
    assert_eq!(desk.sounds, [Sound::TakeCard; 10]);
    desk.tell(Event::MediaRemoved);
    assert_eq!(desk.state(), "Idle");
    assert_eq!(desk.notes.last(), Some(&Anomaly::LeftCardGone));
}

#[test]
fn the_limits_are_those_that_were_configured() {
    let limits = Limits::default().with(Limit::Idle, 120 * SECOND).expect("within bounds");
    let mut desk = Desk::with(limits);
    desk.touch(Touch::Page(Page::Hours));
    desk.pass(119 * SECOND);
    assert_eq!(desk.view().screen, Screen::Attract { page: Page::Hours });
    desk.pass(SECOND);
    assert_eq!(desk.view().screen, Screen::Attract { page: Page::Attract });
}

#[test]
fn new_limits_begin_when_the_kiosk_rests_and_not_in_mid_session() {
    let slower = Limits::default().with(Limit::Idle, 120 * SECOND).expect("within bounds");
    let mut desk = Situation::Beware.reach();
    desk.tell(Event::LimitsChanged(slower));
    desk.touch(Touch::Continue);
    desk.pass(60 * SECOND);
    assert!(desk.view().warning_seconds.is_some(), "this session goes on as it began");
    desk.pass(20 * SECOND);
    desk.central(CentralReply::Recorded);
    desk.tell(Event::MediaRemoved).touch(Touch::Dismiss);
    desk.touch(Touch::Page(Page::Hours));
    desk.pass(119 * SECOND);
    assert_eq!(desk.view().screen, Screen::Attract { page: Page::Hours });
    desk.pass(SECOND);
    assert_eq!(desk.view().screen, Screen::Attract { page: Page::Attract });
}

#[test]
fn a_clock_that_steps_back_is_held_still() {
    let mut desk = Situation::Beware.reach();
    let deadline = desk.deadline();
    desk.turn_clock_back(500 * SECOND);
    desk.tell(Event::JournalBack);
    assert_eq!(desk.deadline(), deadline);
}
