// SPDX-License-Identifier: MIT OR Apache-2.0
//! Visits that the card decides: a wrong PIN, and cards that are no test cards.

use super::Visit;
use crate::{
    failure::Failure,
    proof::{self, FULL_COUNTER},
    public, screens,
};

pub(super) fn wrong_pin(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.resident()?.chooses_a_new_pin()?;
    visit.resident()?.goes_on_of_own_accord()?;
    types_a_wrong_pin(&mut visit)?;
    visit.resident()?.sees(screens::WRONG_PIN, "wrong-pin")?;
    has_tries(&visit, 2)?;
    visit.resident()?.touches(screens::CANCEL)?;
    visit.ends_with("pin-wrong")?;
    has_tries(&visit, 2)?;
    visit.album.note("exactly one try is gone")?;
    proof::keeps_its_pin(visit.bench, &visit.card, FULL_COUNTER)?;
    visit.leaves()
}

pub(super) fn pin_locked(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.resident()?.chooses_a_new_pin()?;
    visit.resident()?.goes_on_of_own_accord()?;
    types_a_wrong_pin(&mut visit)?;
    visit.resident()?.sees(screens::WRONG_PIN, "wrong-once")?;
    types_a_wrong_pin(&mut visit)?;
    visit.resident()?.sees(screens::LAST_TRY, "last-try")?;
    has_tries(&visit, 1)?;
    visit.resident()?.touches(screens::KNOWN)?;
    types_a_wrong_pin(&mut visit)?;
    visit.ends_with("pin-locked-now")?;
    has_tries(&visit, 0)?;
    visit.album.note("the card has locked the 4-digit PIN; the signature PIN is as it was")?;
    proof::keeps_its_pin(visit.bench, &visit.card, FULL_COUNTER)?;
    visit.leaves()
}

fn types_a_wrong_pin(visit: &mut Visit<'_>) -> Result<(), Failure> {
    let wrong = visit.card.user_authentication_pin.another();
    visit.bench.remember(&wrong);
    visit.resident()?.types_the_known_pin(&wrong)
}

fn has_tries(visit: &Visit<'_>, expected: u8) -> Result<(), Failure> {
    let left = visit.card.state(visit.bench.record())?.user_authentication_retries();
    if left == expected {
        return Ok(());
    }
    Err(Failure::Refuted(format!("{left} tries are left, not {expected}")))
}

pub(super) fn real_card(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.checks_the_card()?;
    visit.resident()?.sees(screens::ON_TRIAL, "check-my-card")?;
    visit.resident()?.touches(screens::SEE_MORE)?;
    visit.resident()?.sees(screens::MORE, "check-my-card-more")?;
    if let Some(stranger) = public::first_that_is_not(&visit.bench.slot.trace()?) {
        return Err(Failure::Refuted(format!("a real card was sent {stranger}")));
    }
    let public = "the card was sent SELECT, READ BINARY and empty VERIFY of public files alone";
    visit.album.note(public)?;
    visit.leaves_the_choice()?;
    let asked = ["open-session", "deliver-receipt"].map(|name| format!("request=\"{name}\""));
    let lines = visit.bench.record().lines();
    let is_told = lines.iter().any(|line| asked.iter().any(|asked| line.text.contains(asked)));
    proof::expect(!is_told, "the service was told of a real card")?;
    let told = visit.bench.central.audit(&visit.card)?;
    proof::expect(told.is_empty(), &format!("the service knows of a real card: {told:?}"))?;
    visit.album.note("the service was told nothing of it")
}

pub(super) fn not_genuine(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.resident()?.chooses_a_new_pin()?;
    visit.ends_with("card-not-genuine")?;
    let verified = visit.bench.slot.count_with_data("20")?;
    proof::expect(verified == 0, "the card was sent a PIN")?;
    visit.leaves()
}
