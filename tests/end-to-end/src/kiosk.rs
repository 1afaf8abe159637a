// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk's two processes, as a vendor would start them, and their configuration.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::{
    PATIENCE,
    bench::{Setting, notify_socket},
    failure::Failure,
    folder::Folder,
    player::Player,
    process::{Process, leashed},
    programs::Program,
    record::{Line, Record},
};

/// How the kiosk is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// Drawn in memory and played through its labels.
    #[default]
    Memory,
    /// The same, in a network namespace that has nothing in it, not even a loopback that is up.
    MemoryWithoutNetwork,
    /// The kiosk itself, on the display.
    Display,
}

/// A panel: pixels, and the millimetres of its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel {
    /// Width and height.
    pub pixels: (u32, u32),
    /// Width and height.
    pub millimetres: (u32, u32),
}

impl Panel {
    /// 15 inches, 4:3.
    pub const SMALL: Self = Self { pixels: (1024, 768), millimetres: (304, 228) };
    /// 15.6 inches.
    pub const WIDE: Self = Self { pixels: (1920, 1080), millimetres: (344, 194) };
    /// 21.5 inches, upright.
    pub const UPRIGHT: Self = Self { pixels: (1080, 1920), millimetres: (268, 476) };
}

/// A running kiosk.
pub enum Kiosk {
    /// To be played.
    Played(Player),
    /// With a window of its own.
    Shown(Process),
}

/// What the kiosk's processes need to know.
pub(crate) struct Site<'b> {
    pub(crate) folder: &'b Folder,
    pub(crate) record: &'b Record,
    /// `certificate.pem`, `key.pem`, `roots.pem`.
    pub(crate) credentials: PathBuf,
    pub(crate) card_authority: PathBuf,
    pub(crate) reader_socket: &'b Path,
    pub(crate) service_port: u16,
    /// Further ones of a played kiosk.
    pub(crate) arguments: &'b [String],
    /// The file that steps the wall clock of both processes, where there is one.
    pub(crate) clock: Option<PathBuf>,
}

impl Site<'_> {
    /// Starts the process with the network.
    pub(crate) fn start_link(&self) -> Result<Process, Failure> {
        let path = self.configuration("link.toml")?;
        let text = format!(
            "socket = {:?}\n\n\
             [service]\nurl = \"https://localhost:{}\"\nroots = {:?}\n\n\
             [certificate]\nchain = {:?}\nkey = {:?}\n\n\
             [log]\nfilter = \"trace\"\n",
            self.link_socket(),
            self.service_port,
            self.credentials.join("roots.pem"),
            self.credentials.join("certificate.pem"),
            self.credentials.join("key.pem"),
        );
        fs::write(&path, text).map_err(Failure::file("writing", &path))?;
        let mut command = leashed(Program::KioskLink.path()?);
        command.arg("--config").arg(&path).stdin(Stdio::null());
        self.wind_up(&mut command)?;
        Process::start("kiosk-link", &mut command, self.record)
    }

    /// Starts the process with card and screen.
    pub(crate) fn start_kiosk(&self, setting: &Setting) -> Result<Kiosk, Failure> {
        let window = setting.window;
        let path = self.configuration("kiosk.toml")?;
        fs::write(&path, self.kiosk_configuration(setting)?)
            .map_err(Failure::file("writing", &path))?;
        let mut command = match window {
            Window::Memory => leashed(Program::PlayedKiosk.path()?),
            Window::MemoryWithoutNetwork => without_network(&Program::PlayedKiosk.path()?),
            Window::Display => leashed(Program::Kiosk.path()?),
        };
        command.arg("--config").arg(&path).env("PCSCLITE_CSOCK_NAME", self.reader_socket);
        command.env("NOTIFY_SOCKET", notify_socket(self.folder.path()));
        if let Some(zone) = setting.time_zone {
            command.env("TZ", zone);
        }
        if window == Window::Display {
            command.stdin(Stdio::null());
            let mark = self.record.mark();
            let process = Process::start(KIOSK, &mut command, self.record)?;
            return opened(process, self.record, mark).map(Kiosk::Shown);
        }
        command.args(self.arguments).stdin(Stdio::piped());
        self.wind_up(&mut command)?;
        let process = Process::start(KIOSK, &mut command, self.record)?;
        Player::new(process).map(Kiosk::Played)
    }

    /// libfaketime moves the wall clock as its file says, looked at each time; the monotonic clock,
    /// on which every limit runs, stays what it is.
    fn wind_up(&self, command: &mut Command) -> Result<(), Failure> {
        let Some(file) = &self.clock else { return Ok(()) };
        let Some(library) = FAKETIME.iter().find(|path| Path::new(path).exists()) else {
            return Err(Failure::Missing { program: "libfaketime.so.1", package: "libfaketime" });
        };
        command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", file);
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Ok(())
    }

    fn kiosk_configuration(&self, setting: &Setting) -> Result<String, Failure> {
        let Setting { panel, language, hurry, policy_every, watchdog_seconds, level, .. } = setting;
        let needs_the_clock = setting.needs_the_clock;
        let policy = self.folder.private("policy")?.join("policy.json");
        let wishes = self.wishes()?;
        let journal = self.folder.private("journal")?.join("journal.redb");
        Ok(format!(
            "[card]\nprofile = \"ref-eac-1\"\ncertificate_authority = {:?}\n\n\
             [link]\nsocket = {:?}\n\n\
             [control]\nsocket = {:?}\n\n\
             [clock]\nset_file = {:?}\nmust_be_set = {needs_the_clock}\n\n\
             [data]\nlocked_file = {:?}\n\n\
             [journal]\npath = {journal:?}\n\n\
             [screen]\nwidth_px = {}\nheight_px = {}\nwidth_mm = {}\nheight_mm = {}\n\
             language = \"{}\"\n\n\
             [limits]\ndivided_by = {hurry}\n\n\
             [policy]\ncache = {policy:?}\nevery = {policy_every}\n\n\
             [watchdog]\nseconds = {watchdog_seconds}\n\n\
             [sound]\ndevice = \"file:FILE={},FORMAT=raw\"\n\n\
             [staff]\ncode_hash = \"{STAFF_HASH}\"\nwishes = {wishes:?}\n\n\
             [metrics]\npath = {:?}\n\n\
             [log]\nlevel = \"{level}\"\n",
            self.card_authority,
            self.link_socket(),
            self.folder.path().join("control.socket"),
            self.folder.path().join("clock-set"),
            self.folder.path().join("data-locked"),
            panel.pixels.0,
            panel.pixels.1,
            panel.millimetres.0,
            panel.millimetres.1,
            language.code(),
            self.heard()?.display(),
            self.folder.private("metrics")?.join("kiosk.prom"),
        ))
    }

    /// In the place of a loudspeaker: the samples that it would have played.
    pub(crate) fn heard(&self) -> Result<PathBuf, Failure> {
        Ok(self.folder.private("sound")?.join("heard.raw"))
    }

    /// Where the kiosk leaves what its staff ask of the system.
    pub(crate) fn wishes(&self) -> Result<PathBuf, Failure> {
        self.folder.private("wishes")
    }

    fn configuration(&self, name: &str) -> Result<PathBuf, Failure> {
        Ok(self.folder.private("configuration")?.join(name))
    }

    fn link_socket(&self) -> PathBuf {
        self.folder.path().join("link.socket")
    }
}

