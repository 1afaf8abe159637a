// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may be known of a PIN without knowing it.
//!
//! The bytes lie in one locked page of the kiosk, which this crate never sees: the session gets the
//! [`PinShape`] of what was typed, and a move-only [`PinHandle`] when OK was pressed.

use core::fmt;
use core::ops::RangeInclusive;

/// Which of the card's two PINs of the JPKI application (公的個人認証AP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinKind {
    /// 利用者証明用電子証明書の暗証番号: 4 digits, 3 tries.
    UserAuthentication,
    /// 署名用電子証明書の暗証番号: 6 to 16 of A-Z and 0-9, both kinds; 5 tries.
    DigitalSignature,
}

impl PinKind {
    /// The other PIN, which the resident must know to have this one reset.
    pub const fn proved_by(self) -> Self {
        match self {
            Self::UserAuthentication => Self::DigitalSignature,
            Self::DigitalSignature => Self::UserAuthentication,
        }
    }

    /// How many characters it may have.
    pub const fn lengths(self) -> RangeInclusive<u8> {
        match self {
            Self::UserAuthentication => 4..=4,
            Self::DigitalSignature => 6..=16,
        }
    }

    /// Wrong entries in a row after which the card blocks it.
    pub const fn full_retries(self) -> u8 {
        match self {
            Self::UserAuthentication => 3,
            Self::DigitalSignature => 5,
        }
    }
}

/// A place in the locked page. A PIN is named by the slot that it was typed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadSlot {
    /// The PIN that the resident knows ([`PinKind::proved_by`] of the target).
    Proof,
    /// The new PIN, first time.
    New,
    /// The new PIN, second time.
    Repeat,
}

impl PadSlot {
    /// What is typed into this slot.
    pub const fn pin_kind(self) -> PinKind {
        match self {
            Self::Proof => crate::TARGET.proved_by(),
            Self::New | Self::Repeat => crate::TARGET,
        }
    }
}

/// The right to use what lies in a slot, once: not to be copied, and its `Debug` shows the slot
/// alone.
///
/// The driver issues one when OK is pressed. It comes back in [`CardRequest::Verify`] or
/// [`CardRequest::Write`]; the worker that begins one of these *moves* the bytes out of the slot
/// into a locked buffer of its own, so that a later wipe of the slot can never change what is sent.
///
/// [`CardRequest::Verify`]: crate::card::CardRequest::Verify
/// [`CardRequest::Write`]: crate::card::CardRequest::Write
#[derive(PartialEq, Eq)]
pub struct PinHandle {
    slot: PadSlot,
}

impl PinHandle {
    /// For the driver alone, when the resident pressed OK on this slot's pad.
    pub const fn issue(slot: PadSlot) -> Self {
        Self { slot }
    }

    /// Where the bytes lie.
    pub const fn slot(&self) -> PadSlot {
        self.slot
    }
}

impl fmt::Debug for PinHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PinHandle({:?}, *)", self.slot)
    }
}

/// A PIN that is easily guessed. Warned of, not forbidden: the card has no such rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// All characters are the same, or all but the one that the card's rule asks for.
    OneCharacter,
    /// A run of neighbours over its whole length but one, up or down, as `ABCDEF1` or `A123456`.
    Run,
}

/// What the screen may show of a PIN while it is typed: nothing from which it could be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PinShape {
    /// Characters typed so far.
    pub length: u8,
    /// At least one of A-Z.
    pub has_letter: bool,
    /// At least one of 0-9.
    pub has_digit: bool,
    /// Whether any character is outside A-Z and 0-9; the pad has no such key.
    pub has_other: bool,
    /// Set only once the PIN is long enough to judge.
    pub weakness: Option<Weakness>,
}

impl PinShape {
    /// Nothing typed yet.
    pub const EMPTY: Self =
        Self { length: 0, has_letter: false, has_digit: false, has_other: false, weakness: None };

