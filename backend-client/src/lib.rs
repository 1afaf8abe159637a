// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk's client of the central service, and the process that holds its connection.
//!
//! The process that knows a PIN has no network, and the process that has the network has no
//! card: `kiosk` asks over a Unix socket, `kiosk-link` calls over mutual TLS.
//!
//! ```text
//! kiosk ── RelayClient ── Unix socket ── RelayServer ── CentralClient ── mutual TLS ── service
//!          relay.rs, wire.rs             relay.rs       client.rs, retry.rs, tls.rs
//! ```
//!
//! Read in this order: [`wire`], what is said and answered (no message can hold a PIN);
//! [`error`], what happens instead of an answer; [`relay`], the socket between the two
//! processes. That is all that the kiosk links. With the feature `link`, on by default:
//! `retry`, which failures are repeated; `tls`, the one configuration; `client`, a method an
//! operation; `notary`, the signature under which the kiosk may keep a policy; `link`, the program
//! `kiosk-link` around them; `enrol`, the program `kiosk-enrol`.
//!
//! Without `link` there is no runtime, no TLS and no HTTP in here, only blocking `std`.

#![forbid(unsafe_code)]

#[cfg(feature = "link")]
pub mod client;
#[cfg(feature = "link")]
pub mod enrol;
pub mod error;
#[cfg(feature = "link")]
pub mod files;
#[cfg(feature = "link")]
pub mod link;
#[cfg(feature = "link")]
pub mod notary;
pub mod relay;
#[cfg(feature = "link")]
pub mod retry;
#[cfg(feature = "link")]
pub mod tls;
pub mod wire;

pub use error::CentralError;
