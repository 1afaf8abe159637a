// SPDX-License-Identifier: MIT OR Apache-2.0
//! The codec of ISO/IEC 7816-4: command and response APDUs, status words and
//! BER-TLV. Pure: bytes in, values out; nothing here talks to a card, and no
//! byte that a card can send makes it panic.

mod buffer;
mod command;
mod response;
mod status;
pub mod tlv;

pub use buffer::{BufferFull, ByteWriter};
pub use command::{CommandApdu, Instruction, MalformedCommand, class};
pub use response::ResponseApdu;
pub use status::StatusWord;
