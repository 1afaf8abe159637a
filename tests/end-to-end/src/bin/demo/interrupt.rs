// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C and its like: the kiosk is ended, so that whoever waits for it stops waiting and
//! everything is put away in order.

use std::{
    process,
    sync::{
        Arc, Mutex, PoisonError,
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

/// What is done at the first signal; a second one ends the demo at once.
type Action = Box<dyn FnOnce() + Send>;

/// Whether the demo was told to end.
pub(crate) struct Interrupt {
    is_requested: Arc<AtomicBool>,
    action: Arc<Mutex<Option<Action>>>,
}

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(|source| {
            Failure::System { doing: "listening for Ctrl-C".to_owned(), source }
        })?;
        let interrupt = Self { is_requested: Arc::default(), action: Arc::default() };
        let is_requested = Arc::clone(&interrupt.is_requested);
        let action = Arc::clone(&interrupt.action);
        thread::spawn(move || {
            for _ in signals.forever() {
                if is_requested.swap(true, Ordering::SeqCst) {
                    // Children and folder end by themselves, too: they are tied to this process.
                    process::exit(INTERRUPTED.into());
                }
                let action = action.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(action) = action {
                    action();
                }
            }
        });
        Ok(interrupt)
    }

    /// What the first signal does; at once when it has come already.
    pub(crate) fn then(&self, action: impl FnOnce() + Send + 'static) {
        if self.is_requested() {
            return action();
        }
        *self.action.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(action));
    }

    /// Whether a signal came.
    pub(crate) fn is_requested(&self) -> bool {
        self.is_requested.load(Ordering::SeqCst)
    }
}
