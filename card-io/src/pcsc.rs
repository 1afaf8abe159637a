// SPDX-License-Identifier: MIT OR Apache-2.0
//! PC/SC: the only place that knows it. A [`Watcher`] tells of readers and
//! cards as they come and go, and survives the smart-card service;
//! [`PcscChannel`] is the connection to one card, ours alone.

mod channel;
mod events;
mod extended;
mod look;
mod watcher;

pub use channel::{ConnectError, PcscChannel};
pub use look::look;
pub use watcher::{Pulse, ReaderFilter, Watcher};
