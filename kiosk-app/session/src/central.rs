// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the session asks of the central service, and what it is told (central-api.md).
//!
//! The worker adds what is the unit's: target, profile, software, idempotency keys, trace. No
//! message can hold a PIN.

use crate::carried::{KioskId, Nonce, Opaque, Papers, SessionId, TicketId, UnixTime};
use crate::ending::{Ending, UnitFault};
use crate::event::ClosedReason;

/// A request to the central worker; each is answered once, with the same request id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CentralRequest {
    /// POST /v1/sessions. Answered [`CentralReply::Opened`].
    OpenSession {
        /// What the card showed of itself.
        papers: Papers,
    },
    /// POST /v1/receipts. Answered [`CentralReply::ReceiptTaken`].
    DeliverReceipt {
        /// Whose nonce it is over; none where the kiosk drew it itself.
        session: Option<SessionId>,
        /// What it is over.
        nonce: Nonce,
        /// The card's.
        receipt: Opaque,
        /// Under which the receipt verifies.
        attestation_certificate: Opaque,
    },
    /// POST /v1/sessions/{id}/proof. Answered [`CentralReply::Granted`].
    Prove {
        /// Which session.
        session: SessionId,
        /// Over the transcript.
        signature: Opaque,
    },
    /// POST /v1/sessions/{id}/ticket. Answered [`CentralReply::Ticketed`].
    Ticket {
        /// Which session.
        session: SessionId,
        /// Challenge and key hash.
        request: Opaque,
    },
    /// POST /v1/sessions/{id}/outcome: deliver now the outcome that the journal has just kept. The
    /// journal goes on with it when this fails. Answered [`CentralReply::Recorded`].
    ReportOutcome {
        /// Which session's.
        session: SessionId,
    },
}

/// What the central worker answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CentralReply {
    /// To [`CentralRequest::OpenSession`].
    Opened(Opened),
    /// To [`CentralRequest::DeliverReceipt`].
    ReceiptTaken(ReceiptTaken),
    /// To [`CentralRequest::Prove`].
    Granted,
    /// To [`CentralRequest::Ticket`].
    Ticketed(Ticketed),
    /// To [`CentralRequest::ReportOutcome`].
    Recorded,
    /// The service refused, by a published problem code.
    Denied(Denial),
    /// There is no answer of the service's.
    Failed(CentralFault),
}

/// A session that the service opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its name.
    pub session: SessionId,
    /// For proof and receipts.
    pub nonce: Nonce,
    /// Of the certificate that the session was opened with; told by the link.
    pub kiosk: KioskId,
    /// Until when the resident's reservation (予約) holds.
    pub reservation_until: UnixTime,
    /// An earlier ticket of this card is unresolved.
    pub receipt_wanted: bool,
}

/// How a delivered receipt changed the reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptTaken {
    /// What the service now knows of the card's last ticket.
    pub result: ReceiptResult,
    /// What is left of the reservation.
    pub reservation: ReservationState,
}

/// What the service knows of a ticket after a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptResult {
    /// The new PIN is set.
    Done,
    /// It is not, and will not be.
    NotDone,
    /// The receipt settled nothing: of an unused ticket it does so only over a session's nonce
    /// (central-api.md).
    Unknown,
}

/// What the service says of the reservation after a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationState {
    /// The session may go on.
    Open,
    /// The earlier reset was done.
    Used,
    /// There is none.
    None,
}

/// A ticket for one reset on one card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticketed {
    /// Its name, for the journal.
    pub ticket: TicketId,
    /// For the card.
    pub response: Opaque,
}

