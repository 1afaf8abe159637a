// SPDX-License-Identifier: MIT OR Apache-2.0
//! The POSTs of central-api as data, and the one place where each meets its operation.

use serde::Serialize;
use uuid::Uuid;

use super::exchange::Reply;
use crate::service::{Call, Failure, outcome, proof, receipt, session, ticket, unit};
use crate::wire::parse;

/// What a POST asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    OpenSession,
    TakeReceipt,
    GrantProof(Uuid),
    IssueTicket(Uuid),
    RecordOutcome(Uuid),
    KeepHeartbeat,
}

impl Operation {
    /// What was written to a card is told by whoever knows it.
    pub(super) fn is_taken_from_revoked_units(self) -> bool {
        matches!(self, Self::TakeReceipt | Self::RecordOutcome(_))
    }

    /// As in the document's `operationId`, for the metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OpenSession => "open_session",
            Self::TakeReceipt => "post_receipt",
            Self::GrantProof(_) => "post_proof",
            Self::IssueTicket(_) => "request_ticket",
            Self::RecordOutcome(_) => "post_outcome",
            Self::KeepHeartbeat => "post_heartbeat",
        }
    }

    /// Parses the body and carries the operation out.
    pub(super) async fn perform(self, call: &mut Call<'_>, body: &[u8]) -> Result<Reply, Failure> {
        match self {
            Self::OpenSession => created(&session::open(call, parse(body)?).await?),
            Self::TakeReceipt => ok(&receipt::take(call, parse(body)?).await?),
            Self::GrantProof(id) => ok(&proof::grant(call, id, parse(body)?).await?),
            Self::IssueTicket(id) => created(&ticket::issue(call, id, parse(body)?).await?),
            Self::RecordOutcome(id) => ok(&outcome::record(call, id, parse(body)?).await?),
            Self::KeepHeartbeat => {
                unit::heartbeat(call, parse(body)?).await?;
                Ok(Reply::empty(204))
            }
        }
    }
}

fn ok(answer: &impl Serialize) -> Result<Reply, Failure> {
    Reply::json(200, answer)
}

fn created(answer: &impl Serialize) -> Result<Reply, Failure> {
    Reply::json(201, answer)
}
