// SPDX-License-Identifier: MIT OR Apache-2.0
//! One event's turn: the facts, the effects gathered so far, and the moves that several states
//! share.

use alloc::vec::Vec;

use super::choosing::ReadingCard;
use super::concluding::{Exiting, ShowingEnding};
use super::conclusion::Conclusion;
use super::facts::Facts;
use super::resting::Resting;
use super::state::State;
use super::visit::Visit;
use super::waiting::Pending;
use crate::card::CardRequest;
use crate::central::CentralRequest;
use crate::effect::{Anomaly, Effect, ExitReason, PadCommand, Sound};
use crate::ending::Ending;
use crate::limits::Limit;

pub(crate) struct Turn<'a> {
    pub(crate) facts: &'a mut Facts,
    state: &'static str,
    effects: Vec<Effect>,
}

impl<'a> Turn<'a> {
    pub(crate) const fn new(facts: &'a mut Facts, state: &'static str) -> Self {
        Self { facts, state, effects: Vec::new() }
    }

    pub(crate) fn into_effects(self) -> Vec<Effect> {
        self.effects
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn pad(&mut self, command: PadCommand) {
        self.push(Effect::Pad(command));
    }

    pub(crate) fn sound(&mut self, sound: Sound) {
        self.push(Effect::Sound(sound));
    }

    pub(crate) fn note(&mut self, anomaly: Anomaly) {
        self.push(Effect::Note(anomaly));
    }

    pub(crate) fn note_central_overrun(&mut self) {
        self.note(Anomaly::CentralOverrun { state: self.state });
    }

    pub(crate) fn note_unexpected_reply(&mut self) {
        self.note(Anomaly::UnexpectedReply { state: self.state });
    }

    pub(crate) fn note_unexpected_submission(&mut self) {
        self.note(Anomaly::UnexpectedSubmission { state: self.state });
    }

    pub(crate) fn ask_card(&mut self, request: CardRequest) -> Pending {
        let limit = match request {
            CardRequest::Write { .. } => Limit::CardWrite,
            CardRequest::Read
            | CardRequest::CheckMyCard
            | CardRequest::ReadReceipt { .. }
            | CardRequest::Recognise { .. }
            | CardRequest::Verify { .. }
            | CardRequest::Sign { .. }
            | CardRequest::Challenge
            | CardRequest::Present { .. }
            | CardRequest::Settle { .. }
            | CardRequest::Release => Limit::CardRequest,
        };
        let id = self.facts.next_request();
        self.push(Effect::Card(id, request));
        Pending::new(id, self.facts.now() + self.facts.limit(limit))
    }

    pub(crate) fn ask_central(&mut self, request: CentralRequest) -> Pending {
        let limit = match request {
            CentralRequest::ReportOutcome { .. } => Limit::Reporting,
            CentralRequest::OpenSession { .. }
            | CentralRequest::DeliverReceipt { .. }
            | CentralRequest::Prove { .. }
            | CentralRequest::Ticket { .. } => Limit::CentralRequest,
        };
        let id = self.facts.next_request();
        self.push(Effect::Central(id, request));
        Pending::new(id, self.facts.now() + self.facts.limit(limit))
    }

    /// Lets the card go; a worker that hangs can't be asked to.
    pub(crate) fn release_card(&mut self) {
        if !self.facts.is_card_worker_stuck() {
            let id = self.facts.next_request();
            self.push(Effect::Card(id, CardRequest::Release));
        }
    }

    pub(crate) fn give_up_card_worker(&mut self) {
        self.push(Effect::GiveUpCardWorker);
        self.note(Anomaly::CardWorkerStuck { state: self.state });
        self.facts.exit_after(ExitReason::CardWorkerStuck);
    }

    pub(crate) fn journal_failed(&mut self) {
        self.note(Anomaly::JournalFailed { state: self.state });
        self.facts.exit_after(ExitReason::JournalFailed);
    }

    // Where several states lead.

    /// A card that was just put there.
    pub(crate) fn read_card(&mut self) -> State {
        let pending = self.ask_card(CardRequest::Read);
        self.push(Effect::OpenAhead);
        ReadingCard::new(pending).into()
    }

    /// Ends what the service knows nothing of.
    pub(crate) fn end(&mut self, ending: Ending) -> State {
        self.pad(PadCommand::WipeAll);
        self.release_card();
        ShowingEnding::without_session(ending, self)
    }

    /// Ends a visit before its write was sent.
    pub(crate) fn conclude(&mut self, visit: &Visit, ending: Ending) -> State {
        Conclusion::before_writing(visit, ending).reach(visit, self)
    }

    /// Nobody is served: what was theirs is forgotten, and the process ends if it is to.
    pub(crate) fn rest(&mut self) -> State {
        if let Some(reason) = self.facts.exit() {
            self.push(Effect::Exit(reason));
            return Exiting.into();
        }
        self.facts.forget_resident();
        Resting::attracting().into()
    }
}
