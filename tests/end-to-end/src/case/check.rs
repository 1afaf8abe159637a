// SPDX-License-Identifier: MIT OR Apache-2.0
//! *Check my card*: before a new PIN is set, and on another day after a visit that ended without
//! certainty.

use super::{Case, Visit, scene::LOCKED, while_writing, whole::proves_the_reset};
use crate::{
    album::Album, bench::Bench, card::Making, central::Reservation, failure::Failure, proof,
    screens,
};

/// Who puts no card back is waited for a minute and more, which no test has.
pub(super) const HURRY: u32 = 4;

pub(super) fn and_set_a_new_pin(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.checks_the_card()?;
    let mut resident = visit.resident()?;
    resident.sees(screens::CAN_BE_SET, "check-my-card")?;
    resident.sees(screens::NEVER_RESET, "never-reset")?;
    resident.touches(screens::SEE_MORE)?;
    resident.sees(screens::MORE, "check-my-card-more")?;
    for row in [
        screens::RENEWAL,
        screens::END_NEEDS_ITS_PIN,
        screens::INPUT_SUPPORT,
        screens::NOT_LOOKED_AT,
    ] {
        resident.sees(row, "a-row-of-it")?;
    }
    resident.touches(screens::BACK)?;
    resident.sees(screens::CAN_BE_SET, "check-my-card-again")?;
    resident.touches(screens::BACK)?;
    let verified = visit.bench.slot.count_with_data("20")?;
    proof::expect(verified == 0, "the card was sent a PIN that nobody typed")?;
    visit.album.note("the card was asked without a PIN; now the resident sets a new one")?;
    visit.sets_a_new_pin()?;
    visit.ends_with("done")?;
    visit.leaves()?;
    proves_the_reset(&mut visit)
}

/// The card took the new PIN, and nobody knew.
pub(super) fn settled_to_done(mut visit: Visit<'_>) -> Result<(), Failure> {
    walks_away_uncertain(&mut visit, "after")?;
    visit.checks_the_card()?;
    visit.resident()?.sees(screens::NOT_LOCKED, "check-my-card")?;
    visit.resident()?.sees(screens::RESET_DONE, "reset-done")?;
    visit.resident()?.sees(screens::RESERVATION_USED, "reservation-used")?;
    visit.leaves_the_choice()?;
    is_recorded(&mut visit, "done", "CONSUMED")?;
    proves_the_reset(&mut visit)
}

/// The card did not take the new PIN, and nobody knew.
///
/// # Errors
/// [`Failure::Refuted`] when it is not found out, by resident or service.
pub fn settled_to_not_done(bench: &mut Bench, album: &mut Album) -> Result<(), Failure> {
    let mut visit = on_the_scene(bench, album)?;
    walks_away_uncertain(&mut visit, "before")?;
    visit.checks_the_card()?;
    visit.resident()?.sees(screens::CAN_BE_SET, "check-my-card")?;
    visit.resident()?.sees(screens::RESET_NOT_DONE, "reset-not-done")?;
    visit.resident()?.sees(screens::RESERVATION_OPEN, "reservation-open")?;
    is_recorded(&mut visit, "not_done", "OPEN")?;
    visit.album.note("with the same reservation the resident tries again at once")?;
    visit.resident()?.touches(screens::BACK)?;
    visit.sets_a_new_pin()?;
    visit.ends_with("done")?;
    visit.leaves()?;
    proves_the_reset(&mut visit)
}

/// The card is torn from the reader at the write and carried away; the kiosk is started afresh, and
/// the resident comes back.
fn walks_away_uncertain(visit: &mut Visit<'_>, moment: &str) -> Result<(), Failure> {
    while_writing::torn(visit, moment)?;
    visit.album.note("the resident walks away with the card")?;
    visit.ends_with("not-certain-card-lifted")?;
    let last = settled_as(visit, "unknown")?;
    proof::expect(last.state == "ISSUED", "the service claims to know what nobody knows")?;
    visit.album.note("another day: the kiosk has been started anew")?;
    visit.bench.end_kiosk()?;
    visit.bench.hurry(1);
    visit.bench.start_kiosk()?;
    visit.begins()
}

fn on_the_scene<'b>(bench: &'b mut Bench, album: &'b mut Album) -> Result<Visit<'b>, Failure> {
    let card = Case::SettledLater.set_scene(bench)?;
    Ok(Visit::with(bench, album, card))
}

