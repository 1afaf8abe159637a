// SPDX-License-Identifier: MIT OR Apache-2.0
//! *Check my card* on another day: what the card's receipt says of the last
//! reset, and that looking harms nothing that comes after.

use card_io::reset::{ReadBack, ReceiptResult, Written};

use crate::bench::{BENCH, Mishap, accepted, identify, proof, verified, write};

/// Drawn by a kiosk that knows nothing of the session in which it happened.
const OWN_NONCE: [u8; 32] = [0x0C; 32];

/// What the card says after its power was lost at RESET RETRY COUNTER, to a kiosk that reads it
/// for the first time.
fn said_after(mishap: Mishap) -> ReceiptResult {
    let mut reader = BENCH.reader();
    let fate = reader.fate.clone();
    let mut card = verified(&mut reader);
    let ticket = accepted(&mut card, 1);
    fate.plan(1, mishap);
    assert!(matches!(write(&mut card, ticket), Written::Unknown { .. }));
    reader.put_back();
    let mut card = identify(&mut reader).card;
    card.check().unwrap();
    let receipt = card.receipt(&OWN_NONCE).unwrap();
    assert_eq!(receipt.ticket().unwrap().ticket_id, [0x77; 16]);
    receipt.result()
}

#[test]
fn a_reset_torn_after_the_card_took_it_is_found_done() {
    assert_eq!(said_after(Mishap::PowerLostAfter), ReceiptResult::Used);
}

#[test]
fn a_reset_torn_before_the_card_took_it_is_found_not_done() {
    assert_eq!(said_after(Mishap::PowerLostBefore), ReceiptResult::Unused);
}

#[test]
fn a_card_that_was_never_reset_says_so() {
    let mut reader = BENCH.reader();
    let receipt = identify(&mut reader).card.receipt(&OWN_NONCE).unwrap();
    assert_eq!((receipt.result(), receipt.ticket()), (ReceiptResult::NoTicket, None));
}

#[test]
fn after_a_look_a_reset_goes_on_as_if_there_had_been_none() {
    let mut reader = BENCH.reader();
    let mut card = identify(&mut reader).card;
    card.check().unwrap();
    card.receipt(&OWN_NONCE).unwrap();
    drop(card);
    let mut card = verified(&mut reader);
    card.check().unwrap();
    assert!(card.sign(&proof()).is_err(), "a look closes what a PIN had opened");
    drop(card);
    let mut card = verified(&mut reader);
    let ticket = accepted(&mut card, 1);
    let written = write(&mut card, ticket);
    assert!(matches!(written, Written::Done { read_back: ReadBack::Verified, .. }), "{written:?}");
}

#[test]
fn a_card_without_the_input_support_application_is_checked_all_the_same() {
    let mut reader = BENCH.reader();
    let fate = reader.fate.clone();
    let mut card = identify(&mut reader).card;
    fate.plan(1, Mishap::Replaced { status: 0x6A82 });
    let check = card.check().unwrap();
    assert_eq!(check.input_support_retries_left, None);
    assert_eq!(check.facts.digital_signature_retries_left, 5);
}
