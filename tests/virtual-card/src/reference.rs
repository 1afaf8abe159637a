// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reference data (PINs) with their retry counters: form, comparison, decrement.
//!
//! A value is kept as a salted hash, so that whoever searches a test's files for a PIN finds
//! leaks and nothing else. It hides nothing from one who tries all 10,000.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::hex;

/// A PIN on the card, with its owner application's short name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinKind {
    /// 利用者証明用: four digits, EF 0018 of the JPKI application.
    UserAuthentication,
    /// 署名用: 6 to 16 of A-Z and 0-9, EF 001B of the JPKI application.
    DigitalSignature,
    /// 券面事項入力補助用: four digits, EF 0011 of the input-support application.
    InputSupport,
    /// 照合番号A: the twelve digits of the Individual Number, EF 0014 there.
    ReferenceNumberA,
    /// 照合番号B: birth date, year of expiry, security code: 14 digits, EF 0015 there.
    ReferenceNumberB,
}

impl PinKind {
    /// The low byte of the PIN's EF in the JPKI application: `pin_ref` of the profile.
    pub(crate) fn from_reference(pin_ref: u8) -> Option<Self> {
        match pin_ref {
            0x18 => Some(Self::UserAuthentication),
            0x1B => Some(Self::DigitalSignature),
            _ => None,
        }
    }

    /// The PIN that must be in the verified state while this one is reset (profile, 7.5).
    pub(crate) fn proved_by(self) -> Self {
        match self {
            Self::UserAuthentication => Self::DigitalSignature,
            _ => Self::UserAuthentication,
        }
    }

    /// Wrong values in a row after which the card blocks this PIN: three and five from OpenSC's
    /// `jpki.h`; ten for the reference numbers, as the issuer tells residents.
    pub fn full_counter(self) -> u8 {
        match self {
            Self::UserAuthentication | Self::InputSupport => 3,
            Self::DigitalSignature => 5,
            Self::ReferenceNumberA | Self::ReferenceNumberB => 10,
        }
    }

    /// Whether VERIFY compares a value of `length` bytes at all.
    pub(crate) fn accepts_length(self, length: usize) -> bool {
        match self {
            Self::UserAuthentication | Self::InputSupport => length == 4,
            Self::DigitalSignature => (6..=16).contains(&length),
            Self::ReferenceNumberA => length == 12,
            Self::ReferenceNumberB => length == 14,
        }
    }

    /// Whether `value` has the form of this PIN, so that it may become the reference data.
    pub(crate) fn accepts(self, value: &[u8]) -> bool {
        let digits = || value.iter().all(u8::is_ascii_digit);
        let letters_and_digits = || {
            value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                && value.iter().any(u8::is_ascii_uppercase)
                && value.iter().any(u8::is_ascii_digit)
        };
        self.accepts_length(value.len())
            && if self == Self::DigitalSignature { letters_and_digits() } else { digits() }
    }
}

/// The reference data of one PIN and its retry counter.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Reference {
    #[serde(with = "hex")]
    salt: [u8; 16],
    #[serde(with = "hex")]
    salted_hash: [u8; 32],
    retries_left: u8,
    full_counter: u8,
}

impl Reference {
    pub(crate) fn new(kind: PinKind, salt: [u8; 16], value: &[u8]) -> Self {
        let full_counter = kind.full_counter();
        Self {
            salt,
            salted_hash: salted_hash(salt, value),
            retries_left: full_counter,
            full_counter,
        }
    }

    /// Overwrites the counter, as a personalisation that wants a worn card does.
    pub(crate) fn with_retries_left(mut self, retries_left: u8) -> Self {
        self.retries_left = retries_left.min(self.full_counter);
        self
    }

    pub(crate) fn retries_left(&self) -> u8 {
        self.retries_left
    }

    /// Whether `value` is the reference data, in the same time whatever it is.
    pub(crate) fn is(&self, value: &[u8]) -> bool {
        salted_hash(self.salt, value).ct_eq(&self.salted_hash).into()
    }

    pub(crate) fn spend(&mut self) {
        self.retries_left = self.retries_left.saturating_sub(1);
    }

    pub(crate) fn refill(&mut self) {
        self.retries_left = self.full_counter;
    }
}

fn salted_hash(salt: [u8; 16], value: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(value).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_pin_needs_a_letter_and_a_digit_and_capitals_only() {
        let accepts = |value: &str| PinKind::DigitalSignature.accepts(value.as_bytes());
        assert!(accepts("ABC123") && accepts("0000000000000A00"));
        for wrong in ["ABC12", "ABCDEF", "123456", "abc123", "ABC 123", "ABCDEFGH123456789", ""] {
            assert!(!accepts(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_user_authentication_pin_is_four_digits() {
        let accepts = |value: &str| PinKind::UserAuthentication.accepts(value.as_bytes());
        assert!(accepts("0000"));
        assert!(!accepts("000") && !accepts("00000") && !accepts("000A"));
    }
}
