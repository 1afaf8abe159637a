// SPDX-License-Identifier: MIT OR Apache-2.0
//! The staff's screens: each page, each thing that can be said on it once at least.

use jiff::Timestamp;
use kiosk_app::staff::{Fault, Link, Release, StaffFacts};
use kiosk_control::{Phase, Update};
use kiosk_session::event::ClosedReason;
use kiosk_session::staff::{Action, CodeNotice, StaffPage, StaffView, TestState, UnitState, Wish};
use kiosk_session::view::{May, OutOfService, Screen};

const RESTING: StaffView = StaffView {
    page: StaffPage::Overview,
    confirming: None,
    wished: None,
    target: None,
    reader: TestState::NotRun,
    service: TestState::NotRun,
    touch: TestState::NotRun,
    sound: TestState::NotRun,
    unit: UnitState::Serving,
    has_card: false,
};

/// Each with a name, and what may be touched.
pub(crate) fn all() -> Vec<(String, Screen, May)> {
    let mut views = codes();
    let mut add = |name: &str, view: StaffView| {
        let is_asked = view.confirming.is_some();
        let dismiss = !is_asked && view.target.is_none();
        let may = May { dismiss, go_on: is_asked, go_back: is_asked, ..May::default() };
        views.push((format!("staff-{name}"), Screen::Staff(view), may));
    };
    let page = |page| StaffView { page, ..RESTING };
    add("overview", RESTING);
    add("overview-bare", RESTING);
    let cause = OutOfService::ReaderGone;
    add("overview-fault", StaffView { unit: UnitState::OutOfService(cause), ..RESTING });
    add("overview-card", StaffView { has_card: true, ..RESTING });
    let closed = UnitState::Closed(ClosedReason::Hours);
    add("overview-update", StaffView { unit: closed, ..RESTING });
    add("overview-fell-back", StaffView { unit: UnitState::NotOffered, ..RESTING });
    add("faults", page(StaffPage::Faults));
    add("faults-none-bare", page(StaffPage::Faults));
    let tests = page(StaffPage::Tests);
    add("tests", tests);
    let (running, passed, failed) = (TestState::Running, TestState::Passed, TestState::Failed);
    add("tests-reader", StaffView { reader: running, ..tests });
    add("tests-sound", StaffView { sound: running, ..tests });
    add("tests-bare", tests);
    let of =
        |state| StaffView { reader: state, service: state, touch: state, sound: state, ..tests };
    add("tests-passed", of(passed));
    add("tests-failed", of(failed));
    add("tests-card", StaffView { reader: passed, has_card: true, ..tests });
    for corner in 0..4 {
        add(&format!("touch-{corner}"), StaffView { target: Some(corner), ..tests });
    }
    add("cleaning", page(StaffPage::Cleaning));
    add("about", page(StaffPage::About));
    add("about-bare", page(StaffPage::About));
    let actions = page(StaffPage::Actions);
    add("actions", actions);
    for (name, wish) in [
        ("reboot", Wish::Reboot),
        ("power-off", Wish::PowerOff),
        ("usb-window", Wish::UsbWindow),
        ("install-now", Wish::InstallNow),
    ] {
        let confirming = Some(Action::Wish(wish));
        add(&format!("confirm-{name}"), StaffView { confirming, ..actions });
        let wished = Some((wish, Some(true)));
        add(&format!("wished-{name}"), StaffView { wished, ..actions });
    }
    add("confirm-restart", StaffView { confirming: Some(Action::Restart), ..actions });
    add("wish-failed", StaffView { wished: Some((Wish::Reboot, Some(false))), ..actions });
    let locked = Screen::Cleaning { seconds: 27, unit: UnitState::Serving };
    views.push(("staff-locked".to_owned(), locked, May::default()));
    views
}

fn codes() -> Vec<(String, Screen, May)> {
    let wrong = Some(CodeNotice::Wrong { tries_left: 4 });
    let locked = Some(CodeNotice::Locked { minutes: 15 });
    [
        ("empty", 0, None, false, false),
        ("typed", 6, None, false, false),
        ("checking", 12, None, true, false),
        ("wrong", 0, wrong, false, false),
        ("last", 3, Some(CodeNotice::Wrong { tries_left: 1 }), false, false),
        ("locked", 0, locked, false, false),
        ("uncounted", 0, Some(CodeNotice::Uncounted), false, false),
        ("card", 0, wrong, false, true),
    ]
    .map(|(name, typed, notice, is_checking, has_card)| {
        let unit = UnitState::Serving;
        let screen = Screen::StaffCode { typed, notice, is_checking, unit, has_card };
        let submit = typed >= 6 && !is_checking;
        let may = May { cancel: true, submit, ..May::default() };
        (format!("staff-code-{name}"), screen, may)
    })
    .into()
}

/// What is told with a view of this name: everything, or as little as there can be.
pub(crate) fn facts(name: &str) -> StaffFacts {
    let update = |phase, percent| {
        Some(Update { phase, version: Some("0.12.1".to_owned()), said: String::new(), percent })
    };
    let is_bare = name.contains("bare");
    let whole = StaffFacts {
        software: "0.11.0".to_owned(),
        release: Release { image: Some("2026.11.3".to_owned()), slot: Some("B".to_owned()) },
        unit: Some("shinagawa-konan-2/kiosk-0042".to_owned()),
        reader: Some("ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC] 00 00".to_owned()),
        link: Link::Answers,
        certificate_days: Some(341),
        key_without_tpm: Some(false),
        undelivered: 0,
        update: update(Phase::Idle, None),
        faults: faults(),
        source: SOURCE.to_owned(),
        has_code: true,
        has_sound: true,
    };
    match name {
        _ if is_bare => StaffFacts {
            release: Release::default(),
            unit: None,
            reader: None,
            link: Link::NotAsked,
            certificate_days: None,
            key_without_tpm: None,
            update: None,
            faults: Vec::new(),
            source: String::new(),
            has_sound: false,
            ..whole
        },
        _ if name.contains("fault") => StaffFacts {
            reader: None,
            link: Link::Fails("S-300"),
            certificate_days: Some(-3),
            key_without_tpm: Some(true),
            undelivered: 12,
            update: update(Phase::Refused, None),
            ..whole
        },
        _ if name.contains("failed") => StaffFacts { link: Link::Fails("S-300"), ..whole },
        _ if name.contains("update") => StaffFacts {
            update: update(Phase::Downloading, Some(37)),
            certificate_days: Some(1),
            ..whole
        },
        _ if name.contains("fell-back") => {
            StaffFacts { update: update(Phase::FellBack, None), ..whole }
        }
        _ => whole,
    }
}

/// One of each remedy, and as many as are kept.
fn faults() -> Vec<Fault> {
    let codes =
        ["K-402", "S-300", "K-404", "K-401", "K-431", "K-430", "C-110", "K-400", "K-418", "K-416"];
    let fault = |(place, code)| {
        let second = 1_795_000_000 - 7_000 * i64::try_from(place).unwrap_or_default();
        Fault { at: Timestamp::constant(second, 0), code }
    };
    codes.into_iter().enumerate().map(fault).collect()
}

const SOURCE: &str = "https://kiosk.example/source/2026.11.3";
