// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many visits, one after another, at one kiosk that is never started again: what it takes from the
//! machine, and whether that grows.

pub mod report;
pub mod sample;
pub mod verdict;
pub mod visits;
