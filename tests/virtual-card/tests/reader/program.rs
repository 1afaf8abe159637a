// SPDX-License-Identifier: MIT OR Apache-2.0
//! Running programs: `virtual-card` itself, and those that judge it.

use std::{
    fs::{self, Permissions},
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// What a program said and how it ended.
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    /// Standard output, then standard error.
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

/// Stops the test where `path` is missing, naming the Debian package that has it.
pub(crate) fn required(path: &str, package: &str) {
    assert!(Path::new(path).exists(), "{path} is missing: apt-get install {package}");
}

pub(crate) fn output(command: &mut Command) -> Output {
    let output = command.output().expect("a program that starts");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Output { code: output.status.code(), text: text.into_owned(), bytes: output.stdout.clone() }
}

pub(crate) fn virtual_card() -> Command {
    Command::new(env!("CARGO_BIN_EXE_virtual-card"))
}

/// A folder with test CAs and a card, made by the program.
pub(crate) struct Workshop {
    folder: TempDir,
    pub(crate) user_authentication_pin: String,
    pub(crate) signature_pin: String,
}

impl Workshop {
    /// A card with the further arguments `wishes`.
    pub(crate) fn new(wishes: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        // pcscd runs as another user and looks in here.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a mode");
        let mut workshop =
            Self { folder, user_authentication_pin: String::new(), signature_pin: String::new() };
        let made = output(virtual_card().arg("ca").arg(workshop.path("ca")));
        assert_eq!(made.code, Some(0), "{}", made.text);
        let pins: Value =
            serde_json::from_slice(&workshop.personalise(wishes).bytes).expect("PINs");
        let pin = |name: &str| pins[name].as_str().unwrap_or_default().to_owned();
        workshop.user_authentication_pin = pin("user_authentication_pin");
        workshop.signature_pin = pin("signature_pin");
        workshop
    }

    pub(crate) fn personalise(&self, wishes: &[&str]) -> Output {
        let mut command = virtual_card();
        command.arg("personalise").arg("--ca").arg(self.path("ca"));
        let made = output(command.arg("--out").arg(self.card()).args(wishes));
        assert_eq!(made.code, Some(0), "{}", made.text);
        made
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn card(&self) -> PathBuf {
        self.path("card.json")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("control")
    }

    /// Gives a command to the running reader, and what it shows.
    #[track_caller]
    pub(crate) fn tell(&self, arguments: &[&str]) -> String {
        let told = self.try_tell(arguments);
        assert_eq!(told.code, Some(0), "{arguments:?}: {}", told.text);
        told.text
    }

    pub(crate) fn try_tell(&self, arguments: &[&str]) -> Output {
        output(virtual_card().args(arguments).arg("--control").arg(self.socket()))
    }

    pub(crate) fn show(&self) -> Value {
        let shown = output(virtual_card().arg("show").arg("--json").arg(self.card()));
        serde_json::from_slice(&shown.bytes).expect("JSON")
    }

    /// The exit code of `verify-pin`.
    pub(crate) fn verify_pin(&self, which: &str, pin: &str) -> Option<i32> {
        let mut process = virtual_card()
            .arg("verify-pin")
            .arg(self.card())
            .args(["--which", which])
            .stdin(Stdio::piped())
            .spawn()
            .expect("virtual-card");
        let mut stdin = process.stdin.take().expect("a pipe");
        writeln!(stdin, "{pin}").expect("an open pipe");
        drop(stdin);
        process.wait().expect("an end").code()
    }
}

/// A `virtual-card run` that says it is ready; ended when dropped.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(workshop: &Workshop, port: u16, further: &[&str]) -> Self {
        Self::at(workshop, &["--port", &port.to_string()], further)
    }

    /// At the reader that `socket` names.
    pub(crate) fn at(workshop: &Workshop, socket: &[&str], further: &[&str]) -> Self {
        let mut process = virtual_card()
            .arg("run")
            .args(socket)
            .arg("--control")
            .arg(workshop.socket())
            .args(further)
            .stdout(Stdio::piped())
            .spawn()
            .expect("virtual-card");
        let stdout = process.stdout.take().expect("a pipe");
        let mut ready = String::new();
        BufReader::new(stdout).read_line(&mut ready).expect("a line");
        assert!(ready.contains("\"port\""), "virtual-card run did not start");
        Self(process)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
