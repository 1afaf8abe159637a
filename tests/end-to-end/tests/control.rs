// SPDX-License-Identifier: MIT OR Apache-2.0
//! The control socket of a real kiosk, the operators' commands over it, and what a service manager
//! hears.

#![expect(clippy::expect_used, reason = "a kiosk that does not answer fails its test")]

use std::{
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use end_to_end::{
    PATIENCE,
    album::Album,
    bench::{Bench, Setting},
    card::{Card, Making},
    failure::Failure,
    proof, prove, screens,
};
use kiosk_control::{CheckName, Client, Lease, Refusal, State, Status};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn client(bench: &Bench) -> Client {
    Client::connect(&bench.control_socket(), PATIENCE).expect("the kiosk listens")
}

fn status(bench: &Bench) -> Status {
    client(bench).status().expect("the kiosk says how it is")
}

fn refusal(lease: Lease) -> Option<Refusal> {
    match lease {
        Lease::Granted { .. } => None,
        Lease::Refused(refused) => Some(refused.refused),
    }
}

/// Those that did not pass.
fn ills(client: &mut Client) -> Vec<CheckName> {
    let health = client.health().expect("the kiosk says how it is");
    health.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect()
}

/// Asks until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) -> Result<(), Failure> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        proof::expect(Instant::now() < deadline, &format!("it never came: {what}"))?;
        std::thread::yield_now();
    }
    Ok(())
}

