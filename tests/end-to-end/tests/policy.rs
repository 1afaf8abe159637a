// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service's policy at a real kiosk: it comes while somebody types, it is broken, it is kept
//! for a start without the service under the unit's signature, and its times are Japan's wherever
//! the system thinks it is.

use std::{
    fs,
    path::PathBuf,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use end_to_end::{
    PATIENCE,
    album::Album,
    bench::{Bench, Setting},
    card::{Card, Making},
    failure::Failure,
    pin::Pin,
    proof, prove, screens,
    words::Language,
};
use serde_json::json;

/// English, and a kiosk that hears of another policy within a second.
fn setting() -> Setting {
    Setting { language: Language::English, policy_every: 1, ..Setting::default() }
}

/// An hour of Japan's day that is far from now: opening, closing.
fn far_hour() -> (&'static str, &'static str) {
    if japans_hour() < 12 { ("20:00", "21:00") } else { ("02:00", "03:00") }
}

#[expect(clippy::disallowed_methods, reason = "what is open now depends on now")]
fn japans_hour() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_secs() / 3_600 + 9) % 24
}

/// As a resident reads it.
fn spoken(time: &str) -> &str {
    time.strip_prefix('0').unwrap_or(time)
}

fn sentence_of_the_far_hour() -> String {
    let (opens, closes) = far_hour();
    format!("This service is open from {} to {}.", spoken(opens), spoken(closes))
}

/// The service is closed now, by its hours.
fn close_by_hours(bench: &Bench) -> Result<(), Failure> {
    let (opens, closes) = far_hour();
    bench.central.change_policy(|policy| {
        policy["hours"] = json!({ "opens": opens, "closes": closes });
    })
}

fn open_day_and_night(bench: &Bench) -> Result<(), Failure> {
    bench.central.change_policy(|policy| {
        policy["hours"] = json!({ "opens": "00:00", "closes": "24:00" });
    })
}

/// From the empty reader to the empty pad for the new PIN.
fn comes_to_the_new_pin(bench: &mut Bench, card: &Card) -> Result<(), Failure> {
    let mut album = Album::none();
    bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
    bench.lay(card)?;
    let mut visitor = bench.resident(&mut album)?;
    visitor.chooses_a_new_pin()?;
    visitor.goes_on_of_own_accord()?;
    visitor.types_the_known_pin(&card.user_authentication_pin)?;
    visitor.sees(screens::NEW_PIN, "new-pin")
}

/// Waits until the service has a heartbeat with such faults.
fn faults_become(bench: &Bench, faults: &str) -> Result<(), Failure> {
    let (begun, wanted) = (Instant::now(), format!("\"faults\":{faults}"));
    loop {
        let listed = bench.central.tell("list", &["--units", "--json"])?;
        if listed.contains(&wanted) {
            return Ok(());
        }
        proof::expect(begun.elapsed() < PATIENCE, &format!("no {wanted} in {listed}"))?;
    }
}

#[test]
fn closing_time_in_mid_session_waits_for_done() {
    prove::with(setting(), |bench| {
        let (card, new) = (bench.reserved_card(&Making::default())?, Pin::of_letters());
        bench.remember(&new);
        comes_to_the_new_pin(bench, &card)?;
        let mark = bench.record().mark();
        close_by_hours(bench)?;
        bench.record().wait_for("kiosk", "another policy holds", mark, PATIENCE)?;
        let mut album = Album::none();
        let mut visitor = bench.resident(&mut album)?;
        visitor.types_the_new_pin(&new)?;
        visitor.repeats_the_new_pin(&new)?;
        visitor.ends_with("done", PATIENCE)?;
        bench.slot.remove()?;
        let mut visitor = bench.resident(&mut album)?;
        visitor.touches(screens::FINISH)?;
        visitor.sees(screens::CLOSED, "closed")?;
        bench.player()?.await_text(&sentence_of_the_far_hour())?;
        proof::card_has_been_reset(bench, &card, &new)?;
        proof::has_receipt(bench, &card)
    });
}

