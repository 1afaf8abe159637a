// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole resets against the virtual card, which was written from the profile
//! alone and shares no code with this crate: the way through, each refusal, and
//! an interruption at every command.
#![expect(clippy::unwrap_used, reason = "a bench that fails fails its test")]

mod bench;
mod check;
mod contents;
mod forgery;
mod interruption;

use bench::{BENCH, NONCE, accepted, identify, proof, ticket, verified, verify, write};
use card_io::jpki::{Pin, PinKind, Verification};
use card_io::reset::{NotWritten, Presented, ReadBack, ReceiptResult, Verdict, Written};

#[test]
fn a_forgotten_pin_is_reset_and_the_new_one_read_back() {
    let mut reader = BENCH.reader();
    let mut card = verified(&mut reader);
    assert_eq!(card.sign(&proof()).unwrap().len(), 256);
    let ticket = accepted(&mut card, 1);
    let Written::Done { receipt, read_back: ReadBack::Verified } = write(&mut card, ticket) else {
        panic!("the reset is done");
    };
    assert_eq!(receipt.result(), ReceiptResult::Used);
    assert_eq!(verify(&mut card, &BENCH.new_pin()), Verification::Verified);
    let forgotten = Pin::new(PinKind::DigitalSignature, BENCH.forgotten.as_bytes()).unwrap();
    assert_eq!(verify(&mut card, &forgotten), Verification::Refused { retries_left: 4 });
    assert!(reader.is_new_pin_set());
}

#[test]
fn after_the_reset_no_pin_stays_verified() {
    let mut reader = BENCH.reader();
    let mut card = verified(&mut reader);
    let ticket = accepted(&mut card, 1);
    write(&mut card, ticket);
    assert!(card.sign(&proof()).is_err());
}

#[test]
fn a_wrong_pin_costs_one_try_and_the_third_blocks() {
    let mut reader = BENCH.reader();
    let mut card = identify(&mut reader).card;
    let wrong = if BENCH.known == "0000" { b"1111" } else { b"0000" };
    let wrong = Pin::new(PinKind::UserAuthentication, wrong).unwrap();
    for expected in [
        Verification::Refused { retries_left: 2 },
        Verification::Refused { retries_left: 1 },
        Verification::Blocked,
        Verification::Blocked,
    ] {
        assert_eq!(verify(&mut card, &wrong), expected);
    }
    assert_eq!(card.retries_left(PinKind::UserAuthentication).unwrap(), 0);
    let with_data = |command: &&Vec<u8>| command[1] == 0x20 && command.len() > 4;
    assert_eq!(reader.commands.iter().filter(with_data).count(), 3);
}

#[test]
fn a_card_that_does_not_know_the_signer_refuses_the_ticket() {
    let mut reader = BENCH.reader_with(|order| order.ticket_keys.clear());
    let mut card = verified(&mut reader);
    let ticket = ticket(&mut card, 1);
    // No key of that number on the card.
    assert!(matches!(card.present(ticket).unwrap(), Presented::Refused));
}

#[test]
fn a_counter_that_is_not_greater_is_refused_and_the_receipt_tells_of_the_earlier_ticket() {
    let mut reader = BENCH.reader();
    let mut card = verified(&mut reader);
    accepted(&mut card, 5);
    let again = ticket(&mut card, 5);
    assert!(matches!(card.present(again).unwrap(), Presented::Refused));
    let receipt = card.receipt(&NONCE).unwrap();
    assert_eq!(receipt.result(), ReceiptResult::Unused);
    assert_eq!(receipt.ticket().unwrap().counter, 5);
}

#[test]
fn a_ticket_that_is_not_used_is_withdrawn_by_the_final_receipt() {
    let mut reader = BENCH.reader();
    let mut card = verified(&mut reader);
    let ticket = ticket(&mut card, 1);
    let spent = ticket.spent();
    assert!(matches!(card.present(ticket).unwrap(), Presented::Accepted(_)));
    let receipt = card.receipt(&NONCE).unwrap();
    assert_eq!(receipt.result(), ReceiptResult::Usable);
    assert_eq!(receipt.verdict(&spent), Verdict::Unknown);
    let receipt = card.final_receipt(&NONCE).unwrap();
    assert_eq!(receipt.result(), ReceiptResult::Unused);
    assert_eq!(receipt.verdict(&spent), Verdict::NotDone);
}

#[test]
fn a_reset_without_the_known_pin_is_refused_and_the_ticket_serves_again() {
    let mut reader = BENCH.reader();
    let mut card = identify(&mut reader).card;
    let ticket = accepted(&mut card, 1);
    let Written::NotDone { reason, ticket: Some(ticket) } = write(&mut card, ticket) else {
        panic!("6982 under a valid MAC leaves the ticket");
    };
    assert!(matches!(reason, NotWritten::SecurityStatusNotSatisfied));
    assert_eq!(verify(&mut card, &BENCH.known()), Verification::Verified);
    assert!(matches!(write(&mut card, ticket), Written::Done { .. }));
    assert_eq!(reader.count(0x2C), 2);
}

#[test]
fn a_ticket_is_not_used_for_the_other_pin() {
    let mut reader = BENCH.reader();
    let mut card = verified(&mut reader);
    let ticket = accepted(&mut card, 1);
    let mut scratch = [0; card_io::jpki::SCRATCH_LENGTH];
    let written = card.write(ticket, &BENCH.known(), &NONCE, &mut scratch);
    assert!(matches!(written, Written::NotDone { reason: NotWritten::OtherPin, ticket: Some(_) }));
    assert_eq!(reader.count(0x2C), 0);
}

#[test]
fn a_blocked_signature_pin_is_no_obstacle_to_its_reset() {
    let mut reader = BENCH.reader_with(|order| order.signature_retries = Some(0));
    let mut card = verified(&mut reader);
    assert_eq!(card.retries_left(PinKind::DigitalSignature).unwrap(), 0);
    let ticket = accepted(&mut card, 1);
    assert!(matches!(
        write(&mut card, ticket),
        Written::Done { read_back: ReadBack::Verified, .. }
    ));
    assert_eq!(card.retries_left(PinKind::DigitalSignature).unwrap(), 5);
}
