// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each ending is reached by a story of its own, and none is in the list that no
//! story reaches.

use std::collections::BTreeSet;

use kiosk_session::card::{
    CardFault, CardRead, CardReply, Presentation, ReadBack, Recognition, Verdict, Verification,
    Written,
};
use kiosk_session::central::{CentralFault, CentralReply, Denial, ReservationState};
use kiosk_session::ending::{CardChanged, Doubt, Ending, UnitFault, WrongCard};
use kiosk_session::event::{Choice, ClosedReason, Event, Touch};

use crate::kit::Desk;
use crate::kit::papers::{RESERVATION_UNTIL, opaque, profile_card, written_done};
use crate::kit::situation::{Situation, taken};

/// From a situation, by one event or answer, to an ending.
struct Story {
    from: Situation,
    then: Then,
    ending: Ending,
}

enum Then {
    Card(CardReply),
    Central(CentralReply),
    Event(Event),
    /// Nobody does anything.
    Time,
}

#[test]
fn every_ending_is_reached() {
    let mut reached = BTreeSet::new();
    for story in stories() {
        let told = format!("{:?}", story.from);
        let ending = story.ending;
        let mut desk = tell(story);
        while desk.state() == "Withdrawing" {
            desk.card(CardReply::Settled(Verdict::NotDone { receipt: opaque("receipt 03") }));
        }
        if desk.state() == "Reporting" {
            desk.central(CentralReply::Recorded);
        }
        assert_eq!(desk.ending(), ending, "after {told}");
        reached.insert(ending.key());
    }
    for (denial, ending) in denials() {
        let mut desk = Situation::Opening.reach();
        desk.central(CentralReply::Denied(denial));
        assert_eq!(desk.ending(), ending, "after {denial:?}");
        reached.insert(ending.key());
    }
    let listed: BTreeSet<_> = Ending::ALL_KEYS.iter().copied().collect();
    assert_eq!(reached, listed);
}

fn tell(story: Story) -> Desk {
    let mut desk = story.from.reach();
    match story.then {
        Then::Card(reply) => {
            desk.card(reply);
        }
        Then::Central(reply) => {
            desk.central(reply);
        }
        Then::Event(event) => {
            desk.tell(event);
        }
        Then::Time => {
            desk.wait_for_change();
        }
    }
    desk
}

fn stories() -> Vec<Story> {
    let story = |from, then, ending| Story { from, then, ending };
    let mut stories = reading_stories();
    stories.extend(writing_stories());
    stories.extend([
        story(
            Situation::ChoosingRealCard,
            Then::Event(Event::Touched(Touch::Choose(Choice::SetNewPin))),
            Ending::RealCard,
        ),
        story(
            Situation::DeliveringReceipt,
            Then::Central(taken(ReservationState::Used)),
            Ending::ReservationUsed { at: None },
        ),
        story(
            Situation::DeliveringReceipt,
            Then::Central(taken(ReservationState::None)),
            Ending::ReservationNotFound,
        ),
        story(
            Situation::ProvingAfterWrong,
            Then::Event(Event::Touched(Touch::Cancel)),
            Ending::PinWrong { retries_left: 2 },
        ),
        story(
            Situation::Verifying,
            Then::Card(CardReply::Verified(Verification::Refused { retries_left: 0 })),
            Ending::PinLockedNow,
        ),
        story(
            Situation::PuttingBackComparing,
            Then::Card(CardReply::Recognised(Recognition::Same { retries_left: 0 })),
            Ending::PinLockedBefore,
        ),
        story(
            Situation::Verifying,
            Then::Card(CardReply::Verified(Verification::LostAnswer { retries_left: None })),
            Ending::CardLiftedVerifying,
        ),
        story(
            Situation::Presenting,
            Then::Card(CardReply::Presented(Presentation::NotGenuine)),
            Ending::CardNotGenuine,
        ),
        story(
            Situation::Presenting,
            Then::Card(CardReply::Presented(Presentation::Unfit)),
            Ending::UnitFault(UnitFault::TicketUnfit),
        ),
        story(
            Situation::PresentingAgain,
            Then::Card(CardReply::Presented(Presentation::Refused)),
            Ending::UnitFault(UnitFault::TicketRefused),
        ),
        story(Situation::Beware, Then::Event(Event::MediaRemoved), Ending::CardLifted),
        story(Situation::PuttingBack, Then::Time, Ending::CardLifted),
        story(Situation::Idle, Then::Event(Event::SeveralCards), Ending::SeveralCards),
        story(Situation::Entering, Then::Event(Event::ReaderLost), Ending::ReaderGone),
        story(Situation::Signing, Then::Time, Ending::ReaderStuck),
        story(Situation::Verifying, Then::Time, Ending::ReaderStuckVerifying),
        story(Situation::Entering, Then::Event(Event::Touched(Touch::Cancel)), Ending::Cancelled),
        story(Situation::Entering, Then::Time, Ending::WalkedAway),
        story(Situation::Ticketing, Then::Event(Event::JournalFailed), Ending::InternalFault),
        story(Situation::Ticketing, Then::Time, Ending::ServiceUnreachable),
    ]);
    let faults = [
        (CentralFault::Unreachable, Ending::ServiceUnreachable),
        (CentralFault::LostAnswer, Ending::ServiceUnreachable),
        (CentralFault::Untrusted, Ending::UnitFault(UnitFault::ServiceUntrusted)),
        (CentralFault::CertificateRefused, Ending::KioskNotAuthorised),
        (CentralFault::Malformed, Ending::UnitFault(UnitFault::AnswerMalformed)),
        (CentralFault::LinkRefused, Ending::UnitFault(UnitFault::LinkRefused)),
    ];
    stories.extend(faults.map(|(fault, ending)| {
        story(Situation::Granting, Then::Central(CentralReply::Failed(fault)), ending)
    }));
    stories
}

