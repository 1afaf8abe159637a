// SPDX-License-Identifier: MIT OR Apache-2.0
//! The JPKI application of an Individual Number Card: what public clients know
//! of it and no more. A [`JpkiAp`] exists only while the application is
//! selected; a VERIFY with data needs a [`Try`], which only a fresh retry
//! counter with something left on it can make and which is used up by it.

mod counter;
pub mod files;
mod pin;
mod read;
mod token;
mod validity;
mod verify;

use counter::Counts;
pub(crate) use counter::counter;
pub use files::{Aid, EfId};
pub use pin::{Pin, PinKind, UnfitPin};
pub use read::Reading;
pub use token::{Token, TokenInfo};
pub use validity::{Standing, Validity, validity};
pub use verify::{SCRATCH_LENGTH, Scratch, Try, Verification};
pub(crate) use verify::{meaning, verify_command};

use crate::channel::{CardChannel, exchange, exchange_ok};
use crate::error::CardError;
use crate::iso7816::{CommandApdu, Instruction, StatusWord, class};

/// 公的個人認証AP, selected. The borrow of the channel keeps every other command
/// away from the card for as long as that matters.
pub struct JpkiAp<'c, C: CardChannel + ?Sized> {
    channel: &'c mut C,
    reading: Reading,
    counts: Counts,
}

impl<'c, C: CardChannel + ?Sized> JpkiAp<'c, C> {
    /// Selects the application. `None`: the card has no such application.
    pub fn select(channel: &'c mut C, reading: Reading) -> Result<Option<Self>, CardError> {
        let is_there = select_application(channel, files::JPKI_AP)?;
        Ok(is_there.then_some(Self { channel, reading, counts: Counts::default() }))
    }

    /// Selects the application once more: verified PINs, tickets and messaging
    /// keys are gone from the card after it.
    pub fn reselect(&mut self) -> Result<(), CardError> {
        exchange_ok(self.channel, &select_by_name(files::JPKI_AP)).map(|_| ())
    }

    /// Reads what kind of card carries the application.
    pub fn token_info(&mut self) -> Result<TokenInfo, CardError> {
        self.select_ef(files::TOKEN_INFO)?;
        let bytes = read::read_bytes(self.channel, files::TOKEN_INFO_LENGTH)?;
        TokenInfo::parse(&bytes).ok_or(CardError::Malformed { what: "token information" })
    }

    /// Reads a retry counter by an empty VERIFY, which costs nothing. 0: blocked.
    /// An error where it holds more than this PIN can have, or other than it did
    /// and nothing of ours has changed it.
    pub fn retries_left(&mut self, kind: PinKind) -> Result<u8, CardError> {
        self.select_ef(kind.ef())?;
        let retries_left = counter::retries_left(self.channel, kind.full_retry_counter())?;
        self.counts.read(kind, retries_left)
    }

    /// A command is about to go out that sets this PIN's counter anew.
    pub(crate) const fn forget_count(&mut self, kind: PinKind) {
        self.counts.forget(kind);
    }

    /// Reads the user-authentication certificate, DER.
    pub fn authentication_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.read_der(files::AUTHENTICATION_CERTIFICATE)
    }

    /// Reads the certificate of the user-authentication certificate's issuer.
    pub fn authentication_ca_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.read_der(files::AUTHENTICATION_CA_CERTIFICATE)
    }

    /// Reads the certificate of the signature certificate's issuer.
    pub fn signature_ca_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.read_der(files::SIGNATURE_CA_CERTIFICATE)
    }

    /// Whether the card has a signature certificate. It is not read: that
    /// would take the signature PIN.
    pub fn has_signature_certificate(&mut self) -> Result<bool, CardError> {
        let answer =
            exchange(self.channel, &select_ef_command(&ef_bytes(files::SIGNATURE_CERTIFICATE)))?;
        match answer.status {
            StatusWord::OK | StatusWord::SECURITY_STATUS_NOT_SATISFIED => Ok(true),
            StatusWord::NOT_FOUND => Ok(false),
            status => Err(CardError::Status { command: "SELECT", status }),
        }
    }

    /// COMPUTE DIGITAL SIGNATURE over a `DigestInfo`, with the key that `kind`
    /// opens; its PIN has to be verified. RSASSA-PKCS1-v1_5, 256 bytes.
    pub fn compute_digital_signature(
        &mut self,
        kind: PinKind,
        digest_info: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        self.select_ef(kind.key_ef())?;
        let signature = exchange_ok(self.channel, &sign_command(digest_info))?;
        if signature.len() != files::SIGNATURE_LENGTH {
            return Err(CardError::Malformed { what: "signature" });
        }
        Ok(signature)
    }

    /// Selects a file and reads the one DER object that it starts with.
    pub(crate) fn read_der(&mut self, ef: EfId) -> Result<Vec<u8>, CardError> {
        self.select_ef(ef)?;
        read::read_der(self.channel, self.reading)
    }

    pub(crate) fn select_ef(&mut self, ef: EfId) -> Result<(), CardError> {
        select_ef(self.channel, ef)
    }

    pub(crate) const fn reading(&self) -> Reading {
        self.reading
    }

    pub(crate) const fn channel(&mut self) -> &mut C {
        self.channel
    }
}

