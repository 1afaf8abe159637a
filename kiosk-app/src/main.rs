// SPDX-License-Identifier: MIT OR Apache-2.0
//! The binary `kiosk`: a command line around [`kiosk_app::run()`].

mod command_line;

use std::process::ExitCode;

use clap::Parser as _;
use command_line::{CommandLine, Task};

fn main() -> ExitCode {
    let exit = match CommandLine::parse().task() {
        Task::Command(command, config) => return command_line::carry_out(command, &config),
        Task::Run(config) => kiosk_app::run(&config, |_| {}),
        Task::Print(text) => command_line::print(&text),
        Task::Refuse(error) => command_line::refuse(&*error),
    };
    exit.into()
}
