// SPDX-License-Identifier: MIT OR Apache-2.0
//! The server, with a driver that a test plays.

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
    sync::mpsc::{self, Receiver},
};

use kiosk_control::{Client, LONGEST_LEASE_SECONDS, Lease, Leased};
use kiosk_session::Event;
use tempfile::TempDir;

use super::*;
use crate::message::Message;

const LONG: Duration = Duration::from_secs(20);

struct Bench {
    _folder: TempDir,
    socket: PathBuf,
    inbox: Receiver<Message>,
}

impl Bench {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("control.sock");
        let inbox = listening(&socket).unwrap();
        Self { _folder: folder, socket, inbox }
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    fn client(&self) -> Client {
        Client::connect(&self.socket, LONG).unwrap()
    }

    fn hear(&self) -> Message {
        self.inbox.recv_timeout(LONG).expect("the driver hears of it")
    }

    fn question(&self) -> Question {
        match self.hear() {
            Message::Control(question) => question,
            other => panic!("{other:?}"),
        }
    }

    fn closed(&self) -> u64 {
        match self.hear() {
            Message::ControlClosed(connection) => connection,
            other => panic!("{other:?}"),
        }
    }
}

fn listening(socket: &Path) -> Result<Receiver<Message>, SocketError> {
    let (queue, inbox) = mpsc::channel();
    // The kernel says of this process who it is.
    let uid = rustix::process::getuid().as_raw();
    let config = config::Control { socket: Some(socket.to_owned()), allowed_uids: vec![uid] };
    let metrics = config::Metrics { path: None, socket: None };
    listen(&config, &metrics, queue).map(|()| inbox)
}

fn answer(question: &Question, answer: Answer) {
    question.answer.send(answer).unwrap();
}

#[test]
fn a_question_goes_to_the_driver_and_its_answer_back() {
    let bench = Bench::start();
    let asking = {
        let mut client = bench.client();
        thread::spawn(move || (client.lease(true, 60).unwrap(), client.metrics().unwrap(), client))
    };
    let first = bench.question();
    assert_eq!(first.ask, Ask::Lease { forced: true, seconds: 60 });
    answer(&first, Answer::Leased { leased: Leased { seconds: 60 } });
    let second = bench.question();
    assert_eq!((second.ask.clone(), second.connection), (Ask::Metrics {}, first.connection));
    answer(&second, Answer::Metrics { metrics: "a 1\n".to_owned() });
    let (lease, metrics, client) = asking.join().unwrap();
    assert_eq!((lease, metrics.as_str()), (Lease::Granted { seconds: 60 }, "a 1\n"));
    drop(client);
    assert_eq!(bench.closed(), first.connection, "the driver hears who is gone");
}

#[test]
fn connections_have_numbers_of_their_own() {
    let bench = Bench::start();
    let numbers = [(); 3].map(|()| {
        drop(bench.connect());
        bench.closed()
    });
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn what_is_no_request_is_told_so_and_ends_the_connection() {
    for line in [
        "nonsense\n",
        "{\"ask\":\"reboot\"}\n",
        "{\"ask\":\"lease\",\"forced\":true,\"seconds\":0}\n",
    ] {
        let bench = Bench::start();
        let mut stream = bench.connect();
        stream.write_all(line.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.starts_with("{\"refused\":\"malformed\",\"said\":\""), "{line}: {said}");
        assert_eq!(said.matches('\n').count(), 1, "{said}");
        bench.closed();
    }
}

#[test]
fn a_line_without_an_end_ends_the_connection() {
    let bench = Bench::start();
    let mut stream = bench.connect();
    let endless = vec![b'a'; kiosk_control::MAX_LINE + 1];
    // The other end may close while there is still something to send.
    let _ = stream.write_all(&endless);
    bench.closed();
}

#[test]
fn asked_to_restart_it_answers_before_the_session_hears_of_it() {
    let bench = Bench::start();
    bench.client().restart().unwrap();
    assert!(matches!(bench.hear(), Message::Event(Event::Stopping)));
    bench.closed();
}

#[test]
fn a_driver_that_has_ended_closes_the_connection() {
    let Bench { _folder, socket, inbox } = Bench::start();
    drop(inbox);
    let error = Client::connect(&socket, LONG).unwrap().status().unwrap_err();
    assert!(error.to_string().contains("closed the connection"), "{error}");
}

#[test]
fn there_is_room_for_a_few_and_again_when_one_has_gone() {
    let bench = Bench::start();
    let mut held: Vec<_> = (0..MOST_CONNECTIONS).map(|_| bench.connect()).collect();
    let mut one_more = bench.connect();
    assert_eq!(one_more.read(&mut [0]).unwrap(), 0, "sent away");
    drop(held.pop());
    bench.closed();
    // Its place is free as soon as its thread has ended, which is after the driver heard of it.
    let is_served = (0..1000).any(|_| {
        let mut stream = bench.connect();
        // One that was sent away takes no line, or none of its answer comes.
        stream.write_all(b"nonsense\n").is_ok() && stream.read(&mut [0]).is_ok_and(|read| read == 1)
    });
    assert!(is_served);
}

#[test]
fn a_collector_scrapes_a_socket_of_its_own_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("metrics.sock");
    let (queue, inbox) = mpsc::channel();
    let uid = rustix::process::getuid().as_raw();
    let control = config::Control { socket: None, allowed_uids: vec![uid] };
    let metrics = config::Metrics { path: None, socket: Some(socket.clone()) };
    listen(&control, &metrics, queue).unwrap();
    for _ in 0..2 {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
        let Ok(Message::Control(question)) = inbox.recv_timeout(LONG) else {
            panic!("no question")
        };
        assert_eq!(question.ask, Ask::Metrics {});
        answer(&question, Answer::Metrics { metrics: "a 1\n".to_owned() });
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.ends_with("\r\n\r\na 1\n"), "{said}");
    }
}

#[test]
fn only_root_and_those_who_are_named_may_ask() {
    assert!(is_allowed(&[], 0) && is_allowed(&[964], 964));
    assert!(!is_allowed(&[], 1000) && !is_allowed(&[964], 961));
}

#[test]
fn a_socket_that_was_left_behind_is_taken_over_and_one_that_is_served_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let _inbox = listening(&socket).unwrap();
    assert!(matches!(listening(&socket), Err(SocketError::InUse { .. })));
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(listening(&file), Err(SocketError::NoSocket { .. })));
    assert_eq!(std::fs::read(&file).unwrap(), b"x");
    assert!(matches!(listening(&folder.path().join("no/x")), Err(SocketError::NoFolder { .. })));
}

#[test]
fn whoever_has_a_lease_may_be_silent_as_long_as_it_lasts() {
    assert!(peer::IDLE > Duration::from_secs(LONGEST_LEASE_SECONDS.into()));
}
