// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit's update client.
//!
//! ```text
//! fleet server ── ddi.rs ──┐                    ┌── rauc.rs ── D-Bus ── RAUC
//! stick ──────── stick.rs ─┴─ machine.rs ───────┴── kiosk.rs ── control socket ── kiosk
//!                             (decides; pure)
//! ```
//!
//! Read in this order: `machine`, what is done when; `bundle`, what may be installed at all;
//! `memory` and `store`, what a power cut leaves; `turn`, which carries the decisions out; `run`,
//! `stick` and `confirm`, the three programs around it.

#![forbid(unsafe_code)]

mod arguments;
mod boot;
mod bundle;
mod config;
mod confirm;
mod ddi;
mod error;
mod kiosk;
mod machine;
mod memory;
mod rauc;
mod run;
mod status;
mod stick;
mod store;
mod turn;

pub use arguments::{Arguments, run as main};
