// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program `virtual-card`: its command line, vpcd's and QEMU's protocols with faults, and OpenSC over a
//! private pcscd as the judge who wrote none of this.

#![expect(clippy::expect_used, reason = "a test says what it needs, and stops without it")]

mod command_line;
mod faults;
mod opensc;
mod pcscd;
mod program;
mod vpcd;
mod vscd;
