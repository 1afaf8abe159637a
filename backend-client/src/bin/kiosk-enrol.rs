// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit's identity: its key and its certificate. `kiosk-enrol --help` tells the rest.

use std::process::ExitCode;

use backend_client::enrol::{Arguments, run};
use clap::Parser as _;

fn main() -> ExitCode {
    run(&Arguments::parse())
}
