// SPDX-License-Identifier: MIT OR Apache-2.0
//! Those on the other sides.

pub(crate) mod bus;
pub(crate) mod installer;
pub(crate) mod kiosk;

use std::time::{Duration, Instant};

/// How long anything may take; a broken client is noticed after that, a good one never waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until this holds.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
