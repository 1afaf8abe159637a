// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one thread that is Slint's: a process has one platform, and test
//! functions come on threads of their own.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Sender};
use std::thread;

use kiosk_app::headless;
use kiosk_app::screen::{Panel, Screen};

use crate::views;

type Act = Box<dyn FnOnce() + Send>;

/// Runs `act` on the screen's thread and gives back what it returns, or its panic.
pub(crate) fn run<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    static STAGE: OnceLock<Sender<Act>> = OnceLock::new();
    let stage = STAGE.get_or_init(|| {
        let (sender, acts) = mpsc::channel::<Act>();
        thread::spawn(move || {
            headless::install().expect("the process has no other platform");
            acts.iter().for_each(|act| act());
        });
        sender
    });
    let (sender, result) = mpsc::channel();
    let act = move || sender.send(catch_unwind(AssertUnwindSafe(act))).expect("the test waits");
    stage.send(Box::new(act)).expect("the stage stands");
    result.recv().expect("the stage answers").unwrap_or_else(|panic| resume_unwind(panic))
}

/// A screen on `panel`, with a policy as long as one gets.
pub(crate) fn open(panel: Panel) -> Screen {
    let screen = Screen::open(panel).expect("a screen in memory");
    screen.inform(views::information());
    screen
}
