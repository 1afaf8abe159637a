// SPDX-License-Identifier: MIT OR Apache-2.0
//! Around the kiosk: its control socket, its commands, the service manager that started it.

use std::{
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Bench;
use crate::{PATIENCE, failure::Failure, folder::Folder, process::leashed, programs::Program};

/// Whom the kiosk tells that it is ready and alive.
pub(super) struct Manager(UnixDatagram);

impl Manager {
    pub(super) fn listen(folder: &Folder) -> Result<Self, Failure> {
        let path = notify_socket(folder.path());
        let socket = UnixDatagram::bind(&path).map_err(Failure::file("listening on", &path))?;
        let failed = Failure::system("listening as a service manager");
        socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        Ok(Self(socket))
    }
}

/// Where the manager listens.
pub(crate) fn notify_socket(folder: &Path) -> PathBuf {
    folder.join("notify.socket")
}

impl Bench {
    /// Where the kiosk is asked.
    #[must_use]
    pub fn control_socket(&self) -> PathBuf {
        self.folder.path().join("control.socket")
    }

    /// From now on the kiosk takes its clock for set.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn set_the_clock(&self) -> Result<(), Failure> {
        let path = self.folder.path().join("clock-set");
        std::fs::write(&path, "").map_err(Failure::file("making", &path))
    }

    /// Waits until the kiosk has told its manager this.
    ///
    /// # Errors
    /// When it does not.
    pub fn manager_hears(&self, word: &str) -> Result<(), Failure> {
        let mut bytes = [0; 256];
        loop {
            let length = self.manager.0.recv(&mut bytes);
            let length = length.map_err(Failure::system(format!("waiting for {word}")))?;
            if bytes.get(..length) == Some(word.as_bytes()) {
                return Ok(());
            }
        }
    }

    /// A command of `kiosk` with this kiosk's configuration, to be run by hand.
    ///
    /// # Errors
    /// When the program cannot be built.
    pub fn command(&self, arguments: &[&str]) -> Result<Command, Failure> {
        let mut command = leashed(Program::Kiosk.path()?);
        command.args(arguments).arg("--config");
        command.arg(self.folder.private("configuration")?.join("kiosk.toml"));
        command.env("PCSCLITE_CSOCK_NAME", self.pcscd.socket()).stdin(Stdio::null());
        Ok(command)
    }
}
