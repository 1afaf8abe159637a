// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card in process: known answers, conversations, personalisation, and properties.

#![expect(clippy::expect_used, reason = "a test says what it needs, and stops without it")]

mod conversations;
mod persistence;
mod properties;
mod scene;
mod script;
mod specimen;
mod terminal;
mod vectors;
