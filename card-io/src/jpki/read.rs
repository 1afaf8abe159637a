// SPDX-License-Identifier: MIT OR Apache-2.0
//! READ BINARY of the selected file (ISO/IEC 7816-4 clause 11.3.3), in pieces
//! of 256 bytes or, where both reader and card can, of some thousand.

use crate::channel::{CardChannel, exchange};
use crate::error::CardError;
use crate::iso7816::{CommandApdu, Instruction, ResponseApdu, StatusWord, class, tlv};

/// How much one READ BINARY may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// At most 256 bytes: every reader and card can.
    #[default]
    Short,
    /// Extended length fields: both the reader and the card have said that they
    /// can. Should the card refuse one after all, short reads follow.
    Extended,
}

/// Reads `length` bytes from the start of the selected file, or as many as it
/// holds.
pub(super) fn read_bytes<C: CardChannel + ?Sized>(
    channel: &mut C,
    length: usize,
) -> Result<Vec<u8>, CardError> {
    read_at(channel, 0, length).and_then(accept)
}

/// Reads the DER object that the selected file starts with; the file may be
/// longer.
pub(super) fn read_der<C: CardChannel + ?Sized>(
    channel: &mut C,
    reading: Reading,
) -> Result<Vec<u8>, CardError> {
    const WHAT: CardError = CardError::Malformed { what: "file" };
    let (mut bytes, piece) = read_first(channel, reading)?;
    let length = tlv::encoded_length(&bytes).map_err(|_| WHAT)?;
    if length > LONGEST_FILE {
        return Err(WHAT);
    }
    while bytes.len() < length {
        let rest = (length - bytes.len()).min(piece);
        let more = read_at(channel, bytes.len(), rest).and_then(accept)?;
        if more.is_empty() {
            return Err(WHAT);
        }
        bytes.extend_from_slice(&more);
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// The first piece, and the size in which the next ones may be asked for.
fn read_first<C: CardChannel + ?Sized>(
    channel: &mut C,
    reading: Reading,
) -> Result<(Vec<u8>, usize), CardError> {
    if reading == Reading::Extended {
        let answer = read_at(channel, 0, EXTENDED_PIECE)?;
        if !is_refusal_of_extended_length(answer.status) {
            return accept(answer).map(|bytes| (bytes, EXTENDED_PIECE));
        }
    }
    read_at(channel, 0, SHORT_PIECE).and_then(accept).map(|bytes| (bytes, SHORT_PIECE))
}

fn read_at<C: CardChannel + ?Sized>(
    channel: &mut C,
    offset: usize,
    ne: usize,
) -> Result<ResponseApdu, CardError> {
    // P1 bit 8 would make a short file identifier of it: 15 bits of offset.
    let [p1, p2] = u16::try_from(offset)
        .ok()
        .filter(|offset| *offset <= 0x7FFF)
        .ok_or(CardError::Malformed { what: "file" })?
        .to_be_bytes();
    let read = CommandApdu::new(class::INTERINDUSTRY, Instruction::READ_BINARY, p1, p2);
    exchange(channel, &read.expecting(ne))
}

fn accept(answer: ResponseApdu) -> Result<Vec<u8>, CardError> {
    match answer.status {
        StatusWord::OK | StatusWord::END_OF_FILE => Ok(answer.data),
        status => Err(CardError::Status { command: "READ BINARY", status }),
    }
}

const fn is_refusal_of_extended_length(status: StatusWord) -> bool {
    matches!(
        status,
        StatusWord::WRONG_LENGTH
            | StatusWord::CLASS_NOT_SUPPORTED
            | StatusWord::INSTRUCTION_NOT_SUPPORTED
            | StatusWord::INCORRECT_P1_P2
    )
}

/// What a short Le field can ask for.
const SHORT_PIECE: usize = 256;
/// More than any certificate on these cards (about 1,700 bytes), in one answer.
const EXTENDED_PIECE: usize = 4_096;
/// A certificate of more than 16 KiB is a card that lies about its lengths.
const LONGEST_FILE: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Script, hex};

    fn certificate() -> Vec<u8> {
        let body = (0..600_u32).map(|n| (n % 251) as u8);
        [0x30, 0x82, 0x02, 0x58].into_iter().chain(body).collect()
    }

    #[test]
    fn a_file_is_read_in_short_pieces_to_the_end_of_its_object() {
        let file = certificate();
        let mut card = Script::new(&[
            ("00B0000000", &format!("{}9000", hex(&file[..256]))),
            ("00B0010000", &format!("{}9000", hex(&file[256..512]))),
            ("00B002005C", &format!("{}9000", hex(&file[512..]))),
        ]);
        assert_eq!(read_der(&mut card, Reading::Short).unwrap(), file);
    }

    #[test]
    fn an_extended_read_takes_one_command_and_drops_what_follows_the_object() {
        let file = certificate();
        let mut card = Script::new(&[("00B00000001000", &format!("{}FFFFFF6282", hex(&file)))]);
        assert_eq!(read_der(&mut card, Reading::Extended).unwrap(), file);
    }

    #[test]
    fn a_card_that_refuses_the_extended_length_is_read_in_short_pieces() {
        let mut card = Script::new(&[("00B00000001000", "6700"), ("00B0000000", "3002AABB9000")]);
        assert_eq!(read_der(&mut card, Reading::Extended).unwrap(), [0x30, 0x02, 0xAA, 0xBB]);
    }

    #[test]
    fn a_file_that_ends_before_its_object_is_malformed() {
        let mut card = Script::new(&[("00B0000000", "30820258AA9000"), ("00B0000500", "9000")]);
        let error = read_der(&mut card, Reading::Short).unwrap_err();
        assert!(matches!(error, CardError::Malformed { what: "file" }));
    }

    #[test]
    fn an_endless_length_is_refused_before_it_is_read() {
        let mut card = Script::new(&[("00B0000000", "3084FFFFFFFF9000")]);
        assert!(read_der(&mut card, Reading::Short).is_err());
    }
}
