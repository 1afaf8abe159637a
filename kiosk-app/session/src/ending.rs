// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a session can end for the resident.
//!
//! One enum and one key each; words, codes and remedies stand under that key in
//! `kiosk-app/endings.toml`.

use crate::carried::UnixTime;
use crate::event::ClosedReason;

/// An ending, with what its words need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The new PIN is set; the card's receipt says so.
    Done,
    /// The write was begun and did not happen; the old PIN stands.
    NotDone,
    /// Whether the new PIN is set is not certain.
    NotCertain(Doubt),
    /// The 4-digit PIN was wrong, and the resident stopped there.
    PinWrong {
        /// At least 1.
        retries_left: u8,
    },
    /// The 4-digit PIN is locked since this attempt.
    PinLockedNow,
    /// The 4-digit PIN was locked before; it was not asked for.
    PinLockedBefore,
    /// No reservation for this card.
    ReservationNotFound,
    /// The reservation is older than 24 hours.
    ReservationExpired,
    /// The reservation is for the 4-digit PIN.
    ReservationForOtherPin,
    /// Another session holds the reservation.
    ReservationInUse,
    /// This reservation's reset was done: the new PIN is set since then.
    ReservationUsed {
        /// Since when, where the service says it.
        at: Option<UnixTime>,
    },
    /// The user-authentication certificate has expired.
    AuthenticationCertificateExpired,
    /// The user-authentication certificate is revoked.
    AuthenticationCertificateRevoked,
    /// The signature certificate has expired.
    SignatureCertificateExpired,
    /// The signature certificate is revoked: name or address changed.
    SignatureCertificateRevoked,
    /// There is no signature certificate on the card.
    SignatureCertificateAbsent,
    /// The card is suspended: its loss was reported.
    CardSuspended,
    /// Not an Individual Number Card.
    WrongCard(WrongCard),
    /// The card's certificates do not hold, or it is not this citizen's.
    CardNotGenuine,
    /// A real card, at a unit that speaks the simulated profile.
    RealCard,
    /// Lifted before anything was written.
    CardLifted,
    /// Lifted while the 4-digit PIN was checked: nothing is set, a try may be gone.
    CardLiftedVerifying,
    /// The card does not answer as it should: moved too much, or damaged.
    CardUnreadable,
    /// More than one card.
    SeveralCards,
    /// The service was not reached, or its answer was lost, before anything was written.
    ServiceUnreachable,
    /// The service does not take residents now.
    ServiceClosed {
        /// Why.
        reason: ClosedReason,
        /// Until when, where it is known.
        opens_at: Option<UnixTime>,
    },
    /// The service has a fault of its own.
    ServiceFault,
    /// Too much time has passed at the service; start again.
    SessionExpired,
    /// The service did not accept the card's proof; start again.
    ProofInvalid,
    /// Too many tickets were asked for; start again later.
    TicketLimit {
        /// When, where it is known.
        again_at: Option<UnixTime>,
    },
    /// The service does not take this unit.
    KioskNotAuthorised,
    /// The service does not take this unit's software.
    SoftwareTooOld,
    /// This unit and the service do not understand each other.
    UnitFault(UnitFault),
    /// The reader is gone.
    ReaderGone,
    /// The reader does not answer.
    ReaderStuck,
    /// The reader hung while the 4-digit PIN was checked: nothing is set, a try may be gone.
    ReaderStuckVerifying,
    /// The resident cancelled.
    Cancelled,
    /// The resident walked away.
    WalkedAway,
    /// A fault of this unit's own.
    InternalFault,
}

/// Why it is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The card was lifted while it was written, and not put back.
    CardLifted,
    /// The card's answer was lost, and its receipt did not tell.
    AnswerLost,
    /// The reader hung while the card was written.
    ReaderStuck,
    /// The receipt says done; the card did not accept the new PIN's read-back.
    ReadBack,
}

/// What lies there instead of an Individual Number Card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongCard {
    /// 住民基本台帳カード
    OldJuki,
    /// スマホ用電子証明書
    Phone,
    /// Transit, credit, or any other.
    Other,
}

/// What only staff can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitFault {
    /// The service wanted a receipt first.
    ReceiptWanted,
    /// A call before its turn.
    OutOfOrder,
    /// The card's receipt does not verify at the service.
    ReceiptInvalid,
    /// The service could not read a request.
    RequestMalformed,
    /// A request was too large.
    RequestTooLarge,
    /// A key was used for two requests.
    IdempotencyMismatch,
    /// What answered is not the service.
    ServiceUntrusted,
    /// The service answered against its contract.
    AnswerMalformed,
    /// The link process does not answer: it does not run, or not for us.
    LinkRefused,
    /// The service's ticket is not what was asked for.
    TicketUnfit,
    /// The card refused the service's tickets.
    TicketRefused,
}

/// Whether a PIN on the card was changed. A retry counter that fell is not a change of a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardChanged {
    /// The new PIN is set.
    Changed,
    /// It is as it was.
    Unchanged,
    /// It cannot be told here.
    Uncertain,
}

/// One row an ending: its key, what became of the card, and the pattern that they stand for. So
/// `key`, `card_changed` and the list of keys can never disagree.
macro_rules! endings {
    ($($key:literal $changed:ident $pattern:pat,)*) => {
        impl Ending {
            /// The key of every ending, as in [`Self::key`]; each has its entry in `endings.toml`.
            pub const ALL_KEYS: &'static [&'static str] = &[$($key),*];

            /// Its name in `endings.toml`, in the log, in the metric and in POST /outcome: 1 to 40
            /// of `[a-z0-9-]`, never renamed.
            pub const fn key(self) -> &'static str {
                match self { $($pattern => $key,)* }
            }

            /// Whether a PIN on the card was changed.
            pub const fn card_changed(self) -> CardChanged {
                match self { $($pattern => CardChanged::$changed,)* }
            }
        }
    };
}

