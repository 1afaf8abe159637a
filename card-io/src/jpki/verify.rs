// SPDX-License-Identifier: MIT OR Apache-2.0
//! VERIFY (ISO/IEC 7816-4 clause 11.6.6): the retry counter by an empty one,
//! and the one with data, which costs a try when the PIN is wrong. The type
//! [`Try`] makes it impossible to send that one without a fresh counter, with
//! nothing left, or twice; a counter that the card does not tell as it should is
//! none (`counter.rs`).

use std::num::NonZeroU8;

use zeroize::Zeroize;

use super::{Aid, JpkiAp, Pin, PinKind, select_application};
use crate::channel::{CardChannel, exchange_encoded};
use crate::error::CardError;
use crate::iso7816::{CommandApdu, Instruction, StatusWord, class};

/// Bytes of working memory for a command that holds a PIN.
pub const SCRATCH_LENGTH: usize = 128;

/// Working memory of the caller's, in a locked page where it has one. Whatever
/// framing and padding holds a PIN happens here, and is wiped after use.
pub type Scratch = [u8; SCRATCH_LENGTH];

/// The card's answer to a VERIFY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The PIN is right; the card keeps that in mind until it is reset.
    Verified,
    /// The PIN is wrong, and one try is gone.
    Refused {
        /// Wrong PINs until the card blocks it; at least 1.
        retries_left: u8,
    },
    /// The PIN is blocked, by this try or an earlier one.
    Blocked,
}

/// The right to send one VERIFY with one PIN. It is used up by that:
///
/// ```compile_fail,E0382
/// # use card_io::{CardError, channel::CardChannel, jpki::{Scratch, Try}};
/// fn twice<C: CardChannel>(right: Try<'_, '_, C>, scratch: &mut Scratch) -> Result<(), CardError> {
///     right.verify(scratch)?;
///     right.verify(scratch)?; // use of moved value
///     Ok(())
/// }
/// ```
///
/// It is not copied:
///
/// ```compile_fail,E0599
/// # use card_io::{channel::CardChannel, jpki::{Pin, JpkiAp}};
/// fn copied<C: CardChannel>(ap: &mut JpkiAp<'_, C>, pin: &Pin<'_>) {
///     let right = ap.try_with(pin).unwrap().unwrap();
///     let another = right.clone(); // no method named `clone`
/// }
/// ```
///
/// Nothing but a fresh counter makes one, for the count cannot be written by hand:
///
/// ```compile_fail,E0451
/// # use card_io::{channel::CardChannel, jpki::{JpkiAp, Pin, Try}};
/// fn made<'t, 'c, C: CardChannel>(ap: &'t mut JpkiAp<'c, C>, pin: &'t Pin<'t>) -> Try<'t, 'c, C> {
///     Try { ap, pin, retries_left: std::num::NonZeroU8::MAX } // fields are private
/// }
/// ```
///
/// A counter that was not asked for, or with nothing left on it, is no right:
///
/// ```compile_fail,E0599
/// # use card_io::{channel::CardChannel, jpki::{JpkiAp, Pin, Scratch}};
/// fn unasked<C: CardChannel>(ap: &mut JpkiAp<'_, C>, pin: &Pin<'_>, scratch: &mut Scratch) {
///     ap.verify(pin, scratch); // an application has no such method
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use card_io::{channel::CardChannel, jpki::{JpkiAp, Pin, Scratch}};
/// fn blocked<C: CardChannel>(ap: &mut JpkiAp<'_, C>, pin: &Pin<'_>, scratch: &mut Scratch) {
///     ap.try_with(pin).unwrap().verify(scratch); // an `Option`: nothing may be left
/// }
/// ```
///
/// It borrows the application, so that no other command can come between the counter and the
/// VERIFY, and it cannot outlive the application's selection:
///
/// ```compile_fail,E0499
/// # use card_io::{channel::CardChannel, jpki::{JpkiAp, Pin, PinKind, Scratch}};
/// fn between<C: CardChannel>(ap: &mut JpkiAp<'_, C>, pin: &Pin<'_>, scratch: &mut Scratch) {
///     let right = ap.try_with(pin).unwrap().unwrap();
///     ap.retries_left(PinKind::DigitalSignature).unwrap(); // borrowed by `right`
///     right.verify(scratch).unwrap();
/// }
/// ```
///
/// ```compile_fail,E0505
/// # use card_io::{channel::CardChannel, jpki::{JpkiAp, Pin, Scratch}};
/// fn afterwards<C: CardChannel>(mut ap: JpkiAp<'_, C>, pin: &Pin<'_>, scratch: &mut Scratch) {
///     let right = ap.try_with(pin).unwrap().unwrap();
///     drop(ap); // borrowed by `right`
///     right.verify(scratch).unwrap();
/// }
/// ```
///
/// ```compile_fail,E0505
/// # use card_io::{channel::CardChannel, jpki::{JpkiAp, Pin, Reading, Scratch}};
/// fn another_card<C: CardChannel>(mut channel: C, pin: &Pin<'_>, scratch: &mut Scratch) {
///     let mut ap = JpkiAp::select(&mut channel, Reading::Short).unwrap().unwrap();
///     let right = ap.try_with(pin).unwrap().unwrap();
///     drop(channel); // the connection is lent to the application
///     right.verify(scratch).unwrap();
/// }
/// ```
///
/// What does compile is the one way there is:
///
/// ```
/// # use card_io::{CardError, channel::CardChannel, jpki::{JpkiAp, Pin, Scratch, Verification}};
/// fn once<C: CardChannel>(
///     ap: &mut JpkiAp<'_, C>,
///     pin: &Pin<'_>,
///     scratch: &mut Scratch,
/// ) -> Result<Option<Verification>, CardError> {
///     match ap.try_with(pin)? {
///         Some(right) => right.verify(scratch).map(Some),
///         None => Ok(None),
///     }
/// }
/// ```
#[must_use = "a try that is not used costs nothing, but the resident pressed OK"]
pub struct Try<'t, 'c, C: CardChannel + ?Sized> {
    ap: &'t mut JpkiAp<'c, C>,
    pin: &'t Pin<'t>,
    retries_left: NonZeroU8,
}

