// SPDX-License-Identifier: MIT OR Apache-2.0
//! The staff's screens: from the session's view and the driver's facts to their properties, and
//! from their callbacks to the session's words.

use std::rc::Rc;

use kiosk_control::{Phase, Update};
use kiosk_session::{
    Language, Screen, Touch, UnixTime, View,
    event::ClosedReason,
    staff::{
        Action as Act, CodeNotice as Notice, StaffPage as Page, StaffTest as Test, StaffTouch,
        StaffView, TestState as State, UnitState as Unit, Wish,
    },
};
use kiosk_ui::{
    Action, CodeNotice, FaultLine, LinkState, Staff, StaffPage, StaffTest, TestState, UnitState,
    UpdatePhase, WishState,
};
use slint::VecModel;

use super::{
    catalogue::Catalogue,
    code, moment,
    touched::{Touched, other_language},
};
use crate::{
    endings::{out_of_service_code, remedy},
    staff::{Fault, Link, StaffFacts},
};

/// Shows what the session says of the staff's screens.
pub(super) fn show(staff: &Staff<'_>, view: &View, facts: Option<&StaffFacts>) {
    let is_resting = matches!(
        view.screen,
        Screen::Attract { .. }
            | Screen::Closed { .. }
            | Screen::NotOffered
            | Screen::OutOfService { .. }
    );
    staff.set_has_corner(is_resting && facts.is_some_and(|facts| facts.has_code));
    staff.set_other_language(other_language(view.language));
    match view.screen {
        Screen::StaffCode { notice, is_checking, has_card, .. } => {
            staff.set_has_card(has_card);
            staff.set_is_checking(is_checking);
            set_notice(staff, notice);
        }
        Screen::Staff(shown) => {
            set_view(staff, &shown);
            if let Some(facts) = facts {
                set_faults(staff, &facts.faults, view.language);
            }
        }
        _ => {}
    }
}

/// Shows what the driver knows.
pub(super) fn tell(staff: &Staff<'_>, facts: &StaffFacts, language: Language, pixels_per_mm: f32) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default().into();
    staff.set_software(facts.software.as_str().into());
    staff.set_image(text(&facts.release.image));
    staff.set_slot(text(&facts.release.slot));
    staff.set_unit_name(text(&facts.unit));
    staff.set_reader(text(&facts.reader));
    let (link, code) = match facts.link {
        Link::NotAsked => (LinkState::NotAsked, ""),
        Link::Answers => (LinkState::Answers, ""),
        Link::Fails(code) => (LinkState::Fails, code),
    };
    staff.set_link(link);
    staff.set_link_code(code.into());
    staff.set_knows_certificate(facts.certificate_days.is_some());
    staff.set_certificate_days(whole(facts.certificate_days.unwrap_or_default()));
    staff.set_key_without_tpm(facts.key_without_tpm.unwrap_or_default());
    staff.set_undelivered(whole(i64::try_from(facts.undelivered).unwrap_or(i64::MAX)));
    staff.set_has_sound(facts.has_sound);
    set_update(staff, facts.update.as_ref());
    set_faults(staff, &facts.faults, language);
    let drawn = Some(facts.source.as_str()).filter(|source| !source.is_empty());
    let drawn = drawn.and_then(|source| code::draw(source, pixels_per_mm));
    staff.set_has_source_code(drawn.is_some());
    staff.set_source_code(drawn.unwrap_or_default());
    staff.set_source(facts.source.as_str().into());
}

fn set_view(staff: &Staff<'_>, view: &StaffView) {
    staff.set_has_card(view.has_card);
    staff.set_page(page(view.page));
    let (state, code) = match view.unit {
        Unit::Serving => (UnitState::Serving, ""),
        Unit::Closed(ClosedReason::Hours) => (UnitState::Closed, ""),
        Unit::Closed(ClosedReason::Maintenance) => (UnitState::Maintenance, ""),
        Unit::NotOffered => (UnitState::NotOffered, ""),
        Unit::OutOfService(cause) => (UnitState::OutOfService, out_of_service_code(cause)),
    };
    staff.set_unit_state(state);
    staff.set_unit_code(code.into());
    staff.set_reader_test(test_state(view.reader));
    staff.set_service_test(test_state(view.service));
    staff.set_touch_test(test_state(view.touch));
    staff.set_sound_test(test_state(view.sound));
    staff.set_target(view.target.unwrap_or_default().into());
    staff.set_confirming(view.confirming.map_or(Action::None, action));
    let (wished, state) = match view.wished {
        None => (Action::None, WishState::None),
        Some((wish, left)) => {
            let state = match left {
                None => WishState::Asked,
                Some(true) => WishState::Left,
                Some(false) => WishState::Failed,
            };
            (action(Act::Wish(wish)), state)
        }
    };
    staff.set_wished(wished);
    staff.set_wish_state(state);
}

