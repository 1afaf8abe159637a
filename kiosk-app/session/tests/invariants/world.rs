// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tiny models of resident, card and service, which answer truthfully: a receipt says what the
//! card's memory holds, whatever answers were lost on the way.

use std::time::Duration;

use kiosk_session::card::{
    CardFault, CardRead, CardReply, CardRequest, Presentation, ReadBack, Recognition, Verdict,
    Verification, Written,
};
use kiosk_session::central::{
    CentralFault, CentralReply, CentralRequest, Denial, ReceiptResult, ReservationState,
};
use kiosk_session::check::LastReset;
use kiosk_session::effect::Anomaly;
use kiosk_session::event::{Choice, ClosedReason, Event, Page, ServiceHours, Touch};
use kiosk_session::staff::{Action, CodeCheck, StaffEvent, StaffPage, StaffTest, StaffTouch, Wish};
use kiosk_session::{Language, PadSlot, Screen};
use proptest::prelude::{Arbitrary, BoxedStrategy, Strategy, any};

use crate::kit::Desk;
use crate::kit::papers::{checked, opaque, opened, profile_card, shape, submitted, ticketed};
use crate::kit::situation::{taken, taken_as};

/// What one event is drawn from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chance {
    /// 0 is anything at all, 1 to 7 what the state waits for.
    steering: u8,
    /// 0 to 7: 0 is what seldom happens.
    luck: u8,
    pick: u8,
}

impl Arbitrary for Chance {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        (0..8_u8, 0..8_u8, any::<u8>())
            .prop_map(|(steering, luck, pick)| Self { steering, luck, pick })
            .boxed()
    }
}

pub(crate) struct World {
    pub(crate) desk: Desk,
    card: Card,
    pub(crate) was_settled: bool,
    /// When the lease that holds is over.
    leased_until: Option<Duration>,
    pub(crate) was_leased: bool,
    pub(crate) was_card_laid_while_leased: bool,
    pub(crate) reached_staff: bool,
}

/// What the card remembers.
#[derive(Debug)]
struct Card {
    retries_left: u8,
    is_present: bool,
    /// The session's ticket was used: the new PIN is set.
    is_written: bool,
}

impl World {
    pub(crate) fn new(journal_fails: bool) -> Self {
        let mut desk = Desk::new();
        if journal_fails {
            desk.journal_fails_on(|record| {
                use kiosk_session::effect::{OutcomeResult, Record};
                matches!(record, Record::Outcome { result: OutcomeResult::NotDone, .. })
            });
        }
        let card = Card { retries_left: 3, is_present: false, is_written: false };
        Self {
            desk,
            card,
            was_settled: false,
            leased_until: None,
            was_leased: false,
            was_card_laid_while_leased: false,
            reached_staff: false,
        }
    }

    /// Whether the card of this session was written.
    pub(crate) fn is_written(&self) -> bool {
        self.card.is_written
    }

    pub(crate) fn journal_failed(&self) -> bool {
        self.desk.notes.iter().any(|note| matches!(note, Anomaly::JournalFailed { .. }))
    }

    pub(crate) fn happen(&mut self, chance: Chance) {
        match chance.steering {
            0 => self.happen_at_random(chance.pick),
            _ => self.happen_as_awaited(chance),
        }
        self.look_at_the_lease();
        self.reached_staff |= self.desk.state() == "Staff";
        // The next card is another one.
        if matches!(self.desk.state(), "Idle" | "Closed" | "OutOfService" | "ReadingCard") {
            self.card.is_written = false;
        }
    }

    pub(crate) fn answer_with_faults(&mut self) {
        if self.desk.card_request().is_some() {
            self.desk.card(CardReply::Failed(CardFault::Unreadable));
        }
        if self.desk.central_request().is_some() {
            self.desk.central(CentralReply::Failed(CentralFault::LostAnswer));
        }
    }

