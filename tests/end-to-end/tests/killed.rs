// SPDX-License-Identifier: MIT OR Apache-2.0
//! A power cut after each record of the journal: started again, the kiosk tells the service what
//! it may say of the outcome, no more and no less.

use end_to_end::{
    PATIENCE,
    album::Album,
    bench::{Bench, Setting},
    card::{Card, Making},
    failure::Failure,
    pin::Pin,
    proof, prove,
    resident::Resident,
    screens,
};

/// Long enough for the bench to kill the kiosk meanwhile.
const HELD_MILLISECONDS: &str = "4000";

/// Who is made to wait, so that the kiosk is killed at a known step.
enum Held<'t> {
    /// The service, before it answers a call to this path.
    Service(&'t str),
    /// The card, as told to its control socket.
    Card(&'t [&'t str]),
}

/// Plays up to the last touch, holds one side, kills the kiosk while it waits for `asked`, starts
/// it again and looks at what the service has been told.
fn killed_while(bench: &mut Bench, held: &Held<'_>, asked: &str) -> Result<(Card, Pin), Failure> {
    let card = bench.registered_card(&Making::default())?;
    bench.central.reserve(&card, &[])?;
    let new = Pin::of_letters();
    bench.remember(&new);
    let (language, mut album) = (bench.language(), Album::none());
    Resident::new(bench.player()?, &mut album, language).finds_the_kiosk_waiting()?;
    bench.lay(&card)?;
    let mut resident = Resident::new(bench.player()?, &mut album, language);
    resident.chooses_a_new_pin()?;
    resident.goes_on_of_own_accord()?;
    resident.types_the_known_pin(&card.user_authentication_pin)?;
    resident.types_the_new_pin(&new)?;
    resident.sees(screens::REPEAT, "repeat")?;
    match held {
        Held::Service(path) => {
            bench.central.plan(&format!("delay 1 {path} {HELD_MILLISECONDS}"))?;
        }
        Held::Card(words) => bench.slot.control(words)?,
    }
    let mark = bench.record().mark();
    Resident::new(bench.player()?, &mut album, language).repeats_the_new_pin(&new)?;
    bench.record().wait_for("kiosk", asked, mark, PATIENCE)?;
    bench.kill_kiosk()?;
    let mark = bench.record().mark();
    bench.start_kiosk()?;
    bench.record().wait_for("kiosk", "outcome acknowledged", mark, PATIENCE)?;
    Ok((card, new))
}

fn is_told(bench: &Bench, card: &Card, outcome: &str) -> Result<(), Failure> {
    let told = proof::last_reservation(bench, card)?.last_outcome;
    proof::expect(
        told.as_deref() == Some(outcome),
        &format!("the service was told {told:?}, not {outcome}"),
    )
}

#[test]
fn killed_after_the_ticket_was_requested_it_reports_not_done() {
    prove::with(Setting::default(), |bench| {
        let (card, _) = killed_while(bench, &Held::Service("/ticket"), "request=\"ticket\"")?;
        is_told(bench, &card, "not_done")?;
        proof::keeps_its_pin(bench, &card, proof::FULL_COUNTER)
    });
}

#[test]
fn killed_after_the_ticket_was_presented_it_reports_not_done() {
    prove::with(Setting::default(), |bench| {
        // EXTERNAL AUTHENTICATE is the second command after the last touch.
        let held = Held::Card(&["delay", "2", HELD_MILLISECONDS]);
        let (card, _) = killed_while(bench, &held, "request=\"present\"")?;
        is_told(bench, &card, "not_done")?;
        proof::keeps_its_pin(bench, &card, proof::FULL_COUNTER)
    });
}

#[test]
fn killed_after_the_reset_was_sent_it_reports_unknown_and_the_receipt_settles_it_as_done() {
    prove::with(Setting::default(), |bench| {
        // RESET RETRY COUNTER is the fourth; the card is gone before it can answer.
        let held = Held::Card(&["tear", "4", "after"]);
        let (card, new) = killed_while(bench, &held, "state=\"Settling\"")?;
        is_told(bench, &card, "unknown")?;
        proof::card_has_been_reset(bench, &card, &new)?;
        comes_back(bench, &mut Album::none(), &card)?.ends_with("reservation-used", PATIENCE)?;
        proof::has_receipt(bench, &card)
    });
}

#[test]
fn killed_after_the_reset_was_sent_in_vain_it_reports_unknown_and_the_receipt_opens_it_again() {
    prove::with(Setting::default(), |bench| {
        let held = Held::Card(&["tear", "4", "before"]);
        let (card, _) = killed_while(bench, &held, "state=\"Settling\"")?;
        is_told(bench, &card, "unknown")?;
        proof::keeps_its_pin(bench, &card, proof::FULL_COUNTER)?;
        comes_back(bench, &mut Album::none(), &card)?.sees(screens::BEWARE, "beware")?;
        let state = proof::last_reservation(bench, &card)?.state;
        proof::expect(state == "OPEN", &format!("the reservation is {state}, not OPEN"))
    });
}

#[test]
fn killed_after_the_outcome_was_written_down_it_reports_done() {
    prove::with(Setting::default(), |bench| {
        let held = Held::Service("/outcome");
        let (card, new) = killed_while(bench, &held, "state=\"Reporting\"")?;
        is_told(bench, &card, "done")?;
        proof::card_has_been_reset(bench, &card, &new)?;
        proof::has_receipt(bench, &card)
    });
}

/// The resident tries once more; the service wants the receipt of the last time first.
fn comes_back<'b>(
    bench: &'b mut Bench,
    album: &'b mut Album,
    card: &Card,
) -> Result<Resident<'b>, Failure> {
    let language = bench.language();
    Resident::new(bench.player()?, album, language).finds_the_kiosk_waiting()?;
    bench.lay(card)?;
    let mut resident = Resident::new(bench.player()?, album, language);
    resident.chooses_a_new_pin()?;
    Ok(resident)
}
