// SPDX-License-Identifier: MIT OR Apache-2.0
//! Framing against ends that say too much, too little, or too slowly.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    thread,
    time::Duration,
};

use kiosk_control::{LineError, Lines, MAX_LINE};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

fn pair() -> (UnixStream, Lines) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (ours, Lines::new(theirs))
}

#[test]
fn lines_that_come_together_are_read_one_by_one() {
    let (mut other, mut lines) = pair();
    other.write_all(b"one\n\ntwo\n").unwrap();
    drop(other);
    let mut next = || lines.receive(LONG, LONG).unwrap();
    assert_eq!(next().as_deref(), Some(&b"one"[..]));
    assert_eq!(next().as_deref(), Some(&b""[..]));
    assert_eq!(next().as_deref(), Some(&b"two"[..]));
    assert_eq!(next(), None);
    assert_eq!(next(), None);
}

#[test]
fn a_line_that_comes_in_pieces_is_read_whole() {
    let (mut other, mut lines) = pair();
    let writer = thread::spawn(move || {
        for byte in b"{\"ask\":\"status\"}\n" {
            other.write_all(&[*byte]).unwrap();
        }
        other
    });
    assert_eq!(lines.receive(LONG, LONG).unwrap().as_deref(), Some(&b"{\"ask\":\"status\"}"[..]));
    writer.join().unwrap();
}

#[test]
fn the_longest_line_is_read_and_a_longer_one_refused() {
    for (length, is_read) in [(MAX_LINE, true), (MAX_LINE + 1, false), (4 * MAX_LINE, false)] {
        let (mut other, mut lines) = pair();
        let writer = thread::spawn(move || {
            let mut line = vec![b'a'; length];
            line.push(b'\n');
            // The end that refuses it closes; what is left of it goes nowhere.
            let _ = other.write_all(&line);
        });
        match lines.receive(LONG, LONG) {
            Ok(Some(line)) => assert!(is_read && line.len() == length, "{length}"),
            Err(LineError::TooLong) => assert!(!is_read, "{length}"),
            other => panic!("{length}: {other:?}"),
        }
        drop(lines);
        writer.join().unwrap();
    }
}

#[test]
fn an_end_within_a_line_is_told_from_one_between_lines() {
    let (mut other, mut lines) = pair();
    other.write_all(b"{\"ask\"").unwrap();
    drop(other);
    assert!(matches!(lines.receive(LONG, LONG), Err(LineError::Torn)));
}

#[test]
fn an_end_that_says_nothing_or_never_finishes_is_not_waited_for() {
    let (mut other, mut lines) = pair();
    assert!(matches!(lines.receive(SHORT, LONG), Err(LineError::TooSlow)));
    other.write_all(b"{").unwrap();
    assert!(matches!(lines.receive(LONG, SHORT), Err(LineError::TooSlow)));
}

#[test]
fn an_end_that_takes_nothing_is_not_waited_for() {
    let (other, mut lines) = pair();
    let message = "a".repeat(MAX_LINE - 2);
    let refused = (0..1000).find_map(|_| lines.send(&message, SHORT).err());
    assert!(matches!(refused, Some(LineError::TooSlow)), "{refused:?}");
    drop(other);
}

#[test]
fn a_message_is_one_line_and_never_longer_than_one_may_be() {
    let (mut other, mut lines) = pair();
    lines.send(&"two\nlines", LONG).unwrap();
    assert!(matches!(lines.send(&"a".repeat(MAX_LINE), LONG), Err(LineError::TooLong)));
    drop(lines);
    let mut sent = String::new();
    other.read_to_string(&mut sent).unwrap();
    assert_eq!(sent, "\"two\\nlines\"\n");
}
