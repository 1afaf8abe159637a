// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing (profile section 2, steps 9 and 10): the protected RESET RETRY
//! COUNTER, the receipt, the read-back of the new PIN. From the first byte of
//! the reset on there are no errors, only outcomes, and after an unknown one
//! the ticket is gone: a second reset cannot be expressed.

use zeroize::Zeroize;

use super::messaging::SecureMessaging;
use super::present::AcceptedTicket;
use super::receipt::{Receipt, Verdict};
use super::settle::{Settled, Unsettled, settle};
use super::ticket::SpentTicket;
use super::{ProfileCard, internal_authenticate, pin_ref};
use crate::channel::{CardChannel, ChannelError, exchange_encoded};
use crate::error::CardError;
use crate::iso7816::{CommandApdu, Instruction, ResponseApdu, StatusWord, class};
use crate::jpki::{
    Pin, Scratch, Verification, counter, ef_bytes, meaning, select_ef_command, verify_command,
};

/// What a reset came to.
#[derive(Debug)]
pub enum Written {
    /// The card's receipt proves that the new PIN is set.
    Done {
        /// The proof, for the service.
        receipt: Receipt,
        /// Whether the card then took the new PIN.
        read_back: ReadBack,
    },
    /// Nothing was changed.
    NotDone {
        /// Why.
        reason: NotWritten,
        /// The ticket, where the card still takes a reset with it.
        ticket: Option<AcceptedTicket>,
    },
    /// It cannot be told yet; [`settle`] with the card put back may tell.
    Unknown {
        /// What to settle.
        spent: SpentTicket,
        /// Why it could not be told with the card still there.
        cause: Unsettled,
    },
}

/// Whether the card took the new PIN.
#[derive(Debug)]
pub enum ReadBack {
    /// It did.
    Verified,
    /// Not sent: the reset's own answer was lost, and with it the keys that
    /// would have kept the PIN from crossing in clear.
    NotSent,
    /// The retry counter was not full after the reset; the PIN was not sent.
    CounterNotFull {
        /// What it showed.
        retries_left: u8,
    },
    /// The card answered that the PIN is wrong or blocked.
    Refused(Verification),
    /// An answer was lost or said something else.
    Failed(CardError),
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum NotWritten {
    /// The ticket is for the other PIN; nothing was sent.
    OtherPin,
    /// 6982: the other PIN is no longer verified. It may be verified again and
    /// the reset repeated with the same ticket.
    SecurityStatusNotSatisfied,
    /// 6A80: the card does not take a PIN of this form. Another may be tried
    /// with the same ticket.
    UnfitPin,
    /// Another error, under a valid MAC.
    Status(StatusWord),
    /// The answer was lost, and the card's receipt says that nothing happened.
    Settled(Receipt),
}

impl<C: CardChannel + ?Sized> ProfileCard<'_, C> {
    /// Resets the PIN that the ticket names to `new_pin`, reads the receipt
    /// over the session's `nonce`, and reads the new PIN back. Journal before.
    pub fn write(
        &mut self,
        mut ticket: AcceptedTicket,
        new_pin: &Pin<'_>,
        nonce: &[u8; 32],
        scratch: &mut Scratch,
    ) -> Written {
        if new_pin.kind() != ticket.target() {
            return Written::NotDone { reason: NotWritten::OtherPin, ticket: Some(ticket) };
        }
        self.ap.forget_count(new_pin.kind());
        let reset = reset_retry_counter(new_pin);
        let answer = self.exchange_protected(&mut ticket.messaging, &reset, scratch);
        match answer.map(|answer| answer.status) {
            Ok(StatusWord::OK) => self.confirm(ticket, new_pin, nonce, scratch),
            Ok(status) if status.is_error() => not_done(status, ticket),
            // No valid answer, or a warning: the receipt tells.
            Ok(_) | Err(_) => self.settle(ticket.spent, nonce),
        }
    }

    /// After 9000: the receipt, without which nothing is done, the read-back,
    /// and the SELECT that leaves no PIN verified.
    fn confirm(
        &mut self,
        mut ticket: AcceptedTicket,
        new_pin: &Pin<'_>,
        nonce: &[u8; 32],
        scratch: &mut Scratch,
    ) -> Written {
        let spent = ticket.spent;
        let receipt = self
            .exchange_protected(&mut ticket.messaging, &internal_authenticate(nonce), scratch)
            .and_then(|answer| accept("INTERNAL AUTHENTICATE", answer))
            .and_then(|bytes| {
                Receipt::verify(&bytes, nonce, &self.identity)
                    .map_err(|_| CardError::Malformed { what: "receipt" })
            });
        match receipt {
            Ok(receipt) if receipt.verdict(&spent) == Verdict::Done => {
                let read_back = self.read_back(&mut ticket.messaging, new_pin, scratch);
                // The outcome stands; a card that is gone forgets by itself.
                let _ = self.ap.reselect();
                Written::Done { receipt, read_back }
            }
            _ => self.settle(spent, nonce),
        }
    }