impl<'c, C: CardChannel + ?Sized> JpkiAp<'c, C> {
    /// Reads the retry counter of `pin`'s kind afresh. `None`: it is blocked,
    /// and nothing may be sent.
    pub fn try_with<'t>(
        &'t mut self,
        pin: &'t Pin<'t>,
    ) -> Result<Option<Try<'t, 'c, C>>, CardError> {
        let retries_left = NonZeroU8::new(self.retries_left(pin.kind())?);
        Ok(retries_left.map(|retries_left| Try { ap: self, pin, retries_left }))
    }
}

impl<C: CardChannel + ?Sized> Try<'_, '_, C> {
    /// The counter that was read a moment ago.
    pub const fn retries_left(&self) -> u8 {
        self.retries_left.get()
    }

    /// Sends VERIFY, once. An error leaves open whether a try is gone: read
    /// the counter again, and never send the PIN again unasked.
    ///
    /// pcscd keeps the last command in its memory: whatever the answer, a longer
    /// harmless one follows at once.
    pub fn verify(self, scratch: &mut Scratch) -> Result<Verification, CardError> {
        let kind = self.pin.kind();
        self.ap.counts.forget(kind);
        let command = verify_command(self.pin.bytes());
        let answer = match command.encode(scratch) {
            Ok(command) => exchange_encoded(self.ap.channel(), "VERIFY", command, 0),
            Err(_) => Err(CardError::Malformed { what: "pin" }),
        };
        scratch.zeroize();
        overwrite(self.ap);
        let verification = answer.and_then(|answer| meaning(answer.status))?;
        if let Verification::Refused { retries_left } = verification
            && retries_left >= self.retries_left.get()
        {
            // Wrong, and no try gone: what it says of the counter is not believed.
            return Err(CardError::Malformed { what: "retry counter" });
        }
        self.ap.counts.keep(kind, verification.retries_left(kind));
        Ok(verification)
    }
}

impl Verification {
    const fn retries_left(self, kind: PinKind) -> u8 {
        match self {
            Self::Verified => kind.full_retry_counter(),
            Self::Refused { retries_left } => retries_left,
            Self::Blocked => 0,
        }
    }
}

/// What the answer to a VERIFY with data means.
pub(crate) fn meaning(status: StatusWord) -> Result<Verification, CardError> {
    match (status, status.retries_left()) {
        (StatusWord::OK, _) => Ok(Verification::Verified),
        (status, _) if status.is_blocked() => Ok(Verification::Blocked),
        (_, Some(retries_left)) => Ok(Verification::Refused { retries_left }),
        (status, None) => Err(CardError::Status { command: "VERIFY", status }),
    }
}

