// SPDX-License-Identifier: MIT OR Apache-2.0
//! Visits in which the new PIN is set.

use super::Visit;
use crate::{failure::Failure, proof, screens};

pub(super) fn resets(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.sets_a_new_pin()?;
    if visit.album.keeps() {
        visit.resident()?.sees(screens::NO_WAY_BACK, "working")?;
    }
    visit.ends_with("done")?;
    visit.leaves()?;
    proves_the_reset(&mut visit)
}

/// OpenSC, the card's memory and the service agree.
pub(super) fn proves_the_reset(visit: &mut Visit<'_>) -> Result<(), Failure> {
    visit.bench.end_kiosk()?;
    visit.lays_the_card("the kiosk is switched off; the card is laid on the reader for OpenSC")?;
    proof::is_reset(visit.bench, &visit.card, &visit.new)?;
    visit.album.note("OpenSC logs in with the new PIN")?;
    visit.album.note("the service lists the reservation as CONSUMED, with a verified receipt")
}

pub(super) fn service_gone_afterwards(mut visit: Visit<'_>) -> Result<(), Failure> {
    visit.begins()?;
    visit.bench.central.plan("cut-before 99 /outcome")?;
    visit.sets_a_new_pin()?;
    visit.ends_with("done")?;
    let state = proof::last_reservation(visit.bench, &visit.card)?.state;
    proof::expect(state == "ISSUED", "the service knows an outcome that never reached it")?;
    visit.album.note("the service is there again")?;
    visit.bench.central.plan("clear")?;
    let mark = visit.bench.record().mark();
    visit.leaves()?;
    visit.bench.record().wait_for("kiosk", "acknowledged", mark, crate::PATIENCE)?;
    proves_the_reset(&mut visit)
}
