// SPDX-License-Identifier: MIT OR Apache-2.0
//! Response APDUs (ISO/IEC 7816-4 clause 5.2): data, then SW1-SW2.

use super::StatusWord;

/// One answer of the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseApdu {
    /// The response data field; often empty.
    pub data: Vec<u8>,
    /// SW1-SW2.
    pub status: StatusWord,
}

impl ResponseApdu {
    /// Takes an answer apart. `None` when it is too short to hold a status
    /// word: such an answer was lost on its way.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (data, status) = bytes.split_last_chunk::<2>()?;
        Some(Self { data: data.to_vec(), status: StatusWord(u16::from_be_bytes(*status)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_bytes_are_the_status_word() {
        let answer = ResponseApdu::parse(&[0x01, 0x02, 0x90, 0x00]).unwrap();
        assert_eq!(answer.data, [0x01, 0x02]);
        assert_eq!(answer.status, StatusWord::OK);
    }

    #[test]
    fn fewer_than_two_bytes_are_no_answer() {
        assert_eq!(ResponseApdu::parse(&[]), None);
        assert_eq!(ResponseApdu::parse(&[0x90]), None);
    }
}
