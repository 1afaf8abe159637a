// SPDX-License-Identifier: MIT OR Apache-2.0
//! Visits in which the card is lifted while it is written, and put back to find out.

use super::{Visit, whole::proves_the_reset};
use crate::{failure::Failure, proof, screens};

/// After the last touch the kiosk sends GET CHALLENGE, EXTERNAL AUTHENTICATE, GENERAL
/// AUTHENTICATE and then RESET RETRY COUNTER (reset-profile, section 2, steps 6 to 9).
pub(super) const RESET_RETRY_COUNTER: &str = "4";

pub(super) fn lifted_after(mut visit: Visit<'_>) -> Result<(), Failure> {
    lifted(&mut visit, "after")?;
    visit.ends_with("done")?;
    visit.leaves()?;
    proves_the_reset(&mut visit)
}

pub(super) fn lifted_before(mut visit: Visit<'_>) -> Result<(), Failure> {
    lifted(&mut visit, "before")?;
    visit.ends_with("not-done")?;
    visit.leaves()?;
    proof::keeps_its_pin(visit.bench, &visit.card, 0)?;
    let last = proof::last_reservation(visit.bench, &visit.card)?;
    proof::expect(last.state == "OPEN", "the reservation was not opened again")?;
    visit.album.note("the card is as it was, and the reservation is open again")
}

/// The card is gone just before or just after it takes the new PIN, and comes back.
fn lifted(visit: &mut Visit<'_>, moment: &str) -> Result<(), Failure> {
    torn(visit, moment)?;
    visit.lays_the_card("the resident puts the card back")
}

/// The card is gone just before or just after it takes the new PIN.
pub(super) fn torn(visit: &mut Visit<'_>, moment: &str) -> Result<(), Failure> {
    visit.begins()?;
    visit.proves_who_they_are()?;
    let new = visit.new.clone();
    visit.resident()?.types_the_new_pin(&new)?;
    visit.resident()?.sees(screens::REPEAT, "repeat-pin-empty")?;
    visit.bench.slot.control(&["tear", RESET_RETRY_COUNTER, moment])?;
    visit.resident()?.repeats_the_new_pin(&new)?;
    visit.resident()?.sees(screens::PUT_BACK, "settling")?;
    let last = visit.bench.slot.trace()?.pop().unwrap_or_default();
    proof::expect(last.starts_with("0C2C"), "the card was not lifted at RESET RETRY COUNTER")?;
    Ok(())
}