fn expect_code(output: &Output, code: i32) -> Result<(), Failure> {
    let said = String::from_utf8_lossy(&output.stderr);
    proof::expect(
        output.status.code() == Some(code),
        &format!("{} instead of {code}: {said}", output.status),
    )
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn a_kiosk_at_rest_says_that_it_is_well_to_whoever_asks_and_to_its_manager() {
    prove::with(Setting { policy_every: 1, ..Setting::default() }, |bench| {
        bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()?;
        bench.manager_hears("READY=1")?;
        bench.manager_hears("WATCHDOG=1")?;
        let status = status(bench);
        proof::expect(status.state == State::Attract, &format!("{status:?}"))?;
        proof::expect(status.frame_drawn && !status.card_present, &format!("{status:?}"))?;
        let reader = status.reader.unwrap_or_default();
        proof::expect(reader.starts_with("Virtual PCD"), &reader)?;
        // No test has a touch panel. The clock's file is made here.
        let mut client = client(bench);
        until("a call that the service answers", || {
            !ills(&mut self::client(bench)).contains(&CheckName::Service)
        })?;
        until("what the link says of its certificate", || {
            !ills(&mut self::client(bench)).contains(&CheckName::Certificate)
        })?;
        bench.set_the_clock()?;
        let mut left = ills(&mut client);
        left.retain(|name| *name != CheckName::Touch);
        proof::expect(left.is_empty(), &format!("it is not well: {left:?}"))
    });
}

#[test]
fn a_lease_keeps_residents_away_until_whoever_has_it_is_gone() {
    prove::with(Setting::default(), |bench| {
        let card = bench.card(&Making::default())?;
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        let mut updater = client(bench);
        let lease = updater.lease(false, 600).expect("an answer");
        proof::expect(refusal(lease) == Some(Refusal::OpenHours), "it was given in opening hours")?;
        let lease = updater.lease(true, 600).expect("an answer");
        proof::expect(refusal(lease).is_none(), "it was not given")?;
        bench.resident(&mut album)?.sees(screens::LEASED, "leased")?;
        bench.lay(&card)?;
        until("a card that is seen", || status(bench).card_present)?;
        proof::expect(status(bench).state == State::Leased, "the card began something")?;
        bench.resident(&mut album)?.sees(screens::LEASED, "leased")?;
        drop(updater);
        bench.resident(&mut album)?.sees(screens::LEFT_BEHIND, "left-behind")?;
        bench.slot.remove()?;
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        bench.lay(&card)?;
        bench.resident(&mut album)?.sees(screens::CHOOSE, "choose")?;
        let lease = client(bench).lease(true, 600).expect("an answer");
        proof::expect(refusal(lease) == Some(Refusal::InSession), "it was given in a session")?;
        bench.slot.remove()?;
        bench.resident(&mut album)?.finds_the_kiosk_waiting()
    });
}

#[test]
fn a_pcscd_that_hangs_at_rest_is_noticed_and_so_is_its_return() {
    prove::with(Setting::default(), |bench| {
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        let pcscd = bench.pcscd.process().id();
        let pcscd = Pid::from_raw(pcscd.try_into().unwrap_or_default()).expect("a process");
        kill_process(pcscd, Signal::STOP).expect("pcscd stands still");
        bench.resident(&mut album)?.sees(screens::OUT_OF_SERVICE, "out-of-service")?;
        let found = ills(&mut client(bench));
        proof::expect(found.contains(&CheckName::Pcscd), &format!("{found:?}"))?;
        let wished = bench.wishes()?.join("restart-readers").exists();
        proof::expect(wished, "nobody is asked to start it anew")?;
        let metrics = client(bench).metrics().expect("an answer");
        let counted = metrics.lines().any(|line| line == "kiosk_readers_restarts_total 1");
        proof::expect(counted, &metrics)?;
        kill_process(pcscd, Signal::CONT).expect("pcscd goes on");
        bench.resident(&mut album)?.finds_the_kiosk_waiting()
    });
}

#[test]
fn the_commands_of_an_operator_answer_over_a_kiosk_that_runs_and_over_one_that_does_not() {
    prove::with(Setting::default(), |bench| {
        bench.resident(&mut Album::none())?.finds_the_kiosk_waiting()?;
        let ask = |bench: &Bench, arguments: &[&str]| {
            Ok::<_, Failure>(bench.command(arguments)?.output().expect("kiosk starts"))
        };
        let output = ask(bench, &["status", "--json"])?;
        expect_code(&output, 0)?;
        proof::expect(json(&output.stdout)["state"] == "attract", "another state")?;
        let output = ask(bench, &["check", "--json"])?;
        let parts = json(&output.stdout);
        let reader = parts["checks"].as_array().into_iter().flatten();
        let reader = reader.filter(|check| check["part"] == "reader").collect::<Vec<_>>();
        proof::expect(reader.len() == 1 && reader[0]["verdict"] == "ok", &parts.to_string())?;
        let report = bench.folder().join("report.json");
        expect_code(&ask(bench, &["report", path(&report)])?, 0)?;
        let report = std::fs::read(&report).expect("the report");
        proof::expect(json(&report)["status"]["state"] == "attract", "no status in the report")?;
        expect_code(&ask(bench, &["journal"])?, 75)?;
        expect_code(&ask(bench, &["restart"])?, 0)?;
        let ended = bench.kiosk().expect("a kiosk").wait(PATIENCE)?;
        proof::expect(ended.code() == Some(0), &format!("it ended with {ended}"))?;
        let output = ask(bench, &["journal", "--json"])?;
        expect_code(&output, 0)?;
        proof::expect(json(&output.stdout)["outcomes"] == Value::Array(vec![]), "outcomes")?;
        expect_code(&ask(bench, &["status"])?, 69)
    });
}

#[test]
fn a_reader_is_tried_with_public_commands_alone_and_scored() {
    prove::with(Setting::default(), |bench| {
        let card = bench.card(&Making::default())?;
        let mut album = Album::none();
        bench.resident(&mut album)?.finds_the_kiosk_waiting()?;
        let arguments = ["accept-reader", "--times", "2", "--reads", "2", "--json"];
        let mut command = bench.command(&[&arguments[..], &["--reader", READER]].concat())?;
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut trial = command.spawn().expect("kiosk starts");
        let told = trial.stderr.take().expect("a pipe");
        let done = does_as_told(bench, &card, told);
        if done.is_err() {
            trial.kill().expect("it can be killed");
        }
        let output = trial.wait_with_output().expect("it ends");
        done?;
        // Whether it is quick enough is for another machine to say.
        let ended = output.status;
        proof::expect(matches!(ended.code(), Some(0 | 1)), &format!("it ended with {ended}"))?;
        let score = &json(&output.stdout)["score"];
        for (name, count) in
            [("insertions_seen", 2), ("removals_seen", 2), ("readings", 4), ("readings_failed", 0)]
        {
            proof::expect(score[name] == count, &format!("{name}: {score}"))?;
        }
        let verified = bench.slot.count_with_data("20")?;
        proof::expect(verified == 0, "a PIN was sent")?;
        bench.resident(&mut album)?.finds_the_kiosk_waiting()
    });
}

/// The installer: lays the card and takes it.
fn does_as_told(bench: &Bench, card: &Card, told: impl Read) -> Result<(), Failure> {
    for line in BufReader::new(told).lines().map_while(Result::ok) {
        bench.record().add("accept-reader", line.as_str());
        if line.ends_with("lay the test card on the reader") {
            proof::expect(status(bench).state == State::Leased, "the kiosk has the reader")?;
            bench.lay(card)?;
        } else if line.ends_with("take the card off") {
            bench.slot.remove()?;
        }
    }
    Ok(())
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

const READER: &str = "Virtual PCD 00 00";

/// `PATIENCE` is for a machine that is busy; the watcher's own silence is far shorter.
const _: () = assert!(PATIENCE.as_secs() > Duration::from_secs(12).as_secs());
