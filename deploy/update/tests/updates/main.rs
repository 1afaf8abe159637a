// SPDX-License-Identifier: MIT OR Apache-2.0
//! The update client as a process, between a fleet server, RAUC and a kiosk that are played here, and
//! once with the real RAUC. The doubles were written from the public interfaces: hawkBit's DDI API,
//! RAUC's D-Bus interface, the control socket's lines. They share no code with the client.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a double that fails fails its test")]

mod double;
mod fetching;
mod flow;
mod interruption;
mod manifest;
mod real_rauc;
mod stick;
mod trial;
mod unit;
