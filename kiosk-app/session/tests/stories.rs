// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stories of residents, cards, services and power, told one by one.

use kiosk_session::card::{
    CardFault, CardReply, CardRequest, Presentation, Recognition, Verdict, Verification,
};
use kiosk_session::central::{CentralFault, CentralReply, CentralRequest};
use kiosk_session::effect::{Effect, OutcomeResult, Record, Sound};
use kiosk_session::ending::Ending;
use kiosk_session::event::{Choice, ClosedReason, Event, ServiceHours, Touch};
use kiosk_session::view::ProofNotice;
use kiosk_session::{Language, PadCommand, PadSlot, Screen};

use crate::kit::Desk;
use crate::kit::papers::{
    SESSION, TICKET, opaque, opened, papers, profile_card, submitted, ticketed, written_done,
};
use crate::kit::situation::Situation;

// The happy path.

#[test]
fn a_locked_signature_pin_is_set_anew() {
    let mut desk = Situation::Reporting.reach();
    let ending = Ending::Done;
    let (result, receipt) = (OutcomeResult::Done, Some(opaque("receipt 01")));
    let ticket = TICKET;
    assert_eq!(
        desk.journal,
        [
            Record::ProofSent { session: SESSION },
            Record::TicketRequested { session: SESSION },
            Record::TicketPresented { session: SESSION, ticket },
            Record::ResetSent { session: SESSION, ticket },
            Record::Outcome { session: SESSION, ticket: Some(ticket), result, ending, receipt },
        ]
    );
    assert!(matches!(desk.view().screen, Screen::Working { .. }), "shown only once it is told");
    desk.central(CentralReply::Recorded);
    assert_eq!(desk.ending(), Ending::Done);
    assert_eq!(desk.sounds.last(), Some(&Sound::Done));
}

#[test]
fn after_an_ending_nothing_of_the_person_is_left() {
    let mut desk = Desk::new();
    let untouched = desk.debug();
    desk.touch(Touch::Language(Language::Nepali));
    let mut desk = Situation::ShowingEnding.reach();
    desk.touch(Touch::Language(Language::Nepali));
    desk.tell(Event::MediaRemoved).touch(Touch::Dismiss);
    assert_eq!(desk.state(), "Idle");
    let clock_and_ids = |debug: &str| {
        let (head, tail) = debug.split_once("now: ").expect("a clock");
        let (_, tail) = tail.split_once("state: ").expect("a state");
        format!("{head}{tail}")
    };
    assert_eq!(clock_and_ids(&desk.debug()), clock_and_ids(&untouched));
}

// The PIN they know.

#[test]
fn a_wrong_pin_may_be_typed_again_and_the_count_is_shown() {
    let mut desk = Situation::ProvingAfterWrong.reach();
    let Screen::ProofPad { retries_left, notice, .. } = desk.view().screen else {
        panic!("the pad is open again");
    };
    assert_eq!((retries_left, notice), (2, Some(ProofNotice::Wrong)));
    desk.tell(submitted(PadSlot::Proof, None));
    desk.card(CardReply::Verified(Verification::Verified));
    assert_eq!(desk.state(), "Signing");
}

#[test]
fn before_the_last_try_there_is_a_screen_that_says_so() {
    let mut desk = Situation::LastTry.reach();
    assert!(!desk.effects.contains(&Effect::Pad(PadCommand::Open(PadSlot::Proof))));
    desk.touch(Touch::Continue);
    assert_eq!(desk.state(), "Proving");
    desk.tell(submitted(PadSlot::Proof, None));
    desk.card(CardReply::Verified(Verification::Refused { retries_left: 0 }));
    assert_eq!(desk.outcomes(), [("abandoned", "pin-locked-now")]);
}

#[test]
fn a_lost_answer_to_verify_is_never_resent() {
    let mut desk = Situation::Verifying.reach();
    desk.card(CardReply::Verified(Verification::LostAnswer { retries_left: Some(2) }));
    assert_eq!(desk.state(), "Proving");
    assert!(desk.card_request().is_none());
    let Screen::ProofPad { retries_left: 2, notice: Some(ProofNotice::AnswerLost), .. } =
        desk.view().screen
    else {
        panic!("the count that was read again is shown");
    };
}

#[test]
fn a_wish_to_cancel_waits_for_verify_because_its_answer_counts() {
    let mut desk = Situation::VerifyingCancelled.reach();
    assert!(!desk.view().may.cancel);
    desk.card(CardReply::Verified(Verification::Refused { retries_left: 2 }));
    desk.central(CentralReply::Recorded);
    assert_eq!(desk.ending(), Ending::PinWrong { retries_left: 2 });
}

#[test]
fn a_pin_that_the_card_would_refuse_by_its_length_is_not_sent() {
    let mut desk = Situation::Proving.reach();
    let Event::Submitted { pin, matches, .. } = submitted(PadSlot::Proof, None) else {
        unreachable!()
    };
    desk.tell(Event::Submitted { pin, shape: kiosk_session::PinShape::EMPTY, matches });
    assert_eq!(desk.state(), "Proving");
    assert!(desk.card_request().is_none());
}