    /// The shape of `typed`, for the driver, which reads it where the locked page lies.
    pub fn of(typed: &[u8]) -> Self {
        let is_letter = |byte: &u8| byte.is_ascii_uppercase();
        let is_digit = |byte: &u8| byte.is_ascii_digit();
        Self {
            length: u8::try_from(typed.len()).unwrap_or(u8::MAX),
            has_letter: typed.iter().any(is_letter),
            has_digit: typed.iter().any(is_digit),
            has_other: !typed.iter().all(|byte| is_letter(byte) || is_digit(byte)),
            weakness: weakness(typed),
        }
    }

    /// Whether the card would take it as a PIN of this kind.
    pub fn is_well_formed(self, kind: PinKind) -> bool {
        let letters_fit = match kind {
            PinKind::UserAuthentication => !self.has_letter && self.has_digit,
            PinKind::DigitalSignature => self.has_letter && self.has_digit,
        };
        kind.lengths().contains(&self.length) && letters_fit && !self.has_other
    }
}

/// Judged with one character to spare: the rule forces a digit onto `AAAAAA`, and `AAAAAA1` is no
/// better for it.
fn weakness(typed: &[u8]) -> Option<Weakness> {
    let shortest = *PinKind::DigitalSignature.lengths().start();
    if typed.len() < usize::from(shortest) {
        return None;
    }
    let [first, .., last] = typed else { return None };
    let middle = typed.get(1..typed.len() - 1).unwrap_or_default();
    let same = |wanted: &u8| middle.iter().all(|byte| byte == wanted);
    let steps = |step: i16| {
        let runs = |part: &[u8]| {
            part.windows(2).all(|pair| match pair {
                [left, right] => i16::from(*right) - i16::from(*left) == step,
                _ => false,
            })
        };
        let (without_first, without_last) = (typed.get(1..), typed.get(..typed.len() - 1));
        without_first.is_some_and(runs) || without_last.is_some_and(runs)
    };
    match () {
        () if same(first) || same(last) => Some(Weakness::OneCharacter),
        () if steps(1) || steps(-1) => Some(Weakness::Run),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_four_digits_and_nothing_else() {
        let is_proof =
            |typed: &[u8]| PinShape::of(typed).is_well_formed(PinKind::UserAuthentication);
        assert!(is_proof(b"0042"));
        assert!(!is_proof(b"004"));
        assert!(!is_proof(b"00423"));
        assert!(!is_proof(b"004A"));
        assert!(!is_proof(b""));
    }

    #[test]
    fn a_new_pin_has_a_letter_and_a_digit_and_6_to_16_characters() {
        let is_new = |typed: &[u8]| PinShape::of(typed).is_well_formed(PinKind::DigitalSignature);
        assert!(is_new(b"KURO7K"));
        assert!(is_new(b"KUROKUROKUROKUR7"));
        assert!(!is_new(b"KUR7K"));
        assert!(!is_new(b"KUROKUROKUROKURO7"));
        assert!(!is_new(b"KUROKU"));
        assert!(!is_new(b"704182"));
        assert!(!is_new(b"kuro7K"));
        assert!(!is_new(b"KURO 7"));
    }

    #[test]
    fn a_repeated_character_or_a_run_is_weak_also_with_the_forced_digit() {
        let weakness = |typed: &[u8]| PinShape::of(typed).weakness;
        assert_eq!(weakness(b"AAAAAA"), Some(Weakness::OneCharacter));
        assert_eq!(weakness(b"AAAAA1"), Some(Weakness::OneCharacter));
        assert_eq!(weakness(b"1AAAAA"), Some(Weakness::OneCharacter));
        assert_eq!(weakness(b"ABCDEF1"), Some(Weakness::Run));
        assert_eq!(weakness(b"A987654"), Some(Weakness::Run));
        assert_eq!(weakness(b"KURO7K"), None);
        assert_eq!(weakness(b"AAA"), None, "too short to judge");
    }

    #[test]
    fn a_handle_shows_its_slot_and_nothing_else() {
        let shown = alloc::format!("{:?}", PinHandle::issue(PadSlot::New));
        assert_eq!(shown, "PinHandle(New, *)");
    }
}
