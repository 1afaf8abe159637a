// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo itself: proves, says so by its exit code, and leaves nothing, however it ends.

#![expect(clippy::unwrap_used, reason = "a step of a test that fails is the test that fails")]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// A folder for the demo's pictures, and one for its temporary files, which must be empty at the
/// end.
struct Demo {
    out: tempfile::TempDir,
    temporary: tempfile::TempDir,
}

impl Demo {
    fn new() -> Self {
        let make = || tempfile::Builder::new().permissions(permissions()).tempdir().unwrap();
        Self { out: make(), temporary: make() }
    }

    fn start(&self, case: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_demo"))
            .args(["--headless", "--language", "en", "--size", "1024x768", "--case", case])
            .arg("--out")
            .arg(self.out.path())
            .env("TMPDIR", self.temporary.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Plays it to its end with a window, on a display that is not there, with these options.
    fn ends_without_a_display(&self, options: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_demo"))
            .args(options)
            .env("DISPLAY", ":4711")
            .env_remove("WAYLAND_DISPLAY")
            .env("TMPDIR", self.temporary.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Starts it, waits for a line with `text`, sends the signal, and waits for its end.
    fn interrupted_at(&self, text: &str, signal: Signal) -> Option<i32> {
        let mut child = self.start("locked");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains(text)), "it never said `{text}`");
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        // The janitor holds our pipe's other end until the folder is gone.
        lines.for_each(drop);
        child.wait().unwrap().code()
    }

    fn leaves_nothing(&self) {
        let left: Vec<_> = files(self.temporary.path());
        assert!(left.is_empty(), "left behind: {left:?}");
        // The kernel kills children after their parent, and not at the same moment.
        let start = Instant::now();
        while let Some(line) = self.process() {
            assert!(start.elapsed() < PATIENCE, "still running: {line}");
            std::thread::yield_now();
        }
    }

    /// The command line of one of its processes.
    fn process(&self) -> Option<String> {
        let ours = self.temporary.path().as_os_str().as_encoded_bytes();
        let processes = std::fs::read_dir("/proc").unwrap();
        let lines = processes
            .filter_map(|process| std::fs::read(process.unwrap().path().join("cmdline")).ok());
        lines
            .filter(|line| line.windows(ours.len()).any(|window| window == ours))
            .map(|line| String::from_utf8_lossy(&line).into_owned())
            .next()
    }
}

/// Of a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(10);

/// pcscd reads its configuration as `nobody`.
fn permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_demo_proves_a_reset_with_a_picture_of_every_screen() {
    let demo = Demo::new();
    let ended = demo.start("locked").wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert!(said.contains("PROVEN"), "{said}");
    let pictures = files(demo.out.path())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"));
    assert!(pictures.count() >= 8, "{said}");
    demo.leaves_nothing();
}

#[test]
fn a_kiosk_that_finds_no_display_could_not_be_set_up_and_says_why() {
    let demo = Demo::new();
    let (code, said) = demo.ends_without_a_display(&["--case", "expired"]);
    assert_eq!(code, Some(2), "{said}");
    let (_, told) = said.split_once("could not be set up").unwrap();
    assert!(told.contains("exit status: 69") && told.contains("kiosk does not start"), "{said}");
    demo.leaves_nothing();
}

#[test]
fn a_folder_for_pictures_is_refused_where_none_are_drawn() {
    let (code, said) = Demo::new().ends_without_a_display(&["--out", "somewhere"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--headless") && !Path::new("somewhere").exists(), "{said}");
}

#[test]
fn an_interrupted_demo_leaves_nothing() {
    let demo = Demo::new();
    let code = demo.interrupted_at("beware", Signal::INT);
    assert_eq!(code, Some(130));
    demo.leaves_nothing();
}

#[test]
fn a_killed_demo_leaves_nothing() {
    let demo = Demo::new();
    let code = demo.interrupted_at("beware", Signal::KILL);
    assert_eq!(code, None);
    demo.leaves_nothing();
}
