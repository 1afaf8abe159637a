// SPDX-License-Identifier: MIT OR Apache-2.0
//! The control socket of `kiosk`: what the update client and the operators' commands may ask it,
//! and a blocking client. `docs/control.md` is the contract.
//!
//! A Unix stream socket; one JSON object a line, each answered by one line. Nothing in any
//! message is of a person: there is no member that could hold a name, a PIN or a card's number.

#![forbid(unsafe_code)]

mod answer;
mod ask;
mod client;
mod health;
mod line;
mod status;

pub use answer::{Answer, Empty, Leased, Refusal, Refused};
pub use ask::{Ask, LONGEST_LEASE_SECONDS, MOST_SAID, MOST_VERSION, Malformed, Phase, Update};
pub use client::{Client, ControlError, Lease};
pub use health::{Check, CheckName, Health};
pub use line::{LineError, Lines, MAX_LINE};
pub use status::{Clock, Fault, Image, LastFault, Link, State, Status};
