// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stories of *Check my card*: what is shown, and what the service hears meanwhile.

use std::time::Duration;

use kiosk_session::card::{CardFault, CardReply, CardRequest};
use kiosk_session::central::{
    CentralFault, CentralReply, CentralRequest, Denial, ReceiptResult, ReservationState,
};
use kiosk_session::check::{Advice, Checked, LastReset};
use kiosk_session::effect::{Anomaly, Effect};
use kiosk_session::event::{Choice, Event, Touch};
use kiosk_session::limits::Limit;
use kiosk_session::view::{CheckFound, CheckPage};
use kiosk_session::{Ending, Limits, Nonce, Screen};

use crate::kit::Desk;
use crate::kit::papers::{OWN_NONCE, SESSION, checked, checked_real, opaque, opened, papers};
use crate::kit::situation::{Situation, taken, taken_as};

#[track_caller]
fn found(desk: &Desk) -> CheckFound {
    let Screen::CheckMyCard { found: Some(found) } = desk.view().screen else {
        panic!("{} shows {:?}", desk.state(), desk.view().screen);
    };
    found
}

fn showing(checked: Checked) -> Desk {
    let mut desk = Situation::CheckingCard.reach();
    desk.card(CardReply::Checked(checked));
    desk
}

#[test]
fn the_card_is_shown_before_the_service_has_heard_of_it() {
    let desk = showing(checked(LastReset::Done));
    assert_eq!(found(&desk).check.last_reset, Some(LastReset::Done));
    assert_eq!(found(&desk).advice, Advice::TargetLocked);
    assert_eq!(found(&desk).reservation, None);
    let delivered = CentralRequest::DeliverReceipt {
        session: None,
        nonce: OWN_NONCE,
        receipt: opaque("receipt over the kiosk's nonce"),
        attestation_certificate: papers().attestation_certificate,
    };
    assert_eq!(desk.central_request(), Some(&delivered));
}

#[test]
fn a_done_reset_is_settled_over_the_kiosks_own_nonce() {
    let mut desk = Situation::ShowingCheckDone.reach();
    desk.central(taken(ReservationState::Used));
    assert_eq!(found(&desk).reservation, Some(ReservationState::Used));
    assert!(desk.effects.is_empty(), "nothing is left to tell");
}

#[test]
fn a_reset_that_was_not_done_is_settled_over_the_nonce_of_a_session() {
    let mut desk = Situation::ShowingCheck.reach();
    desk.central(taken_as(ReceiptResult::Unknown, ReservationState::Open));
    assert_eq!(found(&desk).reservation, None, "nothing is settled yet");
    assert_eq!(desk.central_request(), Some(&CentralRequest::OpenSession { papers: papers() }));
    desk.central(CentralReply::Opened(opened(true)));
    let nonce = Nonce([0x4e; 32]);
    assert_eq!(desk.card_request(), Some(&CardRequest::ReadReceipt { nonce }));
    desk.card(CardReply::ReceiptRead(opaque("receipt over the session's nonce")));
    let delivered = CentralRequest::DeliverReceipt {
        session: Some(SESSION),
        nonce,
        receipt: opaque("receipt over the session's nonce"),
        attestation_certificate: papers().attestation_certificate,
    };
    assert_eq!(desk.central_request(), Some(&delivered));
    desk.central(taken(ReservationState::Open));
    assert_eq!(found(&desk).reservation, Some(ReservationState::Open));
    assert!(desk.effects.is_empty(), "once is enough");
}

#[test]
fn no_session_is_opened_for_what_no_session_would_settle() {
    for last_reset in [LastReset::Never, LastReset::Done, LastReset::Open] {
        let mut desk = showing(checked(last_reset));
        desk.central(taken_as(ReceiptResult::Unknown, ReservationState::Open));
        assert!(desk.effects.is_empty(), "{last_reset:?}: {:?}", desk.effects);
        assert_eq!(found(&desk).reservation, None);
    }
    let mut desk = Situation::ShowingCheck.reach();
    desk.central(taken(ReservationState::Open));
    assert!(desk.effects.is_empty(), "the service knew it already");
    let mut desk = Situation::ShowingCheckOpening.reach();
    desk.central(CentralReply::Opened(opened(false)));
    assert!(desk.effects.is_empty(), "the service wants no receipt");
}

