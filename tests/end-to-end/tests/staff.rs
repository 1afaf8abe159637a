// SPDX-License-Identifier: MIT OR Apache-2.0
//! A clerk at the unit: the corner, the code, the tests, the lock, the restart.

use std::time::Duration;

use end_to_end::{
    PATIENCE,
    album::Album,
    bench::{Bench, Setting},
    card::Making,
    failure::Failure,
    kiosk::STAFF_CODE,
    player::Player,
    proof, prove, screens,
    words::Language,
};

/// Of the session's limits: a lock of 30 s is one of 10.
const HURRY: u32 = 3;
/// The same length, another code.
const WRONG: &str = "402818";
const WRONG_TOLD: &str = "That was not the staff code. 4 tries left";

fn setting() -> Setting {
    Setting { hurry: HURRY, language: Language::English, ..Setting::default() }
}

fn types(player: &mut Player, code: &str) -> Result<(), Failure> {
    player.await_text(screens::STAFF_CODE)?;
    code.chars().try_for_each(|digit| player.touch(&digit.to_string()))?;
    player.touch(screens::OK)
}

fn calls(bench: &mut Bench) -> Result<(), Failure> {
    bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()?;
    (0..5).try_for_each(|_| bench.player()?.touch_the_corner())
}

/// By the corner, a wrong code and the right one.
fn comes_in(bench: &mut Bench) -> Result<(), Failure> {
    calls(bench)?;
    let player = bench.player()?;
    types(player, WRONG)?;
    player.await_text(WRONG_TOLD)?;
    types(player, STAFF_CODE)?;
    player.await_text(screens::READY)
}

#[test]
fn a_clerk_comes_in_by_corner_and_code_tries_the_unit_and_restarts_it() {
    prove::with(setting(), |bench| {
        let card = bench.registered_card(&Making::default())?;
        comes_in(bench)?;

        let player = bench.player()?;
        player.touch(screens::TESTS)?;
        player.touch(screens::CALL_SERVICE)?;
        player.await_text(screens::IN_ORDER)?;
        player.touch(screens::PLAY_TONE)?;
        player.await_text(screens::PLAYED)?;
        let heard = bench.heard()?;
        let (frames, loudest) = (heard.len() / 2, heard.iter().map(|it| it.unsigned_abs()).max());
        proof::expect((24_000..48_000).contains(&frames), &format!("{frames} frames"))?;
        proof::expect(loudest > Some(3_000), &format!("{loudest:?} at the loudest"))?;
        let player = bench.player()?;
        player.touch(screens::TRY_READER)?;
        bench.lay(&card)?;
        bench.player()?.await_text(screens::TAKE_CARD_AWAY)?;
        bench.slot.remove()?;

        let player = bench.player()?;
        player.touch(screens::ACTIONS)?;
        player.touch(screens::REBOOT)?;
        player.touch(screens::DO_IT)?;
        player.await_text(screens::ASKED_FOR)?;
        let wish = bench.wishes()?.join("reboot");
        proof::expect(wish.exists(), "the wish does not lie where the system looks")?;

        let player = bench.player()?;
        player.touch(screens::RESTART)?;
        player.touch(screens::DO_IT)?;
        let ended = player.process().wait(PATIENCE)?;
        proof::expect(ended.code() == Some(0), &format!("it ended with {ended}"))?;
        let lines = bench.record().lines();
        let told =
            lines.iter().find(|line| [STAFF_CODE, WRONG].iter().any(|it| line.text.contains(it)));
        proof::expect(told.is_none(), "the log tells a staff code")?;
        bench.start_kiosk()?;
        bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()
    });
}

#[test]
fn a_locked_screen_takes_no_touch_and_comes_back() {
    prove::with(setting(), |bench| {
        comes_in(bench)?;
        let player = bench.player()?;
        player.touch(screens::CLEANING)?;
        player.touch(screens::LOCK)?;
        player.await_text(screens::LOCKED)?;
        (0..5).try_for_each(|_| player.touch_the_corner())?;
        proof::expect(
            !player.touch_if_there(screens::ACTIONS, Duration::ZERO)?,
            "there is something to touch",
        )?;
        player.await_text(screens::LOCK)
    });
}

#[test]
fn a_wrong_code_stays_counted_when_the_kiosk_is_killed() {
    prove::with(setting(), |bench| {
        calls(bench)?;
        types(bench.player()?, WRONG)?;
        bench.player()?.await_text(WRONG_TOLD)?;
        bench.kill_kiosk()?;
        bench.start_kiosk()?;
        calls(bench)?;
        types(bench.player()?, WRONG)?;
        bench.player()?.await_text("That was not the staff code. 3 tries left")
    });
}
