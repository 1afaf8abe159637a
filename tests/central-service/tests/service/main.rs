// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service as a kiosk meets it: a real server on a free port, real mutual TLS, real signatures
//! of a test card. Every exchange of every test is held against `docs/central-api.yaml`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod bench;
mod card;
mod client;
mod closing;
mod codes;
mod command_line;
mod contract;
mod document;
mod enrolment;
mod faults;
mod histories;
mod idempotency;
mod order;
mod races;
mod receipts;
mod resets;
mod revocation;
mod transport;
mod vectors;
