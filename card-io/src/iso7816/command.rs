// SPDX-License-Identifier: MIT OR Apache-2.0
//! Command APDUs (ISO/IEC 7816-4 clause 5): cases 1 to 4, short and extended.
//! The data field is borrowed: a command that carries a PIN makes no copy of
//! it until it is encoded into the buffer that the caller chose.

use std::fmt;

use thiserror::Error;

use super::{BufferFull, ByteWriter};

/// Class bytes used by this crate (clause 5.4.1).
pub mod class {
    /// Interindustry, no secure messaging, last command of a chain, channel 0.
    pub const INTERINDUSTRY: u8 = 0x00;
    /// Interindustry, secure messaging with the header authenticated.
    pub const SECURE_MESSAGING: u8 = 0x0C;
    /// Proprietary; the JPKI application wants it for its signature command.
    pub const PROPRIETARY: u8 = 0x80;
}

/// An instruction byte (clause 5.4.2) with the ISO names of those used here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instruction(pub u8);

impl Instruction {
    /// VERIFY.
    pub const VERIFY: Self = Self(0x20);
    /// PERFORM SECURITY OPERATION; with P1-P2 of the JPKI application:
    /// COMPUTE DIGITAL SIGNATURE.
    pub const PERFORM_SECURITY_OPERATION: Self = Self(0x2A);
    /// RESET RETRY COUNTER.
    pub const RESET_RETRY_COUNTER: Self = Self(0x2C);
    /// EXTERNAL AUTHENTICATE.
    pub const EXTERNAL_AUTHENTICATE: Self = Self(0x82);
    /// GET CHALLENGE.
    pub const GET_CHALLENGE: Self = Self(0x84);
    /// GENERAL AUTHENTICATE.
    pub const GENERAL_AUTHENTICATE: Self = Self(0x86);
    /// INTERNAL AUTHENTICATE.
    pub const INTERNAL_AUTHENTICATE: Self = Self(0x88);
    /// SELECT.
    pub const SELECT: Self = Self(0xA4);
    /// READ BINARY.
    pub const READ_BINARY: Self = Self(0xB0);
    /// GET RESPONSE.
    pub const GET_RESPONSE: Self = Self(0xC0);

    /// The ISO name, for traces and errors; never the data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VERIFY => "VERIFY",
            Self::PERFORM_SECURITY_OPERATION => "COMPUTE DIGITAL SIGNATURE",
            Self::RESET_RETRY_COUNTER => "RESET RETRY COUNTER",
            Self::EXTERNAL_AUTHENTICATE => "EXTERNAL AUTHENTICATE",
            Self::GET_CHALLENGE => "GET CHALLENGE",
            Self::GENERAL_AUTHENTICATE => "GENERAL AUTHENTICATE",
            Self::INTERNAL_AUTHENTICATE => "INTERNAL AUTHENTICATE",
            Self::SELECT => "SELECT",
            Self::READ_BINARY => "READ BINARY",
            Self::GET_RESPONSE => "GET RESPONSE",
            _ => "an unnamed command",
        }
    }
}

impl fmt::Debug for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} {}", self.0, self.name())
    }
}

/// One command: header, `nc` bytes of data, at most `ne` bytes expected.
///
/// `Debug` shows lengths and never the data, which may be a PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CommandApdu<'d> {
    /// CLA.
    pub class: u8,
    /// INS.
    pub instruction: Instruction,
    /// P1.
    pub p1: u8,
    /// P2.
    pub p2: u8,
    /// The command data field, at most 65,535 bytes; empty in cases 1 and 2.
    pub data: &'d [u8],
    /// The most bytes expected in return, at most 65,536; 0 in cases 1 and 3.
    pub ne: usize,
}

/// Bytes that are no command APDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a command APDU of cases 1 to 4")]
pub struct MalformedCommand;

impl<'d> CommandApdu<'d> {
    /// Case 1: neither data nor an expected answer. The other cases are made
    /// with [`Self::data`] and [`Self::expecting`].
    pub const fn new(class: u8, instruction: Instruction, p1: u8, p2: u8) -> Self {
        Self { class, instruction, p1, p2, data: &[], ne: 0 }
    }

