// SPDX-License-Identifier: MIT OR Apache-2.0
//! What enrolment speaks (RFC 7030): the one-time code, the request, the certs-only answer. Pure;
//! what is decided with it stands in [`service::enrolment`](crate::service::enrolment).

pub mod certs_only;
pub mod code;
pub mod request;

use std::time::Duration;

/// How long an invitation holds.
pub const INVITATION_LASTS: Duration = Duration::from_secs(24 * 60 * 60);

/// Wrong codes after which an invitation is worth nothing.
pub const TRIES: i64 = 5;

/// The policy of a certificate whose key is not in a TPM, as an OBJECT IDENTIFIER in DER:
/// 2.25.125861234765567197095205892160646199624, under the arc of UUIDs (ITU-T X.667), for
/// 5eaffdf9-6e2e-4bf0-8ba6-6ba51796b948.
pub const WITHOUT_TPM: [u8; 22] = [
    0x06, 0x14, 0x69, 0x81, 0xBD, 0xAF, 0xFE, 0xFE, 0xAD, 0xE2, 0xF2, 0xAF, 0xE1, 0x8B, 0xD3, 0x9A,
    0xF4, 0xD1, 0xBC, 0xDA, 0xF2, 0x48,
];

/// Why nothing is issued: the HTTP status and a sentence for people (RFC 7030 section 4.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such invitation, another code, too many tries, too late, used: which is not told.
    #[error(
        "unit and one-time code are not those of an open invitation; a code holds for 24 hours, \
         five tries and one key: ask the operator for a new one (central-service invite)"
    )]
    NotInvited,
    /// The request itself.
    #[error("{0}")]
    Malformed(&'static str),
    /// Well-formed, and not allowed.
    #[error("{0}")]
    Forbidden(&'static str),
}

impl Refusal {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::NotInvited => 401,
            Self::Malformed(_) => 400,
            Self::Forbidden(_) => 403,
        }
    }
}
