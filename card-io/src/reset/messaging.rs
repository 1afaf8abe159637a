// SPDX-License-Identifier: MIT OR Apache-2.0
//! Secure messaging (profile sections 4 and 5): AES-CBC and AES-CMAC under keys
//! that only this kiosk and the card hold. An answer without a valid MAC is no
//! answer, whatever it says.

use aes::Aes128;
use aes::cipher::block_padding::Iso7816;
use aes::cipher::{BlockCipherEncrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use cmac::{Cmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::iso7816::tlv::{self, Lengths, TlvReader};
use crate::iso7816::{BufferFull, ByteWriter, CommandApdu, ResponseApdu, StatusWord, class};
use crate::jpki::Scratch;

/// The session keys and the send sequence counter.
pub(super) struct SecureMessaging {
    /// At one address for their whole life: a move of the keys themselves would leave them behind
    /// on the stack, where nothing wipes them.
    keys: Box<Keys>,
    ssc: u128,
}

#[derive(Default, Zeroize, ZeroizeOnDrop)]
struct Keys {
    k_enc: [u8; BLOCK],
    k_mac: [u8; BLOCK],
}

/// An answer that counts as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the answer is not protected as it has to be")]
pub(super) struct Unprotected;

impl SecureMessaging {
    /// Derives the keys from the x-coordinate of the key agreement.
    pub(super) fn derive(shared_x: &[u8], rnd2: &[u8; 16]) -> Self {
        let mut keys = Box::<Keys>::default();
        derive_key(&mut keys.k_enc, shared_x, rnd2, 1);
        derive_key(&mut keys.k_mac, shared_x, rnd2, 2);
        Self { keys, ssc: 0 }
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> (&[u8; BLOCK], &[u8; BLOCK]) {
        (&self.keys.k_enc, &self.keys.k_mac)
    }

    /// Whether the card's token shows that it derived the same keys; compared
    /// in constant time.
    pub(super) fn is_token_of(&self, point: &[u8], token: &[u8; MAC_LENGTH]) -> bool {
        let mut mac = self.cmac();
        mac.update(point);
        shortened(mac).ct_eq(token).into()
    }

    /// Protects a command in the caller's scratch and returns the bytes to
    /// send. The plain data is in the scratch only until it is encrypted there.
    pub(super) fn protect<'s>(
        &mut self,
        command: &CommandApdu<'_>,
        scratch: &'s mut Scratch,
    ) -> Result<&'s [u8], BufferFull> {
        self.ssc = self.ssc.wrapping_add(1);
        let header = [class::SECURE_MESSAGING, command.instruction.0, command.p1, command.p2];
        let cryptogram_length = padded_length(command.data.len());
        let objects_length = match (command.data.len(), command.ne) {
            (0, 0) => 0,
            (0, _) => DO97_LENGTH,
            (_, 0) => do87_length(cryptogram_length),
            _ => do87_length(cryptogram_length) + DO97_LENGTH,
        };
        let nc = u8::try_from(objects_length + DO8E_LENGTH).map_err(|_| BufferFull)?;

        let mut writer = ByteWriter::new(scratch);
        writer.push(&header)?;
        writer.push(&[nc])?;
        if !command.data.is_empty() {
            self.push_cryptogram(&mut writer, command.data, cryptogram_length)?;
        }
        if command.ne > 0 {
            // 256 is coded as 00, and no protected command asks for more.
            tlv::write(&mut writer, LE, &[u8::try_from(command.ne).unwrap_or(0)])?;
        }
        let objects = writer.written().get(header.len() + 1..).unwrap_or_default();
        let mac = self.mac(&header, objects);
        tlv::write(&mut writer, MAC, &mac)?;
        writer.push(&[0x00])?;
        Ok(writer.finish())
    }

    /// Checks and opens the answer to the command just protected.
    pub(super) fn open(&mut self, answer: &ResponseApdu) -> Result<ResponseApdu, Unprotected> {
        self.ssc = self.ssc.wrapping_add(1);
        let objects = ResponseObjects::parse(&answer.data).ok_or(Unprotected)?;
        let expected = self.mac(&[], objects.protected);
        if !bool::from(expected.ct_eq(objects.mac)) || objects.status != answer.status {
            return Err(Unprotected);
        }
        let data = match objects.cryptogram {
            Some(cryptogram) => self.decrypt(cryptogram).ok_or(Unprotected)?,
            None => Vec::new(),
        };
        Ok(ResponseApdu { data, status: objects.status })
    }

    /// DO87, the data padded and encrypted in place.
    fn push_cryptogram(
        &self,
        writer: &mut ByteWriter<'_>,
        data: &[u8],
        cryptogram_length: usize,
    ) -> Result<(), BufferFull> {
        tlv::write_head(writer, CRYPTOGRAM, PADDING_INDICATOR_LENGTH + cryptogram_length)?;
        writer.push(&[ISO_PADDING])?;
        let start = writer.written().len();
        for _ in 0..cryptogram_length / BLOCK {
            writer.push(&[0; BLOCK])?;
        }
        // Room first, then the plain data and its padding into it.
        let room = writer.written().get_mut(start..).ok_or(BufferFull)?;
        room.get_mut(..data.len()).ok_or(BufferFull)?.copy_from_slice(data);
        *room.get_mut(data.len()).ok_or(BufferFull)? = PADDING_START;
        self.encrypt(room);
        Ok(())
    }

    /// AES-CBC of whole blocks, where they stand. The crate `cbc` would take a copy of each block
    /// on the stack, which it does not wipe: here that block is a PIN.
    fn encrypt(&self, blocks: &mut [u8]) {
        let cipher = Aes128::new((&self.keys.k_enc).into());
        let mut before = self.iv();
        for block in blocks.as_chunks_mut::<BLOCK>().0 {
            block.iter_mut().zip(before).for_each(|(byte, before)| *byte ^= before);
            cipher.encrypt_block((&mut *block).into());
            before = *block;
        }
    }

    fn decrypt(&self, cryptogram: &[u8]) -> Option<Vec<u8>> {
        let mut room = cryptogram.to_vec();
        let length = cbc::Decryptor::<Aes128>::new((&self.keys.k_enc).into(), &self.iv().into())
            .decrypt_padded::<Iso7816>(&mut room)
            .ok()?
            .len();
        room.truncate(length);
        Some(room)
    }

    /// AES-ECB of the counter.
    fn iv(&self) -> [u8; BLOCK] {
        let mut block = self.ssc.to_be_bytes().into();
        Aes128::new((&self.keys.k_enc).into()).encrypt_block(&mut block);
        block.into()
    }

    /// CMAC over the counter, then header and objects, each padded; a part that
    /// is empty is left out.
    fn mac(&self, header: &[u8], objects: &[u8]) -> [u8; MAC_LENGTH] {
        let mut mac = self.cmac();
        mac.update(&self.ssc.to_be_bytes());
        for part in [header, objects] {
            if !part.is_empty() {
                mac.update(part);
                mac.update(padding(part.len()));
            }
        }
        shortened(mac)
    }

    fn cmac(&self) -> Cmac<Aes128> {
        <Cmac<Aes128> as KeyInit>::new((&self.keys.k_mac).into())
    }
}

/// `[DO87] DO99 DO8E` and nothing else.
struct ResponseObjects<'a> {
    cryptogram: Option<&'a [u8]>,
    status: StatusWord,
    mac: &'a [u8; MAC_LENGTH],
    /// What the MAC covers.
    protected: &'a [u8],
}

