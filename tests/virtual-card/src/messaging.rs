// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secure messaging from the card's side (profile, sections 4 and 5): keys, counter, what a
//! protected command must look like, and the protected answer.

use aes::{
    Aes128,
    cipher::{
        BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
        block_padding::Iso7816,
    },
};
use cmac::{Cmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    apdu::{Answer, Body, CommandApdu},
    status::StatusWord,
    tlv::{self, DataObject},
};

/// The class byte of a protected command.
pub(crate) const PROTECTED: u8 = 0x0C;
/// The instruction that is only carried out protected, and never without data.
pub(crate) const RESET_RETRY_COUNTER: u8 = 0x2C;

const BLOCK: usize = 16;
const MAC: usize = 8;
const TAG_CRYPTOGRAM: u8 = 0x87;
const TAG_LE: u8 = 0x97;
const TAG_STATUS: u8 = 0x99;
const TAG_MAC: u8 = 0x8E;
/// The first byte of a cryptogram object: padding method 2 follows.
const PADDING_INDICATOR: u8 = 0x01;

/// The keys that one GENERAL AUTHENTICATE agreed on, and the send sequence counter.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Messaging {
    encryption: [u8; BLOCK],
    authentication: [u8; BLOCK],
    counter: u128,
}

/// The data objects of a protected command, each at most once and in their order.
struct Objects<'a> {
    cryptogram: Option<&'a [u8]>,
    le: Option<u8>,
    mac: &'a [u8],
}

impl Messaging {
    /// Derives both keys; the counter starts at zero.
    pub(crate) fn agree(shared_x: &[u8; 32], card_random: &[u8; 16]) -> Self {
        let derive = |purpose: u32| {
            let hash: [u8; 32] = Sha256::new()
                .chain_update(shared_x)
                .chain_update(card_random)
                .chain_update(purpose.to_be_bytes())
                .finalize()
                .into();
            let mut key = [0; BLOCK];
            key.copy_from_slice(&hash[..BLOCK]);
            key
        };
        Self { encryption: derive(1), authentication: derive(2), counter: 0 }
    }

    /// The card's proof that it holds the keys.
    pub(crate) fn token(&self, terminal_point: &[u8]) -> [u8; MAC] {
        self.cmac(&[terminal_point])
    }

    /// The plain command inside `command`, or the status word of what is wrong with it: objects
    /// first, then the MAC, then padding.
    pub(crate) fn unwrap(&mut self, command: &CommandApdu) -> Result<CommandApdu, StatusWord> {
        self.counter = self.counter.wrapping_add(1);
        let body = command.body()?;
        let objects = Objects::parse(&body.data, command.instruction)?;

        let header = [PROTECTED, command.instruction, command.p1, command.p2];
        let covered = body.data.len() - MAC - 2;
        let mac = self.mac_over(&pad(&header), &body.data[..covered]);
        if !bool::from(mac.ct_eq(objects.mac)) {
            return Err(StatusWord::SECURE_MESSAGING_OBJECT_INCORRECT);
        }
        let data = match objects.cryptogram {
            Some(cryptogram) => self.decrypt(cryptogram)?,
            None => Vec::new(),
        };
        let ne = match objects.le {
            Some(0) => 256,
            Some(le) => usize::from(le),
            None => 0,
        };
        Ok(command.unwrapped(Body { data, ne }))
    }

    /// The protected form of `answer`.
    pub(crate) fn wrap(&mut self, answer: Answer) -> Vec<u8> {
        self.counter = self.counter.wrapping_add(1);
        let (data, status) = match answer {
            Ok(data) => (data, StatusWord::OK),
            Err(status) => (Vec::new(), status),
        };
        let mut objects = Vec::new();
        if !data.is_empty() {
            let mut value = vec![PADDING_INDICATOR];
            value.extend(self.encrypt(&data));
            tlv::push(&mut objects, TAG_CRYPTOGRAM, &value);
        }
        tlv::push(&mut objects, TAG_STATUS, &status.to_bytes());
        let mac = self.mac_over(&[], &objects);
        tlv::push(&mut objects, TAG_MAC, &mac);
        let mut bytes = objects;
        bytes.extend(status.to_bytes());
        bytes
    }

