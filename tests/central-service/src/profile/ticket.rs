// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ticket (reset-profile section 3) and what a kiosk sends to get one (section 2, step 6):
//! 48 bytes in, 126 bytes to be signed.

use super::KIOSK_ID_BYTES;
use crate::card_id::CardId;

/// Length of a ticket without its signature.
pub const TICKET_BYTES: usize = 126;

/// Length of the request: RND.ICC and the hash of the kiosk's ephemeral key.
const ORDER_BYTES: usize = 48;

const MAGIC: &[u8; 8] = b"JRST-T01";

/// The one operation there is: reset reference data.
const RESET_REFERENCE_DATA: u8 = 0x01;

/// What the kiosk asks a ticket for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketOrder {
    /// RND.ICC, the card's volatile single-use challenge.
    pub challenge: [u8; 16],
    /// SHA-256 over the 65 bytes of the kiosk's ephemeral key.
    pub key_hash: [u8; 32],
}

/// A ticket: what the service authorises one card to accept, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The PIN to be reset.
    pub pin_ref: u8,
    /// The card.
    pub card_id: CardId,
    /// What the kiosk asked for.
    pub order: TicketOrder,
    /// The ticket's id, a UUID's bytes.
    pub ticket_id: [u8; 16],
    /// Strictly greater than any issued for this card or seen in its receipts.
    pub counter: u32,
    /// Unix seconds.
    pub issued_at: u64,
    /// Unix seconds.
    pub not_after: u64,
    /// The kiosk.
    pub kiosk_id: [u8; KIOSK_ID_BYTES],
}

/// The bytes are no ticket of this profile.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TicketError {
    /// Not `JRST-T01`.
    #[error("the ticket does not begin with JRST-T01")]
    Magic,
    /// Not 01.
    #[error("the ticket's operation {0:02X} is not known")]
    Operation(u8),
    /// Neither 18 nor 1B.
    #[error("the ticket's pin_ref {0:02X} is not known")]
    PinRef(u8),
}

impl TicketOrder {
    /// The order of these bytes, or how many there are instead of 48.
    pub fn parse(bytes: &[u8]) -> Result<Self, usize> {
        let bytes: &[u8; ORDER_BYTES] = bytes.try_into().map_err(|_| bytes.len())?;
        Ok(Self { challenge: field(bytes, 0), key_hash: field(bytes, 16) })
    }
}

impl Ticket {
    /// The bytes that are signed.
    pub fn to_bytes(&self) -> [u8; TICKET_BYTES] {
        let mut bytes = [0; TICKET_BYTES];
        let mut at = 0;
        let counter = self.counter.to_be_bytes();
        let (issued_at, not_after) = (self.issued_at.to_be_bytes(), self.not_after.to_be_bytes());
        for part in [
            MAGIC.as_slice(),
            &[RESET_REFERENCE_DATA, self.pin_ref],
            &self.card_id.0,
            &self.order.challenge,
            &self.order.key_hash,
            &self.ticket_id,
            &counter,
            &issued_at,
            &not_after,
            &self.kiosk_id,
        ] {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        bytes
    }

    /// Reads a ticket back: what a signer does before it signs.
    pub fn parse(bytes: &[u8; TICKET_BYTES]) -> Result<Self, TicketError> {
        if &field::<8>(bytes, 0) != MAGIC {
            return Err(TicketError::Magic);
        }
        if bytes[8] != RESET_REFERENCE_DATA {
            return Err(TicketError::Operation(bytes[8]));
        }
        if ![0x18, 0x1B].contains(&bytes[9]) {
            return Err(TicketError::PinRef(bytes[9]));
        }
        Ok(Self {
            pin_ref: bytes[9],
            card_id: CardId(field(bytes, 10)),
            order: TicketOrder { challenge: field(bytes, 26), key_hash: field(bytes, 42) },
            ticket_id: field(bytes, 74),
            counter: u32::from_be_bytes(field(bytes, 90)),
            issued_at: u64::from_be_bytes(field(bytes, 94)),
            not_after: u64::from_be_bytes(field(bytes, 102)),
            kiosk_id: field(bytes, 110),
        })
    }
}

/// `N` bytes at `offset`; the offsets are this file's own and within the arrays.
pub(super) fn field<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[offset..offset + N]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each field filled with its own offset, as the table of section 3 gives it.
    fn ticket() -> Ticket {
        Ticket {
            pin_ref: 0x1B,
            card_id: CardId([10; 16]),
            order: TicketOrder { challenge: [26; 16], key_hash: [42; 32] },
            ticket_id: [74; 16],
            counter: 0x5A5B_5C5D,
            issued_at: 0x5E5F_6061_6263_6465,
            not_after: 0x6667_6869_6A6B_6C6D,
            kiosk_id: [110; 16],
        }
    }

    #[test]
    fn the_fields_stand_where_the_profile_puts_them() {
        let bytes = ticket().to_bytes();
        assert_eq!(&bytes[..10], b"JRST-T01\x01\x1B");
        for (offset, size) in [(10, 16), (26, 16), (42, 32), (74, 16), (110, 16)] {
            let expected = vec![u8::try_from(offset).unwrap(); size];
            assert_eq!(bytes[offset..offset + size], expected, "offset {offset}");
        }
        let numbers: Vec<u8> = (90..110).collect();
        assert_eq!(bytes[90..110], numbers, "counter, issued_at and not_after are big-endian");
        assert_eq!(Ticket::parse(&bytes), Ok(ticket()));
    }

    #[test]
    fn what_is_not_a_ticket_of_this_profile_is_not_read_as_one() {
        let mut bytes = ticket().to_bytes();
        bytes[9] = 0x19;
        assert_eq!(Ticket::parse(&bytes), Err(TicketError::PinRef(0x19)));
        bytes[8] = 0x02;
        assert_eq!(Ticket::parse(&bytes), Err(TicketError::Operation(0x02)));
        bytes[7] = b'2';
        assert_eq!(Ticket::parse(&bytes), Err(TicketError::Magic));
    }

    #[test]
    fn an_order_is_exactly_48_bytes() {
        assert_eq!(TicketOrder::parse(&[0; 47]), Err(47));
        assert_eq!(TicketOrder::parse(&[0; 49]), Err(49));
        assert!(TicketOrder::parse(&[0; 48]).is_ok());
    }
}