endings! {
    "done" Changed Self::Done,
    "not-done" Unchanged Self::NotDone,
    "not-certain-card-lifted" Uncertain Self::NotCertain(Doubt::CardLifted),
    "not-certain-answer-lost" Uncertain Self::NotCertain(Doubt::AnswerLost),
    "not-certain-reader-stuck" Uncertain Self::NotCertain(Doubt::ReaderStuck),
    "not-certain-read-back" Uncertain Self::NotCertain(Doubt::ReadBack),
    "pin-wrong" Unchanged Self::PinWrong { .. },
    "pin-locked-now" Unchanged Self::PinLockedNow,
    "pin-locked-before" Unchanged Self::PinLockedBefore,
    "reservation-not-found" Unchanged Self::ReservationNotFound,
    "reservation-expired" Unchanged Self::ReservationExpired,
    "reservation-for-other-pin" Unchanged Self::ReservationForOtherPin,
    "reservation-in-use" Unchanged Self::ReservationInUse,
    "reservation-used" Unchanged Self::ReservationUsed { .. },
    "authentication-certificate-expired" Unchanged Self::AuthenticationCertificateExpired,
    "authentication-certificate-revoked" Unchanged Self::AuthenticationCertificateRevoked,
    "signature-certificate-expired" Unchanged Self::SignatureCertificateExpired,
    "signature-certificate-revoked" Unchanged Self::SignatureCertificateRevoked,
    "signature-certificate-absent" Unchanged Self::SignatureCertificateAbsent,
    "card-suspended" Unchanged Self::CardSuspended,
    "old-juki-card" Unchanged Self::WrongCard(WrongCard::OldJuki),
    "phone" Unchanged Self::WrongCard(WrongCard::Phone),
    "other-card" Unchanged Self::WrongCard(WrongCard::Other),
    "card-not-genuine" Unchanged Self::CardNotGenuine,
    "real-card" Unchanged Self::RealCard,
    "card-lifted" Unchanged Self::CardLifted,
    "card-lifted-verifying" Unchanged Self::CardLiftedVerifying,
    "card-unreadable" Unchanged Self::CardUnreadable,
    "several-cards" Unchanged Self::SeveralCards,
    "service-unreachable" Unchanged Self::ServiceUnreachable,
    "service-closed-hours" Unchanged Self::ServiceClosed { reason: ClosedReason::Hours, .. },
    "service-closed-maintenance" Unchanged Self::ServiceClosed { reason: ClosedReason::Maintenance, .. },
    "service-fault" Unchanged Self::ServiceFault,
    "session-expired" Unchanged Self::SessionExpired,
    "proof-invalid" Unchanged Self::ProofInvalid,
    "ticket-limit" Unchanged Self::TicketLimit { .. },
    "kiosk-not-authorised" Unchanged Self::KioskNotAuthorised,
    "software-too-old" Unchanged Self::SoftwareTooOld,
    "fault-receipt-wanted" Unchanged Self::UnitFault(UnitFault::ReceiptWanted),
    "fault-out-of-order" Unchanged Self::UnitFault(UnitFault::OutOfOrder),
    "fault-receipt-invalid" Unchanged Self::UnitFault(UnitFault::ReceiptInvalid),
    "fault-request-malformed" Unchanged Self::UnitFault(UnitFault::RequestMalformed),
    "fault-request-too-large" Unchanged Self::UnitFault(UnitFault::RequestTooLarge),
    "fault-idempotency-mismatch" Unchanged Self::UnitFault(UnitFault::IdempotencyMismatch),
    "fault-service-untrusted" Unchanged Self::UnitFault(UnitFault::ServiceUntrusted),
    "fault-answer-malformed" Unchanged Self::UnitFault(UnitFault::AnswerMalformed),
    "fault-link-refused" Unchanged Self::UnitFault(UnitFault::LinkRefused),
    "fault-ticket-unfit" Unchanged Self::UnitFault(UnitFault::TicketUnfit),
    "fault-ticket-refused" Unchanged Self::UnitFault(UnitFault::TicketRefused),
    "reader-gone" Unchanged Self::ReaderGone,
    "reader-stuck" Unchanged Self::ReaderStuck,
    "reader-stuck-verifying" Unchanged Self::ReaderStuckVerifying,
    "cancelled" Unchanged Self::Cancelled,
    "walked-away" Unchanged Self::WalkedAway,
    "internal-fault" Unchanged Self::InternalFault,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_the_contract_and_differ() {
        for (index, key) in Ending::ALL_KEYS.iter().enumerate() {
            let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            assert!((1..=40).contains(&key.len()) && key.bytes().all(is_plain), "{key}");
            assert!(!Ending::ALL_KEYS[..index].contains(key), "{key} stands there twice");
        }
    }

    #[test]
    fn only_done_says_that_the_card_was_changed() {
        assert_eq!(Ending::Done.card_changed(), CardChanged::Changed);
        assert_eq!(Ending::NotCertain(Doubt::ReadBack).card_changed(), CardChanged::Uncertain);
        assert_eq!(Ending::PinWrong { retries_left: 2 }.card_changed(), CardChanged::Unchanged);
    }
}