fn reading_stories() -> Vec<Story> {
    let readings = [
        (CardRead::OldJuki, Ending::WrongCard(WrongCard::OldJuki)),
        (CardRead::Phone, Ending::WrongCard(WrongCard::Phone)),
        (CardRead::Other, Ending::WrongCard(WrongCard::Other)),
        (CardRead::NotGenuine, Ending::CardNotGenuine),
    ];
    let mut stories: Vec<_> = readings
        .into_iter()
        .map(|(read, ending)| {
            let then = Then::Card(CardReply::Read(read));
            Story { from: Situation::ReadingCard, then, ending }
        })
        .collect();
    let faults = [
        (CardFault::CardGone, Ending::CardLifted),
        (CardFault::Unreadable, Ending::CardUnreadable),
        (CardFault::SeveralCards, Ending::SeveralCards),
        (CardFault::ReaderGone, Ending::ReaderGone),
    ];
    stories.extend(faults.map(|(fault, ending)| {
        let then = Then::Card(CardReply::Failed(fault));
        Story { from: Situation::ReadingCard, then, ending }
    }));
    stories
}

fn writing_stories() -> Vec<Story> {
    let receipt = opaque("receipt");
    let read_back = ReadBack::NotConfirmed;
    let written = [
        (written_done(), Ending::Done),
        (Written::NotDone { receipt: Some(receipt.clone()) }, Ending::NotDone),
        (
            Written::Done { receipt: receipt.clone(), read_back },
            Ending::NotCertain(Doubt::ReadBack),
        ),
    ];
    let mut stories: Vec<_> = written
        .into_iter()
        .map(|(written, ending)| {
            let then = Then::Card(CardReply::Written(written));
            Story { from: Situation::Writing, then, ending }
        })
        .collect();
    let verdicts = [
        (Verdict::Done { receipt: receipt.clone() }, Ending::Done),
        (Verdict::NotDone { receipt }, Ending::NotDone),
        (Verdict::Unknown, Ending::NotCertain(Doubt::AnswerLost)),
    ];
    stories.extend(verdicts.into_iter().map(|(verdict, ending)| {
        let then = Then::Card(CardReply::Settled(verdict));
        Story { from: Situation::SettlingAsking, then, ending }
    }));
    let times = [
        (Situation::SettlingAwaiting, Ending::NotCertain(Doubt::CardLifted)),
        (Situation::SettlingAnew, Ending::NotCertain(Doubt::AnswerLost)),
        (Situation::Writing, Ending::NotCertain(Doubt::ReaderStuck)),
    ];
    stories.extend(times.map(|(from, ending)| Story { from, then: Then::Time, ending }));
    stories
}