/// VERIFY of the current file's reference data; empty, it asks for the counter.
pub(crate) const fn verify_command(pin: &[u8]) -> CommandApdu<'_> {
    CommandApdu::new(class::INTERINDUSTRY, Instruction::VERIFY, 0x00, 0x80).data(pin)
}

/// Replaces the VERIFY in the buffers between us and the card by a SELECT of a
/// name that no application has, and that is no shorter than any PIN: a failing
/// SELECT changes nothing at the card (profile section 7.1), so that a verified
/// PIN stays so. Losing it changes nothing about what the VERIFY did, and the
/// next command will show it.
fn overwrite<C: CardChannel + ?Sized>(ap: &mut JpkiAp<'_, C>) {
    let _ = select_application(ap.channel(), NO_APPLICATION);
}

/// As long as a name can be, and as the longest PIN. F: registered by nobody.
const NO_APPLICATION: Aid = Aid(&[0xF0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpki::{PinKind, Reading, select_by_name};
    use crate::script::Script;

    const SELECT_AP: (&str, &str) = ("00A4040C0AD392F000260100000001", "9000");
    const SELECT_PIN: (&str, &str) = ("00A4020C020018", "9000");
    const VERIFY: &str = "002000800435393337";
    const OVERWRITE: (&str, &str) = ("00A4040C10F0000000000000000000000000000000", "6A82");

    fn verify(steps: &[(&str, &str)]) -> Result<Option<Verification>, CardError> {
        let mut card = Script::new(steps);
        let pin = Pin::new(PinKind::UserAuthentication, b"5937").unwrap();
        let mut scratch = [0xAA; SCRATCH_LENGTH];
        let mut ap = JpkiAp::select(&mut card, Reading::Short)?.unwrap();
        let verification = match ap.try_with(&pin)? {
            Some(right) => Some(right.verify(&mut scratch)?),
            None => None,
        };
        assert!(!scratch.windows(4).any(|window| window == b"5937"));
        Ok(verification)
    }

    #[test]
    fn a_right_pin_is_verified_with_one_command_after_the_counter() {
        let steps = [SELECT_AP, SELECT_PIN, ("00200080", "63C3"), (VERIFY, "9000"), OVERWRITE];
        assert_eq!(verify(&steps).unwrap(), Some(Verification::Verified));
    }

    #[test]
    fn a_wrong_pin_is_refused_with_the_tries_left() {
        let steps = [SELECT_AP, SELECT_PIN, ("00200080", "63C3"), (VERIFY, "63C2"), OVERWRITE];
        assert_eq!(verify(&steps).unwrap(), Some(Verification::Refused { retries_left: 2 }));
    }

    #[test]
    fn the_last_wrong_pin_blocks_in_whichever_way_the_card_says_it() {
        for answer in ["63C0", "6983", "6984"] {
            let steps = [SELECT_AP, SELECT_PIN, ("00200080", "63C1"), (VERIFY, answer), OVERWRITE];
            assert_eq!(verify(&steps).unwrap(), Some(Verification::Blocked));
        }
    }

    #[test]
    fn a_blocked_pin_is_never_sent() {
        for answer in ["63C0", "6983", "6984"] {
            let steps = [SELECT_AP, SELECT_PIN, ("00200080", answer)];
            assert_eq!(verify(&steps).unwrap(), None);
        }
    }

    #[test]
    fn a_lost_answer_is_an_error_and_nothing_is_sent_again() {
        let steps = [SELECT_AP, SELECT_PIN, ("00200080", "63C3"), (VERIFY, ""), OVERWRITE];
        assert!(matches!(verify(&steps), Err(CardError::Channel { .. })));
    }

    #[test]
    fn the_command_that_overwrites_is_no_shorter_than_the_longest_verify() {
        let longest = *PinKind::DigitalSignature.lengths().end();
        let verify = verify_command(&[b'A'; 16][..longest]).to_bytes();
        assert!(select_by_name(NO_APPLICATION).to_bytes().len() >= verify.len());
    }

    #[test]
    fn what_the_overwriting_command_is_answered_changes_nothing() {
        for answer in ["9000", "6F00", "", "gone"] {
            let overwrite = (OVERWRITE.0, answer);
            let steps = [SELECT_AP, SELECT_PIN, ("00200080", "63C3"), (VERIFY, "63C2"), overwrite];
            let refused = Verification::Refused { retries_left: 2 };
            assert_eq!(verify(&steps).unwrap(), Some(refused), "{answer}");
        }
    }
}