#[test]
fn a_card_lifted_while_the_pin_is_checked_tells_whether_a_try_may_be_gone() {
    let after_lifting = |verification| {
        let mut desk = Situation::Verifying.reach();
        desk.tell(Event::MediaRemoved);
        desk.card(CardReply::Verified(verification));
        desk.central(CentralReply::Recorded);
        desk.ending()
    };
    assert_eq!(after_lifting(Verification::Verified), Ending::CardLifted);
    let retries_left = 2;
    let refused = Verification::Refused { retries_left };
    assert_eq!(after_lifting(refused), Ending::PinWrong { retries_left });
    for retries_left in [None, Some(2)] {
        let lost = Verification::LostAnswer { retries_left };
        assert_eq!(after_lifting(lost), Ending::CardLiftedVerifying);
    }
}

// Lifted while typing.

#[test]
fn a_card_put_back_in_time_goes_on_with_the_four_digits() {
    let mut desk = Situation::Confirming.reach();
    desk.tell(Event::MediaRemoved);
    assert!(desk.effects.contains(&Effect::Pad(PadCommand::WipeAll)));
    assert!(matches!(desk.view().screen, Screen::PutBack { seconds: 20, .. }));
    desk.tell(Event::MediaInserted);
    assert_eq!(desk.card_request(), Some(&CardRequest::Recognise { papers: papers() }));
    desk.card(CardReply::Recognised(Recognition::Same { retries_left: 3 }));
    assert_eq!(desk.state(), "Proving");
    desk.tell(submitted(PadSlot::Proof, None));
    desk.card(CardReply::Verified(Verification::Verified));
    assert_eq!(desk.state(), "Entering", "the service has granted already");
}

#[test]
fn another_card_put_back_does_not_go_on() {
    let mut desk = Situation::PuttingBackComparing.reach();
    desk.card(CardReply::Recognised(Recognition::Other));
    assert!(matches!(desk.view().screen, Screen::PutBack { other_card: true, .. }));
    desk.wait_for_change();
    assert_eq!(desk.outcomes(), [("abandoned", "card-lifted")]);
}

// Back.

#[test]
fn back_from_the_warning_gives_the_services_session_up_and_lets_choose_again() {
    let mut desk = Situation::Beware.reach();
    assert!(desk.view().may.go_back);
    desk.touch(Touch::Back);
    assert_eq!(desk.state(), "Choosing");
    assert_eq!(desk.outcomes(), [("abandoned", "cancelled")]);
    desk.touch(Touch::Choose(Choice::SetNewPin));
    assert_eq!(desk.state(), "Opening");
}

#[test]
fn back_from_the_warning_after_a_wrong_pin_keeps_the_count() {
    let mut desk = Situation::ProvingAfterWrong.reach();
    desk.touch(Touch::Back).touch(Touch::Back);
    assert_eq!(desk.outcomes(), [("abandoned", "pin-wrong")]);
    desk.touch(Touch::Choose(Choice::SetNewPin));
    desk.central(CentralReply::Opened(opened(false))).touch(Touch::Continue);
    assert!(matches!(desk.view().screen, Screen::ProofPad { retries_left: 2, .. }));
}

#[test]
fn back_from_the_new_pin_leads_to_the_four_digits_with_a_full_counter() {
    let mut desk = Situation::ProvingAfterWrong.reach();
    desk.tell(submitted(PadSlot::Proof, None));
    desk.card(CardReply::Verified(Verification::Verified));
    desk.card(CardReply::Signed(opaque("signature"))).central(CentralReply::Granted);
    assert!(desk.view().may.go_back);
    desk.touch(Touch::Back);
    assert!(desk.effects.contains(&Effect::Pad(PadCommand::WipeAll)));
    assert!(matches!(desk.view().screen, Screen::ProofPad { retries_left: 3, notice: None, .. }));
    desk.tell(submitted(PadSlot::Proof, None));
    desk.card(CardReply::Verified(Verification::Verified));
    assert_eq!(desk.state(), "Entering", "the service has granted already");
    desk.touch(Touch::Back).touch(Touch::Cancel).central(CentralReply::Recorded);
    assert_eq!(desk.ending(), Ending::Cancelled);
}

// Tickets.

#[test]
fn a_refused_ticket_is_followed_by_a_receipt_before_another_is_asked_for() {
    let mut desk = Situation::Presenting.reach();
    let asked_at = desk.now();
    desk.card(CardReply::Presented(Presentation::Refused));
    assert!(matches!(desk.card_request(), Some(CardRequest::ReadReceipt { .. })));
    desk.card(CardReply::ReceiptRead(opaque("receipt")));
    assert!(matches!(desk.central_request(), Some(CentralRequest::DeliverReceipt { .. })));
    let mut desk = Situation::PresentingAgain.reach();
    assert!(desk.now() - asked_at > std::time::Duration::from_secs(10));
    desk.card(CardReply::Presented(Presentation::Accepted));
    assert_eq!(desk.state(), "Writing");
}

