// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Unix socket between `kiosk`, which knows a PIN, and `kiosk-link`, which has a network.
//!
//! A frame is a length (u32, big-endian) and that many bytes of JSON. A request carries a
//! number, and its answer the same one, so that a late answer is never taken for another's.
//! [`RelayClient`] is the kiosk's end: blocking, a deadline a call, no runtime.

mod client;
mod frame;
#[cfg(feature = "link")]
mod incoming;
mod message;
#[cfg(feature = "link")]
mod server;
#[cfg(feature = "link")]
mod socket;

pub use client::RelayClient;
pub use frame::{FrameError, MAX_FRAME};
#[cfg(feature = "link")]
pub use incoming::{Broken, receive};
pub use message::{Ask, Reply, Request};
#[cfg(feature = "link")]
pub use server::RelayServer;
#[cfg(feature = "link")]
pub use socket::{RelaySocket, SocketError};
