// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reference service, in this process and without TLS: two kiosks ask it anything, in any order,
//! while time passes and its operator is at work. It has an answer of the contract for everything.

mod bench;
mod card;
mod judge;
mod ledger;
mod operator;
mod story;
mod words;

use std::sync::{LazyLock, Mutex};

use bench::Bench;

pub use story::Told;
pub use words::{Word, spelt};

/// One for the process: inputs take turns.
static BENCH: LazyLock<Mutex<Bench>> = LazyLock::new(|| Mutex::new(Bench::new()));

/// Steps of a history.
pub fn run(data: &[u8]) {
    let _ = tell(data);
}

/// The answers, and how the newest reservation stands after them.
pub fn tell(data: &[u8]) -> Told {
    // After a finding the next input begins anew, as every one does.
    let bench = BENCH.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    story::tell(&bench, data)
}
