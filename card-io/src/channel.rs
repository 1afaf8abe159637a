// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seam between the procedures and whatever carries the bytes: PC/SC in
//! the kiosk, a card in the same process in tests. Nearly everything above sends
//! its commands through `exchange`, which follows 61xx and 6Cxx
//! (ISO/IEC 7816-4 clause 5.6); all of it is traced by names, lengths and status
//! words, never data.

use std::error::Error;

use thiserror::Error;
use tracing::trace;

use crate::error::CardError;
use crate::iso7816::{CommandApdu, Instruction, ResponseApdu, StatusWord, class};

/// Carries one command to a card and its answer back.
pub trait CardChannel {
    /// Sends `command` and writes the answer, SW1-SW2 included, to the start of
    /// `answer`; returns its length in bytes.
    ///
    /// An implementation never sends a command twice.
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError>;
}

impl<C: CardChannel + ?Sized> CardChannel for &mut C {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        (**self).transmit(command, answer)
    }
}

impl<C: CardChannel + ?Sized> CardChannel for Box<C> {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        (**self).transmit(command, answer)
    }
}

/// Why a command got no answer. In no case is it known whether the card
/// executed the command.
#[derive(Debug, Error)]
pub enum ChannelError {
    /// Fewer than two bytes came back, or none; "success with 0 bytes" is what
    /// PC/SC can say of a card that left in mid-command.
    #[error("the answer was lost")]
    AnswerLost,
    /// The card has left the reader.
    #[error("the card has left the reader")]
    CardGone,
    /// The card was reset by someone else: all volatile state is lost.
    #[error("the card was reset")]
    CardReset,
    /// The reader is no longer there.
    #[error("the reader is gone")]
    ReaderGone,
    /// The smart-card service is no longer there.
    #[error("the smart-card service is gone")]
    ServiceGone,
    /// Anything else that the layer below reports.
    #[error("the reader failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl ChannelError {
    /// Whether this connection is of no more use.
    pub const fn is_connection_over(&self) -> bool {
        match self {
            Self::CardGone | Self::CardReset | Self::ReaderGone | Self::ServiceGone => true,
            Self::AnswerLost | Self::Failed(_) => false,
        }
    }
}

/// Sends `command` and collects its whole answer. For commands that hold no PIN.
pub(crate) fn exchange<C: CardChannel + ?Sized>(
    channel: &mut C,
    command: &CommandApdu<'_>,
) -> Result<ResponseApdu, CardError> {
    let name = command.instruction.name();
    let mut answer = transmit(channel, name, &command.to_bytes(), command.ne)?;
    // 6Cxx: not executed, ask again with the length that the card names. Never
    // without an expected answer: a VERIFY must not go out a second time.
    if let (1.., Some(ne)) = (command.ne, answer.status.right_length()) {
        answer = transmit(channel, name, &command.expecting(ne).to_bytes(), ne)?;
    }
    fetch_rest(channel, name, answer)
}

/// Sends a command that the caller encoded: one that holds a PIN and sits in
/// the caller's own memory, or one under secure messaging. It goes out once.
pub(crate) fn exchange_encoded<C: CardChannel + ?Sized>(
    channel: &mut C,
    name: &'static str,
    command: &[u8],
    ne: usize,
) -> Result<ResponseApdu, CardError> {
    let answer = transmit(channel, name, command, ne)?;
    fetch_rest(channel, name, answer)
}

/// Like [`exchange`], and 9000 is the only status expected.
pub(crate) fn exchange_ok<C: CardChannel + ?Sized>(
    channel: &mut C,
    command: &CommandApdu<'_>,
) -> Result<Vec<u8>, CardError> {
    let answer = exchange(channel, command)?;
    match answer.status {
        StatusWord::OK => Ok(answer.data),
        status => Err(CardError::Status { command: command.instruction.name(), status }),
    }
}

