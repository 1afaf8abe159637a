// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messaging keys in the wrong hands: whoever holds `K_agree` can say anything under a valid MAC
//! (profile sections 4 and 5). Shares no code with either end.

use aes::Aes128;
use aes::cipher::block_padding::Iso7816;
use aes::cipher::{BlockCipherEncrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use cmac::{Cmac, Mac};
use p256::elliptic_curve::sec1::ToSec1Point;
use sha2::{Digest, Sha256};

use super::LAB;

/// The session keys, and how often they were used.
pub(super) struct Keys {
    k_enc: [u8; 16],
    k_mac: [u8; 16],
    ssc: u128,
}

impl Keys {
    /// Of the specimen and whoever has this point.
    pub(super) fn of_card(point: &[u8], rnd2: &[u8]) -> Option<Self> {
        let theirs = p256::PublicKey::from_sec1_bytes(point).ok()?;
        let own = LAB.agreement_key().to_nonzero_scalar();
        let shared = p256::ecdh::diffie_hellman(own, theirs.as_affine());
        Some(Self::derive(shared.raw_secret_bytes(), rnd2))
    }

    /// Of the specimen and [`terminal_point`].
    #[expect(clippy::expect_used, reason = "a constant scalar")]
    pub(super) fn of_terminal(rnd2: &[u8]) -> Self {
        Self::of_card(&terminal_point(), rnd2).expect("a point")
    }

    fn derive(shared: &[u8], rnd2: &[u8]) -> Self {
        let key = |number: u8| {
            let mut hash = Sha256::new();
            hash.update(shared);
            hash.update(rnd2);
            hash.update([0, 0, 0, number]);
            let hash: [u8; 32] = hash.finalize().into();
            std::array::from_fn(|at| hash[at])
        };
        Self { k_enc: key(1), k_mac: key(2), ssc: 0 }
    }

    /// The other end has sent something.
    pub(super) const fn step(&mut self) {
        self.ssc = self.ssc.wrapping_add(1);
    }

    /// A command under these keys.
    pub(super) fn protect(&mut self, header: [u8; 4], data: &[u8], with_answer: bool) -> Vec<u8> {
        self.step();
        let [_, instruction, p1, p2] = header;
        let header = [0x0C, instruction, p1, p2];
        let mut objects = if data.is_empty() { Vec::new() } else { self.do87(data) };
        if with_answer {
            objects.extend([0x97, 0x01, 0x00]);
        }
        let mac = self.mac(&header, &objects);
        let body = [&objects[..], &[0x8E, 0x08], &mac].concat();
        let nc = u8::try_from(body.len()).unwrap_or(u8::MAX);
        [&header[..], &[nc], &body, &[0x00]].concat()
    }

    /// These objects as an answer under a valid MAC, the last of them taken for the status.
    pub(super) fn answer_objects(&self, objects: &[u8]) -> Vec<u8> {
        let status = objects.last_chunk::<2>().copied().unwrap_or([0x90, 0x00]);
        let mac = self.mac(&[], objects);
        [objects, &[0x8E, 0x08], &mac, &status].concat()
    }

    /// This data and this status as an answer in all its form.
    pub(super) fn answer(&self, data: &[u8], status: [u8; 2]) -> Vec<u8> {
        let mut objects = if data.is_empty() { Vec::new() } else { self.do87(data) };
        objects.extend([0x99, 0x02, status[0], status[1]]);
        self.answer_objects(&objects)
    }

    fn do87(&self, data: &[u8]) -> Vec<u8> {
        let mut iv = self.ssc.to_be_bytes().into();
        Aes128::new(&self.k_enc.into()).encrypt_block(&mut iv);
        let mut room = [data, &[0; 16]].concat();
        let cipher = cbc::Encryptor::<Aes128>::new(&self.k_enc.into(), &iv);
        let padded = cipher.encrypt_padded::<Iso7816>(&mut room, data.len());
        let cryptogram = padded.map(<[u8]>::to_vec).unwrap_or_default();
        let length = cryptogram.len() + 1;
        let mut object = vec![0x87];
        match (u8::try_from(length), length) {
            (Ok(short), 0..0x80) => object.push(short),
            (Ok(long), _) => object.extend([0x81, long]),
            (Err(_), _) => {
                object.push(0x82);
                object.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
            }
        }
        object.push(0x01);
        object.extend(cryptogram);
        object
    }

    fn mac(&self, header: &[u8], objects: &[u8]) -> [u8; 8] {
        let mut mac = <Cmac<Aes128> as KeyInit>::new(&self.k_mac.into());
        mac.update(&self.ssc.to_be_bytes());
        for part in [header, objects] {
            if !part.is_empty() {
                mac.update(part);
                let mut padding = vec![0; 16 - part.len() % 16];
                padding[0] = 0x80;
                mac.update(&padding);
            }
        }
        let full: [u8; 16] = mac.finalize().into_bytes().into();
        std::array::from_fn(|at| full[at])
    }
}

/// A terminal's ephemeral key, for those who speak to the virtual card without a kiosk.
pub(super) fn terminal_point() -> [u8; 65] {
    // The public point of the specimen's own scalar plus nothing: any point of the curve will do,
    // and the generator's multiple by one is at hand without a second secret.
    let one = p256::SecretKey::from_slice(&ONE);
    let point = one.map(|key| key.public_key().to_sec1_point(false));
    point.ok().and_then(|point| point.as_bytes().try_into().ok()).unwrap_or([0; 65])
}

const ONE: [u8; 32] = {
    let mut one = [0; 32];
    one[31] = 1;
    one
};
