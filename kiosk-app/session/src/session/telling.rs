// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card's receipt on its way to the service, behind the screen of *Check my card*: nobody
//! waits for it, and nothing is kept of it, for the card tells it again as often as it is asked.
//!
//! A used ticket is settled over any nonce, an unused one only over a session's (central-api.md,
//! "What the service checks"). So where the card says *not done* and the service cannot take its
//! word, a session is opened for its nonce, and the receipt is read and delivered once more.

use core::time::Duration;

use super::turn::Turn;
use super::waiting::Pending;
use crate::card::{CardReply, CardRequest};
use crate::carried::{Nonce, Opaque, Papers, SessionId};
use crate::central::{
    CentralReply, CentralRequest, Opened, ReceiptResult, ReceiptTaken, ReservationState,
};
use crate::check::{LastReset, OwnReceipt};
use crate::ending::Ending;
use crate::event::{Event, RequestId};

/// What is told to the service of one card.
#[derive(Debug)]
pub(crate) struct Telling {
    papers: Papers,
    last_reset: Option<LastReset>,
    step: Step,
    reservation: Option<ReservationState>,
}

#[derive(Debug)]
enum Step {
    /// The receipt over the kiosk's own nonce.
    Delivering(Pending),
    /// A session, for its nonce.
    Opening(Pending),
    /// The receipt over that nonce, at the card.
    Reading { session: SessionId, nonce: Nonce, pending: Pending },
    /// The same, to the service.
    DeliveringAgain(Pending),
    /// Told, or not to be told now.
    Over,
}

impl Telling {
    pub(crate) fn begin(
        papers: Papers,
        last_reset: Option<LastReset>,
        receipt: OwnReceipt,
        turn: &mut Turn<'_>,
    ) -> Self {
        let OwnReceipt { nonce, receipt } = receipt;
        let pending = deliver(&papers, None, nonce, receipt, turn);
        Self { papers, last_reset, step: Step::Delivering(pending), reservation: None }
    }

    /// Whether the answer to this request is awaited here.
    pub(crate) fn awaits(&self, id: RequestId) -> bool {
        self.pending().is_some_and(|pending| pending.is(id))
    }

    /// The answer of the service that was awaited.
    pub(crate) fn hear_central(self, reply: CentralReply, turn: &mut Turn<'_>) -> Self {
        match (&self.step, reply) {
            (Step::Delivering(_), CentralReply::ReceiptTaken(taken))
                if taken.result == ReceiptResult::Unknown
                    && self.last_reset == Some(LastReset::NotDone) =>
            {
                let papers = self.papers.clone();
                let pending = turn.ask_central(CentralRequest::OpenSession { papers });
                Self { step: Step::Opening(pending), ..self }
            }
            (Step::Delivering(_) | Step::DeliveringAgain(_), CentralReply::ReceiptTaken(taken)) => {
                Self { reservation: settled(taken), ..self.over() }
            }
            (Step::Opening(_), CentralReply::Opened(opened)) => self.opened(&opened, turn),
            (_, CentralReply::Denied(_) | CentralReply::Failed(_)) => self.over(),
            _ => {
                turn.note_unexpected_reply();
                self.over()
            }
        }
    }

    fn opened(self, opened: &Opened, turn: &mut Turn<'_>) -> Self {
        if !opened.receipt_wanted {
            return self.over();
        }
        let (session, nonce) = (opened.session, opened.nonce);
        let pending = turn.ask_card(CardRequest::ReadReceipt { nonce });
        Self { step: Step::Reading { session, nonce, pending }, ..self }
    }

    /// The answer of the card that was awaited. That it has left is told by the reader too.
    pub(crate) fn hear_card(self, reply: CardReply, turn: &mut Turn<'_>) -> Self {
        match (&self.step, reply) {
            (Step::Reading { session, nonce, .. }, CardReply::ReceiptRead(receipt)) => {
                let pending = deliver(&self.papers, Some(*session), *nonce, receipt, turn);
                Self { step: Step::DeliveringAgain(pending), ..self }
            }
            (_, reply) => {
                turn.card_fault(&reply);
                self.over()
            }
        }
    }

    /// A service that does not answer is left alone; a card that does not ends the session.
    pub(crate) fn overrun(&mut self, event: &Event, turn: &mut Turn<'_>) -> Option<Ending> {
        let pending = self.pending().filter(|pending| pending.is_overrun(event, turn.facts))?;
        if let Step::Reading { .. } = self.step {
            return turn.ends_card_wait(event, pending);
        }
        turn.note_central_overrun();
        self.step = Step::Over;
        None
    }

    /// What the service says of the reservation, once that is settled.
    pub(crate) const fn reservation(&self) -> Option<ReservationState> {
        self.reservation
    }

    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.pending().map(Pending::deadline)
    }

    const fn pending(&self) -> Option<&Pending> {
        match &self.step {
            Step::Delivering(pending)
            | Step::Opening(pending)
            | Step::Reading { pending, .. }
            | Step::DeliveringAgain(pending) => Some(pending),
            Step::Over => None,
        }
    }

    fn over(self) -> Self {
        Self { step: Step::Over, ..self }
    }
}

fn deliver(
    papers: &Papers,
    session: Option<SessionId>,
    nonce: Nonce,
    receipt: Opaque,
    turn: &mut Turn<'_>,
) -> Pending {
    let attestation_certificate = papers.attestation_certificate.clone();
    turn.ask_central(CentralRequest::DeliverReceipt {
        session,
        nonce,
        receipt,
        attestation_certificate,
    })
}

/// A receipt that settled nothing says nothing of the reservation either.
fn settled(taken: ReceiptTaken) -> Option<ReservationState> {
    (taken.result != ReceiptResult::Unknown).then_some(taken.reservation)
}