    /// The same command with a data field (case 3, or 4 with an answer).
    #[must_use]
    pub const fn data(self, data: &'d [u8]) -> Self {
        Self { data, ..self }
    }

    /// The same command with up to `ne` bytes expected (case 2, or 4 with data).
    #[must_use]
    pub const fn expecting(self, ne: usize) -> Self {
        Self { ne, ..self }
    }

    /// Whether both lengths fit the short fields: 255 bytes out, 256 back.
    pub const fn is_short(&self) -> bool {
        self.data.len() <= SHORT_NC && self.ne <= SHORT_NE
    }

    /// Writes the command into `buffer` and returns the part that holds it,
    /// with short length fields where they suffice.
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], BufferFull> {
        let mut writer = ByteWriter::new(buffer);
        writer.push(&[self.class, self.instruction.0, self.p1, self.p2])?;
        if self.is_short() {
            self.encode_short_lengths(&mut writer)?;
        } else {
            self.encode_extended_lengths(&mut writer)?;
        }
        Ok(writer.finish())
    }

    /// The command in a vector of its own: for commands that hold no PIN.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.data.len() + LONGEST_FRAME];
        let length = self.encode(&mut bytes).map_or(0, <[u8]>::len);
        bytes.truncate(length);
        bytes
    }

    /// Reads a command back: the inverse of [`Self::encode`]. Extended length
    /// fields are read also where short ones would have sufficed.
    pub fn parse(bytes: &'d [u8]) -> Result<Self, MalformedCommand> {
        let (&[class, ins, p1, p2], body) =
            bytes.split_first_chunk::<4>().ok_or(MalformedCommand)?;
        let header = Self::new(class, Instruction(ins), p1, p2);
        match body {
            [] => Ok(header),
            [le] => Ok(header.expecting(short_ne(*le))),
            [0, high, low] => Ok(header.expecting(extended_ne(*high, *low))),
            [0, high, low, rest @ ..] => {
                let nc = usize::from(u16::from_be_bytes([*high, *low]));
                let (data, le) = rest.split_at_checked(nc).ok_or(MalformedCommand)?;
                match (nc, le) {
                    (1.., []) => Ok(header.data(data)),
                    (1.., [high, low]) => Ok(header.data(data).expecting(extended_ne(*high, *low))),
                    _ => Err(MalformedCommand),
                }
            }
            [nc, rest @ ..] => {
                let (data, le) = rest.split_at_checked(usize::from(*nc)).ok_or(MalformedCommand)?;
                match (nc, le) {
                    (1.., []) => Ok(header.data(data)),
                    (1.., [le]) => Ok(header.data(data).expecting(short_ne(*le))),
                    _ => Err(MalformedCommand),
                }
            }
        }
    }

    fn encode_short_lengths(&self, writer: &mut ByteWriter<'_>) -> Result<(), BufferFull> {
        if let (1.., Ok(nc)) = (self.data.len(), u8::try_from(self.data.len())) {
            writer.push(&[nc])?;
            writer.push(self.data)?;
        }
        match self.ne {
            0 => Ok(()),
            ne => writer.push(&[u8::try_from(ne).unwrap_or(0)]),
        }
    }

    fn encode_extended_lengths(&self, writer: &mut ByteWriter<'_>) -> Result<(), BufferFull> {
        writer.push(&[0])?;
        if !self.data.is_empty() {
            let nc = u16::try_from(self.data.len()).map_err(|_| BufferFull)?;
            writer.push(&nc.to_be_bytes())?;
            writer.push(self.data)?;
        }
        match self.ne {
            0 => Ok(()),
            ne => writer.push(&u16::try_from(ne).unwrap_or(0).to_be_bytes()),
        }
    }
}

impl fmt::Debug for CommandApdu<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CommandApdu({:02X} {:?} {:02X} {:02X}, nc {}, ne {})",
            self.class,
            self.instruction,
            self.p1,
            self.p2,
            self.data.len(),
            self.ne
        )
    }
}

fn short_ne(le: u8) -> usize {
    if le == 0 { SHORT_NE } else { usize::from(le) }
}

