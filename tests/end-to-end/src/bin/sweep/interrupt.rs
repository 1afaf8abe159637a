// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C and its like: runs under way are given up in order; a second time the process ends at
//! once, and its children and folders with it.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use end_to_end::failure::Failure;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::INTERRUPTED;

/// Becomes true at the first signal.
pub(crate) fn watch() -> Result<Arc<AtomicBool>, Failure> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
        .map_err(|source| Failure::System { doing: "listening for Ctrl-C".to_owned(), source })?;
    let is_requested = Arc::new(AtomicBool::new(false));
    let requested = Arc::clone(&is_requested);
    thread::spawn(move || {
        for _ in signals.forever() {
            if requested.swap(true, Ordering::SeqCst) {
                // Each child is tied to its thread, each folder to this process.
                process::exit(INTERRUPTED.into());
            }
        }
    });
    Ok(is_requested)
}
