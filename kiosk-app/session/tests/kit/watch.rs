// SPDX-License-Identifier: MIT OR Apache-2.0
//! What none may ever do, held against every event and effect of every test.

use kiosk_session::card::{CardRead, CardReply, CardRequest, Recognition, Verdict, Written};
use kiosk_session::central::CentralRequest;
use kiosk_session::effect::{Effect, PadCommand, Record};
use kiosk_session::event::Event;
use kiosk_session::{Ending, PadSlot, PinHandle, Screen, View};

#[derive(Default)]
pub(crate) struct Watch {
    /// The last record kept.
    record: Option<Record>,
    /// The slots of the locked page that may hold a PIN.
    filled: Vec<PadSlot>,
    /// The slot that takes keys.
    open: Option<PadSlot>,
    /// Proofs submitted and not yet sent to the card.
    unsent_proofs: u8,
    /// The counter as last read.
    retries_left: Option<u8>,
    /// A write was sent in this session.
    was_written: bool,
    /// The card's receipt said done.
    has_done_receipt: bool,
    outcome_was_kept: bool,
    journal_failed: bool,
}

impl Watch {
    pub(crate) fn hear(&mut self, event: &Event) {
        match event {
            Event::Submitted { pin, .. } => {
                if pin.slot() == PadSlot::Proof && self.open == Some(PadSlot::Proof) {
                    self.unsent_proofs += 1;
                }
                self.open = None;
            }
            Event::Typed(_) => self.filled.extend(self.open),
            Event::JournalFailed => self.journal_failed = true,
            _ => {}
        }
    }

    pub(crate) fn hear_verification(&mut self, reply: &CardReply) {
        use kiosk_session::card::Verification;
        let CardReply::Verified(verification) = reply else { return };
        match verification {
            Verification::Verified => self.retries_left = Some(3),
            Verification::Refused { retries_left }
            | Verification::LostAnswer { retries_left: Some(retries_left) } => {
                self.retries_left = Some(*retries_left);
            }
            Verification::Blocked => self.retries_left = Some(0),
            Verification::LostAnswer { retries_left: None } => self.retries_left = None,
        }
    }

    pub(crate) fn hear_card(&mut self, reply: &CardReply) {
        match reply {
            CardReply::Read(CardRead::Profile(card)) => {
                self.retries_left = Some(card.user_authentication_retries_left);
            }
            CardReply::Recognised(Recognition::Same { retries_left }) => {
                self.retries_left = Some(*retries_left);
            }
            CardReply::Written(Written::Done { .. }) | CardReply::Settled(Verdict::Done { .. }) => {
                self.has_done_receipt = true;
            }
            _ => {}
        }
    }

    pub(crate) fn see(&mut self, effect: &Effect) {
        assert!(!format!("{effect:?}").contains("PinShape"), "an effect tells a PIN's shape");
        match effect {
            Effect::Card(_, request) => self.see_card_request(request),
            Effect::Central(_, CentralRequest::Prove { .. }) => {
                let is_kept = matches!(self.record, Some(Record::ProofSent { .. }));
                assert!(is_kept, "a proof was sent without its record");
            }
            Effect::Central(_, CentralRequest::Ticket { .. }) => {
                let is_kept = matches!(self.record, Some(Record::TicketRequested { .. }));
                assert!(is_kept, "a ticket was asked for without its record");
            }
            Effect::Central(_, CentralRequest::ReportOutcome { .. }) => {
                assert!(self.outcome_was_kept, "an outcome was delivered that was not kept");
            }
            Effect::Journal(record) => {
                self.outcome_was_kept = matches!(record, Record::Outcome { .. });
                self.record = Some(record.clone());
            }
            Effect::Pad(command) => self.see_pad(*command),
            Effect::Central(..)
            | Effect::OpenAhead
            | Effect::Sound(_)
            | Effect::Note(_)
            | Effect::GiveUpCardWorker
            | Effect::Lease(_)
            | Effect::Exit(_) => {}
        }
    }

    fn see_card_request(&mut self, request: &CardRequest) {
        match request {
            CardRequest::Read => {
                let filled = core::mem::take(&mut self.filled);
                assert!(filled.is_empty(), "a session begins with {filled:?} in the page");
                *self = Self { record: None, ..Self::default() };
            }
            CardRequest::Verify { pin } => {
                assert_eq!(pin.slot(), PadSlot::Proof);
                assert_ne!(self.retries_left, Some(0), "a VERIFY with no try left");
                let left = self.unsent_proofs.checked_sub(1);
                self.unsent_proofs = left.expect("a VERIFY for which nobody pressed OK");
            }
            CardRequest::Present { .. } => {
                let is_kept = matches!(self.record, Some(Record::TicketPresented { .. }));
                assert!(is_kept, "a ticket was presented without its record");
            }
            CardRequest::Write { pin, .. } => self.see_write(pin),
            CardRequest::CheckMyCard
            | CardRequest::ReadReceipt { .. }
            | CardRequest::Recognise { .. }
            | CardRequest::Sign { .. }
            | CardRequest::Challenge
            | CardRequest::Settle { .. }
            | CardRequest::Release => {}
        }
    }

    fn see_write(&mut self, pin: &PinHandle) {
        assert_eq!(pin.slot(), PadSlot::New);
        let is_kept = matches!(self.record, Some(Record::ResetSent { .. }));
        assert!(is_kept, "a write was sent without its record");
        assert!(!self.was_written, "a second reset in one session");
        self.was_written = true;
    }

    fn see_pad(&mut self, command: PadCommand) {
        match command {
            PadCommand::Open(slot) => {
                self.filled.retain(|filled| *filled != slot);
                self.open = Some(slot);
            }
            PadCommand::Wipe(slot) => {
                self.filled.retain(|filled| *filled != slot);
                self.open = self.open.filter(|open| *open != slot);
            }
            PadCommand::WipeAll => {
                self.filled.clear();
                self.open = None;
            }
        }
    }

    pub(crate) fn look_at(&self, view: &View, state: &str) {
        match view.screen {
            Screen::Ending { ending, .. } => {
                assert!(self.filled.is_empty(), "{state} shows an ending over {:?}", self.filled);
                assert_eq!(self.open, None, "{state} shows an ending over an open pad");
                if ending == Ending::Done {
                    assert!(self.has_done_receipt, "done was shown without a receipt");
                }
                let is_kept = self.outcome_was_kept || self.journal_failed;
                assert!(is_kept || self.record.is_none(), "an ending came before its outcome");
            }
            Screen::ProofPad { retries_left, .. } => {
                assert_eq!(Some(retries_left), self.retries_left, "{state} shows another count");
                assert_ne!(retries_left, 0, "{state} asks for a PIN that is locked");
            }
            Screen::Attract { .. } | Screen::PutBack { .. } => {
                assert!(self.filled.is_empty(), "{state} over {:?}", self.filled);
            }
            _ => {}
        }
    }
}