impl<'a> ResponseObjects<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = TlvReader::new(bytes, Lengths::Der);
        let mut object = reader.next_object().ok()??;
        let mut cryptogram = None;
        let mut protected_length = object.encoded.len();
        if object.tag == CRYPTOGRAM {
            let (&indicator, blocks) = object.value.split_first()?;
            if indicator != ISO_PADDING || blocks.is_empty() || blocks.len() % BLOCK != 0 {
                return None;
            }
            cryptogram = Some(blocks);
            object = reader.next_object().ok()??;
            protected_length += object.encoded.len();
        }
        if object.tag != STATUS {
            return None;
        }
        let status = StatusWord(u16::from_be_bytes(object.value.try_into().ok()?));
        let mac = reader.expect_object(MAC).ok()?.value.try_into().ok()?;
        reader.finish().ok()?;
        Some(Self { cryptogram, status, mac, protected: bytes.get(..protected_length)? })
    }
}

/// The first 16 bytes of SHA-256 over shared secret, RND2 and the key's number.
fn derive_key(key: &mut [u8; BLOCK], shared_x: &[u8], rnd2: &[u8; 16], number: u32) {
    let mut hasher = Sha256::new();
    hasher.update(shared_x);
    hasher.update(rnd2);
    hasher.update(number.to_be_bytes());
    let mut hash = Zeroizing::new([0; 32]);
    hasher.finalize_into((&mut *hash).into());
    key.iter_mut().zip(hash.iter()).for_each(|(to, from)| *to = *from);
}

