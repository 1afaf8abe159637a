// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit's update client. `kiosk-update --help` tells the rest.

use std::process::ExitCode;

use clap::Parser as _;
use kiosk_update::Arguments;

fn main() -> ExitCode {
    kiosk_update::main(&Arguments::parse())
}