    fn happen_as_awaited(&mut self, chance: Chance) {
        let is_awaited = self.desk.deadline().is_some();
        if self.desk.card_request().is_some() && is_awaited {
            let reply = self.card_reply(chance);
            self.desk.card(reply);
            return;
        }
        if self.desk.central_request().is_some() && is_awaited {
            let reply = self.central_reply(chance);
            self.desk.central(reply);
            return;
        }
        match self.desk.view().screen {
            Screen::Attract { .. } if chance.luck == 0 && chance.pick < 128 => {
                self.want_lease(true)
            }
            Screen::Attract { .. } if chance.luck == 0 => {
                self.desk.touch_the_corner();
            }
            Screen::Attract { .. } => self.insert(),
            Screen::Leased if chance.luck < 2 => self.take_or_insert(),
            Screen::Leased if chance.pick < 128 => self.tell(Event::LeaseEnded),
            Screen::Leased => {
                self.desk.wait_for_change();
            }
            Screen::StaffCode { .. } => self.know_the_code(chance),
            Screen::Staff(_) => self.be_staff(chance.pick),
            Screen::Choose { .. } => self.touch(Touch::Choose(Choice::SetNewPin)),
            Screen::Help | Screen::CheckMyCard { .. } => self.touch(Touch::Back),
            Screen::Beware { .. } | Screen::LastTry => self.touch(Touch::Continue),
            Screen::ProofPad { .. } => self.type_and_submit(PadSlot::Proof, None),
            Screen::NewPad { .. } => self.type_and_submit(PadSlot::New, None),
            Screen::RepeatPad { .. } => {
                self.type_and_submit(PadSlot::Repeat, Some(chance.luck != 0));
            }
            Screen::PutBack { .. } | Screen::Settling { .. } => self.take_or_insert(),
            Screen::Ending { .. } if self.card.is_present => self.remove(),
            Screen::Ending { .. } => self.touch(Touch::Dismiss),
            Screen::TakeCard | Screen::LeftBehind => self.remove(),
            Screen::Closed { .. } | Screen::NotOffered => {
                self.tell(Event::ServiceHours(ServiceHours::Open))
            }
            Screen::OutOfService { .. } => {
                self.tell(Event::JournalBack);
                self.tell(Event::ClockChecked { is_set: true });
                self.tell(Event::DataChecked { is_locked: false });
                self.card.is_present = false;
                self.tell(Event::ReaderBack);
            }
            Screen::ReadingCard
            | Screen::Working { .. }
            | Screen::Cleaning { .. }
            | Screen::Stopped => {
                self.desk.wait_for_change();
            }
        }
    }

    fn happen_at_random(&mut self, pick: u8) {
        match pick % 32 {
            0..=2 => self.take_or_insert(),
            3 => {
                self.card.is_present = false;
                self.tell(Event::ReaderLost);
            }
            4 => self.tell(Event::SeveralCards),
            5 => self.touch(Touch::Cancel),
            6 => self.touch(Touch::Back),
            7 => self.touch(Touch::Continue),
            8 => self.touch(Touch::Dismiss),
            9 => self.touch(Touch::MoreTime),
            10 => self.touch(Touch::Page(Page::Hours)),
            11 => self.touch(Touch::Language(Language::Filipino)),
            12 => self.touch(Touch::Choose(Choice::CheckMyCard)),
            13 => self.touch(Touch::Choose(Choice::Help)),
            14 => self.touch(Touch::Choose(Choice::SetNewPin)),
            15 => self.tell(Event::Typed(shape(PadSlot::New))),
            16 => self.tell(submitted(PadSlot::Proof, None)),
            17 => self.tell(submitted(PadSlot::New, None)),
            18 => self.tell(submitted(PadSlot::Repeat, Some(true))),
            19 | 20 => {
                self.desk.wait_for_change();
            }
            21 => {
                let (reason, opens_at) = (ClosedReason::Maintenance, None);
                self.tell(Event::ServiceHours(ServiceHours::Closed { reason, opens_at }));
            }
            22 => self.tell(Event::ServiceHours(ServiceHours::Open)),
            28 => self.tell(Event::ServiceHours(ServiceHours::NotOffered)),
            29 => self.tell(Event::ServiceHours(ServiceHours::SoftwareTooOld)),
            23 => self.tell(Event::JournalBack),
            24 => self.answer_with_faults(),
            25 => self.answer_with_what_was_not_asked(),
            26 => self.tell(Event::TimePassed),
            27 => match pick / 32 {
                0 | 1 => self.want_lease(false),
                2 | 3 => self.want_lease(true),
                4 => self.tell(Event::LeaseEnded),
                5 => self.tell(Event::ClockChecked { is_set: false }),
                6 if pick > 220 => self.tell(Event::DataChecked { is_locked: true }),
                6 => self.tell(Event::ClockChecked { is_set: true }),
                _ => self.tell(Event::CardPresentAtStart),
            },
            31 if pick < 128 => {
                self.desk.touch_the_corner();
            }
            31 => self.tell(Event::Staff(StaffEvent::SwitchTurned)),
            30 => self.tell(Event::PolicyGranted { takes_this_software: pick > 100 }),
            _ if pick > 250 => self.tell(Event::Stopping),
            _ => self.tell(Event::Typed(shape(PadSlot::Proof))),
        }
    }

