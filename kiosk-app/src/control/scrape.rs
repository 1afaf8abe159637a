// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was counted, for a collector that scrapes: `GET /metrics` in HTTP/1.1 over a Unix socket of
//! its own. One at a time, each for a few seconds at most; whoever may ask over the control socket
//! may ask here.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    sync::mpsc,
    time::{Duration, Instant},
};

use kiosk_control::{Answer, Ask};
use tracing::debug;

use super::Question;
use crate::{
    message::{Message, Queue},
    telemetry::ForeignChain,
};

/// Answers one request and closes. What goes wrong is the collector's to repeat.
pub(super) fn serve(mut stream: UnixStream, queue: &Queue) {
    let served = stream
        .set_write_timeout(Some(WITHIN))
        .and_then(|()| head(&mut stream))
        .and_then(|head| stream.write_all(answer(&head, || metrics(queue)).as_bytes()));
    if let Err(error) = served {
        debug!(error = %ForeignChain(&error), "a scrape was ended");
    }
}

/// The request up to its empty line; no request of ours has a body.
fn head(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + WITHIN;
    let (mut head, mut chunk) = (Vec::new(), [0; 512]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || head.len() > LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => head.extend(chunk.iter().take(count)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(head)
}

fn answer(head: &[u8], metrics: impl FnOnce() -> Option<String>) -> String {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let (status, body) = match line {
        b"GET /metrics HTTP/1.1" | b"GET /metrics HTTP/1.0" => match metrics() {
            Some(text) => ("200 OK", text),
            None => ("503 Service Unavailable", String::new()),
        },
        _ => ("404 Not Found", String::new()),
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// None where the driver has ended.
fn metrics(queue: &Queue) -> Option<String> {
    let (answer, answered) = mpsc::channel();
    let question = Question { connection: NOBODY, ask: Ask::Metrics {}, answer };
    queue.send(Message::Control(question)).ok()?;
    match answered.recv_timeout(WITHIN).ok()? {
        Answer::Metrics { metrics } => Some(metrics),
        _ => None,
    }
}

/// Connections that may hold something are counted from 1.
const NOBODY: u64 = 0;
const WITHIN: Duration = Duration::from_secs(5);
const LONGEST_HEAD: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(request: &str) -> String {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ours.write_all(request.as_bytes()).unwrap();
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        let (queue, inbox) = mpsc::channel();
        let driver = std::thread::spawn(move || {
            if let Ok(Message::Control(question)) = inbox.recv() {
                let metrics = "a 1\n".to_owned();
                question.answer.send(Answer::Metrics { metrics }).unwrap();
            }
        });
        serve(theirs, &queue);
        drop(queue);
        driver.join().unwrap();
        let mut said = String::new();
        // Reset, where something was left unread.
        let _ = ours.read_to_string(&mut said);
        said
    }

    #[test]
    fn a_collector_is_given_what_was_counted() {
        let said = answered("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
        assert!(said.contains("\r\nContent-Length: 4\r\n") && said.ends_with("\r\n\r\na 1\n"));
    }

    #[test]
    fn anything_else_is_not_found_and_half_a_request_is_not_answered() {
        for request in ["GET / HTTP/1.1\r\n\r\n", "POST /metrics HTTP/1.1\r\n\r\n", "x\r\n\r\n"] {
            assert!(answered(request).starts_with("HTTP/1.1 404 "), "{request}");
        }
        assert_eq!(answered("GET /metrics HTTP/1.1\r\n"), "");
        assert_eq!(answered(&"a".repeat(LONGEST_HEAD * 2)), "");
    }
}
