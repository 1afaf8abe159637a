// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a session can be, each reached by the shortest story: the rows of the states table, and
//! the beginnings of the stories.

use std::time::Duration;

use kiosk_session::PadSlot;
use kiosk_session::card::{
    CardFault, CardRead, CardReply, Presentation, Verdict, Verification, Written,
};
use kiosk_session::central::{CentralReply, ReceiptResult, ReceiptTaken, ReservationState};
use kiosk_session::check::LastReset;
use kiosk_session::event::{Choice, ClosedReason, Event, Page, ServiceHours, Touch};
use kiosk_session::staff::{Action, CodeCheck, StaffPage, StaffTest, StaffTouch, Wish};

use super::Desk;
use super::papers::{
    checked, checked_real, opaque, opened, profile_card, submitted, ticketed, written_done,
};

macro_rules! situations {
    ($($situation:ident: $state:literal, $story:expr;)*) => {
        /// Named by the state, and by what sets it apart from others in that state.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Situation {
            $($situation,)*
        }

        impl Situation {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$situation),*];

            /// The state that it is a case of.
            pub(crate) const fn state(self) -> &'static str {
                match self { $(Self::$situation => $state,)* }
            }

            fn tell(self) -> Desk {
                match self { $(Self::$situation => $story,)* }
            }
        }
    };
}

impl Situation {
    /// A desk in this situation.
    pub(crate) fn reach(self) -> Desk {
        let desk = self.tell();
        assert_eq!(desk.state(), self.state(), "the story of {self:?} leads elsewhere");
        desk
    }

    fn then(self, go_on: impl FnOnce(&mut Desk)) -> Desk {
        let mut desk = self.reach();
        go_on(&mut desk);
        desk
    }
}

pub(crate) fn taken(reservation: ReservationState) -> CentralReply {
    let result = match reservation {
        ReservationState::Used => ReceiptResult::Done,
        ReservationState::Open | ReservationState::None => ReceiptResult::NotDone,
    };
    taken_as(result, reservation)
}

pub(crate) fn taken_as(result: ReceiptResult, reservation: ReservationState) -> CentralReply {
    CentralReply::ReceiptTaken(ReceiptTaken { result, reservation })
}

fn new_desk(event: Event) -> Desk {
    let mut desk = Desk::new();
    desk.tell(event);
    desk
}

const fn staff(touch: StaffTouch) -> Touch {
    Touch::Staff(touch)
}

fn verified(verification: Verification) -> CardReply {
    CardReply::Verified(verification)
}

fn read(retries_left: u8) -> CardReply {
    CardReply::Read(CardRead::Profile(profile_card(retries_left)))
}

