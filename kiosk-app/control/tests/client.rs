// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client against a kiosk that answers, refuses, hangs, and goes away.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    thread::{self, JoinHandle},
    time::Duration,
};

use kiosk_control::{Client, ControlError, Lease, LineError, Phase, Refusal, Update};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

/// A kiosk that takes one connection and answers each line with the next of these.
struct Kiosk {
    _folder: TempDir,
    socket: PathBuf,
    heard: JoinHandle<Vec<String>>,
}

impl Kiosk {
    fn that_says(answers: &'static [&'static str]) -> Self {
        Self::that(move |stream| {
            let mut reader = BufReader::new(&stream);
            let mut heard = Vec::new();
            for answer in answers {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                heard.push(line);
                (&stream).write_all(answer.as_bytes()).unwrap();
            }
            heard
        })
    }

    fn that(plays: impl FnOnce(UnixStream) -> Vec<String> + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("control.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let heard = thread::spawn(move || plays(listener.accept().unwrap().0));
        Self { _folder: folder, socket, heard }
    }

    fn client(&self, patience: Duration) -> Client {
        Client::connect(&self.socket, patience).unwrap()
    }

    fn heard(self) -> Vec<String> {
        self.heard.join().unwrap()
    }
}

#[test]
fn one_connection_carries_many_questions() {
    let kiosk = Kiosk::that_says(&[
        "{\"leased\":{\"seconds\":60}}\n",
        "{\"noted\":{}}\n",
        "{\"metrics\":\"a 1\\n\"}\n",
        "{\"released\":{}}\n",
        "{\"restarting\":{}}\n",
    ]);
    let mut client = kiosk.client(PATIENCE);
    assert_eq!(client.lease(true, 60).unwrap(), Lease::Granted { seconds: 60 });
    let update =
        Update { phase: Phase::Installing, version: None, said: String::new(), percent: Some(5) };
    client.update(update).unwrap();
    assert_eq!(client.metrics().unwrap(), "a 1\n");
    client.release().unwrap();
    client.restart().unwrap();
    assert_eq!(
        kiosk.heard(),
        [
            "{\"ask\":\"lease\",\"forced\":true,\"seconds\":60}\n",
            "{\"ask\":\"update\",\"phase\":\"installing\",\"version\":null,\"said\":\"\",\"percent\":5}\n",
            "{\"ask\":\"metrics\"}\n",
            "{\"ask\":\"release\"}\n",
            "{\"ask\":\"restart\"}\n",
        ]
    );
}

#[test]
fn a_lease_that_is_refused_is_an_answer_and_any_other_refusal_an_error() {
    let kiosk = Kiosk::that_says(&[
        "{\"refused\":\"card-present\",\"said\":\"a card lies on the reader\"}\n",
        "{\"refused\":\"malformed\",\"said\":\"no\"}\n",
    ]);
    let mut client = kiosk.client(PATIENCE);
    let Lease::Refused(refused) = client.lease(false, 60).unwrap() else { panic!("granted") };
    assert_eq!(
        (refused.refused, refused.said.as_str()),
        (Refusal::CardPresent, "a card lies on the reader")
    );
    let error = client.status().unwrap_err();
    assert_eq!(error.to_string(), "the kiosk refused status (malformed): no");
}

#[test]
fn an_answer_of_a_newer_kiosk_is_read_as_far_as_it_is_known() {
    let kiosk =
        Kiosk::that_says(&["{\"leased\":{\"seconds\":9,\"colour\":\"blue\"},\"more\":1}\n"]);
    assert_eq!(kiosk.client(PATIENCE).lease(true, 9).unwrap(), Lease::Granted { seconds: 9 });
}

#[test]
fn an_answer_to_something_else_and_one_that_is_none_are_told_apart() {
    let kiosk = Kiosk::that_says(&["{\"noted\":{}}\n", "{\"status\":{}}\n"]);
    let mut client = kiosk.client(PATIENCE);
    let error = client.release().unwrap_err();
    assert!(matches!(error, ControlError::Unexpected { ask: "release", answer: "noted" }));
    assert!(matches!(client.status(), Err(ControlError::Unreadable { ask: "status", .. })));
}

#[test]
fn a_kiosk_that_hangs_is_not_waited_for() {
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let kiosk = Kiosk::that(move |_stream| {
        let _ = is_done.recv();
        Vec::new()
    });
    let error = kiosk.client(SHORT).health().unwrap_err();
    assert!(matches!(error, ControlError::Broken { source: LineError::TooSlow, .. }), "{error:?}");
    drop(done);
}

#[test]
fn a_kiosk_that_is_not_there_or_sends_us_away_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = Client::connect(&folder.path().join("control.sock"), PATIENCE).unwrap_err();
    assert!(error.to_string().contains("does kiosk run"), "{error}");
    let kiosk = Kiosk::that(|stream| {
        drop(stream);
        Vec::new()
    });
    let mut client = kiosk.client(PATIENCE);
    kiosk.heard();
    let error = client.status().unwrap_err();
    assert!(matches!(error, ControlError::Closed { ask: "status" }), "{error:?}");
}
