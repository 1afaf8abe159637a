// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the programs under test are, built when they are absent or older than their sources.
//!
//! Cargo builds no other package's binaries for a test, so the bench looks beside its own
//! executable and asks cargo once, so that a plain `cargo test -p end-to-end` is enough. Tests of
//! the whole workspace have built them all; `cargo xtask test` says so (`KIOSK_TEST_PROGRAMS=built`)
//! and spares a build whose features differ.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::SystemTime,
};

use crate::failure::Failure;

/// One of our programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The kiosk itself, with its window.
    Kiosk,
    /// The kiosk's process with the network.
    KioskLink,
    /// The kiosk with a window in memory, played through its labels.
    PlayedKiosk,
    /// The virtual Individual Number Card.
    VirtualCard,
    /// The reference central service.
    CentralService,
}

impl Program {
    const ALL: [Self; 5] =
        [Self::Kiosk, Self::KioskLink, Self::PlayedKiosk, Self::VirtualCard, Self::CentralService];

    /// Its file name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kiosk => "kiosk",
            Self::KioskLink => "kiosk-link",
            Self::PlayedKiosk => "played-kiosk",
            Self::VirtualCard => "virtual-card",
            Self::CentralService => "central-service",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Kiosk => "kiosk-app",
            Self::KioskLink => "backend-client",
            Self::PlayedKiosk => "end-to-end",
            Self::VirtualCard => "virtual-card",
            Self::CentralService => "central-service",
        }
    }

    /// Where it is; the first call in a process builds what is absent or stale.
    ///
    /// # Errors
    /// [`Failure::NotBuilt`], or when the folders cannot be read.
    pub fn path(self) -> Result<PathBuf, Failure> {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        let folder = match FOLDER.get() {
            Some(folder) => folder,
            None => {
                let folder = folder()?;
                build_stale(&folder)?;
                FOLDER.get_or_init(|| folder)
            }
        };
        Ok(folder.join(self.name()))
    }
}

/// The folder of the profile we were built in: programs lie in it, tests in its `deps`.
fn folder() -> Result<PathBuf, Failure> {
    let own = env::current_exe().map_err(Failure::system("looking where this program lies"))?;
    let folder = own.parent().unwrap_or(Path::new("/"));
    let is_tests_own = folder.ends_with("deps");
    Ok(folder.parent().filter(|_| is_tests_own).unwrap_or(folder).to_owned())
}

fn build_stale(folder: &Path) -> Result<(), Failure> {
    let are_built = env::var_os(ARE_BUILT).is_some_and(|said| said == "built");
    if are_built && Program::ALL.iter().all(|program| folder.join(program.name()).is_file()) {
        return Ok(());
    }
    let stale: Vec<_> =
        Program::ALL.into_iter().filter(|program| is_stale(&folder.join(program.name()))).collect();
    if stale.is_empty() {
        return Ok(());
    }
    // All at once, whichever is stale: features are then unified as in a build of the workspace.
    let mut arguments = vec!["build", "--quiet", "--bins"];
    for program in Program::ALL {
        arguments.extend(["--package", program.package()]);
    }
    if folder.ends_with("release") {
        arguments.push("--release");
    }
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(&arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", folder.parent().unwrap_or(folder))
        .status()
        .map_err(Failure::system("starting cargo to build the programs under test"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::NotBuilt { arguments: arguments[1..].join(" "), status })
}

/// Set by `cargo xtask test`.
const ARE_BUILT: &str = "KIOSK_TEST_PROGRAMS";

/// Whether the program is absent or older than a source that cargo's note beside it
/// (`program.d`: `program: source source …`) names.
fn is_stale(program: &Path) -> bool {
    let Some(built) = modified(program) else { return true };
    let Ok(note) = fs::read_to_string(program.with_extension("d")) else { return true };
    let sources = note.lines().next().and_then(|line| line.split_once(": "));
    let Some((_, sources)) = sources else { return true };
    let sources = sources.replace("\\ ", "\u{0}");
    sources.split(' ').any(|source| {
        let source = source.replace('\u{0}', " ");
        modified(Path::new(&source)).is_none_or(|written| written > built)
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