#[test]
fn cancelling_over_a_ticket_withdraws_it_with_proof() {
    let mut desk = Situation::Withdrawing.reach();
    desk.card(CardReply::Settled(Verdict::NotDone { receipt: opaque("receipt 03") }));
    let Some(Record::Outcome { result, ending, receipt, .. }) = desk.journal.last() else {
        panic!("an outcome is kept");
    };
    assert_eq!((*result, *ending), (OutcomeResult::NotDone, Ending::Cancelled));
    assert_eq!(*receipt, Some(opaque("receipt 03")));
}

#[test]
fn a_lost_ticket_ends_as_not_done() {
    let mut desk = Situation::Ticketing.reach();
    desk.central(CentralReply::Failed(CentralFault::LostAnswer));
    assert_eq!(desk.outcomes(), [("not_done", "service-unreachable")]);
}

// Hours, cards left behind, real cards.

#[test]
fn a_card_present_at_start_never_starts_a_session() {
    let mut desk = Situation::LeftBehind.reach();
    desk.tell(Event::MediaInserted);
    assert_eq!(desk.state(), "LeftBehind");
    assert!(desk.card_request().is_none());
    desk.tell(Event::MediaRemoved).tell(Event::MediaInserted);
    assert_eq!(desk.state(), "ReadingCard");
}

#[test]
fn a_card_put_there_while_closed_is_not_read_when_the_service_opens() {
    let mut desk = Situation::Closed.reach();
    desk.tell(Event::MediaInserted);
    assert_eq!(desk.state(), "Closed");
    desk.tell(Event::ServiceHours(ServiceHours::Open));
    assert_eq!(desk.state(), "LeftBehind");
}

/// Every way in which a policy takes the kiosk from residents, with the state it rests in then.
const SHUT: [(ServiceHours, &str); 4] = [
    (ServiceHours::Closed { reason: ClosedReason::Hours, opens_at: None }, "Closed"),
    (ServiceHours::Closed { reason: ClosedReason::Maintenance, opens_at: None }, "Closed"),
    (ServiceHours::NotOffered, "NotOffered"),
    (ServiceHours::SoftwareTooOld, "OutOfService"),
];

#[test]
fn a_session_that_began_in_time_is_finished_and_the_kiosk_shut_after_it() {
    for (shut, rests_in) in SHUT {
        for &situation in Situation::ALL {
            let mut desk = situation.reach();
            let was = (desk.state(), desk.view());
            desk.tell(Event::ServiceHours(shut));
            let is_at_rest =
                ["Idle", "Closed", "NotOffered", "OutOfService", "Leased", "LeftBehind"]
                    .contains(&was.0);
            let goes_on = was == (desk.state(), desk.view());
            assert!(is_at_rest || goes_on, "{situation:?} is cut off by {shut:?}");
        }
        let mut desk = Situation::Confirming.reach();
        desk.tell(Event::ServiceHours(shut));
        desk.tell(submitted(PadSlot::Repeat, Some(true)));
        desk.card(CardReply::Challenged(opaque("challenge")));
        desk.central(CentralReply::Ticketed(ticketed()));
        desk.card(CardReply::Presented(Presentation::Accepted))
            .card(CardReply::Written(written_done()));
        desk.central(CentralReply::Recorded);
        assert_eq!(desk.ending(), Ending::Done);
        desk.tell(Event::MediaRemoved).touch(Touch::Dismiss);
        assert_eq!(desk.state(), rests_in);
        desk.tell(Event::MediaInserted);
        assert_eq!(desk.state(), rests_in, "nobody begins now");
    }
}

#[test]
fn a_card_put_back_after_an_ending_starts_anew() {
    let mut desk = Situation::ShowingEndingCardGone.reach();
    desk.tell(Event::MediaInserted);
    assert_eq!(desk.state(), "ReadingCard");
}

#[test]
fn a_card_lifted_from_the_choose_screen_simply_leads_home() {
    let mut desk = Situation::Choosing.reach();
    desk.touch(Touch::Language(Language::Korean));
    desk.tell(Event::MediaRemoved);
    assert_eq!((desk.state(), desk.view().language), ("Idle", Language::Japanese));
}

#[test]
fn a_real_card_is_asked_nothing_but_what_check_my_card_needs() {
    let mut desk = Situation::ChoosingRealCard.reach();
    assert_eq!(desk.view().screen, Screen::Choose { may_set_new_pin: false });
    desk.touch(Touch::Choose(Choice::CheckMyCard));
    assert_eq!(desk.card_request(), Some(&CardRequest::CheckMyCard));
    desk.card(CardReply::Failed(CardFault::CardGone));
    assert_eq!(desk.ending(), Ending::CardLifted);
}

#[test]
fn what_is_printed_of_a_session_holds_no_card() {
    let desk = Situation::Confirming.reach();
    let debug = desk.debug();
    assert!(debug.contains("Opaque(15 bytes)") && debug.contains("PinHandle(New, *)"));
    let token_info = profile_card(3).papers.token_info;
    assert!(!debug.contains(&format!("{:?}", token_info.as_bytes())));
}