fn set_notice(staff: &Staff<'_>, notice: Option<Notice>) {
    let (notice, number) = match notice {
        None => (CodeNotice::None, 0),
        Some(Notice::Wrong { tries_left }) => (CodeNotice::Wrong, tries_left.into()),
        Some(Notice::Locked { minutes }) => (CodeNotice::Locked, minutes.into()),
        Some(Notice::Uncounted) => (CodeNotice::Uncounted, 0),
    };
    staff.set_code_notice(notice);
    staff.set_code_number(number);
}

fn set_faults(staff: &Staff<'_>, faults: &[Fault], language: Language) {
    let line = |fault: &Fault| FaultLine {
        when: moment::short(UnixTime(fault.at.as_second()), Catalogue::of(language)).into(),
        code: fault.code.into(),
        remedy: remedy(fault.code, language).into(),
    };
    let lines: Vec<_> = faults.iter().map(line).collect();
    staff.set_faults(Rc::new(VecModel::from(lines)).into());
}

fn set_update(staff: &Staff<'_>, update: Option<&Update>) {
    staff.set_update(update.map_or(UpdatePhase::NotTold, |update| phase(update.phase)));
    let version = update.and_then(|update| update.version.clone()).unwrap_or_default();
    staff.set_update_version(version.into());
    let percent = update.and_then(|update| update.percent);
    staff.set_update_percent(percent.map_or(-1, i32::from));
}

/// Has each callback told to `sink`.
pub(super) fn connect<S: Fn(Touched) + 'static>(staff: &Staff<'_>, sink: &Rc<S>) {
    staff.on_corner_touched({
        let sink = Rc::clone(sink);
        move || sink(Touched::Corner)
    });
    staff.on_page_chosen({
        let sink = Rc::clone(sink);
        move |page| sink(staffs(StaffTouch::Page(page_meant(page))))
    });
    staff.on_test({
        let sink = Rc::clone(sink);
        move |test| sink(staffs(StaffTouch::Test(test_meant(test))))
    });
    staff.on_target_touched({
        let sink = Rc::clone(sink);
        move || sink(staffs(StaffTouch::Target))
    });
    staff.on_clean({
        let sink = Rc::clone(sink);
        move || sink(staffs(StaffTouch::Clean))
    });
    staff.on_act({
        let sink = Rc::clone(sink);
        move |action| {
            if let Some(action) = action_meant(action) {
                sink(staffs(StaffTouch::Act(action)));
            }
        }
    });
}

const fn staffs(touch: StaffTouch) -> Touched {
    Touched::Session(Touch::Staff(touch))
}

fn whole(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}

const fn page(page: Page) -> StaffPage {
    match page {
        Page::Overview => StaffPage::Overview,
        Page::Faults => StaffPage::Faults,
        Page::Tests => StaffPage::Tests,
        Page::Cleaning => StaffPage::Cleaning,
        Page::Actions => StaffPage::Actions,
        Page::About => StaffPage::About,
    }
}

const fn page_meant(page: StaffPage) -> Page {
    match page {
        StaffPage::Overview => Page::Overview,
        StaffPage::Faults => Page::Faults,
        StaffPage::Tests => Page::Tests,
        StaffPage::Cleaning => Page::Cleaning,
        StaffPage::Actions => Page::Actions,
        StaffPage::About => Page::About,
    }
}

const fn test_meant(test: StaffTest) -> Test {
    match test {
        StaffTest::Reader => Test::Reader,
        StaffTest::Service => Test::Service,
        StaffTest::Touch => Test::Touch,
        StaffTest::Sound => Test::Sound,
    }
}

const fn test_state(state: State) -> TestState {
    match state {
        State::NotRun => TestState::NotRun,
        State::Running => TestState::Running,
        State::Passed => TestState::Passed,
        State::Failed => TestState::Failed,
    }
}

const fn action(action: Act) -> Action {
    match action {
        Act::Restart => Action::Restart,
        Act::Wish(Wish::Reboot) => Action::Reboot,
        Act::Wish(Wish::PowerOff) => Action::PowerOff,
        Act::Wish(Wish::UsbWindow) => Action::UsbWindow,
        Act::Wish(Wish::InstallNow) => Action::InstallNow,
    }
}

const fn action_meant(action: Action) -> Option<Act> {
    match action {
        Action::None => None,
        Action::Restart => Some(Act::Restart),
        Action::Reboot => Some(Act::Wish(Wish::Reboot)),
        Action::PowerOff => Some(Act::Wish(Wish::PowerOff)),
        Action::UsbWindow => Some(Act::Wish(Wish::UsbWindow)),
        Action::InstallNow => Some(Act::Wish(Wish::InstallNow)),
    }
}

const fn phase(phase: Phase) -> UpdatePhase {
    match phase {
        Phase::Idle => UpdatePhase::Idle,
        Phase::Downloading => UpdatePhase::Downloading,
        Phase::Ready => UpdatePhase::Ready,
        Phase::Waiting => UpdatePhase::Waiting,
        Phase::Installing => UpdatePhase::Installing,
        Phase::Trying => UpdatePhase::Trying,
        Phase::Confirmed => UpdatePhase::Confirmed,
        Phase::FellBack => UpdatePhase::FellBack,
        Phase::Refused => UpdatePhase::Refused,
    }
}