#[test]
fn whatever_the_service_says_or_does_not_say_the_screen_stays() {
    for situation in
        [Situation::ShowingCheck, Situation::ShowingCheckOpening, Situation::ShowingCheckDelivering]
    {
        for reply in [
            CentralReply::Denied(Denial::KioskNotAuthorised),
            CentralReply::Failed(CentralFault::Unreachable),
            CentralReply::Recorded,
        ] {
            let mut desk = situation.reach();
            let before = found(&desk);
            desk.central(reply);
            assert_eq!(found(&desk), before, "{situation:?}");
        }
        let mut desk = situation.reach();
        let limits = Limits::default();
        desk.pass(limits.of(Limit::CentralRequest));
        assert_eq!(desk.notes, [Anomaly::CentralOverrun { state: "ShowingCheck" }]);
        assert_eq!(desk.state(), "ShowingCheck");
        desk.pass(limits.of(Limit::Idle));
        assert!(desk.view().warning_seconds.is_some(), "the resident's time goes on as ever");
    }
}

#[test]
fn a_card_that_hangs_over_the_second_receipt_is_given_up() {
    let mut desk = Situation::ShowingCheckReading.reach();
    desk.pass(Limits::default().of(Limit::CardRequest));
    assert_eq!(desk.ending(), Ending::ReaderStuck);
}

#[test]
fn a_card_that_fails_at_the_second_receipt_has_shown_all_the_same() {
    let mut desk = Situation::ShowingCheckReading.reach();
    let before = found(&desk);
    desk.card(CardReply::Failed(CardFault::Unreadable));
    assert_eq!(found(&desk), before);
    assert!(desk.effects.is_empty());
}

#[test]
fn of_a_real_card_nothing_is_told_to_anybody() {
    let desk = Situation::ShowingCheckOfRealCard.reach();
    assert_eq!(found(&desk).advice, Advice::OnTrial);
    assert_eq!(found(&desk).check.last_reset, None);
    let to_the_service = |effect: &Effect| matches!(effect, Effect::Central(..));
    assert!(!desk.effects.iter().any(to_the_service));
    assert_eq!(desk.central_request(), None);
}

/// A worker that reads more than it should does not make the session tell it.
#[test]
fn not_even_a_receipt_that_a_real_card_should_not_have() {
    let mut desk = Situation::ChoosingRealCard.reach();
    desk.touch(Touch::Choose(Choice::CheckMyCard));
    desk.card(CardReply::Checked(checked(LastReset::Done)));
    assert_eq!(desk.central_request(), None);
}

#[test]
fn the_second_page_leads_back_to_the_first_and_that_to_the_choice() {
    let mut desk = Situation::ShowingCheck.reach();
    assert!(desk.view().may.go_on);
    desk.touch(Touch::Continue);
    assert_eq!(found(&desk).page, CheckPage::More);
    assert!(!desk.view().may.go_on);
    desk.touch(Touch::Back);
    assert_eq!(found(&desk).page, CheckPage::Summary);
    desk.touch(Touch::Back);
    assert_eq!(desk.state(), "Choosing");
}

#[test]
fn turning_a_page_is_a_touch_like_any_other() {
    let mut desk = Situation::ShowingCheckOfRealCard.reach();
    for touch in [Touch::Continue, Touch::Back] {
        desk.pass(Limits::default().of(Limit::Idle) + Duration::from_secs(1));
        assert!(desk.view().warning_seconds.is_some());
        desk.touch(touch);
        assert_eq!(desk.view().warning_seconds, None);
    }
}

#[test]
fn who_goes_back_while_the_service_is_told_can_go_on_to_a_new_pin() {
    let mut desk = Situation::ShowingCheck.reach();
    let id = desk.central_request_id();
    desk.touch(Touch::Back).touch(Touch::Choose(Choice::SetNewPin));
    assert_eq!(desk.state(), "Opening");
    desk.tell(Event::Central(id, taken_as(ReceiptResult::Unknown, ReservationState::Open)));
    assert_eq!(desk.state(), "Opening", "an answer that nobody waits for is dropped");
    desk.central(CentralReply::Opened(opened(false)));
    assert_eq!(desk.state(), "Beware");
}

#[test]
fn a_card_taken_while_the_service_is_told_leaves_nothing_behind() {
    let mut desk = Situation::ShowingCheck.reach();
    desk.tell(Event::MediaRemoved);
    assert_eq!(desk.state(), "Idle");
    assert!(desk.journal.is_empty(), "nothing of a person is kept");
    assert!(!desk.debug().contains("Opaque"));
}

#[test]
fn without_a_receipt_there_is_nothing_to_tell() {
    let unreadable = Checked { receipt: None, ..checked(LastReset::Unreadable) };
    let desk = showing(unreadable);
    assert_eq!(desk.central_request(), None);
    assert_eq!(showing(checked_real()).central_request(), None);
}