situations! {
    Idle: "Idle", Desk::new();
    IdleHelp: "Idle", new_desk(Event::Touched(Touch::Page(Page::Help)));
    Closed: "Closed", new_desk(Event::ServiceHours(ServiceHours::Closed {
        reason: ClosedReason::Hours, opens_at: None,
    }));
    NotOffered: "NotOffered", new_desk(Event::ServiceHours(ServiceHours::NotOffered));
    OutOfService: "OutOfService", new_desk(Event::ReaderLost);
    OutOfServiceClock: "OutOfService", new_desk(Event::ClockChecked { is_set: false });
    OutOfServiceData: "OutOfService", new_desk(Event::DataChecked { is_locked: true });
    Leased: "Leased",
        new_desk(Event::LeaseWanted { forced: true, lasts: Duration::from_secs(600) });
    LeasedWithCard: "Leased", Self::Leased.then(|desk| { desk.tell(Event::MediaInserted); });
    LeftBehind: "LeftBehind", new_desk(Event::CardPresentAtStart);

    ReadingCard: "ReadingCard", new_desk(Event::MediaInserted);
    Choosing: "Choosing", Self::ReadingCard.then(|desk| { desk.card(read(3)); });
    ChoosingRealCard: "Choosing",
        Self::ReadingCard.then(|desk| { desk.card(CardReply::Read(CardRead::Real)); });
    Helping: "Helping",
        Self::Choosing.then(|desk| { desk.touch(Touch::Choose(Choice::Help)); });
    CheckingCard: "CheckingCard",
        Self::Choosing.then(|desk| { desk.touch(Touch::Choose(Choice::CheckMyCard)); });
    ShowingCheck: "ShowingCheck", Self::CheckingCard.then(|desk| {
        desk.card(CardReply::Checked(checked(LastReset::NotDone)));
    });
    ShowingCheckMore: "ShowingCheck",
        Self::ShowingCheck.then(|desk| { desk.touch(Touch::Continue); });
    ShowingCheckDone: "ShowingCheck", Self::CheckingCard.then(|desk| {
        desk.card(CardReply::Checked(checked(LastReset::Done)));
    });
    ShowingCheckOpening: "ShowingCheck", Self::ShowingCheck.then(|desk| {
        desk.central(taken_as(ReceiptResult::Unknown, ReservationState::Open));
    });
    ShowingCheckReading: "ShowingCheck", Self::ShowingCheckOpening.then(|desk| {
        desk.central(CentralReply::Opened(opened(true)));
    });
    ShowingCheckDelivering: "ShowingCheck", Self::ShowingCheckReading.then(|desk| {
        desk.card(CardReply::ReceiptRead(opaque("receipt")));
    });
    ShowingCheckTold: "ShowingCheck", Self::ShowingCheckDelivering.then(|desk| {
        desk.central(taken_as(ReceiptResult::NotDone, ReservationState::Open));
    });
    ShowingCheckOfRealCard: "ShowingCheck", Self::ChoosingRealCard.then(|desk| {
        desk.touch(Touch::Choose(Choice::CheckMyCard));
        desk.card(CardReply::Checked(checked_real()));
    });

    Opening: "Opening",
        Self::Choosing.then(|desk| { desk.touch(Touch::Choose(Choice::SetNewPin)); });
    ReadingReceipt: "ReadingReceipt",
        Self::Opening.then(|desk| { desk.central(CentralReply::Opened(opened(true))); });
    DeliveringReceipt: "DeliveringReceipt",
        Self::ReadingReceipt.then(|desk| { desk.card(CardReply::ReceiptRead(opaque("receipt"))); });

    Beware: "Beware",
        Self::Opening.then(|desk| { desk.central(CentralReply::Opened(opened(false))); });
    Proving: "Proving", Self::Beware.then(|desk| { desk.touch(Touch::Continue); });
    Verifying: "Verifying",
        Self::Proving.then(|desk| { desk.tell(submitted(PadSlot::Proof, None)); });
    VerifyingCancelled: "Verifying", Self::Verifying.then(|desk| { desk.touch(Touch::Cancel); });
    ProvingAfterWrong: "Proving", Self::Verifying.then(|desk| {
        desk.card(verified(Verification::Refused { retries_left: 2 }));
    });
    LastTry: "LastTry", Self::Verifying.then(|desk| {
        desk.card(verified(Verification::Refused { retries_left: 1 }));
    });
    Signing: "Signing",
        Self::Verifying.then(|desk| { desk.card(verified(Verification::Verified)); });
    Granting: "Granting",
        Self::Signing.then(|desk| { desk.card(CardReply::Signed(opaque("signature"))); });

    PuttingBack: "PuttingBack", Self::Proving.then(|desk| { desk.tell(Event::MediaRemoved); });
    PuttingBackComparing: "PuttingBack",
        Self::PuttingBack.then(|desk| { desk.tell(Event::MediaInserted); });

    Entering: "Entering", Self::Granting.then(|desk| { desk.central(CentralReply::Granted); });
    Confirming: "Confirming",
        Self::Entering.then(|desk| { desk.tell(submitted(PadSlot::New, None)); });

    Challenging: "Challenging",
        Self::Confirming.then(|desk| { desk.tell(submitted(PadSlot::Repeat, Some(true))); });
    Ticketing: "Ticketing",
        Self::Challenging.then(|desk| { desk.card(CardReply::Challenged(opaque("challenge"))); });
    Presenting: "Presenting",
        Self::Ticketing.then(|desk| { desk.central(CentralReply::Ticketed(ticketed())); });
    PresentingCancelled: "Presenting", Self::Presenting.then(|desk| { desk.touch(Touch::Cancel); });
    RefusedReadingReceipt: "ReadingReceipt", Self::Presenting.then(|desk| {
        desk.card(CardReply::Presented(Presentation::Refused));
    });
    RefusedDeliveringReceipt: "DeliveringReceipt", Self::RefusedReadingReceipt.then(|desk| {
        desk.card(CardReply::ReceiptRead(opaque("receipt")));
    });
    Pausing: "Pausing", Self::RefusedDeliveringReceipt.then(|desk| {
        desk.central(taken(ReservationState::Open));
    });
    PresentingAgain: "Presenting", Self::Pausing.then(|desk| {
        desk.wait_for_change();
        desk.card(CardReply::Challenged(opaque("challenge")));
        desk.central(CentralReply::Ticketed(ticketed()));
    });
    Withdrawing: "Withdrawing", Self::PresentingCancelled.then(|desk| {
        desk.card(CardReply::Presented(Presentation::Accepted));
    });

    Writing: "Writing", Self::Presenting.then(|desk| {
        desk.card(CardReply::Presented(Presentation::Accepted));
    });
    WritingStopping: "Writing", Self::Writing.then(|desk| { desk.tell(Event::Stopping); });
    SettlingLifted: "Settling", Self::Writing.then(|desk| { desk.tell(Event::MediaRemoved); });
    SettlingAwaiting: "Settling", Self::SettlingLifted.then(|desk| {
        desk.card(CardReply::Written(Written::Unknown));
    });
    SettlingOtherCard: "Settling", Self::SettlingAwaiting.then(|desk| {
        desk.tell(Event::MediaInserted);
        desk.card(CardReply::Settled(Verdict::OtherCard));
    });
    SettlingAsking: "Settling", Self::SettlingAwaiting.then(|desk| {
        desk.tell(Event::MediaInserted);
    });
    SettlingAnew: "Settling", Self::SettlingAsking.then(|desk| {
        desk.card(CardReply::Failed(CardFault::Unreadable));
    });

    Reporting: "Reporting",
        Self::Writing.then(|desk| { desk.card(CardReply::Written(written_done())); });
    ReportingUnsettled: "Reporting",
        Self::SettlingAwaiting.then(|desk| { desk.wait_for_change(); });
    ShowingEnding: "ShowingEnding",
        Self::Reporting.then(|desk| { desk.central(CentralReply::Recorded); });
    ShowingEndingCardGone: "ShowingEnding",
        Self::ShowingEnding.then(|desk| { desk.tell(Event::MediaRemoved); });
    ShowingUncertain: "ShowingEnding",
        Self::ReportingUnsettled.then(|desk| { desk.central(CentralReply::Recorded); });
    ShowingStuck: "ShowingEnding", Self::Writing.then(|desk| {
        desk.wait_for_change();
        desk.central(CentralReply::Recorded);
    });
    AwaitingRemoval: "AwaitingRemoval",
        Self::ShowingEnding.then(|desk| { desk.touch(Touch::Dismiss); });
    StaffCode: "StaffCode", Self::Idle.then(|desk| { desk.touch_the_corner(); });
    StaffCodeChecking: "StaffCode", Self::StaffCode.then(|desk| { desk.type_a_code(6); });
    StaffCodeLocked: "StaffCode", Self::StaffCodeChecking.then(|desk| {
        desk.code_is(CodeCheck::Locked { seconds: 900 });
    });
    Staff: "Staff", Self::StaffCodeChecking.then(|desk| { desk.code_is(CodeCheck::Right); });
    StaffTestingReader: "Staff", Self::Staff.then(|desk| {
        desk.touch(staff(StaffTouch::Page(StaffPage::Tests)));
        desk.touch(staff(StaffTouch::Test(StaffTest::Reader)));
    });
    StaffTestingService: "Staff", Self::StaffTestingReader.then(|desk| {
        desk.touch(staff(StaffTouch::Test(StaffTest::Service)));
    });
    StaffTestingTouch: "Staff", Self::StaffTestingReader.then(|desk| {
        desk.touch(staff(StaffTouch::Test(StaffTest::Touch)));
    });
    StaffTestingSound: "Staff", Self::StaffTestingReader.then(|desk| {
        desk.touch(staff(StaffTouch::Test(StaffTest::Sound)));
    });
    StaffWithCard: "Staff", Self::StaffTestingReader.then(|desk| {
        desk.tell(Event::MediaInserted);
    });
    StaffActions: "Staff", Self::Staff.then(|desk| {
        desk.touch(staff(StaffTouch::Page(StaffPage::Actions)));
    });
    StaffConfirmingRestart: "Staff", Self::StaffActions.then(|desk| {
        desk.touch(staff(StaffTouch::Act(Action::Restart)));
    });
    StaffConfirmingReboot: "Staff", Self::StaffActions.then(|desk| {
        desk.touch(staff(StaffTouch::Act(Action::Wish(Wish::Reboot))));
    });
    StaffWished: "Staff", Self::StaffConfirmingReboot.then(|desk| { desk.touch(Touch::Continue); });
    Cleaning: "Cleaning", Self::Staff.then(|desk| { desk.touch(staff(StaffTouch::Clean)); });
    Exiting: "Exiting", Self::Idle.then(|desk| { desk.tell(Event::Stopping); });
}
