// SPDX-License-Identifier: MIT OR Apache-2.0
//! A child of the bench: all it prints is recorded, and it never outlives us.
//!
//! `setpriv --pdeathsig KILL` ties each child to the thread that started it, so that even a
//! killed bench leaves nothing running; a process group of its own keeps the terminal's Ctrl-C
//! from reaching children before the bench has ended them in order. (`pre_exec` would do both,
//! but is `unsafe`.)

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, ErrorKind, Read},
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal},
};

use crate::{failure::Failure, record::Record};

/// How long a process that was asked to end may take before it is killed.
const MANNERS: Duration = Duration::from_secs(5);

/// A running child.
pub struct Process {
    name: String,
    child: Child,
    printed: Receiver<String>,
    listeners: Vec<JoinHandle<()>>,
}

/// A command that dies with the thread that starts it.
pub(crate) fn leashed(program: impl AsRef<OsStr>) -> Command {
    leashed_as("", program)
}

/// The same, as the user and group `nobody` when we are root.
pub(crate) fn leashed_as_nobody(program: impl AsRef<OsStr>) -> Command {
    let is_root = rustix::process::geteuid().is_root();
    leashed_as(if is_root { NOBODY } else { "" }, program)
}

const NOBODY: &str = "--reuid=65534 --regid=65534 --clear-groups";

fn leashed_as(identity: &str, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(identity.split_whitespace()).args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

impl Process {
    /// Starts a [`leashed`] command; its output goes to the record under `name`.
    pub(crate) fn start(
        name: &str,
        command: &mut Command,
        record: &Record,
    ) -> Result<Self, Failure> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().map_err(|error| not_started(name, command, error))?;
        let (sender, printed) = mpsc::channel();
        let mut listeners = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            listeners.push(listen(stdout, name, record, Some(sender)));
        }
        if let Some(stderr) = child.stderr.take() {
            listeners.push(listen(stderr, name, record, None));
        }
        Ok(Self { name: name.to_owned(), child, printed, listeners })
    }

    /// Its input, where that was made a pipe; once.
    pub(crate) fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// The next line of its standard output.
    pub(crate) fn next_line(&self, patience: Duration) -> Result<String, Failure> {
        self.printed.recv_timeout(patience).map_err(|_| Failure::TooLate {
            awaited: format!("a line from {}", self.name),
            patience,
            instead: "it said nothing (its own words are in the record)".to_owned(),
        })
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Something that kills it, for another thread.
    ///
    /// # Errors
    /// When the process has ended and been waited for.
    pub fn killer(&self) -> Result<impl FnOnce() + Send + 'static, Failure> {
        let handle = self.handle()?;
        Ok(move || {
            // It may have ended already; that is no fault.
            let _ = pidfd_send_signal(&handle, Signal::KILL);
        })
    }

    /// Something that waits for its end, for another thread.
    ///
    /// # Errors
    /// When the process has ended and been waited for.
    pub fn waiter(&self) -> Result<impl FnOnce() + Send + 'static, Failure> {
        let handle = self.handle()?;
        Ok(move || {
            // A wait that fails is as good as an end: whoever waited looks for themselves.
            let _ = poll(&mut [PollFd::new(&handle, PollFlags::IN)], None);
        })
    }

    fn handle(&self) -> Result<OwnedFd, Failure> {
        let gone = || Failure::system(format!("looking after {}", self.name));
        let pid = self.pid().ok_or_else(|| gone()(ErrorKind::NotFound.into()))?;
        pidfd_open(pid, PidfdFlags::empty()).map_err(|errno| gone()(errno.into()))
    }

    /// Asks it to end (SIGTERM), and does not wait for it.
    pub(crate) fn ask_to_end(&mut self) {
        self.signal(Signal::TERM);
    }

    /// Asks it to end (SIGTERM), kills it when it does not; all its output is recorded then.
    pub(crate) fn stop(&mut self) -> Result<ExitStatus, Failure> {
        self.signal(Signal::TERM);
        match self.wait(MANNERS) {
            Err(Failure::TooLate { .. }) => self.kill(),
            ended => ended,
        }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) -> Result<ExitStatus, Failure> {
        self.signal(Signal::KILL);
        self.wait(MANNERS)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// [`Failure::TooLate`] when it does not.
    pub fn wait(&mut self, patience: Duration) -> Result<ExitStatus, Failure> {
        let doing = format!("waiting for the end of {}", self.name);
        if !self.has_ended(patience).map_err(Failure::system(&doing))? {
            return Err(Failure::TooLate {
                awaited: format!("the end of {}", self.name),
                patience,
                instead: "it runs on".to_owned(),
            });
        }
        let status = self.child.wait().map_err(Failure::system(doing))?;
        for listener in self.listeners.drain(..) {
            // A listener only panics when it can't record; the record is then short, not wrong.
            drop(listener.join());
        }
        Ok(status)
    }

    fn has_ended(&mut self, patience: Duration) -> std::io::Result<bool> {
        if self.child.try_wait()?.is_some() {
            return Ok(true);
        }
        let Some(pid) = self.pid() else { return Ok(true) };
        let handle = pidfd_open(pid, PidfdFlags::empty())?;
        let patience = Timespec::try_from(patience).map_err(std::io::Error::other)?;
        let ready = poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&patience))?;
        Ok(ready > 0)
    }

    fn signal(&mut self, signal: Signal) {
        // While it has not been waited for, the number is this child's and nobody else's.
        let is_ours = matches!(self.child.try_wait(), Ok(None));
        if let Some(pid) = self.pid().filter(|_| is_ours) {
            // It may be ending already; that is no fault.
            let _ = kill_process_group(pid, signal);
        }
    }

    pub(crate) fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_)))
            && let Err(failure) = self.stop()
        {
            eprintln!("{failure}");
        }
    }
}

