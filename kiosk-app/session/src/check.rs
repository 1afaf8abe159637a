// SPDX-License-Identifier: MIT OR Apache-2.0
//! What *Check my card* finds, and whether this store can help with it: words of one card, none of
//! which needs a PIN.

use crate::carried::{Nonce, Opaque, UnixTime};

/// What was found, and the receipt that goes to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// For the screen.
    pub check: CardCheck,
    /// Of a card of this profile whose receipt could be read; a real card has none.
    pub receipt: Option<OwnReceipt>,
}

/// A receipt over a nonce of the kiosk's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReceipt {
    /// What it is over.
    pub nonce: Nonce,
    /// The card's, verified.
    pub receipt: Opaque,
}

/// What *Check my card* shows of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardCheck {
    /// Retry counter of the user-authentication PIN; 0 is blocked.
    pub user_authentication_retries_left: u8,
    /// Retry counter of the signature PIN; 0 is blocked.
    pub digital_signature_retries_left: u8,
    /// Retry counter of the card-entry input support PIN (券面事項入力補助用), where the card shows
    /// it; 0 is blocked.
    pub input_support_retries_left: Option<u8>,
    /// The user-authentication certificate's time, where it could be read.
    pub authentication_certificate: Option<CertificateTerm>,
    /// Whether a signature certificate is on the card (SELECT 0001).
    pub has_signature_certificate: bool,
    /// What the card's receipt says; a real card is not asked.
    pub last_reset: Option<LastReset>,
}

/// Until when a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateTerm {
    /// Its last second.
    pub not_after: UnixTime,
    /// What that means today, by the driver's clock.
    pub standing: Standing,
}

/// How near the end of a certificate is; days by the calendar in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds, and it is too early to renew it.
    Valid {
        /// Until its last day.
        days_left: u32,
    },
    /// It holds, and the municipal office renews it already.
    Renewable {
        /// Until its last day; 0: it ends today.
        days_left: u32,
    },
    /// It is over.
    Expired,
}

/// What the card's receipt says of the last reset (reset-profile.md section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastReset {
    /// 00: no reset was ever authorised.
    Never,
    /// 01: the new PIN is set.
    Done,
    /// 02: authorised, and it can still be carried out.
    Open,
    /// 03: authorised, not carried out, and it no longer can be.
    NotDone,
    /// There is none, or it does not verify.
    Unreadable,
}

/// Whether this store can help, and if not, why: the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// A real card at a unit that speaks the simulated profile.
    OnTrial,
    /// The user-authentication certificate is over: municipal office.
    CertificateExpired,
    /// No signature certificate: municipal office.
    NoSignatureCertificate,
    /// Both PINs are blocked: municipal office.
    BothLocked,
    /// The PIN that proves is blocked: municipal office.
    ProofLocked,
    /// The signature PIN is blocked: here, with a reservation.
    TargetLocked,
    /// Nothing is blocked; a signature PIN that was forgotten can be set here, with a reservation.
    NothingLocked,
}

impl CardCheck {
    /// Whether this store can help.
    pub const fn advice(&self, is_real: bool) -> Advice {
        let is_expired = matches!(
            self.authentication_certificate,
            Some(CertificateTerm { standing: Standing::Expired, .. })
        );
        match (self.user_authentication_retries_left, self.digital_signature_retries_left) {
            _ if is_real => Advice::OnTrial,
            _ if is_expired => Advice::CertificateExpired,
            _ if !self.has_signature_certificate => Advice::NoSignatureCertificate,
            (0, 0) => Advice::BothLocked,
            (0, _) => Advice::ProofLocked,
            (_, 0) => Advice::TargetLocked,
            _ => Advice::NothingLocked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_ORDER: CardCheck = CardCheck {
        user_authentication_retries_left: 3,
        digital_signature_retries_left: 5,
        input_support_retries_left: Some(3),
        authentication_certificate: Some(CertificateTerm {
            not_after: UnixTime(1_900_000_000),
            standing: Standing::Valid { days_left: 400 },
        }),
        has_signature_certificate: true,
        last_reset: Some(LastReset::Never),
    };

    fn with_counters(proof: u8, target: u8) -> CardCheck {
        CardCheck {
            user_authentication_retries_left: proof,
            digital_signature_retries_left: target,
            ..IN_ORDER
        }
    }

    #[test]
    fn the_store_helps_as_long_as_the_proving_pin_is_not_blocked() {
        let advice = |proof, target| with_counters(proof, target).advice(false);
        assert_eq!(advice(3, 5), Advice::NothingLocked);
        assert_eq!(advice(1, 0), Advice::TargetLocked);
        assert_eq!(advice(0, 5), Advice::ProofLocked);
        assert_eq!(advice(0, 0), Advice::BothLocked);
    }

    #[test]
    fn what_no_pin_could_mend_comes_before_the_pins() {
        let without = CardCheck { has_signature_certificate: false, ..with_counters(0, 0) };
        assert_eq!(without.advice(false), Advice::NoSignatureCertificate);
        let not_after = UnixTime(1_700_000_000);
        let term = CertificateTerm { not_after, standing: Standing::Expired };
        let expired = CardCheck { authentication_certificate: Some(term), ..without };
        assert_eq!(expired.advice(false), Advice::CertificateExpired);
    }

    #[test]
    fn a_certificate_that_ends_today_or_cannot_be_read_is_no_reason_to_refuse() {
        for term in [
            None,
            Some(CertificateTerm {
                not_after: UnixTime(1_800_000_000),
                standing: Standing::Renewable { days_left: 0 },
            }),
        ] {
            let check = CardCheck { authentication_certificate: term, ..with_counters(3, 0) };
            assert_eq!(check.advice(false), Advice::TargetLocked);
        }
    }

    #[test]
    fn a_unit_on_trial_helps_no_real_card() {
        for check in [IN_ORDER, with_counters(3, 0), with_counters(0, 0)] {
            assert_eq!(check.advice(true), Advice::OnTrial);
        }
    }
}
