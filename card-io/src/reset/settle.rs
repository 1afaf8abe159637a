// SPDX-License-Identifier: MIT OR Apache-2.0
//! Settling a reset whose answer was lost (profile section 8): the card that is
//! still there, or has come back, is asked for its receipt, and nothing else.

use super::certificates::CardIdentity;
use super::receipt::{Receipt, Verdict};
use super::ticket::SpentTicket;
use super::{
    ATTESTATION_CERTIFICATE, KEY_AGREEMENT_CERTIFICATE, internal_authenticate, is_simulated,
};
use crate::channel::{CardChannel, exchange_ok};
use crate::error::CardError;
use crate::jpki::{JpkiAp, Reading};

/// What is known after the card was asked.
#[derive(Debug)]
pub enum Settled {
    /// The new PIN is set; the receipt proves it for ever.
    Done(Receipt),
    /// Nothing was changed.
    NotDone(Receipt),
    /// It still cannot be told.
    Unknown(Unsettled),
}

/// Why a reset stays open.
#[derive(Debug)]
pub enum Unsettled {
    /// Another card lies there.
    OtherCard,
    /// The card's receipt leaves it open.
    Undecided(Receipt),
    /// The card could not be asked.
    Failed(CardError),
}

/// Asks the card on this channel what became of the ticket. `identity` is the
/// card of the session, `nonce` the session's.
pub fn settle<C: CardChannel + ?Sized>(
    channel: &mut C,
    identity: &CardIdentity,
    spent: &SpentTicket,
    nonce: &[u8; 32],
    reading: Reading,
) -> Settled {
    let receipt = match read_receipt(channel, identity, nonce, reading) {
        Ok(Some(receipt)) => receipt,
        Ok(None) => return Settled::Unknown(Unsettled::OtherCard),
        Err(error) => return Settled::Unknown(Unsettled::Failed(error)),
    };
    match receipt.verdict(spent) {
        Verdict::Done => Settled::Done(receipt),
        Verdict::NotDone => Settled::NotDone(receipt),
        Verdict::Unknown => Settled::Unknown(Unsettled::Undecided(receipt)),
    }
}

/// The receipt of the session's card; `None` where another card lies there. A
/// real card is recognised by its missing marker and asked nothing.
fn read_receipt<C: CardChannel + ?Sized>(
    channel: &mut C,
    identity: &CardIdentity,
    nonce: &[u8; 32],
    reading: Reading,
) -> Result<Option<Receipt>, CardError> {
    if !is_simulated(channel)? {
        return Ok(None);
    }
    let Some(mut ap) = JpkiAp::select(channel, reading)? else {
        return Ok(None);
    };
    for (ef, expected) in [
        (KEY_AGREEMENT_CERTIFICATE, identity.key_agreement_certificate()),
        (ATTESTATION_CERTIFICATE, identity.attestation_certificate()),
    ] {
        match ap.read_der(ef) {
            Ok(certificate) if certificate == expected => {}
            Ok(_) | Err(CardError::Status { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let bytes = exchange_ok(ap.channel(), &internal_authenticate(nonce))?;
    Receipt::verify(&bytes, nonce, identity)
        .map(Some)
        .map_err(|_| CardError::Malformed { what: "receipt" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpki::PinKind;
    use crate::script::Script;

    #[test]
    fn a_card_with_the_marker_and_without_certificates_is_another_card() {
        let key = p256::SecretKey::from_slice(&[0x22; 32]).unwrap().public_key();
        let identity = CardIdentity::of_keys([0x44; 16], key, key.into());
        let spent =
            SpentTicket { target: PinKind::DigitalSignature, ticket_id: [0x77; 16], counter: 7 };
        let mut card = Script::new(&[
            ("00A4040C0AF06A706B692D72656631", "9000"),
            ("00A4040C0AD392F000260100000001", "9000"),
            ("00A4020C0200E0", "6A82"),
        ]);
        let settled = settle(&mut card, &identity, &spent, &[0; 32], Reading::Short);
        assert!(matches!(settled, Settled::Unknown(Unsettled::OtherCard)), "{settled:?}");
    }
}
