// SPDX-License-Identifier: MIT OR Apache-2.0
//! The try-budget: whatever a card answers when it is asked for a retry counter, a VERIFY with data
//! follows only on a plain count of 1 to the PIN's own full one, once, and only under the count
//! that was read before.
#![expect(clippy::unwrap_used, reason = "a bench that fails fails its test")]

use std::collections::VecDeque;

use card_io::CardError;
use card_io::channel::{CardChannel, ChannelError};
use card_io::jpki::{JpkiAp, Pin, PinKind, Reading, SCRATCH_LENGTH, Verification};

const KINDS: [PinKind; 2] = [PinKind::UserAuthentication, PinKind::DigitalSignature];

fn pin(kind: PinKind) -> Pin<'static> {
    let bytes: &[u8] = match kind {
        PinKind::UserAuthentication => b"5937",
        PinKind::DigitalSignature => b"ABC123",
    };
    Pin::new(kind, bytes).unwrap()
}

/// A card that is asked for its counters and lies. Whatever else it is told, it takes.
struct Liar {
    counts: VecDeque<Vec<u8>>,
    verify: Vec<u8>,
    /// Everything sent once the first counter was asked for.
    sent: Vec<Vec<u8>>,
}

impl Liar {
    fn answering(counts: &[&[u8]]) -> Self {
        let counts = counts.iter().map(|count| count.to_vec()).collect();
        Self { counts, verify: vec![0x90, 0x00], sent: Vec::new() }
    }

    fn verifies_with_data(&self) -> usize {
        let is_verify = |command: &&Vec<u8>| command[1] == 0x20 && command.len() > 4;
        self.sent.iter().filter(is_verify).count()
    }
}

