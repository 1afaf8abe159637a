// SPDX-License-Identifier: MIT OR Apache-2.0
//! The contract's problem codes, one variant each, and what comes with them.
//!
//! An enum without a fallback: a code that is not here is an error that names
//! it, and a new one does not compile until every screen has words for it.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::Target;

/// A refusal, with the facts that some of the codes bring along where the service says them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which of the published cases this is.
    pub denial: Denial,
    /// `Retry-After`, in whole seconds: with [`Denial::TicketLimit`] and when closed.
    #[serde(default, rename = "retry_after_seconds", with = "whole_seconds")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// The members that the problem details carry beside the code.
    #[serde(flatten)]
    pub details: RefusalDetails,
}

/// What the problem details of some codes say beside the code. All of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefusalDetails {
    /// With [`Denial::ReservationUsed`]: since when the new PIN is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// With [`Denial::ReservationExpired`]: since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
    /// With [`Denial::ReservationForOtherPin`]: for which one it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation_target: Option<Target>,
    /// With [`Denial::OutsideHours`] and [`Denial::Maintenance`]: when the service opens again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<Timestamp>,
    /// With [`Denial::SoftwareTooOld`]: from which version on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_software: Option<Version>,
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self { denial, retry_after: None, details: RefusalDetails::default() }
    }
}

macro_rules! denials {
    ($($(#[$doc:meta])+ $variant:ident = $code:literal $status:literal,)+) => {
        /// Why the service refused, in the order of the contract's table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Denial {
            $($(#[$doc])+ #[serde(rename = $code)] $variant,)+
        }

        impl Denial {
            /// Every code that is published.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code, as in `urn:kiosk:problem:<code>`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// The variant of a published code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

denials! {
    /// No reservation (予約) for this card.
    ReservationNotFound = "reservation-not-found" 404,
    /// Made more than 24 h ago.
    ReservationExpired = "reservation-expired" 410,
    /// It is for the other PIN.
    ReservationForOtherPin = "reservation-for-other-pin" 409,
    /// Another session holds it.
    ReservationInUse = "reservation-in-use" 409,
    /// Its reset was done.
    ReservationUsed = "reservation-used" 409,
    /// 利用者証明用電子証明書 is out of date.
    AuthenticationCertificateExpired = "authentication-certificate-expired" 403,
    /// 利用者証明用電子証明書 is revoked.
    AuthenticationCertificateRevoked = "authentication-certificate-revoked" 403,
    /// 署名用電子証明書 is out of date.
    SignatureCertificateExpired = "signature-certificate-expired" 403,
    /// 署名用電子証明書 is revoked: name or address changed.
    SignatureCertificateRevoked = "signature-certificate-revoked" 403,
    /// There is no 署名用電子証明書: under 15, adult ward, or a card without PINs.
    SignatureCertificateAbsent = "signature-certificate-absent" 403,
    /// Reported lost.
    CardSuspended = "card-suspended" 403,
    /// The card's certificates do not verify, or are not this citizen's.
    CardNotGenuine = "card-not-genuine" 403,
    /// A proof before the receipt that was asked for.
    ReceiptWanted = "receipt-wanted" 409,
    /// The card's signature is wrong.
    ProofInvalid = "proof-invalid" 403,
    /// The session's 60 minutes are over.
    SessionExpired = "session-expired" 410,
    /// The grant's 45 minutes are over.
    GrantExpired = "grant-expired" 410,
    /// No such session at this kiosk.
    SessionNotFound = "session-not-found" 404,
    /// A call before its turn.
    OutOfOrder = "out-of-order" 409,
    /// The receipt does not verify.
    ReceiptInvalid = "receipt-invalid" 400,
    /// Too many tickets, or too soon; with `Retry-After`.
    TicketLimit = "ticket-limit" 429,
    /// The unit is revoked, or does not offer this service.
    KioskNotAuthorised = "kiosk-not-authorised" 403,
    /// This release is older than the service accepts.
    SoftwareTooOld = "software-too-old" 426,
    /// Closed at this hour; with `Retry-After`.
    OutsideHours = "outside-hours" 503,
    /// Closed for maintenance; with `Retry-After`.
    Maintenance = "maintenance" 503,
    /// A body that the service could not read.
    Malformed = "malformed" 400,
    /// A body over 64 KiB.
    TooLarge = "too-large" 413,
    /// A known key with another body.
    IdempotencyMismatch = "idempotency-mismatch" 422,
    /// A fault of the service.
    Internal = "internal" 500,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

mod whole_seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde's `with` asks for")]
    pub(super) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        duration.map(|duration| duration.as_secs()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_finds_its_variant_and_back() {
        for denial in Denial::ALL {
            assert_eq!(Denial::from_code(denial.code()), Some(*denial));
            let json = format!("\"{}\"", denial.code());
            assert_eq!(serde_json::to_string(denial).unwrap(), json);
            assert_eq!(serde_json::from_str::<Denial>(&json).unwrap(), *denial);
        }
        assert_eq!(Denial::from_code("reservation-lost"), None);
    }

    #[test]
    fn what_a_code_brings_along_crosses_the_socket() {
        let closed = Refusal {
            denial: Denial::OutsideHours,
            retry_after: Some(Duration::from_secs(23_400)),
            details: RefusalDetails::default(),
        };
        let json = serde_json::to_string(&closed).unwrap();
        assert_eq!(json, r#"{"denial":"outside-hours","retry_after_seconds":23400}"#);
        assert_eq!(serde_json::from_str::<Refusal>(&json).unwrap(), closed);
    }
}