/// 61xx: the answer waits at the card and is fetched with GET RESPONSE.
fn fetch_rest<C: CardChannel + ?Sized>(
    channel: &mut C,
    name: &'static str,
    mut answer: ResponseApdu,
) -> Result<ResponseApdu, CardError> {
    while let Some(ne) = answer.status.bytes_available() {
        let get_response =
            CommandApdu::new(class::INTERINDUSTRY, Instruction::GET_RESPONSE, 0, 0).expecting(ne);
        let rest = transmit(channel, name, &get_response.to_bytes(), ne)?;
        answer.data.extend_from_slice(&rest.data);
        answer.status = rest.status;
        if rest.data.is_empty() || answer.data.len() > LONGEST_ANSWER {
            return Err(CardError::Malformed { what: "answer in parts" });
        }
    }
    Ok(answer)
}

/// One command and what comes back for it, as it comes.
pub(crate) fn transmit<C: CardChannel + ?Sized>(
    channel: &mut C,
    name: &'static str,
    command: &[u8],
    ne: usize,
) -> Result<ResponseApdu, CardError> {
    let mut buffer = vec![0; ne.max(SHORT_ANSWER) + STATUS_WORD];
    let answer = channel
        .transmit(command, &mut buffer)
        .and_then(|length| {
            let answer = buffer.get(..length).and_then(ResponseApdu::parse);
            answer.ok_or(ChannelError::AnswerLost)
        })
        .map_err(|source| {
            trace!(command = name, length = command.len(), error = %source);
            CardError::Channel { command: name, source }
        })?;
    trace!(
        command = name,
        class = command.first(),
        length = command.len(),
        answered = answer.data.len(),
        status = %answer.status,
    );
    Ok(answer)
}

/// A card may answer with more than was asked for; short answers go to 256 bytes.
const SHORT_ANSWER: usize = 256;
const STATUS_WORD: usize = 2;
/// The most that extended lengths can carry; a card that goes on is stopped.
const LONGEST_ANSWER: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;

    const READ: CommandApdu<'static> =
        CommandApdu::new(class::INTERINDUSTRY, Instruction::READ_BINARY, 0, 0).expecting(256);

    #[test]
    fn an_answer_in_parts_is_put_together() {
        let mut card = Script::new(&[
            ("00B0000000", "AABB6102"),
            ("00C0000002", "CCDD6101"),
            ("00C0000001", "EE9000"),
        ]);
        let answer = exchange(&mut card, &READ).unwrap();
        assert_eq!(answer.data, [0xAA, 0xBB, 0xCC, 0xDD, 0xEE]);
        assert_eq!(answer.status, StatusWord::OK);
    }

    #[test]
    fn a_wrong_length_is_asked_again_with_the_right_one() {
        let mut card = Script::new(&[("00B0000000", "6C02"), ("00B0000002", "AABB9000")]);
        assert_eq!(exchange(&mut card, &READ).unwrap().data, [0xAA, 0xBB]);
    }

    #[test]
    fn a_command_without_an_expected_answer_never_goes_out_twice() {
        let mut card = Script::new(&[("002000800431323334", "6C02")]);
        let verify = CommandApdu::new(0, Instruction::VERIFY, 0, 0x80).data(b"1234");
        assert_eq!(exchange(&mut card, &verify).unwrap().status, StatusWord(0x6C02));
    }

    #[test]
    fn a_card_that_promises_parts_without_end_is_stopped() {
        let mut card = Script::new(&[("00B0000000", "6102"), ("00C0000002", "6102")]);
        assert!(matches!(exchange(&mut card, &READ), Err(CardError::Malformed { .. })));
    }

    #[test]
    fn success_with_no_bytes_or_one_is_a_lost_answer() {
        for answer in ["", "90"] {
            let mut card = Script::new(&[("00B0000000", answer)]);
            let error = exchange(&mut card, &READ).unwrap_err();
            assert!(matches!(error, CardError::Channel { source: ChannelError::AnswerLost, .. }));
            assert!(!error.is_connection_over());
        }
    }
}
