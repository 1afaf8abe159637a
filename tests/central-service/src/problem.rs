// SPDX-License-Identifier: MIT OR Apache-2.0
//! The problem codes: every way in which the service says no (central-api, "Problem codes"), as
//! RFC 9457 problem details. `docs/central-api.yaml` lists the same codes, and a test compares.

use std::time::Duration;

use jiff::Timestamp;
use semver::Version;
use serde_json::{Value, json};

use crate::reservation::Target;

/// A refusal. What a variant carries is for the kiosk's screens, or for its log; never a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// None for this card.
    #[error("there is no reservation for this card")]
    ReservationNotFound,
    /// Older than 24 hours.
    #[error("the reservation is older than 24 hours")]
    ReservationExpired {
        /// When its 24 hours were over.
        expired_at: Timestamp,
    },
    /// It is for the other PIN.
    #[error("the reservation is for the other PIN")]
    ReservationForOtherPin {
        /// Which reset the reservation is for.
        target: Target,
    },
    /// Held by another session.
    #[error("the reservation is held by another session")]
    ReservationInUse,
    /// Its reset was done.
    #[error("this reservation's reset was done")]
    ReservationUsed {
        /// Since when the new PIN is set, as far as the service knows.
        used_at: Timestamp,
    },
    /// The user-authentication certificate is out of date.
    #[error("the user-authentication certificate is out of date")]
    AuthenticationCertificateExpired,
    /// The user-authentication certificate is revoked.
    #[error("the user-authentication certificate is revoked")]
    AuthenticationCertificateRevoked,
    /// The signature certificate is out of date.
    #[error("the signature certificate is out of date")]
    SignatureCertificateExpired,
    /// The signature certificate is revoked: the name or the address changed.
    #[error("the signature certificate is revoked")]
    SignatureCertificateRevoked,
    /// No signature certificate: under 15, adult ward, card without PINs.
    #[error("the card has no signature certificate")]
    SignatureCertificateAbsent,
    /// Loss reported.
    #[error("the card is suspended")]
    CardSuspended,
    /// The certificates do not verify, or are not this citizen's card.
    #[error("the card is not genuine: {why}")]
    CardNotGenuine {
        /// What did not hold.
        why: &'static str,
    },
    /// Proof before the receipt asked for.
    #[error("a receipt of this card is wanted first")]
    ReceiptWanted,
    /// The card's signature is wrong.
    #[error("the card's signature over the transcript is wrong")]
    ProofInvalid,
    /// The session's 60 minutes are over.
    #[error("the session has expired")]
    SessionExpired,
    /// The grant's 45 minutes are over.
    #[error("the grant has expired")]
    GrantExpired,
    /// No such session of this unit.
    #[error("this unit has no such session")]
    SessionNotFound,
    /// A call before its turn.
    #[error("this call is out of order: {why}")]
    OutOfOrder {
        /// What comes first.
        why: &'static str,
    },
    /// The receipt does not verify.
    #[error("the receipt does not verify: {why}")]
    ReceiptInvalid {
        /// What did not hold.
        why: &'static str,
    },
    /// Three tickets, or the last one too short a time ago.
    #[error("no further ticket now")]
    TicketLimit {
        /// How long until the next ticket.
        retry_after: Duration,
    },
    /// Unit revoked, or not offering this service.
    #[error("this kiosk is not authorised: {why}")]
    KioskNotAuthorised {
        /// Which of the two.
        why: &'static str,
    },
    /// The kiosk's software is older than the policy wants.
    #[error("the kiosk's software is too old")]
    SoftwareTooOld {
        /// From which version on.
        minimum: Version,
    },
    /// Outside the service's hours.
    #[error("the service is closed at this hour")]
    OutsideHours {
        /// When the service is open next.
        opens_at: Timestamp,
        /// How long until then.
        retry_after: Duration,
    },
    /// In a maintenance window.
    #[error("the service is closed for maintenance")]
    Maintenance {
        /// When the service is open next.
        opens_at: Timestamp,
        /// How long until then.
        retry_after: Duration,
    },
    /// The request is not what the contract says.
    #[error("the request is malformed: {what}")]
    Malformed {
        /// Which part, and in what way.
        what: String,
    },
    /// The body is over 64 KiB.
    #[error("the body is over 64 KiB")]
    TooLarge,
    /// The key was used with another body.
    #[error("this Idempotency-Key was used with another body")]
    IdempotencyMismatch,
    /// A fault of the service's own.
    #[error("the service has a fault of its own")]
    Internal,
}