    fn read_back(
        &mut self,
        messaging: &mut SecureMessaging,
        new_pin: &Pin<'_>,
        scratch: &mut Scratch,
    ) -> ReadBack {
        match self.verify_protected(messaging, new_pin, scratch) {
            Ok(read_back) => read_back,
            Err(error) => ReadBack::Failed(error),
        }
    }

    /// SELECT of the PIN's file, the counter, and one VERIFY: all protected.
    fn verify_protected(
        &mut self,
        messaging: &mut SecureMessaging,
        new_pin: &Pin<'_>,
        scratch: &mut Scratch,
    ) -> Result<ReadBack, CardError> {
        let ef = ef_bytes(new_pin.kind().ef());
        let answer = self.exchange_protected(messaging, &select_ef_command(&ef), scratch)?;
        accept("SELECT", answer)?;
        let answer = self.exchange_protected(messaging, &verify_command(&[]), scratch)?;
        let full = new_pin.kind().full_retry_counter();
        let retries_left = counter(&answer, full)?;
        if retries_left != full {
            return Ok(ReadBack::CounterNotFull { retries_left });
        }
        let verify = verify_command(new_pin.bytes());
        let answer = self.exchange_protected(messaging, &verify, scratch)?;
        match meaning(answer.status)? {
            Verification::Verified => Ok(ReadBack::Verified),
            refusal => Ok(ReadBack::Refused(refusal)),
        }
    }

    /// The answer was lost: the card, if it is still there, knows.
    fn settle(&mut self, spent: SpentTicket, nonce: &[u8; 32]) -> Written {
        let reading = self.ap.reading();
        match settle(self.ap.channel(), &self.identity, &spent, nonce, reading) {
            Settled::Done(receipt) => Written::Done { receipt, read_back: ReadBack::NotSent },
            Settled::NotDone(receipt) => {
                Written::NotDone { reason: NotWritten::Settled(receipt), ticket: None }
            }
            Settled::Unknown(cause) => Written::Unknown { spent, cause },
        }
    }

    /// One protected command. An answer without a valid MAC is a lost answer.
    fn exchange_protected(
        &mut self,
        messaging: &mut SecureMessaging,
        command: &CommandApdu<'_>,
        scratch: &mut Scratch,
    ) -> Result<ResponseApdu, CardError> {
        let name = command.instruction.name();
        let answer = match messaging.protect(command, scratch) {
            Ok(bytes) => exchange_encoded(self.ap.channel(), name, bytes, 256),
            Err(_) => Err(CardError::Malformed { what: "command" }),
        };
        scratch.zeroize();
        messaging
            .open(&answer?)
            .map_err(|_| CardError::Channel { command: name, source: ChannelError::AnswerLost })
    }
}

fn not_done(status: StatusWord, ticket: AcceptedTicket) -> Written {
    let (reason, ticket) = match status {
        StatusWord::SECURITY_STATUS_NOT_SATISFIED => {
            (NotWritten::SecurityStatusNotSatisfied, Some(ticket))
        }
        StatusWord::INCORRECT_DATA => (NotWritten::UnfitPin, Some(ticket)),
        status => (NotWritten::Status(status), None),
    };
    Written::NotDone { reason, ticket }
}

fn accept(command: &'static str, answer: ResponseApdu) -> Result<Vec<u8>, CardError> {
    match answer.status {
        StatusWord::OK => Ok(answer.data),
        status => Err(CardError::Status { command, status }),
    }
}

/// P1 02: the data field is the new reference data alone. P2: the PIN, local to
/// the application.
pub(super) const fn reset_retry_counter<'p>(new_pin: &'p Pin<'_>) -> CommandApdu<'p> {
    CommandApdu::new(
        class::INTERINDUSTRY,
        Instruction::RESET_RETRY_COUNTER,
        0x02,
        0x80 | pin_ref(new_pin.kind()),
    )
    .data(new_pin.bytes())
}
