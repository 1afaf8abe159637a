// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes the driver stand still, as a fault that nobody has found yet would: the watchdog is tested
//! by it. With feature `headless` alone; no released binary contains it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

static IS_DRIVER_TOLD: AtomicBool = AtomicBool::new(false);

/// The driver of this process stands still for good, as soon as it wakes next.
pub fn stop_driver() {
    IS_DRIVER_TOLD.store(true, Ordering::SeqCst);
}

/// The driver's side.
pub(crate) fn stand_still_if_told() {
    while IS_DRIVER_TOLD.load(Ordering::SeqCst) {
        thread::park();
    }
}
