// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said to the central service, and what it answers, as types.
//!
//! One struct a body, in the names of the published contract; the same structs
//! cross the Unix socket between `kiosk` and `kiosk-link`. No field here can
//! hold a PIN, and what identifies a person ([`Opaque`]) does not print.

mod denial;
mod heartbeat;
mod help_line;
mod identity;
mod kept_policy;
mod opaque;
mod policy;
mod receipt;
mod session;
mod text;
mod time_of_day;

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use denial::{Denial, Refusal, RefusalDetails};
pub use heartbeat::{Heartbeat, KioskState};
pub use help_line::{Day, HelpLine, HelpLineHours, Medium};
pub use identity::{Identity, KioskId};
pub use kept_policy::{KeptPolicy, KnownPolicy, PolicyDocument, PolicySignature, Vouch};
pub use opaque::{Nonce, Opaque};
pub use policy::{
    Affected, ETag, Hours, MaintenanceWindow, Notice, NoticeKind, Period, Policy, PolicyAnswer,
    ServedPolicy, Service, Texts, TimeLimits,
};
pub use receipt::{DeliverReceipt, ReceiptRecorded, ReceiptResult, ReservationState};
pub use session::{
    OpenSession, Outcome, OutcomeRecorded, OutcomeResult, Profile, ProofGranted, Prove,
    SessionOpened, Target, TicketIssued, TicketRequest,
};
pub use text::{EndingCode, TokenInfo, Unfit};
pub use time_of_day::TimeOfDay;

/// What the service decided: its answer, or a refusal that it published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision<T> {
    /// The call was carried out.
    Granted(T),
    /// The call was refused, with one of the contract's problem codes.
    Denied(Refusal),
}

/// The UUID by which the service knows a repeated request, scoped to unit and path, kept 24 h.
///
/// The same key with the same body gets the stored answer; with another body it is refused as
/// [`Denial::IdempotencyMismatch`]. A caller that must repeat across restarts keeps the key with
/// the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(pub Uuid);

impl IdempotencyKey {
    /// A key that no request has had yet.
    #[must_use]
    pub fn fresh() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One call of the contract, for errors and logs; in the contract's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `POST /v1/sessions`.
    OpenSession,
    /// `POST /v1/receipts`.
    DeliverReceipt,
    /// `POST /v1/sessions/{id}/proof`.
    Prove,
    /// `POST /v1/sessions/{id}/ticket`.
    Ticket,
    /// `POST /v1/sessions/{id}/outcome`.
    Outcome,
    /// `GET /v1/policy`.
    Policy,
    /// `POST /v1/heartbeat`.
    Heartbeat,
    /// What `kiosk-link` answers by itself, from its certificate.
    Identity,
    /// The same, of a policy that the kiosk has kept.
    Vouch,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenSession => "opening a session",
            Self::DeliverReceipt => "delivering a receipt",
            Self::Prove => "delivering the proof",
            Self::Ticket => "asking for a ticket",
            Self::Outcome => "reporting the outcome",
            Self::Policy => "asking for the policy",
            Self::Heartbeat => "the heartbeat",
            Self::Identity => "asking for the kiosk's identity",
            Self::Vouch => "asking whose the kept policy is",
        })
    }
}
