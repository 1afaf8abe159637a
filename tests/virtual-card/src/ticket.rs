// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ticket (profile, section 3): 126 bytes that the central service signs over one challenge
//! of one card and the hash of one kiosk's ephemeral key.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};

/// Ticket and raw `r || s` signature, as EXTERNAL AUTHENTICATE carries them.
pub(crate) const SIGNED_TICKET: usize = TICKET + 64;

const TICKET: usize = 126;
const MAGIC: &[u8; 8] = b"JRST-T01";
/// "Reset reference data", the one operation there is.
const RESET_REFERENCE_DATA: u8 = 0x01;

/// The fields of a ticket that a card looks at. It has no clock and knows no kiosks, so the times
/// and `kiosk_id` are covered by the signature and otherwise left to others.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) pin_ref: u8,
    pub(crate) card_id: [u8; 16],
    pub(crate) challenge: [u8; 16],
    pub(crate) terminal_key_hash: [u8; 32],
    pub(crate) ticket_id: [u8; 16],
    pub(crate) counter: u32,
}

impl Ticket {
    /// The ticket in `signed` where its signature holds under `key` and magic, operation and
    /// `pin_ref` are known.
    pub(crate) fn authentic(signed: &[u8], key: &VerifyingKey) -> Option<Self> {
        let (ticket, signature) = signed.split_at_checked(TICKET)?;
        let signature = Signature::from_slice(signature).ok()?;
        key.verify(ticket, &signature).ok()?;
        Self::parse(ticket)
    }

    fn parse(ticket: &[u8]) -> Option<Self> {
        let (magic, fields) = ticket.split_first_chunk::<8>()?;
        let (&[operation, pin_ref], fields) = fields.split_first_chunk()?;
        let (&card_id, fields) = fields.split_first_chunk()?;
        let (&challenge, fields) = fields.split_first_chunk()?;
        let (&terminal_key_hash, fields) = fields.split_first_chunk()?;
        let (&ticket_id, fields) = fields.split_first_chunk()?;
        let (&counter, _issued_at_not_after_kiosk_id) = fields.split_first_chunk()?;
        let is_known = magic == MAGIC
            && operation == RESET_REFERENCE_DATA
            && crate::reference::PinKind::from_reference(pin_ref).is_some();
        let counter = u32::from_be_bytes(counter);
        is_known.then_some(Self {
            pin_ref,
            card_id,
            challenge,
            terminal_key_hash,
            ticket_id,
            counter,
        })
    }
}
