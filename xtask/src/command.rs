// SPDX-License-Identifier: MIT OR Apache-2.0
//! Starting programs: each is shown before it runs, and a failure names what was being done.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Why a command of xtask ended early, and the exit code that says so to a script.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    /// 1: what was to be proven is not so; 2: it could not be tried.
    pub(crate) exit_code: u8,
}

impl Failure {
    /// What was to be proven is not so.
    pub(crate) fn refuted(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 1 }
    }

    /// The proof could not be tried: something is missing or was refused.
    pub(crate) fn setup(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 2 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The cargo that started us, so that one toolchain does everything.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The repository's root: the folder above this package.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// The target directory that cargo uses for this workspace.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Shows the command, runs it with our own terminal, and expects it to succeed.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    eprintln!("  $ {}", shown(command));
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::refuted(format!("`{}` failed ({status})", shown(command))))
}

/// Runs the command quietly and gives back what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        return Err(Failure::refuted(format!("`{}` failed ({})", shown(command), output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the program can be started at all.
pub(crate) fn exists(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::setup(format!("could not start `{}`: {error}", shown(command)))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![
        program.file_name().unwrap_or_else(|| command.get_program()).to_string_lossy().into_owned(),
    ];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
