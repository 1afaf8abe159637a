// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cards that come, go, tear, and answer wrongly, as the control socket orders.

use std::{
    fs, io,
    time::{Duration, Instant},
};

use crate::{
    program::{Running, Workshop},
    vpcd::{Card, Slot},
};

const SELECT_JPKI: &str = "00A4040C0A D392F000260100000001";
const SELECT_PIN: &str = "00A4020C02 0018";
const COUNTER: &str = "00200080";
/// VERIFY with what is never the PIN of [`Desk`]'s card.
const WRONG_PIN: &str = "0020008004 30303030";

/// A card of PIN 4070 on a reader that the test plays.
struct Desk {
    workshop: Workshop,
    slot: Slot,
    running: Running,
}

impl Desk {
    fn new() -> (Self, Card) {
        let workshop = Workshop::new(&["--user-authentication-pin", "4070"]);
        let slot = Slot::new();
        let trace = workshop.path("trace");
        let running =
            Running::start(&workshop, slot.port(), &["--trace", trace.to_str().expect("UTF-8")]);
        let desk = Self { workshop, slot, running };
        let card = desk.insert();
        (desk, card)
    }

    fn insert(&self) -> Card {
        let card = self.workshop.card();
        self.workshop.tell(&["insert", card.to_str().expect("UTF-8")]);
        let mut card = self.slot.card();
        assert_eq!(card.transmit(SELECT_JPKI).expect("an answer"), "9000");
        assert_eq!(card.transmit(SELECT_PIN).expect("an answer"), "9000");
        card
    }

    fn retries_left(&self) -> u64 {
        self.workshop.show()["retries_left"]["user-authentication"].as_u64().expect("a counter")
    }
}

/// The card left before it answered.
#[track_caller]
fn assert_gone(answer: io::Result<String>) {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    let kind = answer.expect_err("no answer").kind();
    assert!(matches!(kind, UnexpectedEof | ConnectionReset | BrokenPipe), "{kind}");
}

#[test]
fn a_card_answers_with_its_atr_and_forgets_the_selection_with_the_power() {
    let (_desk, mut card) = Desk::new();
    let atr = card.atr();
    assert_eq!(atr, *b"\x3B\x88\x80\x01\x00\x00\x05\xE0\xB3\x81\xA1\x00\x7F");
    let check = atr[1..].iter().fold(0, |check, byte| check ^ byte);
    assert_eq!(check, 0, "TCK (ISO/IEC 7816-3, 8.2.5)");

    assert_eq!(card.transmit(COUNTER).expect("an answer"), "63C3");
    card.reset();
    assert_eq!(card.transmit(COUNTER).expect("an answer"), "6986");
    assert_eq!(card.transmit(SELECT_JPKI).expect("an answer"), "9000");
    card.power_off_and_on();
    assert_eq!(card.transmit(SELECT_PIN).expect("an answer"), "6A82");
}

#[test]
fn a_removed_card_hangs_up_and_comes_back_with_what_it_remembers() {
    let (desk, mut card) = Desk::new();
    assert_eq!(card.transmit(WRONG_PIN).expect("an answer"), "63C2");
    desk.workshop.tell(&["remove"]);
    assert_gone(card.transmit(COUNTER));
    assert_eq!(desk.workshop.try_tell(&["remove"]).code, Some(1));
    assert_eq!(desk.insert().transmit(COUNTER).expect("an answer"), "63C2");
}

#[test]
fn a_card_torn_before_the_commit_remembers_nothing_and_after_it_all() {
    let (desk, mut card) = Desk::new();
    desk.workshop.tell(&["tear", "1", "before"]);
    assert_gone(card.transmit(WRONG_PIN));
    assert_eq!(desk.retries_left(), 3);

    let mut card = desk.insert();
    desk.workshop.tell(&["remove-at", "2", "after"]);
    assert_eq!(card.transmit(COUNTER).expect("an answer"), "63C3");
    assert_gone(card.transmit(WRONG_PIN));
    assert_eq!(desk.retries_left(), 2);
    assert_eq!(desk.workshop.tell(&["status"]), "empty\n");
}

#[test]
fn answers_can_be_wrong_short_late_or_missing() {
    let (desk, mut card) = Desk::new();
    desk.workshop.tell(&["answer", "1", "6F00"]);
    desk.workshop.tell(&["truncate", "2", "1"]);
    assert_eq!(card.transmit(WRONG_PIN).expect("an answer"), "6F00");
    assert_eq!(card.transmit(COUNTER).expect("an answer"), "63");

    desk.workshop.tell(&["garble", "1"]);
    assert_eq!(card.transmit(COUNTER).expect("an answer"), "DEADBEEF63C2");

    desk.workshop.tell(&["delay", "1", "300"]);
    let asked = Instant::now();
    assert_eq!(card.transmit(COUNTER).expect("an answer"), "63C2");
    assert!(asked.elapsed() >= Duration::from_millis(300));

    desk.workshop.tell(&["mute", "1"]);
    card.be_patient_for(Duration::from_millis(300));
    let silence = card.transmit(COUNTER).expect_err("silence").kind();
    assert!(matches!(silence, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{silence}");
    desk.workshop.tell(&["remove"]);
    assert_gone(card.transmit(COUNTER));
}

#[test]
fn a_fault_that_has_not_happened_can_be_taken_back() {
    let (desk, mut card) = Desk::new();
    desk.workshop.tell(&["tear", "1", "before"]);
    desk.workshop.tell(&["clear"]);
    assert_eq!(card.transmit(COUNTER).expect("an answer"), "63C3");
}

#[test]
fn a_late_answer_does_not_keep_the_card_on_the_reader() {
    let (desk, mut card) = Desk::new();
    desk.workshop.tell(&["delay", "1", "600000"]);
    card.be_patient_for(Duration::from_millis(100));
    assert!(card.transmit(COUNTER).is_err());
    desk.workshop.tell(&["remove"]);
    assert_eq!(desk.insert().transmit(COUNTER).expect("an answer"), "63C3");
}

#[test]
fn a_card_finds_a_reader_that_was_started_again() {
    let (desk, card) = Desk::new();
    drop(card);
    let mut card = desk.slot.card();
    assert_eq!(card.transmit(SELECT_PIN).expect("an answer"), "6A82");
    assert_eq!(card.transmit(SELECT_JPKI).expect("an answer"), "9000");
}

#[test]
fn the_trace_has_a_line_a_command_with_what_is_selected_and_no_other_data() {
    let (desk, mut card) = Desk::new();
    assert_eq!(card.transmit("0020008004 34303730").expect("an answer"), "9000");
    let expected = "00A4040C Nc=10 Ne=0 9000 AID=D392F000260100000001\n\
                    00A4020C Nc=2 Ne=0 9000 EF=0018\n\
                    00200080 Nc=4 Ne=0 9000\n";
    assert_eq!(desk.workshop.tell(&["trace"]), expected);
    let written = fs::read_to_string(desk.workshop.path("trace")).expect("a trace");
    assert_eq!(written, expected);
}

#[test]
fn a_control_socket_left_by_a_killed_process_is_taken_over() {
    let (desk, _card) = Desk::new();
    let Desk { workshop, slot, running } = desk;
    drop(running);
    assert_eq!(workshop.try_tell(&["status"]).code, Some(2));
    let _running = Running::start(&workshop, slot.port(), &[]);
    assert_eq!(workshop.tell(&["status"]), "empty\n");
}
