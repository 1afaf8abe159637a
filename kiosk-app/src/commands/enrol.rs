// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk enrol`: the process that knows PINs has no network, so another program enrols, in this
//! one's place and with the same arguments.

use std::{ffi::OsString, os::unix::process::CommandExt as _, path::PathBuf, process::Command};

use super::{Code, CommandError, Done, Failure};

/// Comes back only if there is no such program.
pub(super) fn run(arguments: &[OsString]) -> Result<Done, Failure> {
    let source = Command::new(program()).args(arguments).exec();
    Err(Failure::new(Code::Unavailable, CommandError::Start { program: NAME, source }))
}

/// Beside this one, where a build and an image have it; else wherever the system looks.
fn program() -> PathBuf {
    let own = std::env::current_exe().ok();
    let beside = own.and_then(|own| Some(own.parent()?.join(NAME)));
    beside.filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(NAME))
}

const NAME: &str = "kiosk-enrol";
