// SPDX-License-Identifier: MIT OR Apache-2.0
//! One connection: a line, the driver's answer, the next line. What is no request ends it, and so
//! does a peer that is slow within a line or does not take its answer.

use std::{os::unix::net::UnixStream, sync::mpsc, time::Duration};

use kiosk_control::{Answer, Ask, Empty, LineError, Lines};
use kiosk_session::Event;
use tracing::{debug, info, warn};

use super::Question;
use crate::{
    message::{Message, Queue},
    telemetry::Chain,
};

/// The other end of the socket.
pub(super) struct Peer {
    number: u64,
    lines: Lines,
    queue: Queue,
}

impl Peer {
    pub(super) const fn new(number: u64, stream: UnixStream, queue: Queue) -> Self {
        Self { number, lines: Lines::new(stream), queue }
    }

    /// Until the other end closes, or is sent away.
    pub(super) fn converse(mut self) {
        debug!(connection = self.number, "control connection");
        if let Err(error) = self.exchange_lines() {
            warn!(connection = self.number, error = %Chain(&error), "a control connection was ended");
        }
        // Its lease ends with it. A driver that has ended holds none.
        let _ = self.queue.send(Message::ControlClosed(self.number));
    }

    fn exchange_lines(&mut self) -> Result<(), LineError> {
        while let Some(line) = self.lines.receive(IDLE, WITHIN)? {
            let ask = match Ask::read(&line) {
                Ok(ask) => ask,
                Err(error) => {
                    let answer = Answer::malformed(format!("{}", Chain(&error)));
                    return self.lines.send(&answer, WITHIN);
                }
            };
            debug!(connection = self.number, ask = ask.name(), "control");
            if ask == (Ask::Restart {}) {
                return self.restart();
            }
            let Some(answer) = self.ask(ask) else { return Ok(()) };
            self.lines.send(&answer, WITHIN)?;
        }
        Ok(())
    }

    /// Answers before anything ends: afterwards there may be nobody left to do so.
    fn restart(&mut self) -> Result<(), LineError> {
        info!(connection = self.number, "asked to restart");
        let sent = self.lines.send(&Answer::Restarting { restarting: Empty {} }, WITHIN);
        // A driver that has ended is being restarted already.
        let _ = self.queue.send(Message::Event(Event::Stopping));
        sent
    }

    /// None where the driver has ended, or is so busy that the watchdog will soon have it.
    fn ask(&self, ask: Ask) -> Option<Answer> {
        let (answer, answered) = mpsc::channel();
        let question = Question { connection: self.number, ask, answer };
        self.queue.send(Message::Control(question)).ok()?;
        answered.recv_timeout(DRIVER).ok()
    }
}

/// Between two lines: whoever has a lease may be silent as long as it can last (3600 s), and a
/// little.
pub(super) const IDLE: Duration = Duration::from_secs(3_660);
/// For a line from its first byte to its last, and for an answer to be taken.
const WITHIN: Duration = Duration::from_secs(5);
/// For the driver to answer, which syncs a disk at most before it does.
const DRIVER: Duration = Duration::from_secs(10);
