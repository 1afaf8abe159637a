// SPDX-License-Identifier: MIT OR Apache-2.0
//! A card that answers the counter query wrongly, at each place of a visit where it is asked: it is
//! sent no PIN on the strength of that, which its own trace shows.

use end_to_end::{
    PATIENCE,
    album::Album,
    bench::{Bench, Setting},
    card::{Card, Making},
    failure::Failure,
    proof, prove, screens,
};

/// What is no count of the 4-digit PIN: success, no counter, too many tries, more to fetch, another
/// length, a count with data before it, one that looks protected, half a status word.
const WRONG: &[&str] = &[
    "9000",
    "6300",
    "63C4",
    "63CF",
    "6103",
    "6C03",
    "0363C3",
    "990263C38E08000000000000000063C3",
    "63",
];

/// The counters are read with the sixth and the eighth command after the card is laid down: marker,
/// application, EF 0006 and its content, then SELECT and empty VERIFY of 0018 and of 001B.
const AT_FIRST: [&str; 2] = ["6", "8"];

/// SELECT and empty VERIFY follow a press of OK.
const BEFORE_THE_TRY: &str = "2";

/// The card has been sent so many PINs, and has as many tries as before.
fn was_sent(bench: &Bench, card: &Card, pins: usize) -> Result<(), Failure> {
    let sent = bench.slot.count_with_data("20")?;
    proof::expect(sent == pins, &format!("the card was sent {sent} PINs, not {pins}"))?;
    let left = card.state(bench.record())?.user_authentication_retries();
    proof::expect(left == 3, &format!("{left} tries are left"))
}

/// The wrong answer was one to the counter query.
fn was_asked(bench: &Bench, wrong: &str) -> Result<(), Failure> {
    let status = wrong.get(wrong.len().saturating_sub(4)..).unwrap_or(wrong);
    let told = if wrong.len() < 4 { "----" } else { status };
    let line = format!("00200080 Nc=0 Ne=0 {told}");
    let trace = bench.slot.trace()?;
    proof::expect(trace.contains(&line), &format!("no `{line}` in {trace:?}"))
}

/// The resident takes the card, and the kiosk waits for the next.
fn leaves(bench: &mut Bench) -> Result<(), Failure> {
    bench.slot.remove()?;
    bench.resident(&mut Album::none())?.leaves_the_ending()
}

#[test]
fn a_wrong_count_when_the_card_is_read_ends_before_a_pin_is_asked_for() {
    prove::with(Setting::default(), |bench| {
        let card = bench.reserved_card(&Making::default())?;
        bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()?;
        for place in AT_FIRST {
            // One try more than the signature PIN can have is 63C6.
            for wrong in WRONG.iter().filter(|wrong| place == AT_FIRST[0] || **wrong != "63C4") {
                bench.slot.control(&["answer", place, wrong])?;
                bench.lay(&card)?;
                bench.resident(&mut Album::none())?.ends_with("card-unreadable", PATIENCE)?;
                was_asked(bench, wrong)?;
                was_sent(bench, &card, 0)?;
                leaves(bench)?;
            }
        }
        Ok(())
    });
}

#[test]
fn a_wrong_count_after_ok_keeps_the_pin_in_the_kiosk() {
    prove::with(Setting::default(), |bench| {
        // Above all these: a count of this PIN, but not the one that the resident was shown.
        for wrong in ["63C2", "9000", "63CF", "0363C3", "6103"] {
            let card = bench.reserved_card(&Making::default())?;
            bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()?;
            bench.lay(&card)?;
            let mut album = Album::none();
            let mut visitor = bench.resident(&mut album)?;
            visitor.chooses_a_new_pin()?;
            visitor.goes_on_of_own_accord()?;
            visitor.sees(screens::FOUR_DIGITS, "four-digits")?;
            bench.slot.control(&["answer", BEFORE_THE_TRY, wrong])?;
            let mut visitor = bench.resident(&mut album)?;
            visitor.types_the_known_pin(&card.user_authentication_pin)?;
            visitor.ends_with("card-unreadable", PATIENCE)?;
            was_asked(bench, wrong)?;
            was_sent(bench, &card, 0)?;
            leaves(bench)?;
        }
        Ok(())
    });
}

