// SPDX-License-Identifier: MIT OR Apache-2.0
//! Core dumps of a running process: forced by a debugger, which asks nobody, and asked of the
//! kernel by a signal, which the process may have refused.

use std::{
    fs,
    io::ErrorKind,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::{
    PATIENCE,
    failure::Failure,
    process::{Process, ask, leashed},
    record::Record,
};

/// Which mappings a forced dump takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// As the kernel would: none that is marked as not to be dumped.
    AsMarked,
    /// Those, too: what the mark keeps out.
    Everything,
}

/// A dump in a folder of its own, which goes with it: it may hold a PIN.
pub struct Dump {
    folder: tempfile::TempDir,
}

impl Dump {
    /// Stops the process for a moment and writes down its memory and registers.
    ///
    /// # Errors
    /// When gdb is absent or cannot do it.
    pub fn forced(pid: u32, extent: Extent, record: &Record) -> Result<Self, Failure> {
        if !Path::new(DEBUGGER).exists() {
            return Err(Failure::Missing { program: "gdb", package: "gdb" });
        }
        let folder = tempfile::tempdir().map_err(Failure::system("making a folder for a dump"))?;
        let dump = Self { folder };
        let mut gdb = leashed(DEBUGGER);
        // Symbols would be read from everything that is linked, and are not wanted.
        gdb.args(["--batch", "-nx", "--readnever", "-iex", "set auto-solib-add off", "-iex"]);
        gdb.args(["set debuginfod enabled off", "-p", &pid.to_string()]);
        if extent == Extent::Everything {
            gdb.args(["-ex", "set use-coredump-filter off"]);
            gdb.args(["-ex", "set dump-excluded-mappings on"]);
        }
        gdb.args(["-ex", &format!("generate-core-file {}", dump.file().display())]);
        ask("forcing a core dump of the kiosk", &mut gdb, record)?;
        Ok(dump)
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("core")
    }
}

/// Lifts the process's limit on core dumps from outside, where the kernel lets root do so, lets it
/// die of a fault, and tells whether the kernel has written a core.
///
/// # Errors
/// When the process does not die.
pub fn dies_with_a_core(process: &mut Process) -> Result<bool, Failure> {
    let pid = pid(process)?;
    let limit = Rlimit { current: Some(MOST), maximum: Some(MOST) };
    let refused = || Failure::system("letting the process die of a fault");
    // A hard limit stays where root lacks CAP_SYS_RESOURCE, as in most containers.
    let _ = prlimit(Some(pid), Resource::Core, limit);
    kill_process(pid, Signal::ABORT).map_err(|errno| refused()(errno.into()))?;
    let ended = process.wait(PATIENCE)?;
    if ended.signal() == Some(Signal::ABORT.as_raw()) {
        return Ok(ended.core_dumped());
    }
    Err(Failure::Refuted(format!("it did not die of the signal: {ended}")))
}

/// Whether the kernel of this machine writes the core of a process that does nothing against it.
///
/// # Errors
/// When none can be started.
pub fn is_written_here(record: &Record) -> Result<bool, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::system("making a folder for a core"))?;
    let mut cat = leashed("cat");
    cat.current_dir(folder.path()).stdin(Stdio::piped());
    dies_with_a_core(&mut Process::start("cat", &mut cat, record)?)
}

/// The processes' limit on the size of a core file, as text: soft and hard.
///
/// # Errors
/// When the kernel does not tell.
pub fn limit(pid: u32) -> Result<String, Failure> {
    let path = PathBuf::from(format!("/proc/{pid}/limits"));
    let text = fs::read_to_string(&path).map_err(Failure::file("reading", &path))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max core file size"));
    Ok(line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn pid(process: &Process) -> Result<Pid, Failure> {
    let gone = || Failure::system("looking for the process");
    let id = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    id.ok_or_else(|| gone()(ErrorKind::NotFound.into()))
}

const DEBUGGER: &str = "/usr/bin/gdb";
/// Bytes: more than any process here has.
const MOST: u64 = 1 << 40;
