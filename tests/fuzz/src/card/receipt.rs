// SPDX-License-Identifier: MIT OR Apache-2.0
//! A receipt: nobody but the specimen signs one, and only over the nonce that was asked with.

use card_io::jpki::PinKind;
use card_io::reset::{Receipt, SpentTicket};

use super::LAB;
use crate::input::Input;

/// The nonce's first byte, then the receipt.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut nonce = super::lab::NONCE;
    if let (Some(byte), Some(first)) = (input.byte(), nonce.first_mut()) {
        *first = byte;
    }
    let bytes = input.rest();
    let Ok(receipt) = Receipt::verify(bytes, &nonce, LAB.identity()) else { return };
    assert_eq!(receipt.bytes(), bytes);
    // The seeds' receipts, and nothing else, are signed; over the lab's nonce alone.
    assert_eq!(nonce, super::lab::NONCE, "a receipt holds over a nonce that it was not asked with");
    let spent = SpentTicket {
        target: PinKind::DigitalSignature,
        ticket_id: super::lab::TICKET_ID,
        counter: 1,
    };
    let _ = receipt.verdict(&spent);
    assert!(receipt.ticket().is_none_or(|ticket| ticket.ticket_id == super::lab::TICKET_ID));
}
