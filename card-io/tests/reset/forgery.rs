// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card's answers are the attacker: whatever one of them is changed to, no
//! byte makes us panic, and no outcome is reported that the card does not hold.

use card_io::card::{self, CardContents};
use card_io::jpki::{PinKind, Reading, SCRATCH_LENGTH, Verification};
use card_io::reset::{Presented, ProfileCard, Written};
use proptest::prelude::*;

use crate::bench::{BENCH, KIOSK, Mishap, NONCE, Reader, now, proof};

fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![
        4 => (0..400_usize, 1..=255_u8).prop_map(|(at, by)| Mishap::Changed { at, by }),
        1 => (0..40_usize).prop_map(|length| Mishap::Cut { length }),
        2 => prop_oneof![
            Just(0x9000), Just(0x6A80), Just(0x6982), Just(0x6985), Just(0x6988), Just(0x63C0),
            Just(0x6C10), Just(0x6102), any::<u16>(),
        ]
        .prop_map(|status| Mishap::Replaced { status }),
    ]
}

/// A whole session as far as it goes; the outcome, where something was written.
fn session(reader: &mut Reader) -> Option<Written> {
    let contents = card::read(reader, &BENCH.authority, Reading::Short).ok()?;
    let CardContents::Profile(identified) = contents else { return None };
    let mut card = identified.card;
    let mut scratch = [0; SCRATCH_LENGTH];
    let known = BENCH.known();
    let right_to_try = card.try_with(&known).ok()??;
    if right_to_try.verify(&mut scratch).ok()? != Verification::Verified {
        return None;
    }
    card.sign(&proof()).ok()?;
    write(&mut card)
}

fn write(card: &mut ProfileCard<'_, Reader>) -> Option<Written> {
    let mut scratch = [0; SCRATCH_LENGTH];
    let card_id = *card.identity().card_id();
    let request = card.request_ticket(PinKind::DigitalSignature, &mut rand::rng()).ok()?;
    let response = BENCH.issue(&request.bytes(), &card_id, 1);
    let ticket = request.accept(&response, &KIOSK, now()).ok()?;
    match card.present(ticket).ok()? {
        Presented::Accepted(ticket) => {
            Some(card.write(ticket, &BENCH.new_pin(), &NONCE, &mut scratch))
        }
        Presented::Refused | Presented::NotGenuine(_) => None,
    }
}

/// Commands of an undisturbed session.
fn commands() -> usize {
    let mut reader = BENCH.reader();
    assert!(matches!(session(&mut reader), Some(Written::Done { .. })));
    reader.commands.len()
}

#[test]
fn no_changed_answer_makes_a_false_outcome() {
    let commands = commands();
    let cases = 256;
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    // Three of four mishaps come while the card is being written.
    let nth = prop_oneof![3 => commands - 9..=commands, 1 => 1..=commands];
    let reached = std::cell::Cell::new(0_u32);
    runner
        .run(&(nth, mishap()), |(nth, mishap)| {
            let mut reader = BENCH.reader();
            reader.fate.plan(nth, mishap);
            let written = session(&mut reader);
            reached.set(reached.get() + u32::from(written.is_some()));
            let is_set = reader.is_new_pin_set();
            match written {
                Some(Written::Done { .. }) => prop_assert!(is_set),
                Some(Written::NotDone { .. }) => prop_assert!(!is_set),
                Some(Written::Unknown { .. }) | None => {}
            }
            prop_assert!(reader.count(0x2C) <= 1, "one reset at most");
            Ok(())
        })
        .unwrap();
    let reached = reached.get();
    assert!(reached > cases / 2, "only {reached} of {cases} runs reached writing");
}