/// Every problem code of central-api.md, in its order.
fn denials() -> Vec<(Denial, Ending)> {
    let closed = |reason| Ending::ServiceClosed { reason, opens_at: None };
    vec![
        (Denial::ReservationNotFound, Ending::ReservationNotFound),
        (Denial::ReservationExpired, Ending::ReservationExpired),
        (Denial::ReservationForOtherPin, Ending::ReservationForOtherPin),
        (Denial::ReservationInUse, Ending::ReservationInUse),
        (Denial::ReservationUsed { at: None }, Ending::ReservationUsed { at: None }),
        (Denial::AuthenticationCertificateExpired, Ending::AuthenticationCertificateExpired),
        (Denial::AuthenticationCertificateRevoked, Ending::AuthenticationCertificateRevoked),
        (Denial::SignatureCertificateExpired, Ending::SignatureCertificateExpired),
        (Denial::SignatureCertificateRevoked, Ending::SignatureCertificateRevoked),
        (Denial::SignatureCertificateAbsent, Ending::SignatureCertificateAbsent),
        (Denial::CardSuspended, Ending::CardSuspended),
        (Denial::CardNotGenuine, Ending::CardNotGenuine),
        (Denial::ReceiptWanted, Ending::UnitFault(UnitFault::ReceiptWanted)),
        (Denial::ProofInvalid, Ending::ProofInvalid),
        (Denial::SessionExpired, Ending::SessionExpired),
        (Denial::GrantExpired, Ending::SessionExpired),
        (Denial::SessionNotFound, Ending::SessionExpired),
        (Denial::OutOfOrder, Ending::UnitFault(UnitFault::OutOfOrder)),
        (Denial::ReceiptInvalid, Ending::UnitFault(UnitFault::ReceiptInvalid)),
        (Denial::TicketLimit { again_at: None }, Ending::TicketLimit { again_at: None }),
        (Denial::KioskNotAuthorised, Ending::KioskNotAuthorised),
        (Denial::SoftwareTooOld, Ending::SoftwareTooOld),
        (Denial::OutsideHours { opens_at: None }, closed(ClosedReason::Hours)),
        (Denial::Maintenance { opens_at: None }, closed(ClosedReason::Maintenance)),
        (Denial::Malformed, Ending::UnitFault(UnitFault::RequestMalformed)),
        (Denial::TooLarge, Ending::UnitFault(UnitFault::RequestTooLarge)),
        (Denial::IdempotencyMismatch, Ending::UnitFault(UnitFault::IdempotencyMismatch)),
        (Denial::Internal, Ending::ServiceFault),
    ]
}

#[test]
fn a_card_whose_proving_pin_is_locked_is_told_so_before_the_service_is_asked() {
    let mut desk = Situation::ReadingCard.reach();
    desk.card(CardReply::Read(CardRead::Profile(profile_card(0))));
    desk.touch(Touch::Choose(Choice::SetNewPin));
    assert_eq!(desk.ending(), Ending::PinLockedBefore);
    assert!(desk.central_request().is_none());
}

#[test]
fn the_reservation_is_shown_to_hold_only_where_one_can_come_back_with_it() {
    use kiosk_session::Screen;
    let shown = |desk: &Desk| match desk.view().screen {
        Screen::Ending { reservation_until, .. } => reservation_until,
        other => panic!("{other:?} is no ending"),
    };
    let cancelled = tell(Story {
        from: Situation::Entering,
        then: Then::Event(Event::Touched(Touch::Cancel)),
        ending: Ending::Cancelled,
    });
    for (mut desk, until) in [
        (cancelled, Some(RESERVATION_UNTIL)),
        (Situation::Reporting.reach(), None),
        (Situation::ReportingUnsettled.reach(), None),
    ] {
        desk.central(CentralReply::Recorded);
        assert_eq!(shown(&desk), until, "after {:?}", desk.ending());
    }
    assert_eq!(Ending::Done.card_changed(), CardChanged::Changed);
}
