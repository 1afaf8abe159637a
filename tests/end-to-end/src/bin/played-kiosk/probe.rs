// SPDX-License-Identifier: MIT OR Apache-2.0
//! The end of the process at one exact step of the driver, or a disk that is full from there on
//! (`kiosk_app::probe`): so the sweep kills the kiosk without a race.

use std::{
    io::{self, Write as _},
    str::FromStr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use kiosk_app::probe::{self, SYNC, Side, TALLY};

/// What happens at a step: `kill-before 2 effect card read`.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    deed: Deed,
    /// At which of the steps with this name; the first is 1.
    occurrence: u32,
    step: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    /// SIGKILL before anything of the step has happened.
    KillBefore,
    /// SIGKILL when the journal's bytes are written and not yet synced.
    KillWithin,
    /// SIGKILL when the journal's transaction is on the disk and not yet counted.
    KillBetween,
    /// SIGKILL when all of the step has happened.
    KillAfter,
    /// From the step's beginning on the journal's disk is full.
    DiskFull,
}

const DEEDS: &str = "kill-before, kill-within, kill-between, kill-after or disk-full";

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.splitn(3, ' ');
        let deed = match words.next() {
            Some("kill-before") => Deed::KillBefore,
            Some("kill-within") => Deed::KillWithin,
            Some("kill-between") => Deed::KillBetween,
            Some("kill-after") => Deed::KillAfter,
            Some("disk-full") => Deed::DiskFull,
            _ => return Err(format!("expected {DEEDS}")),
        };
        let occurrence = words.next().and_then(|number| number.parse().ok());
        match (occurrence, words.next()) {
            (Some(occurrence), Some(step)) => Ok(Self { deed, occurrence, step: step.to_owned() }),
            _ => Err("expected the step's number and its name".into()),
        }
    }
}

/// Says each step on standard error, and carries the order out at its own.
pub(crate) fn stand_by(order: Option<Order>) {
    let seen = AtomicU32::new(0);
    let (is_within, is_between) = (AtomicBool::new(false), AtomicBool::new(false));
    let speaking = Mutex::new(());
    probe::watch(move |step, side| {
        if step == SYNC || step == TALLY {
            let is_here = if step == SYNC { &is_within } else { &is_between };
            if is_here.load(Ordering::SeqCst) {
                die(step);
            }
            return;
        }
        // One line at a time, whichever thread speaks.
        let guard = speaking.lock().unwrap_or_else(PoisonError::into_inner);
        match side {
            Side::Before => say(&format!("probe: {step}")),
            Side::After if step.starts_with("journal ") => say(&format!("probe done: {step}")),
            Side::After => {}
        }
        drop(guard);
        let Some(order) = order.as_ref().filter(|order| order.step == step) else { return };
        let number = match side {
            Side::Before => seen.fetch_add(1, Ordering::SeqCst) + 1,
            Side::After => seen.load(Ordering::SeqCst),
        };
        if number != order.occurrence {
            return;
        }
        match (order.deed, side) {
            (Deed::KillBefore, Side::Before) | (Deed::KillAfter, Side::After) => die(step),
            (Deed::KillWithin, Side::Before) => is_within.store(true, Ordering::SeqCst),
            (Deed::KillWithin, Side::After) => is_within.store(false, Ordering::SeqCst),
            (Deed::KillBetween, Side::Before) => is_between.store(true, Ordering::SeqCst),
            (Deed::KillBetween, Side::After) => is_between.store(false, Ordering::SeqCst),
            (Deed::DiskFull, Side::Before) => {
                say(&format!("probe fired: the disk is full from {step} on"));
                probe::fill_the_disk();
            }
            (Deed::KillBefore | Deed::DiskFull, Side::After) | (Deed::KillAfter, Side::Before) => {}
        }
    });
}

fn say(text: &str) {
    // Standard error may be closed; a process that is about to be killed does not mind.
    let _ = writeln!(io::stderr(), "{text}");
}

fn die(step: &str) {
    say(&format!("probe fired: killed at {step}"));
    let own = rustix::process::getpid();
    // Nobody can refuse to kill himself.
    let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
}
