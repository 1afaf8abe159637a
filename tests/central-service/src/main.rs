// SPDX-License-Identifier: MIT OR Apache-2.0
//! `central-service`: the reference central service and its admin commands.

mod arguments;
mod commands;
mod report;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    report::log_to_standard_error();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return report::failed(&error),
    };
    match runtime.block_on(commands::run(arguments.command)) {
        Ok(code) => code,
        Err(error) => report::failed(&error),
    }
}
