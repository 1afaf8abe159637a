// SPDX-License-Identifier: MIT OR Apache-2.0
//! The control socket's messages and its client, against ends that behave and ends that do not.

#![expect(clippy::unwrap_used, reason = "a kiosk that cannot be played fails its test")]

mod client;
mod golden;
mod lines;
