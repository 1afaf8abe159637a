// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the screen has drawn. Slint's software renderer has no notifier of its own, so an element
//! of the window has its colour from a callback: it is asked for when a frame is drawn, and never
//! before.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Set by the first frame, for everyone who holds it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame(Arc<AtomicBool>);

impl Frame {
    /// A frame is being drawn.
    pub(crate) fn draw(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether one has been.
    pub(crate) fn is_drawn(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
