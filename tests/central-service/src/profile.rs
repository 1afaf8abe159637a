// SPDX-License-Identifier: MIT OR Apache-2.0
//! Card profile ref-eac-1, the service's side: the bytes of a ticket, of a receipt and of the
//! transcript that a proof signs (reset-profile sections 2, 3 and 6). Nothing else in the service
//! knows these bytes, and no line is shared with the card's side or the kiosk's.

mod receipt;
mod ticket;

pub use receipt::{RECEIPT_BYTES, Receipt, ReceiptError, ReceiptResult};
pub use ticket::{TICKET_BYTES, Ticket, TicketError, TicketOrder};

use crate::card_id::CardId;

/// Length of a session's nonce (section 2, step 2).
pub const NONCE_BYTES: usize = 32;

/// Length of a kiosk_id (section 2).
pub const KIOSK_ID_BYTES: usize = 16;

/// Length of an ECDSA signature on P-256, raw `r || s`.
pub const SIGNATURE_BYTES: usize = 64;

/// Length of the transcript: 18 letters and a zero, three ids, the nonce, pin_ref.
const TRANSCRIPT_BYTES: usize = 19 + NONCE_BYTES + 16 + KIOSK_ID_BYTES + 16 + 1;

/// The transcript T that the card signs with the key of the PIN just verified (section 2, step 4).
pub fn proof_transcript(
    nonce: &[u8; NONCE_BYTES],
    session_id: uuid::Uuid,
    kiosk_id: &[u8; KIOSK_ID_BYTES],
    card_id: CardId,
    pin_ref: u8,
) -> Vec<u8> {
    let mut transcript = Vec::with_capacity(TRANSCRIPT_BYTES);
    transcript.extend_from_slice(b"jpki-reset/proof/1\0");
    transcript.extend_from_slice(nonce);
    transcript.extend_from_slice(session_id.as_bytes());
    transcript.extend_from_slice(kiosk_id);
    transcript.extend_from_slice(&card_id.0);
    transcript.push(pin_ref);
    transcript
}
