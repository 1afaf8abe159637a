// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every way to the last try of the 4-digit PIN passes the screen that says so, and no way around
//! it is left by going back.

use kiosk_session::card::{CardRead, CardReply, CardRequest, Recognition, Verification};
use kiosk_session::central::CentralReply;
use kiosk_session::effect::Effect;
use kiosk_session::event::{Choice, Event, Touch};
use kiosk_session::{PadCommand, PadSlot, Screen};

use crate::kit::Desk;
use crate::kit::papers::{opened, profile_card, submitted};
use crate::kit::situation::Situation;

/// The screen stands, no pad is open, and nothing is asked of the card.
#[track_caller]
fn warns(desk: &mut Desk) {
    assert_eq!(desk.view().screen, Screen::LastTry);
    assert!(!desk.effects.contains(&Effect::Pad(PadCommand::Open(PadSlot::Proof))));
    // A submission that was under way in the queue does not get past the screen.
    desk.tell(submitted(PadSlot::Proof, None));
    assert_eq!(desk.view().screen, Screen::LastTry);
    assert!(desk.card_request().is_none());
}

/// From the screen to the pad, and one VERIFY for one press of OK.
#[track_caller]
fn goes_on(desk: &mut Desk) {
    desk.touch(Touch::Continue);
    assert!(matches!(desk.view().screen, Screen::ProofPad { retries_left: 1, .. }));
    desk.tell(submitted(PadSlot::Proof, None));
    assert!(matches!(desk.card_request(), Some(CardRequest::Verify { .. })));
}

/// A card whose last try is left, up to the warning about strangers.
fn at_the_warning() -> Desk {
    let mut desk = Situation::ReadingCard.reach();
    desk.card(CardReply::Read(CardRead::Profile(profile_card(1))));
    desk.touch(Touch::Choose(Choice::SetNewPin));
    desk.central(CentralReply::Opened(opened(false)));
    assert!(matches!(desk.view().screen, Screen::Beware { .. }));
    desk
}

fn at_first() -> Desk {
    let mut desk = at_the_warning();
    desk.touch(Touch::Continue);
    desk
}

fn after(verification: Verification) -> Desk {
    let mut desk = Situation::Verifying.reach();
    desk.card(CardReply::Verified(verification));
    desk
}

fn put_back_from(situation: Situation) -> Desk {
    let mut desk = situation.reach();
    desk.tell(Event::MediaRemoved).tell(Event::MediaInserted);
    desk.card(CardReply::Recognised(Recognition::Same { retries_left: 1 }));
    desk
}

#[test]
fn a_card_that_comes_with_one_try_left_is_warned_about_at_first() {
    let mut desk = at_first();
    warns(&mut desk);
    goes_on(&mut desk);
}

#[test]
fn a_wrong_pin_that_leaves_one_try_is_followed_by_the_screen() {
    let mut desk = after(Verification::Refused { retries_left: 1 });
    warns(&mut desk);
    goes_on(&mut desk);
}

#[test]
fn a_lost_answer_that_leaves_one_try_is_followed_by_the_screen() {
    let mut desk = after(Verification::LostAnswer { retries_left: Some(1) });
    warns(&mut desk);
    goes_on(&mut desk);
}

#[test]
fn a_card_put_back_with_one_try_left_is_warned_about_wherever_it_was_lifted() {
    for situation in [
        Situation::Proving,
        Situation::ProvingAfterWrong,
        Situation::Entering,
        Situation::Confirming,
    ] {
        let mut desk = put_back_from(situation);
        warns(&mut desk);
        goes_on(&mut desk);
    }
}

#[test]
fn back_from_the_screen_leads_to_the_warning_and_from_there_to_the_screen_again() {
    let mut desk = at_first();
    assert!(desk.view().may.go_back && desk.view().may.go_on && !desk.view().may.submit);
    desk.touch(Touch::Back);
    assert!(matches!(desk.view().screen, Screen::Beware { .. }));
    desk.touch(Touch::Continue);
    warns(&mut desk);
}

#[test]
fn back_from_the_pad_of_the_last_try_does_not_spare_the_screen() {
    let mut desk = at_first();
    desk.touch(Touch::Continue).touch(Touch::Back);
    assert!(matches!(desk.view().screen, Screen::Beware { .. }));
    desk.touch(Touch::Continue);
    warns(&mut desk);
    goes_on(&mut desk);
}

#[test]
fn back_to_the_beginning_and_on_again_does_not_spare_the_screen() {
    let mut desk = after(Verification::Refused { retries_left: 1 });
    desk.touch(Touch::Back).touch(Touch::Back);
    assert_eq!(desk.state(), "Choosing");
    desk.touch(Touch::Choose(Choice::SetNewPin));
    desk.central(CentralReply::Opened(opened(false))).touch(Touch::Continue);
    warns(&mut desk);
    goes_on(&mut desk);
}

#[test]
fn a_card_lifted_from_the_screen_or_its_pad_and_put_back_meets_the_screen_again() {
    let mut desk = at_first();
    desk.touch(Touch::Continue);
    desk.tell(Event::MediaRemoved).tell(Event::MediaInserted);
    desk.card(CardReply::Recognised(Recognition::Same { retries_left: 1 }));
    warns(&mut desk);
    let mut desk = at_first();
    desk.tell(Event::MediaRemoved);
    assert!(desk.card_request().is_none());
    assert!(!matches!(desk.view().screen, Screen::ProofPad { .. }));
}

#[test]
fn a_press_of_ok_is_one_verify_and_a_second_one_meanwhile_is_none() {
    let mut desk = at_first();
    goes_on(&mut desk);
    let id = desk.card_request_id();
    desk.tell(submitted(PadSlot::Proof, None)).touch(Touch::Continue);
    assert_eq!(desk.card_request_id(), id, "nothing else was asked");
    desk.card(CardReply::Verified(Verification::LostAnswer { retries_left: None }));
    assert!(desk.card_request().is_none(), "a lost answer is not sent again");
    assert_eq!(desk.outcomes(), [("abandoned", "card-lifted-verifying")]);
}
