// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk is asked whether everything is delivered: what it says decides, and a kiosk that says
//! nothing is no leave.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixListener,
    thread::{self, JoinHandle},
};

use kiosk_control::{Answer, Clock, Leased, Link, Refusal, Refused, State, Status};

use crate::world::{World, assert_done, assert_refused};

const KEY: &str = "key = \"key.pem\"\n";

/// A kiosk that takes one connection, answers each line with the next of these, and tells what it
/// was asked.
fn kiosk(world: &World, answers: Vec<Answer>) -> JoinHandle<Vec<String>> {
    let socket = world.path("control.sock");
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        let mut lines = BufReader::new(&stream).lines();
        let asked = answers.iter().map(|answer| {
            let line = lines.next().unwrap().unwrap();
            let answer = serde_json::to_string(answer).unwrap();
            writeln!(&stream, "{answer}").unwrap();
            let asked: serde_json::Value = serde_json::from_str(&line).unwrap();
            asked["ask"].as_str().unwrap().to_owned()
        });
        let mut asked: Vec<_> = asked.collect();
        // Until the other end closes.
        asked.extend(lines.map_while(Result::ok));
        asked
    })
}

fn undelivered(count: u64) -> Answer {
    let status = Status {
        software: "0.1.0".to_owned(),
        image: None,
        since: 60,
        state: State::OutOfService,
        card_present: false,
        reader: None,
        fault: None,
        last_faults: Vec::new(),
        undelivered: count,
        link: Link::default(),
        clock: Clock::default(),
        update: None,
        frame_drawn: true,
    };
    Answer::Status { status: Box::new(status) }
}

fn world() -> World {
    let world = World::new();
    world.configure(KEY, true);
    world.reconfigure("metrics = \"kiosk.prom\"", "control = \"control.sock\"");
    fs::write(world.path("journal.redb"), "").unwrap();
    world
}

#[test]
fn a_kiosk_that_has_undelivered_outcomes_or_does_not_answer_stands_in_the_way() {
    let world = world();
    let code = world.invite(true);
    assert_refused(&world.enrol(&["new"], &code), 75, "does not say whether");
    let asked = kiosk(&world, vec![undelivered(2)]);
    assert_refused(&world.enrol(&["new"], &code), 75, "2 outcomes are undelivered");
    assert_eq!(asked.join().unwrap(), ["status"]);
    let asked = kiosk(&world, Vec::new());
    drop(world.enrol(&["show"], ""));
    assert!(!asked.is_finished(), "`show` asks nobody");
    assert!(!world.path("key.pem").exists());
}

#[test]
fn a_reset_keeps_residents_away_first_and_then_asks() {
    let world = world();
    let asked = kiosk(&world, vec![undelivered(0)]);
    assert_done(&world.enrol(&["new"], &world.invite(true)));
    assert_eq!(asked.join().unwrap(), ["status"]);
    let refused = Refusal::InSession;
    let said = "a resident is here".to_owned();
    let asked = kiosk(&world, vec![Answer::Refused(Refused { refused, said })]);
    assert_refused(&world.enrol(&["reset", "--yes"], ""), 75, "a resident is here");
    assert_eq!(asked.join().unwrap(), ["lease"]);
    let leased = || Answer::Leased { leased: Leased { seconds: 60 } };
    let asked = kiosk(&world, vec![leased(), undelivered(1)]);
    assert_refused(&world.enrol(&["reset", "--yes"], ""), 75, "1 outcomes are undelivered");
    assert_eq!(asked.join().unwrap(), ["lease", "status"]);
    assert!(world.path("key.pem").exists() && world.path("certificate.pem").exists());
    let asked = kiosk(&world, vec![leased(), undelivered(0)]);
    assert_done(&world.enrol(&["reset", "--yes"], ""));
    assert_eq!(asked.join().unwrap(), ["lease", "status"]);
    assert!(!world.path("key.pem").exists() && !world.path("certificate.pem").exists());
}

#[test]
fn a_configuration_in_which_nobody_can_be_asked_is_told_so() {
    let world = world();
    world.reconfigure("control = \"control.sock\"\n", "");
    let code = world.invite(true);
    assert_refused(&world.enrol(&["new"], &code), 78, "neither `control`");
}
