// SPDX-License-Identifier: MIT OR Apache-2.0
//! Visits that end before anything is written: the card stays as it was.

use super::Visit;
use crate::{
    failure::Failure,
    proof::{self, FULL_COUNTER},
    screens,
};

pub(super) fn used(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.sets_a_new_pin()?;
    visit.ends_with("done")?;
    visit.leaves()?;
    visit.album.note("the resident comes back with the same reservation")?;
    visit.lays_the_card("the resident lays the card on the reader again")?;
    visit.resident()?.chooses_a_new_pin()?;
    visit.ends_with("reservation-used")?;
    proof::card_has_been_reset(visit.bench, &visit.card, &visit.new)?;
    visit.leaves()
}

/// The service refuses before a PIN is asked for; the card has seen no PIN.
pub(super) fn is_refused(mut visit: Visit<'_>, ending: &str) -> Result<(), Failure> {
    visit.begins()?;
    visit.resident()?.chooses_a_new_pin()?;
    visit.ends_with(ending)?;
    let verified = visit.bench.slot.count_with_data("20")?;
    proof::expect(verified == 0, "the card was sent a PIN")?;
    proof::keeps_its_pin(visit.bench, &visit.card, 0)?;
    visit.album.note("the card was sent no PIN and is as it was")?;
    visit.leaves()
}

pub(super) fn lifted(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.proves_who_they_are()?;
    visit.resident()?.sees(screens::NEW_PIN, "new-pin-empty")?;
    visit.lifts_the_card("the resident takes the card too early")?;
    visit.resident()?.sees(screens::PUT_BACK, "put-back")?;
    visit.ends_with("card-lifted")?;
    proof::keeps_its_pin(visit.bench, &visit.card, FULL_COUNTER)?;
    visit.album.note("the card is as it was")?;
    visit.resident()?.leaves_the_ending()
}
