// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two PINs of the JPKI application, their forms, and the borrowed bytes of
//! one. Only a well-formed PIN exists as a [`Pin`]: a malformed one would cost
//! the resident nothing at the card, but it has no business going there.

use std::fmt;
use std::ops::RangeInclusive;

use thiserror::Error;

use super::files::{self, EfId};

/// Which of the two PINs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PinKind {
    /// 利用者証明用電子証明書の暗証番号: 4 digits, blocked after 3 wrong ones.
    UserAuthentication,
    /// 署名用電子証明書の暗証番号: 6 to 16 of A-Z and 0-9 with at least one of
    /// each, blocked after 5 wrong ones.
    DigitalSignature,
}

impl PinKind {
    /// The other PIN: the one to be typed first when this one is to be reset.
    #[must_use]
    pub const fn proved_by(self) -> Self {
        match self {
            Self::UserAuthentication => Self::DigitalSignature,
            Self::DigitalSignature => Self::UserAuthentication,
        }
    }

    /// The file that holds the PIN.
    pub const fn ef(self) -> EfId {
        match self {
            Self::UserAuthentication => files::AUTHENTICATION_PIN,
            Self::DigitalSignature => files::SIGNATURE_PIN,
        }
    }

    /// The file that holds the key which the PIN opens.
    pub const fn key_ef(self) -> EfId {
        match self {
            Self::UserAuthentication => files::AUTHENTICATION_KEY,
            Self::DigitalSignature => files::SIGNATURE_KEY,
        }
    }

    /// Lengths that the PIN may have, in bytes (OpenSC pkcs15-jpki.c).
    pub const fn lengths(self) -> RangeInclusive<usize> {
        match self {
            Self::UserAuthentication => 4..=4,
            Self::DigitalSignature => 6..=16,
        }
    }

    /// The full retry counter: wrong PINs in a row after which the card blocks
    /// it (OpenSC pkcs15-jpki.c; facts published by J-LIS agree).
    pub const fn full_retry_counter(self) -> u8 {
        match self {
            Self::UserAuthentication => 3,
            Self::DigitalSignature => 5,
        }
    }
}

/// A well-formed PIN in the caller's memory. Neither copied nor shown.
pub struct Pin<'p> {
    kind: PinKind,
    bytes: &'p [u8],
}

impl<'p> Pin<'p> {
    /// Borrows `bytes` as a PIN of this kind, if they have its form.
    pub fn new(kind: PinKind, bytes: &'p [u8]) -> Result<Self, UnfitPin> {
        if !kind.lengths().contains(&bytes.len()) {
            return Err(UnfitPin::Length);
        }
        match kind {
            PinKind::UserAuthentication if bytes.iter().all(u8::is_ascii_digit) => {}
            PinKind::UserAuthentication => return Err(UnfitPin::Character),
            PinKind::DigitalSignature => check_signature_pin(bytes)?,
        }
        Ok(Self { kind, bytes })
    }

    /// Which PIN it is.
    pub const fn kind(&self) -> PinKind {
        self.kind
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        self.bytes
    }
}

impl fmt::Debug for Pin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({:?}, *)", self.kind)
    }
}

/// Why bytes are no PIN of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnfitPin {
    /// Too short or too long.
    #[error("the pin has a wrong length")]
    Length,
    /// A character that the PIN cannot hold.
    #[error("the pin holds a character that is not allowed")]
    Character,
    /// A signature PIN without a letter.
    #[error("the pin needs a letter")]
    NeedsLetter,
    /// A signature PIN without a digit.
    #[error("the pin needs a digit")]
    NeedsDigit,
}

fn check_signature_pin(bytes: &[u8]) -> Result<(), UnfitPin> {
    if !bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
        return Err(UnfitPin::Character);
    }
    if !bytes.iter().any(u8::is_ascii_uppercase) {
        return Err(UnfitPin::NeedsLetter);
    }
    if !bytes.iter().any(u8::is_ascii_digit) {
        return Err(UnfitPin::NeedsDigit);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_of_its_kind_makes_a_pin() {
        use PinKind::{DigitalSignature, UserAuthentication};
        let cases: [(PinKind, &[u8], Result<(), UnfitPin>); 11] = [
            (UserAuthentication, b"0000", Ok(())),
            (UserAuthentication, b"000", Err(UnfitPin::Length)),
            (UserAuthentication, b"00000", Err(UnfitPin::Length)),
            (UserAuthentication, b"00A0", Err(UnfitPin::Character)),
            (DigitalSignature, b"ABC123", Ok(())),
            (DigitalSignature, b"ABCDEFGH12345678", Ok(())),
            (DigitalSignature, b"AB123", Err(UnfitPin::Length)),
            (DigitalSignature, b"ABCDEFGH123456789", Err(UnfitPin::Length)),
            (DigitalSignature, b"abc123", Err(UnfitPin::Character)),
            (DigitalSignature, b"123456", Err(UnfitPin::NeedsLetter)),
            (DigitalSignature, b"ABCDEF", Err(UnfitPin::NeedsDigit)),
        ];
        for (kind, bytes, expected) in cases {
            assert_eq!(Pin::new(kind, bytes).map(|_| ()), expected, "{kind:?} {bytes:?}");
        }
    }

    #[test]
    fn debug_hides_the_digits() {
        let pin = Pin::new(PinKind::UserAuthentication, b"5937").unwrap();
        assert_eq!(format!("{pin:?}"), "Pin(UserAuthentication, *)");
    }

    #[test]
    fn each_pin_is_proved_by_the_other() {
        assert_eq!(PinKind::DigitalSignature.proved_by(), PinKind::UserAuthentication);
        assert_eq!(PinKind::UserAuthentication.proved_by(), PinKind::DigitalSignature);
    }
}