    fn mac_over(&self, header: &[u8], objects: &[u8]) -> [u8; MAC] {
        let objects = if objects.is_empty() { Vec::new() } else { pad(objects) };
        self.cmac(&[&self.counter.to_be_bytes(), header, &objects])
    }

    fn cmac(&self, parts: &[&[u8]]) -> [u8; MAC] {
        let mut mac = <Cmac<Aes128> as KeyInit>::new(&self.authentication.into());
        for part in parts {
            mac.update(part);
        }
        let full: [u8; BLOCK] = mac.finalize().into_bytes().into();
        let mut short = [0; MAC];
        short.copy_from_slice(&full[..MAC]);
        short
    }

    fn initialisation_vector(&self) -> [u8; BLOCK] {
        let mut block = self.counter.to_be_bytes().into();
        Aes128::new(&self.encryption.into()).encrypt_block(&mut block);
        block.into()
    }

    fn encrypt(&self, data: &[u8]) -> Vec<u8> {
        cbc::Encryptor::<Aes128>::new(&self.encryption.into(), &self.initialisation_vector().into())
            .encrypt_padded_vec::<Iso7816>(data)
    }

    fn decrypt(&self, cryptogram: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let [PADDING_INDICATOR, ciphertext @ ..] = cryptogram else {
            return Err(StatusWord::SECURE_MESSAGING_OBJECT_INCORRECT);
        };
        cbc::Decryptor::<Aes128>::new(&self.encryption.into(), &self.initialisation_vector().into())
            .decrypt_padded_vec::<Iso7816>(ciphertext)
            .map_err(|_| StatusWord::SECURE_MESSAGING_OBJECT_INCORRECT)
    }
}

impl<'a> Objects<'a> {
    fn parse(data: &'a [u8], instruction: u8) -> Result<Self, StatusWord> {
        let objects = tlv::parse(data).ok_or(StatusWord::SECURE_MESSAGING_OBJECT_INCORRECT)?;
        let has = |tag| objects.iter().any(|&(present, _)| present == tag);
        if !has(TAG_MAC) || (instruction == RESET_RETRY_COUNTER && !has(TAG_CRYPTOGRAM)) {
            return Err(StatusWord::SECURE_MESSAGING_OBJECT_MISSING);
        }
        Self::in_order(&objects).ok_or(StatusWord::SECURE_MESSAGING_OBJECT_INCORRECT)
    }

    fn in_order(objects: &[DataObject<'a>]) -> Option<Self> {
        let (cryptogram, objects) = match *objects {
            [(TAG_CRYPTOGRAM, value), ref rest @ ..] => (Some(value), rest),
            ref rest => (None, rest),
        };
        let (le, objects) = match *objects {
            [(TAG_LE, &[le]), ref rest @ ..] => (Some(le), rest),
            ref rest => (None, rest),
        };
        match *objects {
            [(TAG_MAC, mac)] if mac.len() == MAC => Some(Self { cryptogram, le, mac }),
            _ => None,
        }
    }
}

/// ISO/IEC 9797-1 padding method 2 to whole blocks.
fn pad(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(BLOCK), 0);
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one vector that no whole card can show: 6A80 to a PIN that is well-formed.
    #[test]
    fn a_protected_refusal_is_the_vectors() {
        let vectors = include_str!("../tests/vectors/ref-eac-1.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).expect("JSON");
        for case in vectors["cases"].as_array().expect("cases") {
            let field =
                |name: &str| crate::hex::decode(case[name].as_str().expect("text")).expect("hex");
            let shared_x = field("shared_x").try_into().expect("32 bytes");
            let random = field("rnd2").try_into().expect("16 bytes");
            let mut messaging = Messaging::agree(&shared_x, &random);
            assert_eq!(messaging.encryption[..], field("k_enc"));
            assert_eq!(messaging.authentication[..], field("k_mac"));
            assert_eq!(messaging.token(&field("ifd_public"))[..], field("token"));
            let command = CommandApdu::parse(&field("reset_command_ssc1")).expect("a header");
            assert!(messaging.unwrap(&command).is_ok());
            let refusal = messaging.wrap(Err(StatusWord::INCORRECT_DATA));
            assert_eq!(refusal, field("reset_response_ssc2_6a80"));
        }
    }
}
