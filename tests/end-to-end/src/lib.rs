// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bench: a whole kiosk on real parts, in one temporary folder.

use std::time::Duration;

pub mod album;
pub mod bench;
pub mod card;
pub mod case;
pub mod central;
pub mod dump;
pub mod endings;
pub mod failure;
mod fixture;
mod folder;
pub mod forms;
pub mod judge;
mod kept_policy;
pub mod kiosk;
mod leak;
pub mod memory;
pub mod network;
pub mod options;
pub mod pcscd;
pub mod pin;
pub mod play;
pub mod player;
pub mod process;
pub mod programs;
pub mod proof;
pub mod prove;
pub mod public;
pub mod record;
pub mod resident;
pub mod screens;
pub mod search;
pub mod soak;
pub mod sweep;
pub mod unit;
pub mod words;

/// How long anything that must happen may take, on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(30);
