// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other end of a conversation: a tiny terminal with the service's ticket keys in its pocket,
//! written from the profile alone and able to make every mistake that a card must refuse.

use aes::{
    Aes128,
    cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _},
};
use cmac::{Cmac, Mac as _};
use p256::{
    PublicKey, SecretKey,
    ecdsa::{
        Signature, SigningKey, VerifyingKey, signature::Signer as _, signature::Verifier as _,
    },
    elliptic_curve::Generate as _,
    pkcs8::DecodePublicKey as _,
};
use sha2::{Digest as _, Sha256};
use virtual_card::Card;
use x509_cert::{
    Certificate,
    der::{Decode as _, Encode as _},
};

pub(crate) struct Terminal {
    pub(crate) card: Card,
    pub(crate) ephemeral: SecretKey,
    /// What the card last answered to GET CHALLENGE.
    pub(crate) challenge: [u8; 16],
    /// The ticket last made, with its signature.
    pub(crate) signed_ticket: Vec<u8>,
    session: Option<Session>,
}

/// The fields of a ticket; the defaults are good.
#[derive(Clone)]
pub(crate) struct Fields {
    pub(crate) magic: [u8; 8],
    pub(crate) operation: u8,
    pub(crate) pin_ref: u8,
    pub(crate) card_id: [u8; 16],
    pub(crate) challenge: [u8; 16],
    pub(crate) key_hash: [u8; 32],
    pub(crate) ticket_id: [u8; 16],
    pub(crate) counter: u32,
}

/// Messaging keys and the send sequence counter.
struct Session {
    encryption: [u8; 16],
    authentication: [u8; 16],
    counter: u128,
}

/// How a protected command is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    NoMac,
    BadMac,
    ShortMac,
    BadPadding,
    BadIndicator,
    Twice,
    OutOfOrder,
    UnknownObject,
    NotTlv,
    LongLe,
}

impl Terminal {
    pub(crate) fn new(card: Card) -> Self {
        let ephemeral = SecretKey::generate_from_rng(&mut rand::rng());
        Self { card, ephemeral, challenge: [0; 16], signed_ticket: Vec::new(), session: None }
    }

    pub(crate) fn send(&mut self, command: &[u8]) -> Vec<u8> {
        self.card.execute(command)
    }

    pub(crate) fn point(&self) -> Vec<u8> {
        self.ephemeral.public_key().to_sec1_bytes().to_vec()
    }

    /// Derives messaging keys from the card's answer to GENERAL AUTHENTICATE; false where its
    /// token is not that of the holder of 00E0's key.
    pub(crate) fn agree(&mut self, answer: &[u8], card_key: &PublicKey) -> bool {
        let [0x7C, 0x1C, 0x81, 0x10, rest @ ..] = answer else { return false };
        let Some((random, [0x82, 0x08, token @ ..])) = rest.split_first_chunk::<16>() else {
            return false;
        };
        let shared = self.ephemeral.diffie_hellman(card_key);
        let derive = |number: u8| {
            let seed = [&shared.raw_secret_bytes()[..], random, &[0, 0, 0, number]].concat();
            Sha256::digest(seed)[..16].try_into().expect("16 bytes")
        };
        let session = Session { encryption: derive(1), authentication: derive(2), counter: 0 };
        let is_genuine = session.cmac(&self.point()) == token;
        self.session = Some(session);
        is_genuine
    }

    /// Sends a protected command; gives what the card answers, plain or protected.
    pub(crate) fn send_protected(
        &mut self,
        [instruction, p1, p2]: [u8; 3],
        data: &[u8],
        le: Option<u8>,
        defect: Option<Defect>,
    ) -> Vec<u8> {
        let session = self.session.as_mut().expect("GENERAL AUTHENTICATE before this");
        session.counter += 1;
        let header = [0x0C, instruction, p1, p2];
        let objects = session.objects(header, data, le, defect);
        let lc = u8::try_from(objects.len()).expect("a short command");
        self.send(&[&header[..], &[lc], &objects, &[0x00]].concat())
    }

    /// The plain answer in a protected one; `None` where it is not protected, or wrongly.
    pub(crate) fn unwrap(&mut self, answer: &[u8]) -> Option<Vec<u8>> {
        let session = self.session.as_mut()?;
        session.counter += 1;
        let (rest, outer) = answer.split_last_chunk::<2>()?;
        let (rest, [0x8E, 0x08, mac @ ..]) = rest.split_last_chunk::<10>()? else { return None };
        let (cryptogram, [0x99, 0x02, inner @ ..]) = rest.split_last_chunk::<4>()? else {
            return None;
        };
        let covered = [&session.counter.to_be_bytes()[..], &pad(rest)].concat();
        if inner != outer || session.cmac(&covered) != *mac {
            return None;
        }
        let mut plain = match cryptogram {
            [] => Vec::new(),
            [0x87, length, 0x01, ciphertext @ ..]
                if usize::from(*length) == ciphertext.len() + 1 =>
            {
                session.decrypt(ciphertext)?
            }
            _ => return None,
        };
        plain.extend(outer);
        Some(plain)
    }
}