impl Problem {
    /// A malformed request, in words.
    pub fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed { what: what.into() }
    }

    /// The code, as in `urn:kiosk:problem:<code>`.
    pub fn code(&self) -> &'static str {
        self.code_and_status().0
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.code_and_status().1
    }

    /// For the Retry-After header, where the contract wants one.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TicketLimit { retry_after }
            | Self::OutsideHours { retry_after, .. }
            | Self::Maintenance { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// Whether a repeat with the same key gets this very answer again: 4xx, but not 429 or 413
    /// (whose body was never read to its end), nor 422, which answers for another body.
    pub fn is_final(&self) -> bool {
        (400..500).contains(&self.status()) && ![413, 422, 429].contains(&self.status())
    }

    /// The problem details.
    pub fn body(&self) -> Value {
        let (code, status) = self.code_and_status();
        let mut body = json!({
            "type": format!("urn:kiosk:problem:{code}"),
            "title": title(code),
            "status": status,
            "detail": self.to_string(),
        });
        let (member, value) = match self {
            Self::ReservationExpired { expired_at } => ("expired_at", json!(expired_at)),
            Self::ReservationForOtherPin { target } => {
                ("reservation_target", json!(target.as_str()))
            }
            Self::ReservationUsed { used_at } => ("used_at", json!(used_at)),
            Self::SoftwareTooOld { minimum } => ("minimum_software", json!(minimum.to_string())),
            Self::OutsideHours { opens_at, .. } | Self::Maintenance { opens_at, .. } => {
                ("opens_at", json!(opens_at))
            }
            _ => return body,
        };
        body[member] = value;
        body
    }

    /// In the order of the contract's table.
    fn code_and_status(&self) -> (&'static str, u16) {
        match self {
            Self::ReservationNotFound => ("reservation-not-found", 404),
            Self::ReservationExpired { .. } => ("reservation-expired", 410),
            Self::ReservationForOtherPin { .. } => ("reservation-for-other-pin", 409),
            Self::ReservationInUse => ("reservation-in-use", 409),
            Self::ReservationUsed { .. } => ("reservation-used", 409),
            Self::AuthenticationCertificateExpired => ("authentication-certificate-expired", 403),
            Self::AuthenticationCertificateRevoked => ("authentication-certificate-revoked", 403),
            Self::SignatureCertificateExpired => ("signature-certificate-expired", 403),
            Self::SignatureCertificateRevoked => ("signature-certificate-revoked", 403),
            Self::SignatureCertificateAbsent => ("signature-certificate-absent", 403),
            Self::CardSuspended => ("card-suspended", 403),
            Self::CardNotGenuine { .. } => ("card-not-genuine", 403),
            Self::ReceiptWanted => ("receipt-wanted", 409),
            Self::ProofInvalid => ("proof-invalid", 403),
            Self::SessionExpired => ("session-expired", 410),
            Self::GrantExpired => ("grant-expired", 410),
            Self::SessionNotFound => ("session-not-found", 404),
            Self::OutOfOrder { .. } => ("out-of-order", 409),
            Self::ReceiptInvalid { .. } => ("receipt-invalid", 400),
            Self::TicketLimit { .. } => ("ticket-limit", 429),
            Self::KioskNotAuthorised { .. } => ("kiosk-not-authorised", 403),
            Self::SoftwareTooOld { .. } => ("software-too-old", 426),
            Self::OutsideHours { .. } => ("outside-hours", 503),
            Self::Maintenance { .. } => ("maintenance", 503),
            Self::Malformed { .. } => ("malformed", 400),
            Self::TooLarge => ("too-large", 413),
            Self::IdempotencyMismatch => ("idempotency-mismatch", 422),
            Self::Internal => ("internal", 500),
        }
    }

    /// One of each, for the comparison with the document and for the test control.
    pub fn examples() -> Vec<Self> {
        let (at, retry_after) = (Timestamp::UNIX_EPOCH, Duration::from_secs(10));
        vec![
            Self::ReservationNotFound,
            Self::ReservationExpired { expired_at: at },
            Self::ReservationForOtherPin { target: Target::UserAuthentication },
            Self::ReservationInUse,
            Self::ReservationUsed { used_at: at },
            Self::AuthenticationCertificateExpired,
            Self::AuthenticationCertificateRevoked,
            Self::SignatureCertificateExpired,
            Self::SignatureCertificateRevoked,
            Self::SignatureCertificateAbsent,
            Self::CardSuspended,
            Self::CardNotGenuine { why: "an example" },
            Self::ReceiptWanted,
            Self::ProofInvalid,
            Self::SessionExpired,
            Self::GrantExpired,
            Self::SessionNotFound,
            Self::OutOfOrder { why: "an example" },
            Self::ReceiptInvalid { why: "an example" },
            Self::TicketLimit { retry_after },
            Self::KioskNotAuthorised { why: "an example" },
            Self::SoftwareTooOld { minimum: Version::new(1, 0, 0) },
            Self::OutsideHours { opens_at: at, retry_after },
            Self::Maintenance { opens_at: at, retry_after },
            Self::malformed("an example"),
            Self::TooLarge,
            Self::IdempotencyMismatch,
            Self::Internal,
        ]
    }
}

/// RFC 9457: the title is the same for each occurrence of a type.
fn title(code: &str) -> String {
    let mut title = code.replace('-', " ");
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    title
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_is_one_example_of_each_code() {
        let examples = Problem::examples();
        let codes: HashSet<_> = examples.iter().map(Problem::code).collect();
        assert_eq!(codes.len(), 28);
        assert_eq!(codes.len(), examples.len());
    }

    #[test]
    fn what_may_pass_by_itself_is_not_final() {
        let passing: Vec<_> = Problem::examples()
            .into_iter()
            .filter(|problem| !problem.is_final())
            .map(|problem| problem.code())
            .collect();
        let expected = [
            "ticket-limit",
            "outside-hours",
            "maintenance",
            "too-large",
            "idempotency-mismatch",
            "internal",
        ];
        assert_eq!(passing, expected);
    }
}
