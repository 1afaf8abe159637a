// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lies on the reader, and what may be sent to it.

use card_io::card::{self, CardContents};
use card_io::jpki::Reading;
use card_io::reset::NotGenuine;
use virtual_card::{Authorities, Kind};

use crate::bench::{BENCH, KINDS, Reader, identify};

fn name_of(reader: &mut Reader, reading: Reading) -> &'static str {
    match card::read(reader, &BENCH.authority, reading).unwrap() {
        CardContents::Profile(_) => "profile",
        CardContents::Real(_) => "real",
        CardContents::NotGenuine(_) => "not genuine",
        CardContents::ResidentRegisterCard => "juki",
        CardContents::Smartphone => "phone",
        CardContents::NotIndividualNumberCard => "another",
    }
}

#[test]
fn each_kind_of_card_is_told_from_the_others() {
    let names = KINDS.map(|kind| {
        let mut reader = BENCH.reader_with(|order| order.kind = kind);
        name_of(&mut reader, Reading::Short)
    });
    assert_eq!(names, ["profile", "real", "juki", "phone", "another"]);
}

#[test]
fn a_real_card_is_sent_public_commands_alone() {
    let mut reader = BENCH.reader_with(|order| order.kind = Kind::NoMarker);
    name_of(&mut reader, Reading::Short);
    card::check(&mut reader, Reading::Short).unwrap().unwrap();
    for command in &reader.commands {
        match command[..] {
            // SELECT by name, of files but 00E0 and 00E1; READ BINARY; empty VERIFY.
            [0x00, 0xA4, 0x04, 0x0C, ..] | [0x00, 0xB0, ..] | [0x00, 0x20, 0x00, 0x80] => {}
            [0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, file] => assert!(file < 0xE0),
            _ => panic!("{command:02X?}"),
        }
    }
}

#[test]
fn a_card_of_another_authority_is_not_genuine() {
    let others = Authorities::generate(jiff::Timestamp::now(), &mut rand::rng()).unwrap();
    let authority = card_io::reset::CardAuthority::from_der(&others.card_certificate()).unwrap();
    let mut reader = BENCH.reader();
    let contents = card::read(&mut reader, &authority, Reading::Short).unwrap();
    assert!(matches!(
        contents,
        CardContents::NotGenuine(NotGenuine::Issuer | NotGenuine::Signature)
    ));
}

#[test]
fn extended_and_short_reads_give_the_same_certificates() {
    let (mut short, mut extended) = (BENCH.reader(), BENCH.reader());
    let first = identify(&mut short).authentication_certificate;
    let CardContents::Profile(second) =
        card::read(&mut extended, &BENCH.authority, Reading::Extended).unwrap()
    else {
        panic!("the same card");
    };
    assert_eq!(first, second.authentication_certificate);
    assert!(extended.count(0xB0) < short.count(0xB0));
}

#[test]
fn check_my_card_shows_three_counters_and_the_expiry() {
    let mut reader = BENCH.reader_with(|order| {
        order.user_authentication_retries = Some(2);
        order.signature_retries = Some(0);
        order.has_signature_certificate = false;
    });
    let mut identified = identify(&mut reader);
    let check = identified.card.check().unwrap();
    assert_eq!(check.facts, identified.facts);
    assert_eq!(check.facts.user_authentication_retries_left, 2);
    assert_eq!(check.facts.digital_signature_retries_left, 0);
    assert_eq!(check.input_support_retries_left, Some(3));
    assert!(!check.facts.has_signature_certificate);
    let validity = check.facts.authentication_validity.unwrap();
    assert!(validity.not_before < validity.not_after);
    assert_eq!(check.facts.token_info.text(), "JPKIAPICCTOKEN2");
}