#[test]
fn an_operators_maintenance_is_the_services_to_say_and_nothing_changes_on_the_card() {
    prove::with(setting(), |bench| {
        let (card, new) = (bench.reserved_card(&Making::default())?, Pin::of_letters());
        bench.remember(&new);
        comes_to_the_new_pin(bench, &card)?;
        let mark = bench.record().mark();
        bench.central.tell("close", &["--maintenance", "--until", "2099-01-01T00:00:00Z"])?;
        bench.record().wait_for("kiosk", "another policy holds", mark, PATIENCE)?;
        let mut album = Album::none();
        let mut visitor = bench.resident(&mut album)?;
        visitor.types_the_new_pin(&new)?;
        visitor.repeats_the_new_pin(&new)?;
        visitor.ends_with("service-closed-maintenance", PATIENCE)?;
        bench.slot.remove()?;
        let mut visitor = bench.resident(&mut album)?;
        visitor.touches(screens::FINISH)?;
        visitor.sees(screens::MAINTENANCE, "maintenance")?;
        proof::keeps_its_pin(bench, &card, proof::FULL_COUNTER)?;
        bench.central.tell("open", &[])?;
        bench.resident(&mut album)?.finds_the_kiosk_waiting()
    });
}

#[test]
fn without_the_service_the_last_policy_holds_and_without_that_the_images() {
    prove::with(setting(), |bench| {
        close_and_cut(bench)?;
        bench.kill_kiosk()?;
        bench.start_kiosk()?;
        bench.player()?.await_text(&sentence_of_the_far_hour())?;
        bench.kill_kiosk()?;
        bench.keep_policy_file("{\"version\":2,\"poli")?;
        starts_with_the_images(bench, REFUSED)?;
        let aside = bench.policy_cache().with_extension("json.bad");
        proof::expect(aside.exists(), "it is not put aside")
    });
}

#[test]
fn a_kept_policy_that_was_changed_never_holds() {
    prove::with(setting(), |bench| {
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        let open = bench.kept_policies()?;
        close_and_cut(bench)?;
        let shut = bench.kept_policies()?;
        let (opens, _) = far_hour();
        let mut changed = shut.clone();
        let text = shut["policies"][0]["document"]["text"].as_str().unwrap_or_default();
        let other = format!("1{}", opens.split_at(1).1);
        changed["policies"][0]["document"]["text"] = text.replacen(opens, &other, 1).into();
        let mut swapped = shut.clone();
        swapped["policies"][0]["signature"] = open["policies"][0]["signature"].clone();
        for forged in [&changed, &swapped] {
            proof::expect(*forged != shut, "nothing was changed")?;
            bench.kill_kiosk()?;
            bench.keep_policy_file(&forged.to_string())?;
            starts_with_the_images(bench, REFUSED)?;
        }
        bench.kill_kiosk()?;
        bench.keep_policy_file(&shut.to_string())?;
        bench.start_kiosk()?;
        bench.player()?.await_text(&sentence_of_the_far_hour())
    });
}

#[test]
fn a_kept_policy_that_this_unit_did_not_sign_never_holds() {
    prove::with(setting(), |bench| {
        close_and_cut(bench)?;
        let shut = bench.kept_policies()?;
        let text = shut["policies"][0]["document"]["text"].as_str().unwrap_or_default();
        let own = bench.sign_policy(&bench.central.credentials(), text)?;
        let signed_by = own["signature"]["signed_by"].clone();
        let stranger = issue(bench, "unit-2", "stranger")?;
        let foreign = bench.sign_policy(&stranger, text)?;
        let mut in_our_name = foreign.clone();
        in_our_name["signature"]["signed_by"] = signed_by;
        for forged in [foreign, in_our_name] {
            bench.kill_kiosk()?;
            bench.keep_policies(&[forged])?;
            starts_with_the_images(bench, REFUSED)?;
        }
        bench.kill_kiosk()?;
        let unsigned = format!("{{\"version\":1,\"policy\":{text}}}");
        bench.keep_policy_file(&unsigned)?;
        starts_with_the_images(bench, "a policy that is not signed")?;
        bench.kill_kiosk()?;
        bench.keep_policies(&[own])?;
        bench.start_kiosk()?;
        bench.player()?.await_text(&sentence_of_the_far_hour())
    });
}

