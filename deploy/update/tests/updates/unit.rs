// SPDX-License-Identifier: MIT OR Apache-2.0
//! A unit: its folder, its bus, its doubles, and the client's commands.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use fleet_server::Fleet;
use tempfile::TempDir;
use zbus::blocking::Connection;

use crate::double::{bus::Bus, eventually, installer::Installer, kiosk::Kiosk};

pub(crate) struct Unit {
    pub(crate) fleet: Fleet,
    pub(crate) kiosk: Kiosk,
    pub(crate) rauc: Installer,
    folder: TempDir,
    bus: Bus,
    _connection: Connection,
}

/// A `kiosk-update run` that does not outlive its test.
pub(crate) struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Unit {
    /// Waits for the end of this action: whether it went well, and what was said.
    pub(crate) fn end_of(&self, id: &str) -> (bool, String) {
        let mut end = None;
        eventually("the end of an action", || {
            end = self.fleet.end_of(id);
            end.is_some()
        });
        end.unwrap()
    }

    /// Waits until the server was polled anew, twice: then all that follows from the first is over.
    pub(crate) fn wait_for_polls(&self) {
        let before = self.fleet.polls();
        eventually("two more polls", || self.fleet.polls() >= before + 2);
    }

    /// Version 1.0.0 in slot A, with these lines in `[install]`.
    pub(crate) fn with(install: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bus = Bus::in_folder(folder.path());
        let kiosk = Kiosk::listening_at(&folder.path().join("control.sock"));
        let (rauc, connection) = Installer::on(&bus.address, kiosk.clone());
        let fleet = Fleet::start();
        let unit = Self { fleet, kiosk, rauc, folder, bus, _connection: connection };
        fs::create_dir(unit.path("state")).unwrap();
        fs::create_dir(unit.path("stick")).unwrap();
        unit.write("roots.pem", &unit.fleet.root);
        unit.write("token", "s3cret\n");
        unit.write("controller", "unit-7\n");
        unit.runs("1.0.0");
        let config = format!(
            "folder = \"state\"\ncontrol = \"control.sock\"\nreboot = \"reboot\"\n\
             bus = \"{}\"\nos_release = \"os-release\"\n\
             [server]\nurl = \"https://localhost:{}\"\ntenant = \"default\"\n\
             controller_file = \"controller\"\nroots = \"roots.pem\"\n\
             shortest_sleep = 1\nlongest_sleep = 2\nlargest_mib = 1\nspare_mib = 0\n\
             [server.token]\nkind = \"target\"\nfile = \"token\"\n\
             [install]\nask_every = 1\nlease = 60\n{install}\n\
             [confirm]\nsteady = 1\nwithin = 2\nevery = 1\n\
             [stick]\npath = \"stick\"\npatience = 0\n[log]\nfilter = \"debug\"\n",
            unit.bus.address, unit.fleet.port
        );
        unit.write("update.toml", &config);
        unit
    }

    pub(crate) fn new() -> Self {
        Self::with("")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Which image version runs.
    pub(crate) fn runs(&self, version: &str) {
        self.write("os-release", format!("ID=kiosk\nIMAGE_VERSION={version}\n"));
    }

    pub(crate) fn daemon(&self) -> Daemon {
        Daemon(self.command(&["run"]).spawn().unwrap())
    }

    /// Carries a command out: its exit code and all that it said.
    pub(crate) fn carry_out(&self, arguments: &[&str]) -> (i32, String) {
        said(&mut self.command(arguments))
    }

    /// `confirm` as the system starts it, with its folders and its bus.
    pub(crate) fn confirm_in_system(&self) -> (i32, String) {
        let mut command = self.command(&["confirm"]);
        command.env("STATE_DIRECTORY", self.path("state"));
        command.env("RUNTIME_DIRECTORY", self.folder.path());
        said(command.env("DBUS_SYSTEM_BUS_ADDRESS", &self.bus.address))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-update"));
        command.arg("--config").arg(self.path("update.toml")).args(arguments).env_clear();
        // Read by the module of a token alone.
        command.env("SOFTHSM2_CONF", self.path("softhsm2.conf"));
        command
    }

    pub(crate) fn wants_restart(&self) -> bool {
        self.path("reboot").exists()
    }

    /// Waits for the wish, and restarts the unit: into BootNext if set, else into the first of
    /// BootOrder. `version` is what it then runs.
    pub(crate) fn restart(&self, daemon: Option<Daemon>, version: &str) {
        eventually("the wish for a restart", || self.wants_restart());
        drop(daemon);
        fs::remove_file(self.path("reboot")).unwrap();
        self.rauc.with(|state| {
            state.booted = state.next.take().unwrap_or_else(|| state.good[0]);
        });
        self.runs(version);
        self.has_restarted();
    }

    /// The kernel's number of this start cannot be changed here, so that of the memory is.
    pub(crate) fn has_restarted(&self) {
        let memory = self.path("state/memory.json");
        let number = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let text = fs::read_to_string(&memory).unwrap();
        fs::write(memory, text.replace(number.trim(), "an earlier start")).unwrap();
    }

    pub(crate) fn memory(&self) -> String {
        fs::read_to_string(self.path("state/memory.json")).unwrap_or_default()
    }

    /// Names of the bundles and parts of bundles that lie in its folder.
    pub(crate) fn bundles(&self) -> Vec<String> {
        let is_bundle = |name: &String| name.ends_with(".raucb") || name.ends_with(".part");
        names(&self.path("state")).into_iter().filter(is_bundle).collect()
    }
}

fn said(command: &mut Command) -> (i32, String) {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let Output { status, stdout, stderr } = output.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().unwrap(), said)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
