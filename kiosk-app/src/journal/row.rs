// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rows of the journal, as JSON: a previous release ignores members that it
//! does not know, and a member that is new is optional.

use backend_client::wire::{self, EndingCode, IdempotencyKey, Opaque, Outcome};
use kiosk_session::{
    Ending, SessionId, TicketId,
    effect::{OutcomeResult, Record},
    ending::Doubt,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Delivery, JournalError};

/// A record as it is kept.
pub(super) enum Row {
    Step(Uuid, StepRow),
    Outcome(OutcomeRow),
}

/// How far a session came.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StepRow {
    step: Step,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket_id: Option<Uuid>,
    software: String,
}

/// The steps that are kept, in their order.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Step {
    ProofSent,
    TicketRequested,
    TicketPresented,
    ResetSent,
}

/// What the service has to hear.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OutcomeRow {
    pub(super) session_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket_id: Option<Uuid>,
    key: IdempotencyKey,
    #[serde(flatten)]
    body: Outcome,
    software: String,
}

/// What the log calls a record.
pub(crate) const fn name(record: &Record) -> &'static str {
    match record {
        Record::ProofSent { .. } => "proof-sent",
        Record::TicketRequested { .. } => "ticket-requested",
        Record::TicketPresented { .. } => "ticket-presented",
        Record::ResetSent { .. } => "reset-sent",
        Record::Outcome { .. } => "outcome",
    }
}

/// The row of a record.
pub(super) fn of(record: &Record) -> Result<Row, JournalError> {
    let step = |session, step, ticket| Row::Step(session_id(session), StepRow::new(step, ticket));
    Ok(match record {
        Record::ProofSent { session } => step(*session, Step::ProofSent, None),
        Record::TicketRequested { session } => step(*session, Step::TicketRequested, None),
        Record::TicketPresented { session, ticket } => {
            step(*session, Step::TicketPresented, Some(*ticket))
        }
        Record::ResetSent { session, ticket } => step(*session, Step::ResetSent, Some(*ticket)),
        Record::Outcome { session, ticket, result, ending, receipt } => {
            let receipt = receipt.as_ref().map(|receipt| Opaque::from(receipt.as_bytes()));
            let body = Outcome {
                result: wire_result(*result),
                ending: EndingCode::try_from(ending.key())?,
                receipt,
            };
            Row::Outcome(OutcomeRow::new(session_id(*session), ticket.map(ticket_id), body))
        }
    })
}

impl StepRow {
    fn new(step: Step, ticket: Option<TicketId>) -> Self {
        Self { step, ticket_id: ticket.map(ticket_id), software: SOFTWARE.to_owned() }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, JournalError> {
        Ok(serde_json::to_vec(self)?)
    }

    pub(super) fn decode(row: &[u8]) -> Result<Self, JournalError> {
        Ok(serde_json::from_slice(row)?)
    }

    /// What it stands for when the process was killed after it: before the reset was sent nothing
    /// can have changed.
    pub(super) fn into_outcome(self, session_id: Uuid) -> Result<OutcomeRow, JournalError> {
        let (result, ending) = match self.step {
            Step::ProofSent => (wire::OutcomeResult::Abandoned, Ending::InternalFault),
            Step::TicketRequested | Step::TicketPresented => {
                (wire::OutcomeResult::NotDone, Ending::InternalFault)
            }
            Step::ResetSent => {
                (wire::OutcomeResult::Unknown, Ending::NotCertain(Doubt::AnswerLost))
            }
        };
        let body = Outcome { result, ending: EndingCode::try_from(ending.key())?, receipt: None };
        let row = OutcomeRow::new(session_id, self.ticket_id, body);
        Ok(OutcomeRow { software: self.software, ..row })
    }
}

impl OutcomeRow {
    fn new(session_id: Uuid, ticket_id: Option<Uuid>, body: Outcome) -> Self {
        let key = IdempotencyKey::fresh();
        Self { session_id, ticket_id, key, body, software: SOFTWARE.to_owned() }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, JournalError> {
        Ok(serde_json::to_vec(self)?)
    }

    pub(super) fn decode(row: &[u8]) -> Result<Self, JournalError> {
        Ok(serde_json::from_slice(row)?)
    }

    pub(super) fn into_delivery(self, number: u64) -> Delivery {
        Delivery { number, session_id: self.session_id, key: self.key, body: self.body }
    }
}

const fn wire_result(result: OutcomeResult) -> wire::OutcomeResult {
    match result {
        OutcomeResult::Abandoned => wire::OutcomeResult::Abandoned,
        OutcomeResult::Unknown => wire::OutcomeResult::Unknown,
        OutcomeResult::NotDone => wire::OutcomeResult::NotDone,
        OutcomeResult::Done => wire::OutcomeResult::Done,
    }
}

const fn session_id(session: SessionId) -> Uuid {
    Uuid::from_bytes(session.0)
}

const fn ticket_id(ticket: TicketId) -> Uuid {
    Uuid::from_bytes(ticket.0)
}

const SOFTWARE: &str = env!("CARGO_PKG_VERSION");
