// SPDX-License-Identifier: MIT OR Apache-2.0
//! The way from the driver to the screen: Slint's objects stay on their thread,
//! so what is to be shown travels there through the event loop, whole.

use std::{cell::RefCell, rc::Rc};

use slint::{invoke_from_event_loop, quit_event_loop};
use tracing::debug;

use crate::{driver::Shown, screen::Screen};

thread_local! {
    /// The screen, on the thread that opened it.
    static SCREEN: RefCell<Option<Rc<Screen>>> = const { RefCell::new(None) };
}

/// From now on this is the screen that [`show`] reaches. Call it on the screen's thread.
pub(crate) fn wear(screen: Rc<Screen>) {
    SCREEN.set(Some(screen));
}

/// Takes the screen off; what comes later is not shown.
pub(crate) fn take_off() {
    SCREEN.set(None);
}

/// Shows it soon, from any thread.
pub(crate) fn show(shown: Shown) {
    let invoked = invoke_from_event_loop(move || match &shown {
        Shown::View(view) => with_screen(|screen| screen.show(view)),
        Shown::Information(information) => {
            with_screen(|screen| screen.inform((**information).clone()));
        }
        Shown::Staff(facts) => with_screen(|screen| screen.inform_staff((**facts).clone())),
        Shown::Slip(slip) => with_screen(|screen| screen.set_slip(slip.clone())),
        Shown::End => {
            if let Err(error) = quit_event_loop() {
                debug!(%error, "the event loop has already ended");
            }
        }
    });
    if let Err(error) = invoked {
        debug!(%error, "nothing is shown any more");
    }
}

fn with_screen(use_it: impl FnOnce(&Screen)) {
    SCREEN.with_borrow(|screen| {
        if let Some(screen) = screen {
            use_it(screen);
        }
    });
}
