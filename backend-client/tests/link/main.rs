// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client and the process around it, against a real TLS server on the loopback interface.
//!
//! `authority` issues certificates, `service` is the other side with a script for its answers;
//! the tests are in the other files, one a subject.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod answers;
mod authority;
mod contract;
mod keep_alive;
mod keeping;
mod program;
mod questions;
mod relay;
mod repetition;
mod service;
mod trust;
