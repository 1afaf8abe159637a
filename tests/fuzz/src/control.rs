// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk's end of its control socket: bytes of a peer are the lines that they are, and each line
//! is a question within its bounds, or none. An answer that is none is no panic either.

#![expect(clippy::expect_used, reason = "a broken promise is a panic, which is what is looked for")]

use std::{io::Write as _, net::Shutdown, os::unix::net::UnixStream, time::Duration};

use kiosk_control::{Answer, Ask, LONGEST_LEASE_SECONDS, LineError, Lines, MAX_LINE};

/// How a conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Between two lines.
    Closed,
    /// Within one.
    Torn,
    /// With a line that is longer than any of ours.
    TooLong,
}

/// What the socket carries.
pub fn run(data: &[u8]) {
    for line in converse(data).0 {
        question(&line);
        answer(&line);
    }
}

/// The lines that are received, and the end.
pub fn converse(data: &[u8]) -> (Vec<Vec<u8>>, End) {
    let data = data.get(..MOST).unwrap_or(data);
    let received = received(data);
    assert_eq!(received, expected(data));
    received
}

fn received(data: &[u8]) -> (Vec<Vec<u8>>, End) {
    let Ok((mut ours, theirs)) = UnixStream::pair() else { return expected(data) };
    let mut lines = Lines::new(theirs);
    let mut received = Vec::new();
    // Less than a socket holds, so that nobody has to read meanwhile.
    if ours.write_all(data).and_then(|()| ours.shutdown(Shutdown::Write)).is_err() {
        return expected(data);
    }
    let end = loop {
        match lines.receive(PATIENCE, PATIENCE) {
            Ok(Some(line)) => received.push(line),
            Ok(None) => break End::Closed,
            Err(LineError::Torn) => break End::Torn,
            Err(LineError::TooLong) => break End::TooLong,
            Err(error) => panic!("what is there is not read: {error}"),
        }
    };
    (received, end)
}

/// The same by the protocol's own words.
fn expected(mut data: &[u8]) -> (Vec<Vec<u8>>, End) {
    let mut lines = Vec::new();
    loop {
        match data.iter().position(|byte| *byte == b'\n') {
            _ if data.is_empty() => return (lines, End::Closed),
            Some(end) if end > MAX_LINE => return (lines, End::TooLong),
            None if data.len() > MAX_LINE => return (lines, End::TooLong),
            None => return (lines, End::Torn),
            Some(end) => {
                lines.push(data.get(..end).unwrap_or_default().to_vec());
                data = data.get(end + 1..).unwrap_or_default();
            }
        }
    }
}

fn question(line: &[u8]) {
    let Ok(ask) = Ask::read(line) else { return };
    match &ask {
        Ask::Lease { seconds, .. } => assert!((1..=LONGEST_LEASE_SECONDS).contains(seconds)),
        Ask::Update(update) => {
            assert!(update.percent.is_none_or(|percent| percent <= 100));
            assert!(!update.said.contains(['\n', '\r', '\0']));
        }
        _ => {}
    }
    let again = serde_json::to_vec(&ask).expect("a question can be written");
    assert_eq!(Ask::read(&again).expect("a question that was written is one"), ask);
}

fn answer(line: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<Answer>(line) else { return };
    let again = serde_json::to_vec(&answer).expect("an answer can be written");
    let again: Answer = serde_json::from_slice(&again).expect("an answer that was written is one");
    assert_eq!(again, answer);
}

/// Two of the longest lines, and less than a socket's buffer.
const MOST: usize = 2 * MAX_LINE;
const PATIENCE: Duration = Duration::from_secs(60);
