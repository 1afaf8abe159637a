// SPDX-License-Identifier: MIT OR Apache-2.0
//! INTERNAL AUTHENTICATE: the signed receipt of the last accepted ticket (profile, section 6).

use p256::ecdsa::{Signature, signature::Signer as _};

use super::Card;
use crate::{
    apdu::{Answer, CommandApdu},
    status::StatusWord,
};

const NONCE: usize = 32;
/// 46 bytes of fields and the signature.
const RECEIPT: usize = 110;
const MAGIC: &[u8; 8] = b"JRST-R01";

const NEVER_ACCEPTED: u8 = 0x00;
const USED: u8 = 0x01;
const STILL_USABLE: u8 = 0x02;
const NO_LONGER_USABLE: u8 = 0x03;

impl Card {
    pub(super) fn internal_authenticate(&self, command: &CommandApdu) -> Answer {
        if command.p1_p2() != 0x0000 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let nonce = &command.body_of(NONCE, RECEIPT)?.data;
        let profile = self.keys.profile.as_ref().ok_or(StatusWord::INSTRUCTION_NOT_SUPPORTED)?;
        let mut receipt = self.receipt_fields(profile.card_id);
        let signature: Signature = profile.attestation.sign(&[&receipt, nonce.as_slice()].concat());
        receipt.extend(signature.to_bytes());
        Ok(receipt)
    }

    fn receipt_fields(&self, card_id: [u8; 16]) -> Vec<u8> {
        let mut fields = MAGIC.to_vec();
        match &self.state.memory.accepted {
            Some(accepted) => {
                let result = match &self.volatile.ticket {
                    _ if accepted.is_used => USED,
                    Some(_) => STILL_USABLE,
                    None => NO_LONGER_USABLE,
                };
                fields.extend([result, accepted.pin_ref]);
                fields.extend(accepted.ticket_id);
                fields.extend(self.state.memory.ticket_counter.to_be_bytes());
            }
            None => fields.extend([NEVER_ACCEPTED; 22]),
        }
        fields.extend(card_id);
        fields
    }
}