fn shortened(mac: Cmac<Aes128>) -> [u8; MAC_LENGTH] {
    let full: [u8; BLOCK] = mac.finalize().into_bytes().into();
    let mut short = [0; MAC_LENGTH];
    short.iter_mut().zip(full).for_each(|(to, from)| *to = from);
    short
}

/// ISO/IEC 9797-1 padding method 2: 80, then zeros to the end of the block.
fn padding(length: usize) -> &'static [u8] {
    const PADDING: [u8; BLOCK] = [PADDING_START, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    PADDING.get(..padded_length(length) - length).unwrap_or_default()
}

const fn padded_length(length: usize) -> usize {
    (length / BLOCK + 1) * BLOCK
}

/// Tag, length field, padding indicator and blocks.
const fn do87_length(cryptogram_length: usize) -> usize {
    let value_length = PADDING_INDICATOR_LENGTH + cryptogram_length;
    let head = if value_length < 0x80 { 2 } else { 3 };
    head + value_length
}

const BLOCK: usize = 16;
/// MACs and tokens are the first 8 bytes of a CMAC.
const MAC_LENGTH: usize = 8;
const PADDING_INDICATOR_LENGTH: usize = 1;
/// The first byte of the padding (ISO/IEC 9797-1 method 2).
const PADDING_START: u8 = 0x80;
/// Padding indicator of DO87: ISO/IEC 7816-4 padding.
const ISO_PADDING: u8 = 0x01;
const CRYPTOGRAM: u32 = 0x87;
const LE: u32 = 0x97;
const STATUS: u32 = 0x99;
const MAC: u32 = 0x8E;
const DO97_LENGTH: usize = 3;
const DO8E_LENGTH: usize = 2 + MAC_LENGTH;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::iso7816::Instruction;
    use crate::jpki::SCRATCH_LENGTH;

    fn messaging() -> SecureMessaging {
        SecureMessaging::derive(&[0x5A; 32], &[0xC3; 16])
    }

    /// The answer that a card with the same keys would give next.
    fn answer(card: &mut SecureMessaging, objects: &[u8], status: u16) -> ResponseApdu {
        card.ssc += 1;
        let mac = card.mac(&[], objects);
        let data = [objects, &[0x8E, 0x08], &mac].concat();
        ResponseApdu { data, status: StatusWord(status) }
    }

    const STATUS_OK: &[u8] = &[0x99, 0x02, 0x90, 0x00];

    #[test]
    fn the_plain_data_leaves_no_trace_in_the_scratch() {
        let mut scratch = [0; SCRATCH_LENGTH];
        let command = CommandApdu::new(0, Instruction::VERIFY, 0, 0x80).data(b"ABC123");
        messaging().protect(&command, &mut scratch).unwrap();
        assert!(!scratch.windows(3).any(|window| window == b"ABC" || window == b"123"));
    }

    #[test]
    fn a_command_without_data_or_answer_has_a_mac_alone() {
        let mut scratch = [0; SCRATCH_LENGTH];
        let command = CommandApdu::new(0, Instruction::VERIFY, 0, 0x80);
        let bytes = messaging().protect(&command, &mut scratch).unwrap();
        assert_eq!(bytes[..7], [0x0C, 0x20, 0x00, 0x80, 0x0A, 0x8E, 0x08]);
        assert_eq!(bytes.len(), 16);
    }

    #[test]
    fn a_command_that_does_not_fit_is_refused() {
        let mut scratch = [0; SCRATCH_LENGTH];
        let command = CommandApdu::new(0, Instruction::VERIFY, 0, 0x80).data(&[0x41; 112]);
        assert_eq!(messaging().protect(&command, &mut scratch), Err(BufferFull));
    }

    #[test]
    fn an_answer_is_opened_once_and_in_its_turn() {
        let ok = answer(&mut messaging(), STATUS_OK, 0x9000);
        let mut kiosk = messaging();
        assert_eq!(kiosk.open(&ok).unwrap().status, StatusWord::OK);
        assert_eq!(kiosk.open(&ok), Err(Unprotected), "a replayed answer");
    }

    #[test]
    fn objects_that_are_not_exactly_those_of_an_answer_are_refused() {
        let foreign: [&[u8]; 7] = [
            &[],
            &[0x99, 0x01, 0x90],
            &[0x99, 0x81, 0x02, 0x90, 0x00],
            &[0x99, 0x02, 0x90, 0x00, 0x99, 0x02, 0x90, 0x00],
            &[0x99, 0x02, 0x90, 0x00, 0x85, 0x00],
            &[0x87, 0x01, 0x01, 0x99, 0x02, 0x90, 0x00],
            &[0x87, 0x02, 0x01, 0x00, 0x99, 0x02, 0x90, 0x00],
        ];
        for objects in foreign {
            let answer = answer(&mut messaging(), objects, 0x9000);
            assert_eq!(messaging().open(&answer), Err(Unprotected), "{objects:02X?}");
        }
    }

    #[test]
    fn bad_padding_under_a_valid_mac_is_refused() {
        let objects = [&[0x87, 0x11, 0x01][..], &[0; 16], STATUS_OK].concat();
        let answer = answer(&mut messaging(), &objects, 0x9000);
        assert_eq!(messaging().open(&answer), Err(Unprotected));
    }

    #[test]
    fn the_outer_status_has_to_be_the_inner_one() {
        let answer = answer(&mut messaging(), STATUS_OK, 0x6A80);
        assert_eq!(messaging().open(&answer), Err(Unprotected));
    }

    #[test]
    fn a_plain_answer_is_no_answer() {
        for status in [0x9000, 0x6987, 0x6988, 0x6982] {
            let plain = ResponseApdu { data: Vec::new(), status: StatusWord(status) };
            assert_eq!(messaging().open(&plain), Err(Unprotected));
        }
    }

    proptest! {
        #[test]
        fn any_changed_bit_makes_an_answer_none(at in 0..14_usize, bit in 0..8_u8) {
            let mut ok = answer(&mut messaging(), STATUS_OK, 0x9000);
            ok.data[at] ^= 1 << bit;
            prop_assert_eq!(messaging().open(&ok), Err(Unprotected));
        }

        #[test]
        fn any_bytes_are_opened_without_a_panic(
            data in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let _ = messaging().open(&ResponseApdu { data, status: StatusWord::OK });
        }
    }
}
