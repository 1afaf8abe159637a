// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk: screen, driver, workers and journal.
//!
//! [`run()`] is the whole program behind its command line; the bench runs the
//! same on a screen of its own. Read `driver` first: one thread, one queue, and
//! every decision taken by `kiosk-session`. `card_worker` and `central_worker`
//! translate for it; `pad` and `locked` are where a PIN is, and nothing else is.

mod card_worker;
mod central_worker;
pub mod commands;
pub mod config;
mod contained;
mod control;
mod driver;
pub mod endings;
mod exit;
mod face;
mod faults;
mod frame;
mod harden;
#[cfg(feature = "headless")]
pub mod headless;
mod hours;
mod input;
mod journal;
mod locked;
mod message;
mod metrics;
mod notify;
mod pad;
mod policy;
#[cfg(feature = "headless")]
pub mod probe;
mod run;
pub mod screen;
pub mod slip;
mod sound;
pub mod staff;
#[cfg(feature = "headless")]
pub mod stillness;
mod surroundings;
mod telemetry;
mod watchdog;

pub use config::Config;
pub use exit::Exit;
pub use pad::KEYS;
pub use run::run;
