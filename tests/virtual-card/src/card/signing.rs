// SPDX-License-Identifier: MIT OR Apache-2.0
//! COMPUTE DIGITAL SIGNATURE in the form that JPKI clients send: `80 2A 00 80`, the DigestInfo as
//! data, the card adding PKCS#1 v1.5 padding (RFC 8017, 8.2).

use rsa::signature::{SignatureEncoding as _, hazmat::PrehashSigner as _};

use super::Card;
use crate::{
    apdu::{Answer, CommandApdu},
    file::File,
    status::StatusWord,
};

const P1_P2: u16 = 0x0080;
/// A signature of RSA-2048.
const SIGNATURE: usize = 256;
/// What padding leaves of the modulus (RFC 8017, 9.2): two zeros, block type, eight of FF.
const LONGEST_INPUT: usize = SIGNATURE - 11;

impl Card {
    pub(super) fn compute_digital_signature(&self, command: &CommandApdu) -> Answer {
        if command.p1_p2() != P1_P2 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let (id, file) = self.meant_file(0)?;
        let File::SigningKey { sign, .. } = file else {
            return Err(StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE);
        };
        self.require(sign)?;
        let body = command.body()?;
        if !(1..=LONGEST_INPUT).contains(&body.data.len()) || body.ne < SIGNATURE {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let key = self.volatile.application.and_then(|name| self.keys.signing.get(&(name, id)));
        let key = key.ok_or(StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE)?;
        let signature = key.sign_prehash(&body.data).map_err(|_| StatusWord::INCORRECT_DATA)?;
        Ok(signature.to_vec())
    }
}
