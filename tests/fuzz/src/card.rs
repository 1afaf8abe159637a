// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card: what it may answer, and what it may be asked.

pub mod answers;
pub mod certificates;
pub mod codec;
pub mod double;
pub mod lab;
pub mod receipt;
pub mod story;
mod terminal;
pub mod visit;
pub mod watched;

pub use lab::{LAB, Lab};
