// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the driver does for staff: their facts, the call of the service, the wishes.

use backend_client::{CentralError, wire};
use kiosk_session::staff::{Action, StaffEvent, StaffTest, StaffTouch, StaffView, TestState, Wish};

use super::*;
use crate::staff::{Link, StaffFacts};

/// A bench whose key-switch was turned.
fn with_staff() -> Bench {
    let bench = Bench::at_rest(1);
    bench.event(Event::Staff(StaffEvent::SwitchTurned));
    bench.until(|screen| matches!(screen, Screen::Staff(_)));
    bench
}

fn touch(bench: &Bench, touch: StaffTouch) {
    bench.event(Event::Touched(Touch::Staff(touch)));
}

impl Bench {
    fn until_staff(&self, is_wanted: impl Fn(&StaffView) -> bool) {
        self.until(|screen| matches!(screen, Screen::Staff(view) if is_wanted(view)));
    }

    fn until_told(&self, is_wanted: impl Fn(&StaffFacts) -> bool) -> StaffFacts {
        loop {
            if let Shown::Staff(facts) = self.shown.recv_timeout(LONG).expect("facts come")
                && is_wanted(&facts)
            {
                return *facts;
            }
        }
    }
}

#[test]
fn the_screen_is_told_whether_there_is_a_code_before_anything_is_shown() {
    let bench = Bench::start(1, true);
    let first = bench.shown.recv_timeout(LONG).expect("facts come");
    let Shown::Staff(facts) = first else {
        let Shown::Information(_) = first else { panic!("{first:?}") };
        assert!(!bench.until_told(|_| true).has_code);
        return;
    };
    assert!(!facts.has_code);
}

#[test]
fn staff_read_the_reader_the_unit_and_the_days_of_its_certificate() {
    let bench = with_staff();
    let not_after = Timestamp::from_second(wall_clock().as_second() + 31 * 86_400 + 60).unwrap();
    bench.tell(Message::Identity(wire::Identity {
        kiosk_id: wire::KioskId([0; 16]),
        store: "4711".to_owned(),
        unit: "02".to_owned(),
        certificate_not_after: not_after,
        key_without_tpm: true,
    }));
    let facts = bench.until_told(|facts| facts.certificate_days.is_some());
    assert_eq!((facts.certificate_days, facts.key_without_tpm), (Some(31), Some(true)));
    assert_eq!(facts.unit.as_deref(), Some("4711/02"));
    assert_eq!(facts.reader.as_deref(), Some("a reader"));
}

#[test]
fn the_service_is_asked_once_and_its_silence_has_a_code() {
    let bench = with_staff();
    touch(&bench, StaffTouch::Page(kiosk_session::staff::StaffPage::Tests));
    touch(&bench, StaffTouch::Test(StaffTest::Service));
    bench.until_staff(|view| view.service == TestState::Running);
    let call = wire::Call::Policy;
    bench.tell(Message::Policy(Err(CentralError::NoLink { call, source: None })));
    let facts = bench.until_told(|facts| facts.link != Link::NotAsked);
    assert_eq!(facts.link, Link::Fails("K-418"));
    bench.until_staff(|view| view.service == TestState::Failed);
}

/// Whoever looks after the units reads how this one would be without the clerk at it.
#[test]
fn the_heartbeat_goes_on_to_tell_what_is_wrong() {
    let bench = with_staff();
    bench.reader(ReaderEvent::ReaderDetached { reader: reader() });
    loop {
        let errand = bench.unit.recv_timeout(LONG).expect("a heartbeat comes");
        if let CentralErrand::Heartbeat(condition) = errand
            && condition.state == wire::KioskState::OutOfService
        {
            assert_eq!(condition.faults, ["K-402"]);
            return;
        }
    }
}

#[test]
fn a_wish_lies_where_the_system_looks_once_it_is_confirmed() {
    let bench = with_staff();
    touch(&bench, StaffTouch::Page(kiosk_session::staff::StaffPage::Actions));
    touch(&bench, StaffTouch::Act(Action::Wish(Wish::Reboot)));
    bench.until_staff(|view| view.confirming.is_some());
    assert!(!wishes_in(&bench.folder).exists());
    bench.event(Event::Touched(Touch::Continue));
    bench.until_staff(|view| view.wished == Some((Wish::Reboot, Some(true))));
    assert!(wishes_in(&bench.folder).join("reboot").exists());
}

#[test]
fn without_a_code_the_pad_of_the_corner_lets_nobody_in() {
    let bench = Bench::at_rest(1);
    for _ in 0..5 {
        bench.event(Event::Staff(StaffEvent::CornerTouched));
    }
    bench.until(|screen| matches!(screen, Screen::StaffCode { .. }));
    for digit in [4, 0, 2, 8, 1, 7] {
        bench.event(Event::Staff(bench.code.press(digit).expect("the pad is open")));
    }
    bench.event(Event::Staff(bench.code.submit().expect("the pad is open")));
    let uncounted = Some(kiosk_session::staff::CodeNotice::Uncounted);
    bench
        .until(|screen| matches!(screen, Screen::StaffCode { notice, .. } if *notice == uncounted));
}

#[test]
fn what_was_shown_to_a_resident_stands_among_the_last_faults() {
    let bench = Bench::at_rest(1);
    bench.insert();
    bench.card_answers(CardReply::Read(CardRead::NotGenuine));
    bench.until(|screen| matches!(screen, Screen::Ending { .. }));
    bench.reader(ReaderEvent::MediaRemoved { reader: reader() });
    bench.event(Event::Touched(Touch::Dismiss));
    bench.until(|screen| matches!(screen, Screen::Attract { .. }));
    bench.event(Event::Staff(StaffEvent::SwitchTurned));
    let facts = bench.until_told(|facts| !facts.faults.is_empty());
    assert_eq!(facts.faults[0].code, "C-134");
}