fn settled_as(visit: &Visit<'_>, outcome: &str) -> Result<Reservation, Failure> {
    let last = proof::last_reservation(visit.bench, &visit.card)?;
    let told = last.last_outcome.as_deref();
    proof::expect(told == Some(outcome), &format!("the outcome is {told:?}, not {outcome}"))?;
    Ok(last)
}

/// The reservation, and the whole chain of the audit table, say what the card said.
fn is_recorded(visit: &mut Visit<'_>, result: &str, state: &str) -> Result<(), Failure> {
    let last = proof::last_reservation(visit.bench, &visit.card)?;
    let is_so = last.state == state && last.receipt_verified;
    proof::expect(is_so, &format!("the service has not heard the card: {last:?}"))?;
    let audit = visit.bench.central.audit(&visit.card)?;
    let result = format!("\"result\":\"{result}\"");
    let is_entered = |line: &String| line.contains("receipt-recorded") && line.contains(&result);
    let settled = audit.iter().any(is_entered);
    proof::expect(settled, &format!("the audit table has no {result}: {audit:#?}"))?;
    visit.album.note("reservation and audit table say what the card says")
}

/// One card after the other is told whether this store can help, and why not.
///
/// # Errors
/// [`Failure::Refuted`] when the wrong words are shown.
pub fn advises_each(bench: &mut Bench, album: &mut Album) -> Result<(), Failure> {
    let fresh = Making::default();
    let cards = [
        (Making::default(), screens::NOT_LOCKED, screens::NEVER_RESET),
        (LOCKED, screens::CAN_BE_SET, screens::NEVER_RESET),
        (
            Making { user_authentication_retries: Some(0), ..fresh.clone() },
            screens::GO_TO_MUNICIPALITY,
            screens::PROOF_LOCKED,
        ),
        (
            Making { user_authentication_retries: Some(0), ..LOCKED },
            screens::GO_TO_MUNICIPALITY,
            screens::BOTH_LOCKED,
        ),
        (
            Making { is_without_signature_certificate: true, ..fresh.clone() },
            screens::GO_TO_MUNICIPALITY,
            screens::NO_SIGNATURE_CERTIFICATE,
        ),
        (
            Making {
                not_before: Some("2015-01-01T00:00:00Z"),
                not_after: Some("2020-01-01T00:00:00Z"),
                ..fresh
            },
            screens::GO_TO_MUNICIPALITY,
            screens::CERTIFICATE_EXPIRED,
        ),
    ];
    for (making, line, why) in cards {
        let card = bench.card(&making)?;
        let mut visit = Visit::with(bench, album, card);
        visit.begins()?;
        visit.checks_the_card()?;
        visit.resident()?.sees(line, "check-my-card")?;
        visit.resident()?.sees(why, "why")?;
        visit.leaves_the_choice()?;
    }
    let verified = bench.slot.count_with_data("20")?;
    proof::expect(verified == 0, "a card was sent a PIN")
}

/// Without the service the screen says what the card says.
///
/// # Errors
/// [`Failure::Refuted`] when it does not.
pub fn says_it_without_the_service(bench: &mut Bench, album: &mut Album) -> Result<(), Failure> {
    let mut visit = on_the_scene(bench, album)?;
    walks_away_uncertain(&mut visit, "after")?;
    visit.album.note("the network between kiosk and service is cut")?;
    visit.bench.network.cut();
    let mark = visit.bench.record().mark();
    visit.checks_the_card()?;
    visit.resident()?.sees(screens::RESET_DONE, "reset-done")?;
    let awaited = "no answer of the service";
    visit.bench.record().wait_for("kiosk", awaited, mark, crate::PATIENCE)?;
    visit.resident()?.sees(screens::RESET_DONE, "reset-done-still")?;
    visit.leaves_the_choice()?;
    let state = proof::last_reservation(visit.bench, &visit.card)?.state;
    proof::expect(state == "ISSUED", "the service knows what never reached it")?;
    visit.album.note("the service is there again; the card says it once more")?;
    visit.bench.network.mend();
    visit.lays_the_card("the resident lays the card on the reader")?;
    visit.checks_the_card()?;
    visit.resident()?.sees(screens::RESERVATION_USED, "reservation-used")?;
    is_recorded(&mut visit, "done", "CONSUMED")
}
