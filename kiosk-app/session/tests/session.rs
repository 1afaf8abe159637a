// SPDX-License-Identifier: MIT OR Apache-2.0
//! The session's tests: stories told one by one, properties over random ones, and the states table.

#![expect(clippy::expect_used, reason = "a test that is not where it should be says so")]

mod checking;
mod endings;
mod invariants;
mod kit;
mod last_try;
mod leases;
mod limits;
mod mishaps;
mod stories;
mod transitions;