#[test]
fn a_renewed_key_signs_the_policy_anew_and_the_link_may_come_later_than_the_kiosk() {
    prove::with(setting(), |bench| {
        let mut album = Album::none();
        close_by_hours(bench)?;
        bench.resident(&mut album)?.sees(screens::CLOSED, "closed")?;
        let before = bench.kept_policies()?;
        bench.stop_link()?;
        let renewed = issue(bench, "unit-1", "renewed")?;
        for file in ["certificate.pem", "key.pem"] {
            let (from, to) = (renewed.join(file), bench.central.credentials().join(file));
            fs::copy(from, to).map_err(|error| Failure::Refuted(error.to_string()))?;
        }
        let mark = bench.record().mark();
        bench.start_link()?;
        bench.record().wait_for("kiosk", "the policy is kept", mark, PATIENCE)?;
        bench.resident(&mut album)?.sees(screens::CLOSED, "closed")?;
        bench.network.cut();
        bench.kill_kiosk()?;
        let after = bench.kept_policies()?;
        proof::expect(
            before["policies"][0]["document"] == after["policies"][0]["document"]
                && before["policies"][0]["signature"] != after["policies"][0]["signature"],
            "the same policy has another signature",
        )?;
        bench.stop_link()?;
        bench.start_kiosk()?;
        shows_the_images(bench)?;
        bench.start_link()?;
        bench.player()?.await_text(&sentence_of_the_far_hour())
    });
}

/// Until the kiosk has kept a policy that closes now; then the service is away.
fn close_and_cut(bench: &mut Bench) -> Result<(), Failure> {
    let mut album = Album::none();
    bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
    close_by_hours(bench)?;
    bench.resident(&mut album)?.sees(screens::CLOSED, "closed")?;
    bench.network.cut();
    Ok(())
}

/// The kiosk starts, says this of the policy that was kept, and keeps to the image's.
fn starts_with_the_images(bench: &mut Bench, said: &str) -> Result<(), Failure> {
    let mark = bench.record().mark();
    bench.start_kiosk()?;
    bench.record().wait_for("kiosk", said, mark, PATIENCE)?;
    shows_the_images(bench)
}

fn shows_the_images(bench: &mut Bench) -> Result<(), Failure> {
    let of_image = "This service is open from 6:30 to 23:00.";
    let player = bench.player()?;
    if player.await_any(&[screens::ATTRACT, of_image], PATIENCE)? == screens::ATTRACT {
        player.touch(screens::HOURS)?;
        player.await_text("6:30 to 23:00, every day")?;
    }
    Ok(())
}

/// The folder of a new certificate and key of that unit.
fn issue(bench: &Bench, unit: &str, folder: &str) -> Result<PathBuf, Failure> {
    let out = bench.folder().join(folder);
    let words = ["--store", "store-1", "--unit", unit, "--out", &out.display().to_string()];
    bench.central.tell("issue-kiosk", &words)?;
    Ok(out)
}

/// What the log says of a kept policy that is put aside.
const REFUSED: &str = "policy-cache-unreadable";

#[test]
fn an_answer_that_is_no_policy_changes_nothing_and_is_reported() {
    prove::with(setting(), |bench| {
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        bench.central.plan("garbage 1000 /policy")?;
        faults_become(bench, "[\"K-440\"]")?;
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        bench.central.plan("clear")?;
        faults_become(bench, "[]")
    });
}

#[test]
fn times_are_japans_wherever_the_system_is() {
    for time_zone in ["America/New_York", "Pacific/Kiritimati"] {
        prove::with(Setting { time_zone: Some(time_zone), ..setting() }, |bench| {
            let mut album = Album::none();
            bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
            close_by_hours(bench)?;
            bench.resident(&mut album)?.sees(screens::CLOSED, "closed")?;
            let opens = format!(", {}", spoken(far_hour().0));
            bench.player()?.await_any(&[&opens], PATIENCE)?;
            open_day_and_night(bench)?;
            bench.resident(&mut album)?.finds_the_kiosk_waiting()
        });
    }
}

#[test]
fn a_notice_reaches_the_screens_and_a_service_that_is_not_offered_has_its_own() {
    prove::with(setting(), |bench| {
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        bench.central.change_policy(|policy| {
            let texts = json!({ "ja": "足もとにご注意ください。", "en": "Mind the step." });
            policy["notices"] = json!([{ "id": "step", "kind": "warning", "texts": texts }]);
        })?;
        bench.player()?.await_text("Mind the step.")?;
        bench.player()?.touch(screens::HELP)?;
        bench.player()?.await_any(&["0120-0178-27 (free of charge)"], PATIENCE)?;
        bench.central.change_policy(|policy| policy["services"] = json!([]))?;
        bench.resident(&mut album)?.sees(screens::NOT_OFFERED, "not-offered")?;
        bench.central.change_policy(|policy| {
            policy["services"] = json!([{ "target": "signature", "profile": "ref-eac-1" }]);
            policy["minimum_software"] = json!("99.0.0");
        })?;
        faults_become(bench, "[\"K-401\"]")
    });
}