    fn know_the_code(&mut self, chance: Chance) {
        if !self.desk.checks_a_code() {
            match chance.luck {
                0 => self.touch(Touch::Cancel),
                _ => drop(self.desk.type_a_code(6)),
            }
            return;
        }
        self.desk.code_is(match chance.luck {
            0 => CodeCheck::Locked { seconds: 900 },
            1 => CodeCheck::Wrong { tries_left: 4 },
            2 => CodeCheck::Uncounted,
            _ => CodeCheck::Right,
        });
    }

    fn be_staff(&mut self, pick: u8) {
        let touch = match pick % 17 {
            16 if self.desk.plays_a_tone() => {
                self.desk.tone_ends(true);
                return;
            }
            16 => StaffTouch::Test(StaffTest::Sound),
            0 | 1 => return self.take_or_insert(),
            2 => return self.tell(Event::Staff(StaffEvent::ServiceAsked { is_answered: true })),
            3 => StaffTouch::Page(StaffPage::Tests),
            4 => StaffTouch::Test(StaffTest::Reader),
            5 => StaffTouch::Test(StaffTest::Service),
            6 => StaffTouch::Test(StaffTest::Touch),
            7..=9 => StaffTouch::Target,
            10 => StaffTouch::Clean,
            11 => StaffTouch::Page(StaffPage::Actions),
            12 => StaffTouch::Act(Action::Wish(Wish::Reboot)),
            13 => return self.touch(Touch::Continue),
            _ => return self.touch(Touch::Dismiss),
        };
        self.touch(Touch::Staff(touch));
    }

    fn answer_with_what_was_not_asked(&mut self) {
        match self.desk.card_request() {
            Some(CardRequest::Sign { .. }) => {
                self.desk.card(CardReply::Presented(Presentation::Accepted));
            }
            Some(_) => {
                self.desk.card(CardReply::Signed(opaque("unexpected")));
            }
            None => {}
        }
    }

    /// A unit that is had for an update serves nobody, and is given back in time.
    fn look_at_the_lease(&mut self) {
        let is_over = self.leased_until.is_some_and(|until| until <= self.desk.now());
        let state = self.desk.state();
        if state == "Leased" {
            assert!(self.leased_until.is_some() && !is_over, "leased to nobody");
            self.was_card_laid_while_leased |= self.card.is_present;
        } else {
            assert!(self.leased_until.is_none() || is_over || state == "Exiting", "{state}");
            self.leased_until = None;
        }
    }

    fn want_lease(&mut self, forced: bool) {
        let before = (self.desk.state(), self.desk.view().screen);
        let has_card = self.card.is_present;
        self.desk.lease = None;
        self.tell(Event::LeaseWanted { forced, lasts: Duration::from_secs(90) });
        match self.desk.lease {
            Some(None) => {
                let (state, screen) = before;
                let is_at_rest = ["Idle", "Closed", "NotOffered", "OutOfService"].contains(&state);
                assert!(is_at_rest && !has_card, "leased from {state} with a card: {has_card}");
                assert!(forced || !matches!(screen, Screen::Attract { .. }), "in opening hours");
                self.leased_until = Some(self.desk.now() + Duration::from_secs(90));
                self.was_leased = true;
            }
            Some(Some(_)) => assert_eq!(before, (self.desk.state(), self.desk.view().screen)),
            None => panic!("whoever wants the unit is answered, in {} too", before.0),
        }
    }

    fn tell(&mut self, event: Event) {
        if event == Event::LeaseEnded {
            self.leased_until = None;
        }
        self.desk.tell(event);
    }

    fn touch(&mut self, touch: Touch) {
        self.desk.touch(touch);
    }

    fn insert(&mut self) {
        self.card.is_present = true;
        self.tell(Event::MediaInserted);
    }

    fn remove(&mut self) {
        self.card.is_present = false;
        self.tell(Event::MediaRemoved);
    }

    fn take_or_insert(&mut self) {
        match self.card.is_present {
            true => self.remove(),
            false => self.insert(),
        }
    }

    fn type_and_submit(&mut self, slot: PadSlot, matches: Option<bool>) {
        self.tell(Event::Typed(shape(slot)));
        self.tell(submitted(slot, matches));
    }

