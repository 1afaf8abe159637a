// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit as a machine in QEMU: switched on, cut off, looked at.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    disk::{Disk, Loss, Served},
    monitor::Monitor,
    picture::Picture,
};
use crate::{
    failure::Failure,
    process::{Process, ask, leashed},
    record::Record,
};

/// How machines are started: a command that runs scripts of `deploy/test` in the builder, and how
/// it sees the folder in which the machines' own folders are.
#[derive(Clone, Debug)]
pub struct Stable {
    /// Program and arguments; the script's path and `NAME=value` are appended.
    pub command: Vec<String>,
    /// `target/image/test`, as it is here.
    pub folder: PathBuf,
    /// The same, as the command sees it.
    pub seen_as: PathBuf,
}

/// A machine that is on.
pub struct Machine {
    process: Process,
    served: Option<Served>,
    /// Its monitor.
    pub monitor: Monitor,
    folder: PathBuf,
    since: Instant,
}

/// QEMU starts a second or two later on a machine that is busy.
const STARTING: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(50);

impl Stable {
    /// The folder of the machine `name`, made if absent.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn stall(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).map_err(Failure::file("making the folder", &folder))?;
        Ok(folder)
    }

    /// Switches the machine `name` on: with this disk, and with what its firmware remembers in
    /// `vars.fd` of its folder. What it is called is the name of its record, too.
    ///
    /// # Errors
    /// When QEMU does not start.
    pub fn switch_on(
        &self,
        name: &str,
        disk: &Disk,
        seed: u64,
        record: &Record,
    ) -> Result<Machine, Failure> {
        let folder = self.stall(name)?;
        let served = disk.serve(seed)?;
        let monitor = folder.join("qmp.sock");
        let _ = fs::remove_file(&monitor);
        let mut command = self.command("machine", &folder)?;
        command.arg(format!("DISK={}", self.seen(disk.socket()).display()));
        let process = Process::start(name, &mut command, record)?;
        let since = Instant::now();
        let monitor = loop {
            match Monitor::connect(&monitor) {
                Ok(monitor) => break monitor,
                Err(error) if since.elapsed() > STARTING => {
                    return Err(Failure::System {
                        doing: "starting QEMU".to_owned(),
                        source: error,
                    });
                }
                Err(_) => std::thread::park_timeout(MOMENT),
            }
        };
        Ok(Machine { process, served: Some(served), monitor, folder, since })
    }
}

impl Stable {
    /// A time server with NTS.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn tells_the_time(&self, record: &Record) -> Result<Process, Failure> {
        Process::start("chronyd", &mut self.command("time", &self.folder)?, record)
    }

    /// Runs a script of `deploy/test` on a machine's folder, and gives back what it said.
    ///
    /// # Errors
    /// When it fails.
    pub(super) fn does(
        &self,
        script: &str,
        name: &str,
        more: &[String],
        record: &Record,
    ) -> Result<String, Failure> {
        let mut command = self.command(script, &self.stall(name)?)?;
        ask(&format!("running deploy/test/{script}.sh"), command.args(more), record)
    }

    /// A script with its folder.
    fn command(&self, script: &str, folder: &Path) -> Result<Command, Failure> {
        let (program, arguments) = self.command.split_first().ok_or_else(|| {
            Failure::Refuted("no command was named that enters the builder".to_owned())
        })?;
        let mut command = leashed(program);
        command.args(arguments).arg(format!("deploy/test/{script}.sh"));
        command.arg(format!("PLACE={}", self.seen(folder).display())).stdin(Stdio::null());
        Ok(command)
    }

    fn seen(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.folder) {
            Ok(below) => self.seen_as.join(below),
            Err(_) => path.to_owned(),
        }
    }
}

impl Machine {
    /// How long it has been on.
    #[must_use]
    pub fn on_for(&self) -> Duration {
        self.since.elapsed()
    }

    /// What is on its screen.
    ///
    /// # Errors
    /// When it is off.
    pub fn screen(&mut self) -> Result<Picture, Failure> {
        self.monitor.picture("screen.png")?;
        Picture::read(&self.folder.join("screen.png"))
    }

    /// Where [`Self::screen`] leaves its picture.
    #[must_use]
    pub fn screen_file(&self) -> PathBuf {
        self.folder.join("screen.png")
    }

    /// Where a card can be laid: QEMU's end of the reader.
    #[must_use]
    pub fn reader(&self) -> PathBuf {
        self.folder.join("card.sock")
    }

    /// The power fails. Gives back what the disk lost.
    ///
    /// # Errors
    /// When the disk broke.
    pub fn cut(mut self) -> Result<Loss, Failure> {
        self.process.kill()?;
        self.served.take().map_or(Ok(Loss::default()), Served::end)
    }

    /// Waits until it has switched itself off.
    ///
    /// # Errors
    /// When it stays on.
    pub fn is_off_within(mut self, patience: Duration) -> Result<(), Failure> {
        self.process.wait(patience)?;
        self.served.take().map_or(Ok(Loss::default()), Served::end).map(drop)
    }
}