fn extended_ne(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => EXTENDED_NE,
        ne => usize::from(ne),
    }
}

/// Most bytes that a short Lc field can announce.
const SHORT_NC: usize = 255;
/// Most bytes that a short Le field can ask for, coded as 00.
const SHORT_NE: usize = 256;
/// Most bytes that an extended Le field can ask for, coded as 0000.
const EXTENDED_NE: usize = 65_536;
/// Header, extended Lc and extended Le.
const LONGEST_FRAME: usize = 4 + 3 + 2;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SELECT_FILE: CommandApdu<'static> =
        CommandApdu::new(class::INTERINDUSTRY, Instruction::SELECT, 0x02, 0x0C);

    #[test]
    fn each_case_has_its_golden_bytes() {
        let long = [0xAA; 256];
        let read = CommandApdu::new(0x00, Instruction::READ_BINARY, 0x01, 0x02);
        let golden: [(CommandApdu<'_>, Vec<u8>); 9] = [
            (CommandApdu::new(0x00, Instruction::VERIFY, 0x00, 0x80), vec![0x00, 0x20, 0x00, 0x80]),
            (read.expecting(16), vec![0x00, 0xB0, 0x01, 0x02, 0x10]),
            (read.expecting(256), vec![0x00, 0xB0, 0x01, 0x02, 0x00]),
            (read.expecting(257), vec![0x00, 0xB0, 0x01, 0x02, 0x00, 0x01, 0x01]),
            (read.expecting(65_536), vec![0x00, 0xB0, 0x01, 0x02, 0x00, 0x00, 0x00]),
            (SELECT_FILE.data(&[0x00, 0x0A]), vec![0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x0A]),
            (
                SELECT_FILE.data(&[0x00, 0x0A]).expecting(256),
                vec![0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x0A, 0x00],
            ),
            (
                SELECT_FILE.data(&long),
                [&[0x00, 0xA4, 0x02, 0x0C, 0x00, 0x01, 0x00], &long[..]].concat(),
            ),
            (
                SELECT_FILE.data(&[0x07]).expecting(300),
                vec![0x00, 0xA4, 0x02, 0x0C, 0x00, 0x00, 0x01, 0x07, 0x01, 0x2C],
            ),
        ];
        for (command, bytes) in golden {
            assert_eq!(command.to_bytes(), bytes, "{command:?}");
            assert_eq!(CommandApdu::parse(&bytes), Ok(command));
        }
    }

    #[test]
    fn a_length_that_does_not_match_the_body_is_no_command() {
        for bytes in [
            &[0x00, 0x20, 0x00][..],
            &[0x00, 0x20, 0x00, 0x80, 0x03, 0x31],
            &[0x00, 0x20, 0x00, 0x80, 0x01, 0x31, 0x00, 0x00],
            &[0x00, 0x20, 0x00, 0x80, 0x00, 0x00],
            &[0x00, 0x20, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00],
        ] {
            assert_eq!(CommandApdu::parse(bytes), Err(MalformedCommand), "{bytes:02X?}");
        }
    }

    #[test]
    fn debug_shows_lengths_and_no_data() {
        let command = CommandApdu::new(0x00, Instruction::VERIFY, 0x00, 0x80).data(b"5937");
        assert_eq!(format!("{command:?}"), "CommandApdu(00 20 VERIFY 00 80, nc 4, ne 0)");
    }

    proptest! {
        #[test]
        fn what_is_encoded_reads_back(
            header in any::<[u8; 4]>(),
            data in proptest::collection::vec(any::<u8>(), 0..700),
            ne in 0..=65_536_usize,
        ) {
            let [class, ins, p1, p2] = header;
            let command =
                CommandApdu::new(class, Instruction(ins), p1, p2).data(&data).expecting(ne);
            let encoded = command.to_bytes();
            prop_assert_eq!(CommandApdu::parse(&encoded), Ok(command));
        }

        #[test]
        fn any_bytes_parse_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(command) = CommandApdu::parse(&bytes) {
                let encoded = command.to_bytes();
                prop_assert_eq!(CommandApdu::parse(&encoded), Ok(command));
            }
        }
    }
}
