// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operations of central-api, one file each, without HTTP: a call, in one transaction, gives an
//! answer or a refusal. What a refused operation wrote before it refused is kept (holds that ran
//! out, say), unless the refusal is one that may pass by itself.

pub mod admission;
pub mod enrolment;
pub mod outcome;
pub mod proof;
pub mod receipt;
pub mod session;
pub mod settling;
pub mod ticket;
pub mod unit;

use jiff::Timestamp;
use ring::rand::SystemRandom;

use crate::admin::issue::KioskIssuer;
use crate::certificates::{Authorities, CertificateError};
use crate::clock::Clock;
use crate::identity::Kiosk;
use crate::policy::PolicyFile;
use crate::problem::Problem;
use crate::signer::{SignerError, TicketSigner};
use crate::store::{Connection, Store, StoreError};

/// Everything that the operations share.
pub struct Service {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The CAs of cards and citizens.
    pub authorities: Authorities,
    /// `DIR/policy.json`.
    pub policy: PolicyFile,
    /// The ticket key.
    pub signer: Box<dyn TicketSigner>,
    /// The CA of the kiosks' certificates.
    pub kiosk_issuer: KioskIssuer,
    /// Nonces.
    pub random: SystemRandom,
}

/// One call, in its transaction.
pub struct Call<'a> {
    /// What is shared.
    pub service: &'a Service,
    /// The transaction.
    pub connection: &'a mut Connection,
    /// Who calls.
    pub kiosk: &'a Kiosk,
    /// Whether the unit is revoked; then only outcomes and receipts get here.
    pub is_unit_revoked: bool,
    /// The time of the whole call.
    pub now: Timestamp,
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The service says no.
    #[error("the call was refused")]
    Refused(#[from] Problem),
    /// The database.
    #[error("the call met a fault of the database")]
    Store(#[from] StoreError),
    /// The signer refused what the service had granted.
    #[error("the signer refused the ticket")]
    Signer(#[from] SignerError),
    /// The system's random numbers.
    #[error("there are no random numbers")]
    Random,
}

impl From<CertificateError> for Problem {
    fn from(error: CertificateError) -> Self {
        Self::CardNotGenuine { why: error.why() }
    }
}

impl From<CertificateError> for Failure {
    fn from(error: CertificateError) -> Self {
        Self::Refused(error.into())
    }
}
