// SPDX-License-Identifier: MIT OR Apache-2.0
//! One VERIFY per press of OK, the card's signature, the service's grant (reset-profile.md section
//! 2, steps 3 and 4).

use alloc::boxed::Box;
use core::num::NonZeroU8;
use core::time::Duration;

use super::entering::Entering;
use super::facts::Facts;
use super::hearing::{Heard, answer, stopped};
use super::opening::working;
use super::proving::{ask_for_proof, stop_proving};
use super::state::State;
use super::turn::Turn;
use super::visit::Visit;
use super::waiting::Pending;
use crate::card::{CardReply, CardRequest, Verification};
use crate::carried::Opaque;
use crate::central::{CentralReply, CentralRequest};
use crate::effect::{Effect, PadCommand, Record};
use crate::ending::Ending;
use crate::event::{Event, Touch};
use crate::pin::{PadSlot, PinHandle};
use crate::view::{May, ProofNotice, View, WorkingStep};

/// VERIFY is under way. Its answer is awaited whatever happens: it says whether a try is gone.
#[derive(Debug)]
pub(crate) struct Verifying {
    visit: Box<Visit>,
    pending: Pending,
    /// How it is to end once the answer is there.
    wish: Option<Ending>,
}

impl Verifying {
    pub(crate) fn begin(visit: Box<Visit>, pin: PinHandle, turn: &mut Turn<'_>) -> State {
        let pending = turn.ask_card(CardRequest::Verify { pin });
        Self { visit, pending, wish: None }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Card(id, reply) if self.pending.is(id) => {
                turn.pad(PadCommand::Wipe(PadSlot::Proof));
                self.answered(reply, turn)
            }
            Event::MediaRemoved => self.wishing(Ending::CardLifted),
            Event::ReaderLost => self.wishing(Ending::ReaderGone),
            Event::SeveralCards => self.wishing(Ending::SeveralCards),
            Event::Touched(Touch::Cancel) => self.wishing(Ending::Cancelled),
            Event::Stopping => self.wishing(stopped()),
            other => match turn.ends_card_wait(&other, &self.pending) {
                // The command may have reached the card, and its counter fallen.
                Some(Ending::ReaderStuck) => {
                    turn.conclude(&self.visit, Ending::ReaderStuckVerifying)
                }
                Some(ending) => turn.conclude(&self.visit, ending),
                None => self.into(),
            },
        }
    }

    fn wishing(self, ending: Ending) -> State {
        Self { wish: self.wish.or(Some(ending)), ..self }.into()
    }

    fn answered(mut self, reply: CardReply, turn: &mut Turn<'_>) -> State {
        let CardReply::Verified(verification) = reply else {
            let ending = turn.card_failure(&reply);
            return turn.conclude(&self.visit, ending);
        };
        match verification {
            Verification::Verified => self.verified(turn),
            Verification::Refused { retries_left } => {
                self.visit.was_refused = true;
                self.ask_again(retries_left, ProofNotice::Wrong, turn)
            }
            Verification::Blocked => turn.conclude(&self.visit, Ending::PinLockedBefore),
            Verification::LostAnswer { retries_left: Some(retries_left) } => {
                self.ask_again(retries_left, ProofNotice::AnswerLost, turn)
            }
            Verification::LostAnswer { retries_left: None } => {
                turn.conclude(&self.visit, Ending::CardLiftedVerifying)
            }
        }
    }

    fn verified(mut self, turn: &mut Turn<'_>) -> State {
        self.visit.was_proved();
        match self.wish {
            Some(ending) => turn.conclude(&self.visit, ending),
            None if self.visit.is_granted => Entering::open(self.visit, turn),
            None => Signing::begin(self.visit, turn),
        }
    }

    fn ask_again(mut self, retries_left: u8, notice: ProofNotice, turn: &mut Turn<'_>) -> State {
        let Some(retries_left) = NonZeroU8::new(retries_left) else {
            return turn.conclude(&self.visit, Ending::PinLockedNow);
        };
        self.visit.retries_left = retries_left;
        match (self.wish, notice) {
            (None, _) => ask_for_proof(self.visit, Some(notice), turn),
            (Some(_), ProofNotice::Wrong) => stop_proving(&self.visit, turn),
            (Some(Ending::CardLifted), ProofNotice::AnswerLost | ProofNotice::PutBack) => {
                turn.conclude(&self.visit, Ending::CardLiftedVerifying)
            }
            (Some(ending), ProofNotice::AnswerLost | ProofNotice::PutBack) => {
                turn.conclude(&self.visit, ending)
            }
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let view = working(WorkingStep::CheckingPin, facts);
        View { may: May { cancel: self.wish.is_none(), ..view.may }, ..view }
    }
}

#[derive(Debug)]
pub(crate) struct Signing {
    visit: Box<Visit>,
    pending: Pending,
}

impl Signing {
    fn begin(visit: Box<Visit>, turn: &mut Turn<'_>) -> State {
        let (nonce, session, kiosk) = (visit.nonce, visit.session, visit.kiosk);
        let pending = turn.ask_card(CardRequest::Sign { nonce, session, kiosk });
        Self { visit, pending }.into()
    }

    pub(crate) fn step(self, event: Event, turn: &mut Turn<'_>) -> State {
        match turn.hear_card(event, &self.pending, answer!(CardReply::Signed)) {
            Heard::Answer(signature) => Granting::begin(self.visit, signature, turn),
            Heard::Ending(ending) => turn.conclude(&self.visit, ending),
            Heard::Nothing => self.into(),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        working(WorkingStep::Proving, facts)
    }
}

#[derive(Debug)]
pub(crate) struct Granting {
    visit: Box<Visit>,
    pending: Pending,
}

impl Granting {
    fn begin(visit: Box<Visit>, signature: Opaque, turn: &mut Turn<'_>) -> State {
        let session = visit.session;
        turn.push(Effect::Journal(Record::ProofSent { session }));
        let pending = turn.ask_central(CentralRequest::Prove { session, signature });
        Self { visit, pending }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        let granted = |reply| match reply {
            CentralReply::Granted => Ok(()),
            reply => Err(reply),
        };
        match turn.hear_central(event, &self.pending, granted) {
            Heard::Answer(()) => {
                self.visit.is_granted = true;
                Entering::open(self.visit, turn)
            }
            Heard::Ending(ending) => turn.conclude(&self.visit, ending),
            Heard::Nothing => self.into(),
        }
    }

    pub(crate) const fn deadline(&self, _facts: &Facts) -> Option<Duration> {
        Some(self.pending.deadline())
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        working(WorkingStep::Proving, facts)
    }
}
