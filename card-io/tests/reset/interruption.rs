// SPDX-License-Identifier: MIT OR Apache-2.0
//! An answer or the power lost at every command of a write: what is reported is
//! what the card did, and the reset goes out once.

use card_io::card::{self, CardContents};
use card_io::jpki::Reading;
use card_io::reset::{ReadBack, Settled, Unsettled, Written, settle};

use crate::bench::{BENCH, Mishap, NONCE, accepted, verified, write};

const RESET_RETRY_COUNTER: u8 = 0x2C;

/// Commands of an undisturbed write.
fn commands_of_a_write() -> usize {
    let mut reader = BENCH.reader();
    let fate = reader.fate.clone();
    let mut card = verified(&mut reader);
    let ticket = accepted(&mut card, 1);
    let before = fate.seen();
    write(&mut card, ticket);
    fate.seen() - before
}

#[test]
fn whatever_is_lost_the_outcome_is_what_the_card_did() {
    let commands = commands_of_a_write();
    assert!(commands >= 6);
    for nth in 1..=commands {
        for mishap in [
            Mishap::AnswerLostBefore,
            Mishap::AnswerLostAfter,
            Mishap::PowerLostBefore,
            Mishap::PowerLostAfter,
        ] {
            interrupt(nth, mishap);
        }
    }
}

fn interrupt(nth: usize, mishap: Mishap) {
    let mut reader = BENCH.reader();
    let fate = reader.fate.clone();
    let mut card = verified(&mut reader);
    let identity = card.identity().clone();
    let ticket = accepted(&mut card, 1);
    fate.plan(nth, mishap);
    let written = write(&mut card, ticket);
    let is_set = reader.is_new_pin_set();
    let at = format!("{mishap:?} at {nth}: {written:?}");
    match written {
        Written::Done { .. } => assert!(is_set, "{at}"),
        Written::NotDone { ticket, .. } => assert!(!is_set && ticket.is_none(), "{at}"),
        Written::Unknown { spent, .. } => {
            reader.put_back();
            match settle(&mut reader, &identity, &spent, &NONCE, Reading::Short) {
                Settled::Done(_) => assert!(is_set, "{at}"),
                Settled::NotDone(_) => assert!(!is_set, "{at}"),
                Settled::Unknown(cause) => panic!("{at}: {cause:?}"),
            }
        }
    }
    assert_eq!(reader.count(RESET_RETRY_COUNTER), 1, "one reset only: {at}");
}

#[test]
fn after_a_lost_answer_nothing_is_read_back() {
    let mut reader = BENCH.reader();
    let fate = reader.fate.clone();
    let mut card = verified(&mut reader);
    let ticket = accepted(&mut card, 1);
    fate.plan(1, Mishap::AnswerLostAfter);
    let written = write(&mut card, ticket);
    assert!(matches!(written, Written::Done { read_back: ReadBack::NotSent, .. }), "{written:?}");
}

#[test]
fn another_card_put_back_settles_nothing() {
    let mut reader = BENCH.reader();
    let fate = reader.fate.clone();
    let mut card = verified(&mut reader);
    let identity = card.identity().clone();
    let ticket = accepted(&mut card, 1);
    fate.plan(1, Mishap::PowerLostAfter);
    let Written::Unknown { spent, cause: Unsettled::Failed(error) } = write(&mut card, ticket)
    else {
        panic!("the card is gone");
    };
    assert!(error.is_connection_over());
    for kind in crate::bench::KINDS {
        let mut other = BENCH.reader_with(|order| order.kind = kind);
        let settled = settle(&mut other, &identity, &spent, &NONCE, Reading::Short);
        assert!(matches!(settled, Settled::Unknown(Unsettled::OtherCard)), "{kind:?}");
    }
}

#[test]
fn a_card_put_back_is_recognised_as_the_sessions() {
    let mut reader = BENCH.reader();
    let identity = verified(&mut reader).identity().clone();
    reader.card.power_off();
    reader.put_back();
    match card::read(&mut reader, &BENCH.authority, Reading::Short).unwrap() {
        CardContents::Profile(identified) => assert!(*identified.card.identity() == identity),
        _ => panic!("the same card"),
    }
}