#[test]
fn a_wrong_count_after_a_lost_answer_ends_with_the_one_pin_that_was_sent() {
    prove::with(Setting::default(), |bench| {
        let card = bench.reserved_card(&Making::default())?;
        bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()?;
        bench.lay(&card)?;
        let mut album = Album::none();
        let mut visitor = bench.resident(&mut album)?;
        visitor.chooses_a_new_pin()?;
        visitor.goes_on_of_own_accord()?;
        visitor.sees(screens::FOUR_DIGITS, "four-digits")?;
        // VERIFY is the third command after OK, the harmless one the fourth, then SELECT and count.
        bench.slot.control(&["answer", "3", "90"])?;
        bench.slot.control(&["answer", "6", "9000"])?;
        let mut visitor = bench.resident(&mut album)?;
        visitor.types_the_known_pin(&card.user_authentication_pin)?;
        visitor.ends_with("card-lifted-verifying", PATIENCE)?;
        was_asked(bench, "9000")?;
        was_sent(bench, &card, 1)
    });
}

#[test]
fn a_wrong_count_of_a_card_put_back_lets_nobody_type_again() {
    prove::with(Setting { hurry: 10, ..Setting::default() }, |bench| {
        let card = bench.reserved_card(&Making::default())?;
        bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()?;
        bench.lay(&card)?;
        let mut album = Album::none();
        let mut visitor = bench.resident(&mut album)?;
        visitor.chooses_a_new_pin()?;
        visitor.goes_on_of_own_accord()?;
        visitor.sees(screens::FOUR_DIGITS, "four-digits")?;
        bench.slot.remove()?;
        bench.resident(&mut album)?.sees(screens::PUT_BACK, "put-back")?;
        bench.slot.control(&["answer", AT_FIRST[0], "63CF"])?;
        bench.lay(&card)?;
        // It is as if it had not been put back well: the screen stays, and its time runs out.
        bench.resident(&mut album)?.ends_with("card-lifted", PATIENCE)?;
        was_asked(bench, "63CF")?;
        was_sent(bench, &card, 0)
    });
}

#[test]
fn a_wrong_count_at_the_read_back_sends_the_new_pin_once_alone() {
    prove::with(Setting::default(), |bench| {
        let card = bench.reserved_card(&Making::default())?;
        let new = end_to_end::pin::Pin::of_letters();
        bench.remember(&new);
        bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()?;
        bench.lay(&card)?;
        let mut album = Album::none();
        let mut visitor = bench.resident(&mut album)?;
        visitor.chooses_a_new_pin()?;
        visitor.goes_on_of_own_accord()?;
        visitor.types_the_known_pin(&card.user_authentication_pin)?;
        visitor.types_the_new_pin(&new)?;
        visitor.sees(screens::REPEAT, "repeat")?;
        // RESET RETRY COUNTER is the fourth, then receipt, SELECT, and the count as the seventh.
        bench.slot.control(&["answer", "7", "63C5"])?;
        let mut visitor = bench.resident(&mut album)?;
        visitor.repeats_the_new_pin(&new)?;
        visitor.ends_with("not-certain-read-back", PATIENCE)?;
        let trace = bench.slot.trace()?;
        let protected = trace.iter().filter(|line| line.starts_with("0C200080")).count();
        proof::expect(protected == 1, &format!("{protected} protected VERIFY: {trace:?}"))?;
        let plain = bench.slot.count_with_data("20")?;
        // The known PIN, and the protected count itself, which has a MAC for data.
        proof::expect(plain == 2, &format!("{plain} VERIFY with data: {trace:?}"))?;
        proof::card_has_been_reset(bench, &card, &new)
    });
}