/// Runs a command to its end and gives back what it printed on standard output.
pub(crate) fn ask(doing: &str, command: &mut Command, record: &Record) -> Result<String, Failure> {
    let program = program_of(command);
    command.stdin(Stdio::null());
    let output = command.output().map_err(|error| not_started(&program, command, error))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    for line in said.lines().chain(complained.lines()) {
        record.add(&program, line);
    }
    if output.status.success() {
        return Ok(said);
    }
    if let Some(missing) = missing(&program, output.status) {
        return Err(missing);
    }
    let said = if complained.trim().is_empty() { said } else { complained };
    let (doing, said) = (doing.to_owned(), said.trim().to_owned());
    Err(Failure::Ended { doing, program, status: output.status, said })
}

fn listen(
    stream: impl Read + Send + 'static,
    name: &str,
    record: &Record,
    sender: Option<Sender<String>>,
) -> JoinHandle<()> {
    let (name, record) = (name.to_owned(), record.clone());
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            record.add(&name, text.clone());
            if let Some(sender) = &sender {
                // Most processes print nothing that anyone waits for.
                drop(sender.send(text));
            }
        }
    })
}

/// The program's own name, behind `setpriv` and its options.
fn program_of(command: &Command) -> String {
    let behind = command.get_args().skip_while(|word| *word != "--").nth(1);
    let program = behind.unwrap_or_else(|| command.get_program());
    let name = std::path::Path::new(program).file_name().unwrap_or(program);
    name.to_string_lossy().into_owned()
}

/// What `setpriv`, like a shell, ends with when the program behind it is not there.
const NOT_FOUND: i32 = 127;

/// Debian's packages of the other projects' programs that stand behind `setpriv`.
const PACKAGES: [(&str, &str); 5] = [
    ("opensc-tool", "opensc"),
    ("openssl", "openssl"),
    ("pkcs11-tool", "opensc"),
    ("pkcs15-tool", "opensc"),
    ("unshare", "util-linux"),
];

fn missing(program: &str, status: ExitStatus) -> Option<Failure> {
    if status.code() != Some(NOT_FOUND) {
        return None;
    }
    let (program, package) = PACKAGES.into_iter().find(|(name, _)| *name == program)?;
    Some(Failure::Missing { program, package })
}

fn not_started(name: &str, command: &Command, error: std::io::Error) -> Failure {
    if error.kind() == ErrorKind::NotFound && command.get_program() == "setpriv" {
        return Failure::Missing { program: "setpriv", package: "util-linux" };
    }
    Failure::system(format!("starting {name}"))(error)
}

#[cfg(test)]
mod tests {
    use std::{process::Stdio, time::Duration};

    use super::{Process, ask, leashed};
    use crate::{failure::Failure, record::Record};

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn both_streams_are_recorded_to_the_last_line() {
        let record = Record::default();
        let mut shell = leashed("sh");
        shell.args(["-c", "echo out; echo err >&2; printf unfinished"]);
        let mut process = Process::start("shell", &mut shell, &record).unwrap();
        assert!(process.wait(PATIENCE).unwrap().success());
        let mut texts: Vec<_> = record.lines().into_iter().map(|line| line.text).collect();
        texts.sort();
        assert_eq!(texts, ["err", "out", "unfinished"]);
    }

    #[test]
    fn a_process_that_does_not_listen_is_killed() {
        let record = Record::default();
        let mut shell = leashed("sh");
        shell.args(["-c", "trap '' TERM; echo deaf; cat; cat"]).stdin(Stdio::piped());
        let mut process = Process::start("shell", &mut shell, &record).unwrap();
        assert_eq!(process.next_line(PATIENCE).unwrap(), "deaf");
        let ended = process.kill().unwrap();
        assert!(!ended.success());
    }

    #[test]
    fn a_program_that_fails_is_named_with_its_own_words() {
        let mut shell = leashed("sh");
        shell.args(["-c", "echo no >&2; exit 3"]);
        let Err(Failure::Ended { program, said, .. }) =
            ask("trying", &mut shell, &Record::default())
        else {
            panic!("not reported")
        };
        assert_eq!((program.as_str(), said.as_str()), ("sh", "no"));
    }

    #[test]
    fn a_program_that_is_not_installed_is_named_with_its_package() {
        let mut tool = leashed("/nowhere/opensc-tool");
        let failure = ask("trying", &mut tool, &Record::default()).unwrap_err();
        assert!(failure.is_of_setup(), "{failure}");
        assert_eq!(
            failure.to_string(),
            "`opensc-tool` is not installed; do: apt-get install opensc"
        );
    }

    #[test]
    fn a_program_of_ours_that_ends_like_a_missing_one_is_not_taken_for_one() {
        let mut shell = leashed("sh");
        shell.args(["-c", "exit 127"]);
        let failure = ask("trying", &mut shell, &Record::default()).unwrap_err();
        assert!(matches!(failure, Failure::Ended { .. }), "{failure}");
    }
}