/// A refusal: one case for each problem code of central-api.md, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// reservation-not-found
    ReservationNotFound,
    /// reservation-expired
    ReservationExpired,
    /// reservation-for-other-pin
    ReservationForOtherPin,
    /// reservation-in-use
    ReservationInUse,
    /// reservation-used
    ReservationUsed {
        /// When the reset was done, where the service says it.
        at: Option<UnixTime>,
    },
    /// authentication-certificate-expired
    AuthenticationCertificateExpired,
    /// authentication-certificate-revoked
    AuthenticationCertificateRevoked,
    /// signature-certificate-expired
    SignatureCertificateExpired,
    /// signature-certificate-revoked
    SignatureCertificateRevoked,
    /// signature-certificate-absent
    SignatureCertificateAbsent,
    /// card-suspended
    CardSuspended,
    /// card-not-genuine
    CardNotGenuine,
    /// receipt-wanted
    ReceiptWanted,
    /// proof-invalid
    ProofInvalid,
    /// session-expired
    SessionExpired,
    /// grant-expired
    GrantExpired,
    /// session-not-found
    SessionNotFound,
    /// out-of-order
    OutOfOrder,
    /// receipt-invalid
    ReceiptInvalid,
    /// ticket-limit
    TicketLimit {
        /// From Retry-After.
        again_at: Option<UnixTime>,
    },
    /// kiosk-not-authorised
    KioskNotAuthorised,
    /// software-too-old
    SoftwareTooOld,
    /// outside-hours
    OutsideHours {
        /// From Retry-After.
        opens_at: Option<UnixTime>,
    },
    /// maintenance
    Maintenance {
        /// From Retry-After.
        opens_at: Option<UnixTime>,
    },
    /// malformed
    Malformed,
    /// too-large
    TooLarge,
    /// idempotency-mismatch
    IdempotencyMismatch,
    /// internal
    Internal,
}

/// Why the service's answer is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CentralFault {
    /// It was not reached.
    Unreachable,
    /// It may have been reached; its answer did not come.
    LostAnswer,
    /// What answered is not the service, by its certificate.
    Untrusted,
    /// The service does not accept the certificate of this unit.
    CertificateRefused,
    /// It answered against the contract.
    Malformed,
    /// The link process does not answer: it does not run, or not for us.
    LinkRefused,
}

impl Denial {
    /// How the session ends that is refused so.
    pub const fn ending(self) -> Ending {
        match self {
            Self::ReservationNotFound => Ending::ReservationNotFound,
            Self::ReservationExpired => Ending::ReservationExpired,
            Self::ReservationForOtherPin => Ending::ReservationForOtherPin,
            Self::ReservationInUse => Ending::ReservationInUse,
            Self::ReservationUsed { at } => Ending::ReservationUsed { at },
            Self::AuthenticationCertificateExpired => Ending::AuthenticationCertificateExpired,
            Self::AuthenticationCertificateRevoked => Ending::AuthenticationCertificateRevoked,
            Self::SignatureCertificateExpired => Ending::SignatureCertificateExpired,
            Self::SignatureCertificateRevoked => Ending::SignatureCertificateRevoked,
            Self::SignatureCertificateAbsent => Ending::SignatureCertificateAbsent,
            Self::CardSuspended => Ending::CardSuspended,
            Self::CardNotGenuine => Ending::CardNotGenuine,
            Self::ReceiptWanted => Ending::UnitFault(UnitFault::ReceiptWanted),
            Self::ProofInvalid => Ending::ProofInvalid,
            Self::SessionExpired | Self::GrantExpired | Self::SessionNotFound => {
                Ending::SessionExpired
            }
            Self::OutOfOrder => Ending::UnitFault(UnitFault::OutOfOrder),
            Self::ReceiptInvalid => Ending::UnitFault(UnitFault::ReceiptInvalid),
            Self::TicketLimit { again_at } => Ending::TicketLimit { again_at },
            Self::KioskNotAuthorised => Ending::KioskNotAuthorised,
            Self::SoftwareTooOld => Ending::SoftwareTooOld,
            Self::OutsideHours { opens_at } => {
                Ending::ServiceClosed { reason: ClosedReason::Hours, opens_at }
            }
            Self::Maintenance { opens_at } => {
                Ending::ServiceClosed { reason: ClosedReason::Maintenance, opens_at }
            }
            Self::Malformed => Ending::UnitFault(UnitFault::RequestMalformed),
            Self::TooLarge => Ending::UnitFault(UnitFault::RequestTooLarge),
            Self::IdempotencyMismatch => Ending::UnitFault(UnitFault::IdempotencyMismatch),
            Self::Internal => Ending::ServiceFault,
        }
    }
}

impl CentralFault {
    /// How a session ends before writing when the service's answer is not there.
    pub const fn ending(self) -> Ending {
        match self {
            Self::Unreachable | Self::LostAnswer => Ending::ServiceUnreachable,
            Self::Untrusted => Ending::UnitFault(UnitFault::ServiceUntrusted),
            Self::CertificateRefused => Ending::KioskNotAuthorised,
            Self::Malformed => Ending::UnitFault(UnitFault::AnswerMalformed),
            Self::LinkRefused => Ending::UnitFault(UnitFault::LinkRefused),
        }
    }
}
