// SPDX-License-Identifier: MIT OR Apache-2.0
//! Starts the image in QEMU, without KVM, and photographs its screen when there is something on it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use crate::command::Failure;

use super::{Work, builder::Builder, lock::Lock, place::failed};

/// Starts the machine, takes pictures until one shows the kiosk's screen, and ends it.
pub(crate) fn run(work: &Work) -> Result<String, Failure> {
    let folder = work.place.own("boot");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| failed("making", &folder, &error))?;
    let mut machine = Builder::new(&work.place)
        .command("boot", &work.environment(&Lock::read()?))?
        .spawn()
        .map_err(|error| Failure::setup(format!("starting QEMU: {error}")))?;
    let start = Instant::now();
    let limit = Duration::from_secs(work.boot_seconds);
    let picture = photograph(&mut machine, &folder, start, limit);
    // It has been killed with its namespace, or ends now.
    let _ = machine.kill();
    let _ = machine.wait();
    let seconds = picture?.as_secs();
    Ok(format!("{} shows a screen {seconds} s after power-on", folder.join("screen.png").display()))
}

/// Waits until the picture is no longer that of a console or a black screen.
fn photograph(
    machine: &mut Child,
    folder: &Path,
    start: Instant,
    limit: Duration,
) -> Result<Duration, Failure> {
    let picture = folder.join("screen.png");
    let mut monitor = None;
    while start.elapsed() < limit {
        if let Ok(Some(status)) = machine.try_wait() {
            let log = folder.join("serial.log");
            return Err(Failure::refuted(format!(
                "the machine went off ({status}): see {}",
                log.display()
            )));
        }
        // Nobody unparks us: QEMU tells of no event when a picture changes.
        thread::park_timeout(Duration::from_secs(5));
        if monitor.is_none() {
            monitor = Monitor::connect(&folder.join("qmp.sock")).ok();
        }
        let taken = monitor.as_mut().map(Monitor::picture);
        if matches!(taken, Some(Ok(()))) && size(&picture) > DRAWN {
            return Ok(start.elapsed());
        }
    }
    Err(Failure::refuted(format!(
        "no screen within {} s: see serial.log and screen.png in {}",
        limit.as_secs(),
        folder.display()
    )))
}

/// A PNG of 1920 x 1080 that is black or holds lines of a console is smaller than this.
const DRAWN: u64 = 30_000;

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// QEMU's monitor, in its protocol QMP.
struct Monitor {
    answers: BufReader<UnixStream>,
}

impl Monitor {
    fn connect(socket: &Path) -> std::io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut monitor = Self { answers: BufReader::new(stream) };
        monitor.answers.read_line(&mut String::new())?;
        monitor.ask(r#"{"execute":"qmp_capabilities"}"#)?;
        Ok(monitor)
    }

    /// The screen as it is now, into `screen.png`; QEMU's own path, which is the builder's.
    fn picture(&mut self) -> std::io::Result<()> {
        self.ask(
            r#"{"execute":"screendump","arguments":{"filename":"boot/screen.png","format":"png"}}"#,
        )
    }

    /// Sends a command and reads on to its answer, past events.
    fn ask(&mut self, command: &str) -> std::io::Result<()> {
        writeln!(self.answers.get_mut(), "{command}")?;
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line.starts_with("{\"return\"") {
                return Ok(());
            }
            if line.starts_with("{\"error\"") {
                return Err(std::io::Error::other(line));
            }
        }
    }
}
