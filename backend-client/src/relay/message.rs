// SPDX-License-Identifier: MIT OR Apache-2.0
//! What crosses the socket: one request, one reply, by number.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::CentralError,
    wire::{
        Call, DeliverReceipt, Heartbeat, IdempotencyKey, KeptPolicy, KnownPolicy, OpenSession,
        Outcome, Prove, TicketRequest,
    },
};

/// One request of the kiosk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Comes back in the reply. Unique on its connection.
    pub number: u64,
    /// How long the kiosk waits; `kiosk-link` retries within it and then answers.
    pub patience_milliseconds: u32,
    /// What is asked.
    #[serde(flatten)]
    pub ask: Ask,
}

impl Request {
    /// How long the kiosk waits.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_milliseconds.into())
    }
}

/// What the kiosk can ask for, in the contract's order.
///
/// Every request that changes something carries its key, so that the kiosk may send it again
/// when `kiosk-link` was restarted in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Answered with [`SessionOpened`](crate::wire::SessionOpened).
    OpenSession {
        /// The request's key.
        key: IdempotencyKey,
        /// The request's body.
        body: OpenSession,
    },
    /// Answered with [`ReceiptRecorded`](crate::wire::ReceiptRecorded).
    DeliverReceipt {
        /// The request's key.
        key: IdempotencyKey,
        /// The request's body.
        body: DeliverReceipt,
    },
    /// Answered with [`ProofGranted`](crate::wire::ProofGranted).
    Prove {
        /// The session.
        session_id: Uuid,
        /// The request's key.
        key: IdempotencyKey,
        /// The request's body.
        body: Prove,
    },
    /// Answered with [`TicketIssued`](crate::wire::TicketIssued).
    Ticket {
        /// The session.
        session_id: Uuid,
        /// The request's key.
        key: IdempotencyKey,
        /// The request's body.
        body: TicketRequest,
    },
    /// Answered with [`OutcomeRecorded`](crate::wire::OutcomeRecorded).
    Outcome {
        /// The session.
        session_id: Uuid,
        /// The request's key.
        key: IdempotencyKey,
        /// The request's body.
        body: Outcome,
    },
    /// Answered with [`PolicyAnswer`](crate::wire::PolicyAnswer); also opens the connection ahead.
    Policy {
        /// The one that the kiosk has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<KnownPolicy>,
    },
    /// Answered with nothing.
    Heartbeat {
        /// The request's key.
        key: IdempotencyKey,
        /// The request's body.
        body: Heartbeat,
    },
    /// Answered with [`Identity`](crate::wire::Identity), without any network.
    Identity,
    /// Answered with [`Vouch`](crate::wire::Vouch), without any network.
    Vouch {
        /// What the kiosk has kept.
        kept: KeptPolicy,
    },
}

impl Ask {
    /// Which call this is.
    #[must_use]
    pub const fn call(&self) -> Call {
        match self {
            Self::OpenSession { .. } => Call::OpenSession,
            Self::DeliverReceipt { .. } => Call::DeliverReceipt,
            Self::Prove { .. } => Call::Prove,
            Self::Ticket { .. } => Call::Ticket,
            Self::Outcome { .. } => Call::Outcome,
            Self::Policy { .. } => Call::Policy,
            Self::Heartbeat { .. } => Call::Heartbeat,
            Self::Identity => Call::Identity,
            Self::Vouch { .. } => Call::Vouch,
        }
    }
}

/// The answer to one [`Request`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The request's number.
    pub number: u64,
    /// The decision, of the type that [`Ask`] names, or why there is none.
    pub answer: Result<serde_json::Value, CentralError>,
}
