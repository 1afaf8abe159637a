// SPDX-License-Identifier: MIT OR Apache-2.0
//! A pcscd of our own with two virtual readers and no other.
//!
//! pcscd's socket path is compiled in, but it takes a listening socket from systemd (fd 3,
//! `LISTEN_FDS`, `LISTEN_PID`), and so from us. It runs as `nobody` when we are root: it can
//! then neither open a USB reader nor touch the system pcscd's files in `/run/pcscd`.

use std::{
    net::{Ipv4Addr, TcpListener},
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    PATIENCE,
    failure::Failure,
    folder::Folder,
    process::{Process, ask, leashed, leashed_as_nobody},
    record::{Line, Record},
};

/// Readers of one vpcd entry: on its port and on the next one.
pub const READERS: [&str; 2] = ["Virtual PCD 00 00", "Virtual PCD 00 01"];

/// How often another pair of ports is tried when somebody else took one meanwhile.
const ROUNDS: u32 = 5;

const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const DAEMON: &str = "/usr/sbin/pcscd";
const RUNTIME_FOLDER: &str = "/run/pcscd";

/// pcscd leaves out readers whose name holds one of these (colon-separated) texts: every letter
/// and bracket that "Virtual PCD" does not have, hence every real reader.
const NOT_OURS: &str = "b:c:d:e:f:g:h:j:k:m:n:o:p:q:s:v:w:x:y:z:\
     A:B:E:F:G:H:I:J:K:L:M:N:O:Q:R:S:T:U:W:X:Y:Z:[:(";

/// In pcscd's log, before `Card inserted into …` and `Card Removed From …`.
const EVENT: &str = "EHStatusHandlerThread() Card ";

/// The daemon hands its input on as fd 3 and keeps its number through both `exec`s.
const AS_IF_BY_SYSTEMD: &str =
    r#"exec 3<&0 < /dev/null; LISTEN_FDS=1 LISTEN_PID=$$; export LISTEN_FDS LISTEN_PID; exec "$@""#;

/// A private pcscd.
pub struct Pcscd {
    process: Process,
    socket: PathBuf,
    port: u16,
    /// Where in the record this process began: what an earlier one noticed is forgotten.
    began: usize,
}

impl Pcscd {
    pub(crate) fn start(folder: &Folder, record: &Record) -> Result<Self, Failure> {
        let socket = folder.path().join("pcscd.comm");
        let mut found = Vec::new();
        for _ in 0..ROUNDS {
            let port = free_pair()?;
            let process = start_on(port, &socket, folder, record)?;
            found = readers(&socket, record)?;
            if found == READERS {
                return Ok(Self { process, socket, port, began: 0 });
            }
        }
        Err(Failure::Readers { found })
    }

    /// Ends it as a crash would and starts it anew; readers and ports are the same again.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn restart(&mut self, folder: &Path, record: &Record) -> Result<(), Failure> {
        self.process.kill()?;
        self.began = record.mark();
        self.process = launch(&self.socket, &folder.join("pcscd"), record)?;
        match readers(&self.socket, record)? {
            found if found == READERS => Ok(()),
            found => Err(Failure::Readers { found }),
        }
    }

    /// Ends it as a crash would and starts it anew without any reader.
    pub(crate) fn restart_without_readers(
        &mut self,
        folder: &Folder,
        record: &Record,
    ) -> Result<(), Failure> {
        self.process.kill()?;
        self.began = record.mark();
        self.process = launch(&self.socket, &folder.public("pcscd-without-readers")?, record)?;
        Ok(())
    }

    /// Waits until pcscd has noticed a card on the first reader, or that it is gone.
    ///
    /// It looks every 0.4 s. A card that is lifted while a command is in flight and put back
    /// before that look is lost on pcscd 1.9: the failed reset of SCardDisconnect sets the reader's
    /// state to absent, the look finds a card as before, and no event follows. No hand is that
    /// quick; a test is.
    pub(crate) fn notices(&self, is_present: bool, record: &Record) -> Result<(), Failure> {
        self.notices_within(PATIENCE, is_present, record)
    }

    /// The same, for a shorter time: a pcscd that was started meanwhile has noticed nothing.
    pub(crate) fn notices_within(
        &self,
        patience: Duration,
        is_present: bool,
        record: &Record,
    ) -> Result<(), Failure> {
        let awaited = if is_present { "a card on the reader" } else { "an empty reader" };
        record.wait_until("pcscd", awaited, patience, |lines| {
            let event = |line: &&Line| line.process == "pcscd" && line.text.contains(EVENT);
            let last = lines.iter().skip(self.began).rfind(event);
            let has_card = last.is_some_and(|line| line.text.contains("Card inserted into"));
            (has_card == is_present).then_some(())
        })
    }

    /// The daemon's process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// For `PCSCLITE_CSOCK_NAME`.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The port of the first reader; the second reader's is the next one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn start_on(
    port: u16,
    socket: &Path,
    folder: &Folder,
    record: &Record,
) -> Result<Process, Failure> {
    let configuration = folder.public("pcscd")?;
    let entry = configuration.join("virtual-reader");
    std::fs::write(
        &entry,
        format!("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port}\nLIBPATH {DRIVER}\nCHANNELID {port}\n"),
    )
    .map_err(Failure::file("writing", entry))?;
    launch(socket, &configuration, record)
}

