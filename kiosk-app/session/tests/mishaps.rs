// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stories of what goes wrong around the write: cards lifted, answers lost, readers hung, records
//! not kept, processes stopped.

use kiosk_session::card::{
    CardFault, CardReply, CardRequest, Presentation, ReadBack, Recognition, Verdict, Verification,
    Written,
};
use kiosk_session::central::{CentralReply, CentralRequest};
use kiosk_session::effect::{Anomaly, Effect, ExitReason, Record};
use kiosk_session::ending::{Doubt, Ending};
use kiosk_session::event::{ClosedReason, Event, ServiceHours, Touch};
use kiosk_session::view::{OutOfService, SettlingStep};
use kiosk_session::{Denial, Screen};

use crate::kit::papers::{opaque, written_done};
use crate::kit::situation::Situation;

// Writing.

#[test]
fn nothing_can_be_cancelled_from_writing_on() {
    for situation in [Situation::Writing, Situation::SettlingLifted, Situation::SettlingAwaiting] {
        let mut desk = situation.reach();
        desk.touch(Touch::Cancel).touch(Touch::Back).touch(Touch::Dismiss);
        assert_eq!(desk.state(), situation.state());
        let may = desk.view().may;
        assert!(!may.cancel && !may.go_back && !may.dismiss);
    }
}

#[test]
fn a_card_pulled_while_writing_is_settled_by_its_receipt() {
    for (verdict, outcome) in [
        (Verdict::Done { receipt: opaque("receipt 01") }, ("done", "done")),
        (Verdict::NotDone { receipt: opaque("receipt 03") }, ("not_done", "not-done")),
    ] {
        let mut desk = Situation::SettlingAwaiting.reach();
        let put_back = SettlingStep::PutBack { other_card: false };
        assert_eq!(desk.view().screen, Screen::Settling { step: put_back });
        desk.tell(Event::MediaInserted);
        assert!(matches!(desk.card_request(), Some(CardRequest::Settle { .. })));
        desk.card(CardReply::Settled(verdict));
        assert_eq!(desk.outcomes(), [outcome]);
    }
}

#[test]
fn a_card_put_back_before_the_write_has_answered_is_asked_after_it() {
    let mut desk = Situation::SettlingLifted.reach();
    desk.tell(Event::MediaInserted);
    assert!(matches!(desk.card_request(), Some(CardRequest::Write { .. })));
    desk.card(CardReply::Written(Written::Unknown));
    assert!(matches!(desk.card_request(), Some(CardRequest::Settle { .. })));
}

#[test]
fn a_write_that_was_done_before_the_card_was_lifted_is_done() {
    let mut desk = Situation::SettlingLifted.reach();
    desk.card(CardReply::Written(written_done()));
    assert_eq!(desk.outcomes(), [("done", "done")]);
}

#[test]
fn a_card_put_back_under_the_ending_is_settled_after_all() {
    let mut desk = Situation::ShowingUncertain.reach();
    assert_eq!(desk.ending(), Ending::NotCertain(Doubt::CardLifted));
    let Screen::Ending { may_put_back: true, .. } = desk.view().screen else {
        panic!("the ending says that the card may be put back");
    };
    desk.tell(Event::MediaInserted);
    desk.card(CardReply::Settled(Verdict::Done { receipt: opaque("receipt 01") }));
    desk.central(CentralReply::Recorded);
    assert_eq!(desk.ending(), Ending::Done);
    assert_eq!(desk.outcomes(), [("unknown", "not-certain-card-lifted"), ("done", "done")]);
}

#[test]
fn another_card_put_back_after_writing_is_not_asked_for_a_receipt() {
    let mut desk = Situation::SettlingOtherCard.reach();
    let step = SettlingStep::PutBack { other_card: true };
    assert_eq!(desk.view().screen, Screen::Settling { step });
    desk.tell(Event::MediaRemoved).tell(Event::MediaInserted);
    assert!(matches!(desk.card_request(), Some(CardRequest::Settle { .. })));
}

