// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card's signed receipt (profile section 6) and what it proves to a kiosk
//! whose answer was lost (section 8).

use std::fmt;

use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier;
use thiserror::Error;

use super::certificates::CardIdentity;
use super::ticket::SpentTicket;
use super::{pin_kind, take};
use crate::jpki::PinKind;

/// Bytes of a receipt.
pub const RECEIPT_LENGTH: usize = 110;

/// A receipt whose signature was verified under the card's attestation key,
/// over a nonce of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    bytes: [u8; RECEIPT_LENGTH],
    result: ReceiptResult,
    ticket: Option<ReceiptTicket>,
}

/// What became of the last ticket that the card accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptResult {
    /// 00: no ticket was ever accepted.
    NoTicket,
    /// 01: the ticket was used; its PIN was reset.
    Used,
    /// 02: the ticket was accepted and can still be used in this power cycle.
    Usable,
    /// 03: the ticket was accepted, not used, and no longer can be.
    Unused,
}

/// The ticket that a receipt speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptTicket {
    /// The PIN that it was for.
    pub target: PinKind,
    /// Its UUID.
    pub ticket_id: [u8; 16],
    /// Its counter.
    pub counter: u32,
}

/// Why bytes are no receipt of this card over this nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnfitReceipt {
    /// Not the length, magic or values of a receipt.
    #[error("the receipt is malformed")]
    Malformed,
    /// Another card's number.
    #[error("the receipt is another card's")]
    OtherCard,
    /// The signature does not hold, or is over another nonce.
    #[error("the receipt's signature does not verify")]
    Signature,
}

impl Receipt {
    /// Reads and verifies a receipt over `nonce`.
    pub fn verify(
        bytes: &[u8],
        nonce: &[u8; 32],
        identity: &CardIdentity,
    ) -> Result<Self, UnfitReceipt> {
        let bytes: [u8; RECEIPT_LENGTH] = bytes.try_into().map_err(|_| UnfitReceipt::Malformed)?;
        let fields = Fields::parse(&bytes).ok_or(UnfitReceipt::Malformed)?;
        if fields.card_id != *identity.card_id() {
            return Err(UnfitReceipt::OtherCard);
        }
        let signature =
            Signature::from_slice(&fields.signature).map_err(|_| UnfitReceipt::Signature)?;
        let signed = [fields.signed, nonce].concat();
        identity
            .attestation_key()
            .verify(&signed, &signature)
            .map_err(|_| UnfitReceipt::Signature)?;
        Ok(Self { bytes, result: fields.result, ticket: fields.ticket })
    }

    /// The bytes, for the service.
    pub const fn bytes(&self) -> &[u8; RECEIPT_LENGTH] {
        &self.bytes
    }

    /// What became of the last accepted ticket.
    pub const fn result(&self) -> ReceiptResult {
        self.result
    }

    /// The last accepted ticket; `None` where there never was one.
    pub const fn ticket(&self) -> Option<&ReceiptTicket> {
        self.ticket.as_ref()
    }

    /// What it says about a ticket whose reset may have been carried out.
    pub fn verdict(&self, spent: &SpentTicket) -> Verdict {
        let Some(ticket) = &self.ticket else {
            return Verdict::NotDone;
        };
        match self.result {
            ReceiptResult::NoTicket => Verdict::NotDone,
            ReceiptResult::Used if ticket.ticket_id == spent.ticket_id => Verdict::Done,
            ReceiptResult::Unused if ticket.ticket_id == spent.ticket_id => Verdict::NotDone,
            ReceiptResult::Usable if ticket.ticket_id == spent.ticket_id => Verdict::Unknown,
            _ if ticket.counter < spent.counter => Verdict::NotDone,
            _ => Verdict::Unknown,
        }
    }
}

impl fmt::Debug for Receipt {
    /// Without the card number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("result", &self.result)
            .field("ticket", &self.ticket)
            .finish_non_exhaustive()
    }
}

/// What is known about a reset after a receipt was read (section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The new PIN is set.
    Done,
    /// Nothing was changed.
    NotDone,
    /// It cannot be told.
    Unknown,
}

struct Fields<'b> {
    signed: &'b [u8],
    result: ReceiptResult,
    ticket: Option<ReceiptTicket>,
    card_id: [u8; 16],
    signature: [u8; 64],
}

impl<'b> Fields<'b> {
    fn parse(bytes: &'b [u8; RECEIPT_LENGTH]) -> Option<Self> {
        let signed = bytes.get(..SIGNED_LENGTH)?;
        let mut rest = &bytes[..];
        if take::<8>(&mut rest)? != *MAGIC {
            return None;
        }
        let [result, pin_ref] = take(&mut rest)?;
        let ticket_id: [u8; 16] = take(&mut rest)?;
        let counter = u32::from_be_bytes(take(&mut rest)?);
        let result = match result {
            0x00 => ReceiptResult::NoTicket,
            0x01 => ReceiptResult::Used,
            0x02 => ReceiptResult::Usable,
            0x03 => ReceiptResult::Unused,
            _ => return None,
        };
        let ticket = match (result, pin_ref, ticket_id, counter) {
            (ReceiptResult::NoTicket, 0, NO_TICKET_ID, 0) => None,
            (ReceiptResult::NoTicket, ..) => return None,
            _ => Some(ReceiptTicket { target: pin_kind(pin_ref)?, ticket_id, counter }),
        };
        Some(Self {
            signed,
            result,
            ticket,
            card_id: take(&mut rest)?,
            signature: take(&mut rest)?,
        })
    }
}

const MAGIC: &[u8; 8] = b"JRST-R01";
/// What the signature covers, before the nonce.
const SIGNED_LENGTH: usize = 46;
const NO_TICKET_ID: [u8; 16] = [0; 16];