    fn card_reply(&mut self, chance: Chance) -> CardReply {
        let request = self.desk.card_request().expect("a card request is under way");
        let is_write = matches!(request, CardRequest::Write { .. });
        if !self.card.is_present && !is_write {
            return CardReply::Failed(CardFault::CardGone);
        }
        match request {
            CardRequest::Read if chance.luck == 0 && chance.pick < 40 => {
                CardReply::Read(CardRead::Real)
            }
            CardRequest::Read => {
                if self.card.retries_left == 0 {
                    self.card.retries_left = 3;
                }
                CardReply::Read(CardRead::Profile(profile_card(self.card.retries_left)))
            }
            CardRequest::CheckMyCard => CardReply::Checked(checked(LastReset::NotDone)),
            CardRequest::ReadReceipt { .. } => CardReply::ReceiptRead(opaque("receipt")),
            CardRequest::Recognise { .. } if chance.luck == 0 => {
                CardReply::Recognised(Recognition::Other)
            }
            CardRequest::Recognise { .. } => {
                let retries_left = self.card.retries_left;
                CardReply::Recognised(Recognition::Same { retries_left })
            }
            CardRequest::Verify { .. } => CardReply::Verified(self.card.verify(chance)),
            CardRequest::Sign { .. } => CardReply::Signed(opaque("signature")),
            CardRequest::Challenge => CardReply::Challenged(opaque("challenge")),
            CardRequest::Present { .. } if chance.luck == 0 => {
                CardReply::Presented(Presentation::Refused)
            }
            CardRequest::Present { .. } => CardReply::Presented(Presentation::Accepted),
            CardRequest::Write { .. } => self.card.write(chance),
            CardRequest::Settle { .. } => {
                let settled = self.card.settle(chance);
                self.was_settled |= matches!(settled, CardReply::Settled(Verdict::Done { .. }));
                settled
            }
            CardRequest::Release => unreachable!("nobody answers a release"),
        }
    }

    fn central_reply(&self, chance: Chance) -> CentralReply {
        if chance.luck == 0 && chance.pick < 32 {
            return CentralReply::Denied(Denial::Internal);
        }
        if chance.luck == 0 && chance.pick < 64 {
            return CentralReply::Failed(CentralFault::Unreachable);
        }
        match self.desk.central_request().expect("a request to the service is under way") {
            CentralRequest::OpenSession { .. } => CentralReply::Opened(opened(chance.luck == 1)),
            CentralRequest::DeliverReceipt { session: None, .. } => {
                taken_as(ReceiptResult::Unknown, ReservationState::Open)
            }
            CentralRequest::DeliverReceipt { .. } => taken(ReservationState::Open),
            CentralRequest::Prove { .. } => CentralReply::Granted,
            CentralRequest::Ticket { .. } => CentralReply::Ticketed(ticketed()),
            CentralRequest::ReportOutcome { .. } => CentralReply::Recorded,
        }
    }
}

impl Card {
    fn verify(&mut self, chance: Chance) -> Verification {
        if self.retries_left == 0 {
            return Verification::Blocked;
        }
        match chance.luck {
            0 => {
                self.retries_left -= 1;
                Verification::Refused { retries_left: self.retries_left }
            }
            1 if chance.pick < 64 => {
                self.retries_left = 3;
                Verification::LostAnswer { retries_left: Some(3) }
            }
            _ => {
                self.retries_left = 3;
                Verification::Verified
            }
        }
    }

    /// The write happens or not, and the answer comes or not: two chances of their own.
    fn write(&mut self, chance: Chance) -> CardReply {
        let receipt = opaque("receipt");
        let (was_done, is_answered) = (chance.luck != 0, chance.pick >= 48 && self.is_present);
        self.is_written |= was_done;
        CardReply::Written(match (was_done, is_answered) {
            (_, false) => Written::Unknown,
            (true, true) => Written::Done { receipt, read_back: ReadBack::Confirmed },
            (false, true) => Written::NotDone { receipt: Some(receipt) },
        })
    }

    fn settle(&self, chance: Chance) -> CardReply {
        let receipt = opaque("receipt");
        match (chance.luck, self.is_written) {
            (0, _) => CardReply::Failed(CardFault::Unreadable),
            (1, _) if chance.pick < 64 => CardReply::Settled(Verdict::OtherCard),
            (_, true) => CardReply::Settled(Verdict::Done { receipt }),
            (_, false) => CardReply::Settled(Verdict::NotDone { receipt }),
        }
    }
}
