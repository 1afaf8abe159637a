// SPDX-License-Identifier: MIT OR Apache-2.0
//! The receipt (reset-profile section 6): what the card itself says became of its last ticket,
//! signed with the key of 00E1 over a nonce.

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::ticket::field;
use super::{NONCE_BYTES, SIGNATURE_BYTES};
use crate::card_id::CardId;

/// Length of a receipt, signature included.
pub const RECEIPT_BYTES: usize = SIGNED_BYTES + SIGNATURE_BYTES;

/// What the signature covers, the nonce apart.
const SIGNED_BYTES: usize = 46;

const MAGIC: &[u8; 8] = b"JRST-R01";

/// A receipt whose signature held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What became of the ticket.
    pub result: ReceiptResult,
    /// The PIN that the ticket was for; zero with [`ReceiptResult::NoTicket`].
    pub pin_ref: u8,
    /// The ticket; zero with [`ReceiptResult::NoTicket`].
    pub ticket_id: [u8; 16],
    /// Its counter, the highest that the card ever accepted.
    pub counter: u32,
    /// The card.
    pub card_id: CardId,
}

/// The first byte after the magic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptResult {
    /// 00: no ticket was ever accepted.
    NoTicket,
    /// 01: the ticket was used; this PIN was reset.
    Used,
    /// 02: the ticket was accepted and can still be used.
    Usable,
    /// 03: the ticket was accepted, not used, and no longer can be.
    Lapsed,
}

/// The bytes are no receipt of this card over this nonce.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReceiptError {
    /// Not 110 bytes that begin with `JRST-R01`.
    #[error("it is not 110 bytes that begin with JRST-R01")]
    Form,
    /// Not 00 to 03, or 00 with fields that are not zero.
    #[error("its result and its fields do not go together")]
    Result,
    /// Not signed by this key over this nonce.
    #[error("it is not signed by this card over this nonce")]
    Signature,
}

impl ReceiptError {
    /// For the problem's detail.
    pub fn why(&self) -> &'static str {
        match self {
            Self::Form => "it is not 110 bytes that begin with JRST-R01",
            Self::Result => "its result and its fields do not go together",
            Self::Signature => "it is not signed by this card over this nonce",
        }
    }
}

impl Receipt {
    /// Verifies a receipt under the key of 00E1 (65 bytes, uncompressed).
    pub fn verify(
        bytes: &[u8],
        nonce: &[u8; NONCE_BYTES],
        attestation_key: &[u8],
    ) -> Result<Self, ReceiptError> {
        if bytes.len() != RECEIPT_BYTES || !bytes.starts_with(MAGIC) {
            return Err(ReceiptError::Form);
        }
        let (signed, signature) = bytes.split_at(SIGNED_BYTES);
        let message = [signed, nonce.as_slice()].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, attestation_key)
            .verify(&message, signature)
            .map_err(|_| ReceiptError::Signature)?;
        let result = match signed[8] {
            0x00 => ReceiptResult::NoTicket,
            0x01 => ReceiptResult::Used,
            0x02 => ReceiptResult::Usable,
            0x03 => ReceiptResult::Lapsed,
            _ => return Err(ReceiptError::Result),
        };
        if result == ReceiptResult::NoTicket && signed[9..30] != [0; 21] {
            return Err(ReceiptError::Result);
        }
        Ok(Self {
            result,
            pin_ref: signed[9],
            ticket_id: field(signed, 10),
            counter: u32::from_be_bytes(field(signed, 26)),
            card_id: CardId(field(signed, 30)),
        })
    }
}