/// The retry counter of the card-entry input support application's PIN
/// (券面事項入力補助用の暗証番号), for *Check my card*. `None`: the card has no such
/// application. Deselects the JPKI application.
pub fn input_support_retries_left<C: CardChannel + ?Sized>(
    channel: &mut C,
) -> Result<Option<u8>, CardError> {
    if !select_application(channel, files::INPUT_SUPPORT_AP)? {
        return Ok(None);
    }
    select_ef(channel, files::INPUT_SUPPORT_PIN)?;
    counter::retries_left(channel, MOST_RETRIES).map(Some)
}

/// What 63Cx can tell. No PIN is ever sent to that application, so its full
/// counter, which no public client names, need not be known.
const MOST_RETRIES: u8 = 15;

/// Selects an application; whether the card has it. Cards of other kinds have
/// many ways to say that they do not: any checking error is taken for one.
pub(crate) fn select_application<C: CardChannel + ?Sized>(
    channel: &mut C,
    aid: Aid,
) -> Result<bool, CardError> {
    match exchange(channel, &select_by_name(aid))?.status {
        StatusWord::OK => Ok(true),
        status if status.is_checking_error() => Ok(false),
        status => Err(CardError::Status { command: "SELECT", status }),
    }
}

/// SELECT by name, without an answer (ISO/IEC 7816-4 clause 11.2.2).
pub(crate) const fn select_by_name(aid: Aid) -> CommandApdu<'static> {
    CommandApdu::new(class::INTERINDUSTRY, Instruction::SELECT, 0x04, 0x0C).data(aid.0)
}

/// SELECT of a file under the application, without an answer.
pub(crate) const fn select_ef_command(ef: &[u8; 2]) -> CommandApdu<'_> {
    CommandApdu::new(class::INTERINDUSTRY, Instruction::SELECT, 0x02, 0x0C).data(ef)
}

pub(crate) const fn ef_bytes(ef: EfId) -> [u8; 2] {
    ef.0.to_be_bytes()
}

/// The signature command (OpenSC card-jpki.c): class 80, DigestInfo in the clear.
pub(crate) const fn sign_command(digest_info: &[u8]) -> CommandApdu<'_> {
    CommandApdu::new(class::PROPRIETARY, Instruction::PERFORM_SECURITY_OPERATION, 0x00, 0x80)
        .data(digest_info)
        .expecting(files::SIGNATURE_LENGTH)
}

fn select_ef<C: CardChannel + ?Sized>(channel: &mut C, ef: EfId) -> Result<(), CardError> {
    exchange_ok(channel, &select_ef_command(&ef_bytes(ef))).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;

    const SELECT_AP: &str = "00A4040C0AD392F000260100000001";

    #[test]
    fn a_card_of_another_kind_says_in_its_own_way_that_it_has_no_such_application() {
        for answer in ["6A82", "6A81", "6A86", "6D00", "6E00", "6700", "6985", "6999", "6F00"] {
            let mut card = Script::new(&[(SELECT_AP, answer)]);
            assert!(JpkiAp::select(&mut card, Reading::Short).unwrap().is_none(), "{answer}");
        }
    }

    #[test]
    fn a_card_that_failed_to_answer_is_not_taken_for_another_kind() {
        for answer in ["", "gone", "6400", "6581", "6283"] {
            let mut card = Script::new(&[(SELECT_AP, answer)]);
            assert!(JpkiAp::select(&mut card, Reading::Short).is_err(), "{answer}");
        }
    }
}