/// Whether `signature` is `key`'s over `message`.
pub(crate) fn is_signed(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// The P-256 key of a certificate of the selected JPKI application, read as a terminal does; `None` where the card has no such file.
pub(crate) fn read_key(card: &mut Card, id: u16) -> Option<PublicKey> {
    let [high, low] = id.to_be_bytes();
    if card.execute(&[0x00, 0xA4, 0x02, 0x0C, 0x02, high, low]) != [0x90, 0x00] {
        return None;
    }
    let answer = card.execute(&[0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00]);
    let der = answer.strip_suffix(&[0x90, 0x00])?;
    let certificate = Certificate::from_der(der).expect("a certificate");
    let key = certificate.tbs_certificate().subject_public_key_info();
    let key = key.to_der().expect("DER");
    Some(PublicKey::from_public_key_der(&key).expect("a P-256 key"))
}

impl Fields {
    /// The 126 bytes and their signature.
    pub(crate) fn signed(&self, key: &SigningKey) -> Vec<u8> {
        let issued_at = 1_806_135_887_u64;
        let ticket = [
            &self.magic[..],
            &[self.operation, self.pin_ref],
            &self.card_id,
            &self.challenge,
            &self.key_hash,
            &self.ticket_id,
            &self.counter.to_be_bytes(),
            &issued_at.to_be_bytes(),
            &(issued_at + 60).to_be_bytes(),
            &[0x5A; 16],
        ]
        .concat();
        let signature: Signature = key.sign(&ticket);
        [ticket, signature.to_bytes().to_vec()].concat()
    }
}

impl Session {
    fn objects(
        &self,
        header: [u8; 4],
        data: &[u8],
        le: Option<u8>,
        defect: Option<Defect>,
    ) -> Vec<u8> {
        let mut objects = self.data_objects(data, le, defect);
        let covered = if objects.is_empty() { Vec::new() } else { pad(&objects) };
        let covered = [&self.counter.to_be_bytes()[..], &pad(&header), &covered].concat();
        let mut mac = self.cmac(&covered).to_vec();
        match defect {
            Some(Defect::BadMac) => mac[7] ^= 0x01,
            Some(Defect::ShortMac) => mac.truncate(7),
            _ => {}
        }
        if defect != Some(Defect::NoMac) {
            objects.extend([0x8E, u8::try_from(mac.len()).expect("8")]);
            objects.extend(mac);
        }
        if defect == Some(Defect::NotTlv) {
            objects.pop();
        }
        objects
    }

    /// DO87 and DO97, as far as there are any.
    fn data_objects(&self, data: &[u8], le: Option<u8>, defect: Option<Defect>) -> Vec<u8> {
        let is = |expected| defect == Some(expected);
        let mut parts = Vec::new();
        if !data.is_empty() {
            let indicator = if is(Defect::BadIndicator) { 0x02 } else { 0x01 };
            let padded = if is(Defect::BadPadding) { vec![0; 16] } else { pad(data) };
            let ciphertext = self.encrypt(&padded);
            let length = u8::try_from(ciphertext.len() + 1).expect("a short command");
            let long_form: &[u8] = if length > 0x7F { &[0x81] } else { &[] };
            parts.push([&[0x87], long_form, &[length, indicator], &ciphertext].concat());
        }
        match le {
            Some(le) if is(Defect::LongLe) => parts.push(vec![0x97, 0x02, 0x00, le]),
            Some(le) => parts.push(vec![0x97, 0x01, le]),
            None => {}
        }
        match defect {
            Some(Defect::Twice) => parts.insert(0, parts[0].clone()),
            Some(Defect::OutOfOrder) => parts.reverse(),
            Some(Defect::UnknownObject) => parts.push(vec![0x85, 0x01, 0x00]),
            _ => {}
        }
        parts.concat()
    }

    fn cmac(&self, message: &[u8]) -> [u8; 8] {
        let mac = Cmac::<Aes128>::new(&self.authentication.into()).chain_update(message);
        mac.finalize().into_bytes()[..8].try_into().expect("8 bytes")
    }

    fn encrypt(&self, plain: &[u8]) -> Vec<u8> {
        let cipher = Aes128::new(&self.encryption.into());
        let mut last = self.vector(&cipher);
        let mut out = Vec::new();
        for block in plain.chunks(16) {
            let mut mixed = last;
            mixed.iter_mut().zip(block).for_each(|(mixed, byte)| *mixed ^= byte);
            let mut mixed = mixed.into();
            cipher.encrypt_block(&mut mixed);
            last = mixed.into();
            out.extend(last);
        }
        out
    }

    fn decrypt(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let cipher = Aes128::new(&self.encryption.into());
        let mut last = self.vector(&cipher);
        let mut out = Vec::new();
        for block in ciphertext.chunks(16) {
            let block: [u8; 16] = block.try_into().ok()?;
            let mut opened = block.into();
            cipher.decrypt_block(&mut opened);
            out.extend(opened.iter().zip(last).map(|(byte, mask)| byte ^ mask));
            last = block;
        }
        let end = out.iter().rposition(|&byte| byte != 0).filter(|&end| out[end] == 0x80)?;
        out.truncate(end);
        Some(out)
    }

    fn vector(&self, cipher: &Aes128) -> [u8; 16] {
        let mut block = self.counter.to_be_bytes().into();
        cipher.encrypt_block(&mut block);
        block.into()
    }
}

fn pad(bytes: &[u8]) -> Vec<u8> {
    let mut padded = [bytes, &[0x80]].concat();
    padded.resize(padded.len().div_ceil(16) * 16, 0);
    padded
}
