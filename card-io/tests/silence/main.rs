// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a whole reset leaves in the log at trace level: names, lengths and
//! status words, and no PIN in any notation. In a process of its own: tracing
//! remembers for all threads whether anyone listens to a line.
#![expect(clippy::unwrap_used, reason = "a bench that fails fails its test")]

#[expect(dead_code, reason = "the resets' tests use all of it, this one a part")]
#[path = "../reset/bench.rs"]
mod bench;

use std::io;
use std::sync::{Arc, Mutex};

use bench::{BENCH, accepted, verified, verify, write};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn notations(pin: &str) -> [String; 4] {
    let join = |format: fn(u8) -> String, separator| {
        pin.bytes().map(format).collect::<Vec<_>>().join(separator)
    };
    [
        pin.to_owned(),
        join(|byte| format!("{byte:02x}"), ""),
        join(|byte| format!("{byte:02X}"), ""),
        join(|byte| format!("{byte}"), ", "),
    ]
}

#[test]
fn the_log_of_a_reset_at_trace_level_holds_no_pin() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .without_time()
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut reader = BENCH.reader();
        let mut card = verified(&mut reader);
        let ticket = accepted(&mut card, 1);
        let written = write(&mut card, ticket);
        let verification = verify(&mut card, &BENCH.new_pin());
        tracing::info!(?written, ?verification, pin = ?BENCH.new_pin(), "canary");
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for found in ["canary", "VERIFY", "RESET RETRY COUNTER", "9000", "63C3"] {
        assert!(text.contains(found), "{found} is not in the log");
    }
    // Four digits may stand in the log by chance, as part of a longer number.
    let known = &notations(&BENCH.known)[1..];
    let secrets = [known, &notations(&BENCH.new), &notations(&BENCH.forgotten)].concat();
    for secret in secrets {
        assert!(!text.contains(&secret), "a pin is in the log");
    }
}