/// pcscd ends at once where `/run/pcscd` is absent, though it needs nothing of it: it is made by
/// the package's socket unit, hence not where there is no systemd.
fn make_runtime_folder() -> Result<(), Failure> {
    std::fs::create_dir_all(RUNTIME_FOLDER).map_err(Failure::system(format!(
        "making {RUNTIME_FOLDER}, without which no pcscd starts (do: sudo mkdir {RUNTIME_FOLDER})"
    )))
}

fn launch(socket: &Path, configuration: &Path, record: &Record) -> Result<Process, Failure> {
    for (file, program, package) in
        [(DAEMON, "pcscd", "pcscd"), (DRIVER, "libifdvpcd.so", "vsmartcard-vpcd")]
    {
        if !Path::new(file).exists() {
            return Err(Failure::Missing { program, package });
        }
    }
    make_runtime_folder()?;
    if socket.exists() {
        std::fs::remove_file(socket).map_err(Failure::file("removing", socket))?;
    }
    let listener =
        UnixListener::bind(socket).map_err(Failure::file("listening for pcscd on", socket))?;
    let mut daemon = leashed_as_nobody("sh");
    daemon
        .args(["-c", AS_IF_BY_SYSTEMD, "sh", DAEMON, "--foreground", "--info", "--config"])
        .arg(configuration)
        .env("PCSCLITE_FILTER_IGNORE_READER_NAMES", NOT_OURS)
        .current_dir("/")
        .stdin(OwnedFd::from(listener));
    Process::start("pcscd", &mut daemon, record)
}

/// The readers that clients of this pcscd see, by OpenSC's word.
fn readers(socket: &Path, record: &Record) -> Result<Vec<String>, Failure> {
    let mut tool = leashed("opensc-tool");
    tool.arg("--list-readers").env("PCSCLITE_CSOCK_NAME", socket);
    let listed = ask("listing the readers of the private pcscd", &mut tool, record)?;
    Ok(listed.lines().filter_map(reader_in).collect())
}

/// `0    No              Virtual PCD 00 00`: number, card, features, name.
fn reader_in(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    words.next()?.parse::<u32>().ok()?;
    words.next()?;
    Some(words.collect::<Vec<_>>().join(" "))
}

/// Two neighbouring TCP ports that are free now, on all addresses, as vpcd wants them.
fn free_pair() -> Result<u16, Failure> {
    let refused = || Failure::system("looking for two free neighbouring TCP ports");
    for _ in 0..100 {
        let first = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).map_err(refused())?;
        let port = first.local_addr().map_err(refused())?.port();
        let next = port.checked_add(1);
        if next.is_some_and(|next| TcpListener::bind((Ipv4Addr::UNSPECIFIED, next)).is_ok()) {
            return Ok(port);
        }
    }
    Err(refused()(std::io::ErrorKind::AddrInUse.into()))
}

#[cfg(test)]
mod tests {
    use super::{Pcscd, reader_in};
    use crate::{folder::Folder, record::Record};

    #[test]
    fn each_private_pcscd_shows_its_two_virtual_readers_also_after_a_crash() {
        let (folder, record) = (Folder::new().unwrap(), Record::default());
        let other = Folder::new().unwrap();
        let mut first = Pcscd::start(&folder, &record).unwrap();
        let second = Pcscd::start(&other, &record).unwrap();
        assert_ne!(first.port(), second.port());
        first.restart(folder.path(), &record).unwrap();
    }

    #[test]
    fn a_reader_is_read_from_the_list_and_nothing_from_its_heading() {
        let line = "0    Yes             Virtual PCD 00 00";
        assert_eq!(reader_in(line).as_deref(), Some("Virtual PCD 00 00"));
        assert_eq!(reader_in("Nr.  Card  Features  Name"), None);
        assert_eq!(reader_in("# Detected readers (pcsc)"), None);
    }
}