impl CardChannel for Liar {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        let bytes = match command {
            [_, 0xA4, ..] => vec![0x90, 0x00],
            [_, 0x20, _, _] => self.counts.pop_front().ok_or(ChannelError::CardGone)?,
            [_, 0x20, ..] => self.verify.clone(),
            // GET RESPONSE and whatever else: a count, as plain as can be.
            _ => vec![0x63, 0xC3],
        };
        self.sent.push(command.to_vec());
        let room = answer.get_mut(..bytes.len()).ok_or(ChannelError::AnswerLost)?;
        room.copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// One press of OK.
fn press(card: &mut Liar, kind: PinKind) -> Result<Option<Verification>, CardError> {
    let mut ap = JpkiAp::select(card, Reading::Short)?.unwrap();
    press_again(&mut ap, kind)
}

fn press_again(
    ap: &mut JpkiAp<'_, Liar>,
    kind: PinKind,
) -> Result<Option<Verification>, CardError> {
    let pin = pin(kind);
    match ap.try_with(&pin)? {
        Some(right) => right.verify(&mut [0; SCRATCH_LENGTH]).map(Some),
        None => Ok(None),
    }
}

#[test]
fn of_all_status_words_only_a_count_within_the_pins_own_leads_to_a_verify() {
    for kind in KINDS {
        let full = u16::from(kind.full_retry_counter());
        for status in 0..=u16::MAX {
            let mut card = Liar::answering(&[&status.to_be_bytes(), b"\x63\xC3", b"\x63\xC3"]);
            let pressed = press(&mut card, kind);
            let is_count = (0x63C1..=0x63C0 + full).contains(&status);
            let is_blocked = matches!(status, 0x63C0 | 0x6983 | 0x6984);
            assert_eq!(card.verifies_with_data(), usize::from(is_count), "{status:04X} {kind:?}");
            match pressed {
                Ok(Some(verification)) => {
                    assert!(is_count && verification == Verification::Verified, "{status:04X}");
                }
                Ok(None) => assert!(is_blocked, "{status:04X}"),
                Err(_) => assert!(!is_count && !is_blocked, "{status:04X}"),
            }
            // It is asked once: no GET RESPONSE, no other length, no second try.
            let sent = if is_count { 5 } else { 3 };
            assert_eq!(card.sent.len(), sent, "{status:04X}: {:02X?}", card.sent);
        }
    }
}

#[test]
fn an_answer_that_is_more_or_less_than_a_status_word_leads_to_no_verify() {
    let protected = [&[0x99, 0x02, 0x63, 0xC3, 0x8E, 0x08][..], &[0xAA; 8], &[0x63, 0xC3]].concat();
    let long = [&[0x63; 256][..], &[0x63, 0xC3]].concat();
    let longest = [0x63; 4_096];
    for answer in [
        &[][..],
        &[0x63],
        &[0x00, 0x63, 0xC3],
        &[0x63, 0xC3, 0x63, 0xC3],
        &[0x63, 0xC3, 0x90, 0x00],
        &[0x03, 0x63, 0x83],
        &protected,
        &long,
        &longest,
    ] {
        for kind in KINDS {
            let mut card = Liar::answering(&[answer, b"\x63\xC3", b"\x63\xC3"]);
            assert!(press(&mut card, kind).is_err(), "{answer:02X?}");
            assert_eq!(card.verifies_with_data(), 0, "{answer:02X?}");
        }
    }
}

#[test]
fn a_counter_that_changes_by_itself_leads_to_no_verify() {
    for (first, second) in [(3, 2), (3, 1), (1, 3), (2, 3), (0, 3)] {
        let mut card = Liar::answering(&[&[0x63, 0xC0 | first], &[0x63, 0xC0 | second]]);
        let mut ap = JpkiAp::select(&mut card, Reading::Short).unwrap().unwrap();
        assert_eq!(ap.retries_left(PinKind::UserAuthentication).unwrap(), first);
        let pressed = press_again(&mut ap, PinKind::UserAuthentication);
        assert!(matches!(pressed, Err(CardError::Malformed { what: "retry counter" })));
        assert_eq!(card.verifies_with_data(), 0, "{first}, then {second}");
    }
}

#[test]
fn the_two_counters_are_not_taken_for_each_other() {
    let mut card = Liar::answering(&[b"\x63\xC5", b"\x63\xC3", b"\x63\xC3"]);
    let mut ap = JpkiAp::select(&mut card, Reading::Short).unwrap().unwrap();
    assert_eq!(ap.retries_left(PinKind::DigitalSignature).unwrap(), 5);
    assert_eq!(ap.retries_left(PinKind::UserAuthentication).unwrap(), 3);
    let pressed = press_again(&mut ap, PinKind::UserAuthentication);
    assert_eq!(pressed.unwrap(), Some(Verification::Verified));
}

#[test]
fn after_a_refused_pin_the_counter_has_to_be_what_the_refusal_said() {
    for (second, is_sent) in [(2, true), (1, false), (3, false)] {
        let mut card = Liar::answering(&[b"\x63\xC3", &[0x63, 0xC0 | second]]);
        card.verify = vec![0x63, 0xC2];
        let mut ap = JpkiAp::select(&mut card, Reading::Short).unwrap().unwrap();
        let refused = press_again(&mut ap, PinKind::UserAuthentication).unwrap();
        assert_eq!(refused, Some(Verification::Refused { retries_left: 2 }));
        let _ = press_again(&mut ap, PinKind::UserAuthentication);
        assert_eq!(card.verifies_with_data(), 1 + usize::from(is_sent), "{second}");
    }
}

#[test]
fn a_refusal_that_leaves_as_many_tries_as_before_is_not_believed() {
    for said in [3, 4, 15] {
        let mut card = Liar::answering(&[b"\x63\xC3"]);
        card.verify = vec![0x63, 0xC0 | said];
        assert!(press(&mut card, PinKind::UserAuthentication).is_err(), "{said}");
        assert_eq!(card.verifies_with_data(), 1);
    }
}

#[test]
fn after_a_lost_answer_the_counter_may_have_fallen_and_is_read_afresh() {
    for count in [3, 2] {
        let mut card = Liar::answering(&[b"\x63\xC3", &[0x63, 0xC0 | count]]);
        card.verify = Vec::new();
        let mut ap = JpkiAp::select(&mut card, Reading::Short).unwrap().unwrap();
        assert!(press_again(&mut ap, PinKind::UserAuthentication).is_err());
        assert_eq!(ap.retries_left(PinKind::UserAuthentication).unwrap(), count);
        assert_eq!(card.verifies_with_data(), 1, "the PIN is not sent again unasked");
    }
}

#[test]
fn after_the_right_pin_the_counter_is_full_again() {
    for (count, is_sent) in [(3, true), (2, false)] {
        let mut card = Liar::answering(&[b"\x63\xC1", &[0x63, 0xC0 | count]]);
        let mut ap = JpkiAp::select(&mut card, Reading::Short).unwrap().unwrap();
        let verified = press_again(&mut ap, PinKind::UserAuthentication).unwrap();
        assert_eq!(verified, Some(Verification::Verified));
        let _ = press_again(&mut ap, PinKind::UserAuthentication);
        assert_eq!(card.verifies_with_data(), 1 + usize::from(is_sent), "{count}");
    }
}