#[test]
fn an_answer_lost_with_the_card_still_there_is_settled_at_once() {
    let mut desk = Situation::Writing.reach();
    desk.card(CardReply::Failed(CardFault::Unreadable));
    assert!(matches!(desk.card_request(), Some(CardRequest::Settle { .. })));
}

#[test]
fn a_refused_read_back_is_not_certain_to_the_resident_and_done_to_the_service() {
    let mut desk = Situation::Writing.reach();
    let receipt = opaque("receipt 01");
    let read_back = ReadBack::NotConfirmed;
    desk.card(CardReply::Written(Written::Done { receipt, read_back }));
    assert_eq!(desk.outcomes(), [("done", "not-certain-read-back")]);
}

// Hung and lost machinery.

#[test]
fn a_reader_that_hangs_is_given_up_told_and_the_process_started_again() {
    let mut desk = Situation::Verifying.reach();
    let late = desk.card_request_id();
    desk.wait_for_change();
    assert!(desk.effects.contains(&Effect::GiveUpCardWorker));
    assert_eq!(desk.outcomes(), [("abandoned", "reader-stuck-verifying")]);
    desk.tell(Event::Card(late, CardReply::Verified(Verification::Verified)));
    desk.central(CentralReply::Recorded);
    assert_eq!(desk.ending(), Ending::ReaderStuckVerifying);
    desk.tell(Event::MediaRemoved).touch(Touch::Dismiss);
    assert_eq!(desk.exit, Some(ExitReason::CardWorkerStuck));
}

#[test]
fn a_process_that_must_end_does_not_wait_for_ever_for_a_card_to_be_taken() {
    let mut desk = Situation::ShowingStuck.reach();
    while desk.wait_for_change() {}
    assert_eq!(desk.exit, Some(ExitReason::CardWorkerStuck));
}

#[test]
fn an_old_answer_is_dropped() {
    let mut desk = Situation::PuttingBackComparing.reach();
    let old = desk.card_request_id();
    desk.tell(Event::MediaRemoved).tell(Event::MediaInserted);
    desk.tell(Event::Card(old, CardReply::Recognised(Recognition::Same { retries_left: 3 })));
    assert_eq!(desk.state(), "PuttingBack");
}

#[test]
fn an_outcome_that_the_service_does_not_acknowledge_is_left_to_the_journal() {
    let mut desk = Situation::Reporting.reach();
    desk.pass(std::time::Duration::from_secs(5));
    assert_eq!(desk.ending(), Ending::Done);
    assert_eq!(desk.notes, [Anomaly::OutcomeLeftToJournal]);
}

#[test]
fn a_reader_that_is_gone_at_rest_takes_the_unit_out_of_service_and_back() {
    let mut desk = Situation::OutOfService.reach();
    let cause = OutOfService::ReaderGone;
    assert_eq!(desk.view().screen, Screen::OutOfService { cause });
    desk.tell(Event::MediaInserted);
    assert_eq!(desk.state(), "OutOfService");
    desk.tell(Event::ReaderBack);
    assert_eq!(desk.state(), "Idle");
}

#[test]
fn a_unit_that_the_service_refuses_is_out_of_service_until_the_service_takes_it() {
    let mut desk = Situation::Opening.reach();
    desk.central(CentralReply::Denied(Denial::KioskNotAuthorised));
    desk.tell(Event::MediaRemoved).touch(Touch::Dismiss);
    let cause = OutOfService::KioskNotAuthorised;
    assert_eq!(desk.view().screen, Screen::OutOfService { cause });
    desk.tell(Event::ServiceHours(ServiceHours::Open));
    assert_eq!(desk.view().screen, Screen::OutOfService { cause }, "the clock takes nobody back");
    desk.tell(Event::PolicyGranted { takes_this_software: false });
    assert_eq!(desk.state(), "Idle");
}