/// The staff code of every kiosk under test.
pub const STAFF_CODE: &str = "402817";
/// Its hash, at the least cost that a kiosk takes: a debug build has no second a try.
pub(crate) const STAFF_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$\
    nERDSWsFAaPIRYN+mRQ/VSPdE3kPG2jF0S4VA9YhHUo";

/// The kiosk's name in the record.
pub(crate) const KIOSK: &str = "kiosk";

/// In the kiosk's log, once its window is open and the session has begun.
const OPEN: &str = "session state=";

/// How many of its last lines a kiosk is quoted with that ended before its window was open.
const LAST_LINES: usize = 5;

/// Waits until the kiosk's window is open. One that finds no display ends at once.
fn opened(mut process: Process, record: &Record, mark: usize) -> Result<Process, Failure> {
    let ended = "the kiosk has ended";
    let (wait, told) = (process.waiter()?, record.clone());
    thread::spawn(move || {
        wait();
        told.add(KIOSK, ended);
    });
    let of_kiosk = |line: &&Line| line.process == KIOSK;
    let is_open = record.wait_until(KIOSK, "its window", PATIENCE, |lines| {
        let mut own = lines.iter().skip(mark).filter(of_kiosk);
        own.find_map(|line| match &line.text {
            text if text.contains(OPEN) => Some(true),
            text => (text == ended).then_some(false),
        })
    })?;
    if is_open {
        return Ok(process);
    }
    let status = process.wait(PATIENCE)?;
    let lines = record.lines();
    let own = lines.iter().skip(mark).filter(of_kiosk).filter(|line| line.text != ended);
    let mut last: Vec<_> = own.rev().take(LAST_LINES).map(|line| line.text.as_str()).collect();
    last.reverse();
    let (doing, program) = ("opening the kiosk's window".to_owned(), KIOSK.to_owned());
    Err(Failure::Ended { doing, program, status, said: format!("\n  {}", last.join("\n  ")) })
}

/// Where Debian puts it, by architecture; the one for programs with threads.
const FAKETIME: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// A network namespace with only a loopback that is down; a user namespace makes it without root.
fn without_network(program: &Path) -> Command {
    let mut command = leashed("unshare");
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-current-user");
    }
    command.args(["--net", "--"]).arg(program);
    command
}
