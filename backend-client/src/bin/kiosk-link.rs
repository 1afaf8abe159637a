// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process that has the network and no card. `kiosk-link --help` tells the rest.

use std::process::ExitCode;

use backend_client::link::{Arguments, run};
use clap::Parser as _;

fn main() -> ExitCode {
    run(&Arguments::parse())
}
