// SPDX-License-Identifier: MIT OR Apache-2.0
//! A screen or a driver that stands still: the process ends with the code of its cause, and the
//! next start carries on from the journal.

use std::time::{Duration, Instant};

use end_to_end::{
    PATIENCE,
    album::Album,
    bench::{Bench, Setting},
    card::{Card, Making},
    failure::Failure,
    pin::Pin,
    play::Part,
    proof, prove, screens,
};

/// The kiosk's own limit; in service it is 10 s.
const LIMIT: Duration = Duration::from_secs(3);
/// For a process to be told, to end and to be waited for, on a machine that is busy.
const SLACK: Duration = Duration::from_secs(3);

fn setting() -> Setting {
    Setting { watchdog_seconds: 3, ..Setting::default() }
}

fn code_of(part: Part) -> i32 {
    match part {
        Part::Driver => 80,
        Part::Screen => 81,
    }
}

/// The part stands still, and the process ends with its code within the limit, saying so.
fn stands_still(bench: &mut Bench, part: Part) -> Result<(), Failure> {
    let mark = bench.record().mark();
    bench.player()?.stop(part)?;
    let start = Instant::now();
    let ended = bench.player()?.process().wait(LIMIT + SLACK)?;
    proof::expect(
        ended.code() == Some(code_of(part)),
        &format!("with the {part:?} standing still, the process ended with {ended}"),
    )?;
    let waited = start.elapsed();
    proof::expect(waited > LIMIT / 2, &format!("it was ended after {waited:?} already"))?;
    let line = format!("ended by its watchdog code={}", code_of(part));
    bench.record().wait_for("kiosk", &line, mark, PATIENCE).map(drop)
}

/// Up to a RESET RETRY COUNTER that the card carries out and never answers.
fn writes(bench: &mut Bench) -> Result<(Card, Pin), Failure> {
    let card = bench.registered_card(&Making::default())?;
    bench.central.reserve(&card, &[])?;
    let (new, mut album) = (Pin::of_letters(), Album::none());
    bench.remember(&new);
    bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
    bench.lay(&card)?;
    let mut visitor = bench.resident(&mut album)?;
    visitor.chooses_a_new_pin()?;
    visitor.goes_on_of_own_accord()?;
    visitor.types_the_known_pin(&card.user_authentication_pin)?;
    visitor.types_the_new_pin(&new)?;
    visitor.sees(screens::REPEAT, "repeat")?;
    bench.slot.control(&["mute", "4"])?;
    let mark = bench.record().mark();
    bench.resident(&mut album)?.repeats_the_new_pin(&new)?;
    bench.record().wait_for("kiosk", "request=\"write\"", mark, PATIENCE)?;
    bench.resident(&mut album)?.sees(screens::NO_WAY_BACK, "working")?;
    Ok((card, new))
}

fn while_nobody_is_there(part: Part) {
    prove::with(setting(), |bench| {
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        stands_still(bench, part)?;
        bench.start_kiosk()?;
        bench.resident(&mut album)?.finds_the_kiosk_waiting()
    });
}

/// The outcome of the write is told by the next process, and settled by the card's receipt.
fn while_the_card_is_written(part: Part) {
    prove::with(setting(), |bench| {
        let (card, new) = writes(bench)?;
        stands_still(bench, part)?;
        bench.slot.remove()?;
        let mark = bench.record().mark();
        bench.start_kiosk()?;
        bench.record().wait_for("kiosk", "outcome acknowledged", mark, PATIENCE)?;
        let told = proof::last_reservation(bench, &card)?.last_outcome;
        proof::expect(
            told.as_deref() == Some("unknown"),
            &format!("the service was told {told:?}, not unknown"),
        )?;
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        bench.lay(&card)?;
        bench.resident(&mut album)?.chooses_a_new_pin()?;
        bench.resident(&mut album)?.ends_with("reservation-used", PATIENCE)?;
        proof::card_has_been_reset(bench, &card, &new)?;
        proof::has_receipt(bench, &card)
    });
}

#[test]
fn a_screen_that_stands_still_at_rest_is_noticed() {
    while_nobody_is_there(Part::Screen);
}

#[test]
fn a_driver_that_stands_still_at_rest_is_noticed() {
    while_nobody_is_there(Part::Driver);
}

#[test]
fn a_screen_that_stands_still_while_a_card_is_written_loses_no_outcome() {
    while_the_card_is_written(Part::Screen);
}

#[test]
fn a_driver_that_stands_still_while_a_card_is_written_loses_no_outcome() {
    while_the_card_is_written(Part::Driver);
}
