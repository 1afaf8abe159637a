// SPDX-License-Identifier: MIT OR Apache-2.0
//! Readers that hang, and a pcscd that is started again.

use end_to_end::{
    PATIENCE, album::Album, bench::Setting, card::Making, case::Case, pin::Pin, proof, prove,
    screens,
};

/// Of the session's limits: a hung write is given up after 3 s instead of 30.
const HURRY: u32 = 10;

#[test]
fn a_reader_that_hangs_in_the_write_is_given_up_and_the_kiosk_starts_again() {
    prove::with(Setting { hurry: HURRY, ..Setting::default() }, |bench| {
        let (card, new) = (bench.reserved_card(&Making::default())?, Pin::of_letters());
        bench.remember(&new);
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        bench.lay(&card)?;
        let mut visitor = bench.resident(&mut album)?;
        visitor.chooses_a_new_pin()?;
        visitor.goes_on_of_own_accord()?;
        visitor.types_the_known_pin(&card.user_authentication_pin)?;
        visitor.types_the_new_pin(&new)?;
        visitor.sees(screens::REPEAT, "repeat")?;
        // RESET RETRY COUNTER is carried out and never answered.
        bench.slot.control(&["mute", "4"])?;
        let mut visitor = bench.resident(&mut album)?;
        visitor.repeats_the_new_pin(&new)?;
        visitor.ends_with("not-certain-reader-stuck", PATIENCE)?;
        visitor.touches(screens::FINISH)?;
        bench.slot.remove()?;
        if let Some(kiosk) = bench.kiosk() {
            let ended = kiosk.wait(PATIENCE)?;
            proof::expect(ended.code() == Some(75), "it did not ask to be started again")?;
        }
        let told = proof::last_reservation(bench, &card)?.last_outcome;
        proof::expect(told.as_deref() == Some("unknown"), "the service was not told `unknown`")
    });
}

#[test]
fn a_pcscd_that_is_started_again_is_found_again() {
    prove::with(Setting::default(), |bench| {
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        bench.restart_pcscd()?;
        Case::Locked.play(bench, &mut album)
    });
}