#[test]
fn software_that_the_service_refuses_is_out_of_service_until_a_policy_takes_it() {
    let mut desk = Situation::Opening.reach();
    desk.central(CentralReply::Denied(Denial::SoftwareTooOld));
    desk.tell(Event::MediaRemoved).touch(Touch::Dismiss);
    let cause = OutOfService::SoftwareTooOld;
    desk.tell(Event::ServiceHours(ServiceHours::Open));
    desk.tell(Event::PolicyGranted { takes_this_software: false });
    assert_eq!(desk.view().screen, Screen::OutOfService { cause });
    desk.tell(Event::PolicyGranted { takes_this_software: true });
    assert_eq!(desk.state(), "Idle");
}

// The journal.

#[test]
fn without_its_record_no_proof_is_sent_that_would_hold_the_reservation() {
    let mut desk = Situation::Signing.reach();
    desk.journal_fails_on(|record| matches!(record, Record::ProofSent { .. }));
    desk.card(CardReply::Signed(opaque("signature")));
    assert!(!matches!(desk.central_request(), Some(CentralRequest::Prove { .. })));
    assert_eq!(desk.outcomes(), [("abandoned", "internal-fault")]);
}

#[test]
fn without_its_record_no_ticket_is_asked_for() {
    let mut desk = Situation::Challenging.reach();
    desk.journal_fails_on(|record| matches!(record, Record::TicketRequested { .. }));
    desk.card(CardReply::Challenged(opaque("challenge")));
    assert!(!matches!(desk.central_request(), Some(CentralRequest::Ticket { .. })));
    assert_eq!(desk.outcomes(), [("not_done", "internal-fault")]);
}

#[test]
fn without_its_record_no_reset_is_sent() {
    let mut desk = Situation::Presenting.reach();
    desk.journal_fails_on(|record| matches!(record, Record::ResetSent { .. }));
    desk.card(CardReply::Presented(Presentation::Accepted));
    assert!(desk.card_request().is_none());
    assert_eq!(desk.outcomes(), [("not_done", "internal-fault")]);
    desk.central(CentralReply::Recorded);
    desk.tell(Event::MediaRemoved).touch(Touch::Dismiss);
    assert_eq!(desk.exit, Some(ExitReason::JournalFailed));
}

#[test]
fn an_outcome_that_cannot_be_kept_is_still_told_to_the_resident() {
    let mut desk = Situation::Writing.reach();
    desk.journal_fails_on(|_| true);
    desk.card(CardReply::Written(written_done()));
    assert_eq!(desk.ending(), Ending::Done);
    assert!(
        desk.central_request().is_none_or(|it| !matches!(it, CentralRequest::ReportOutcome { .. }))
    );
}

// Stopping.

#[test]
fn a_stop_waits_for_the_write_and_its_journal() {
    let mut desk = Situation::WritingStopping.reach();
    desk.card(CardReply::Written(written_done()));
    assert_eq!(desk.outcomes(), [("done", "done")]);
    desk.central(CentralReply::Recorded);
    assert_eq!(desk.exit, None);
    while desk.wait_for_change() {}
    assert_eq!(desk.exit, Some(ExitReason::Stopped));
}

#[test]
fn a_stop_does_not_wait_for_a_card_to_be_put_back() {
    let mut desk = Situation::WritingStopping.reach();
    desk.tell(Event::MediaRemoved);
    desk.card(CardReply::Written(Written::Unknown));
    assert_eq!(desk.outcomes(), [("unknown", "not-certain-card-lifted")]);
}

#[test]
fn a_stop_before_writing_ends_the_session_with_nothing_changed() {
    let mut desk = Situation::Entering.reach();
    desk.tell(Event::Stopping);
    desk.central(CentralReply::Recorded);
    let reason = ClosedReason::Maintenance;
    assert_eq!(desk.ending(), Ending::ServiceClosed { reason, opens_at: None });
    while desk.wait_for_change() {}
    assert_eq!(desk.exit, Some(ExitReason::Stopped));
}
