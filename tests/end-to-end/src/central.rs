// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reference central service of a bench: set up, served, and administered.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde::Deserialize;

use crate::{
    card::{Card, Maker},
    failure::Failure,
    folder::Folder,
    process::{Process, ask, leashed},
    programs::Program,
    record::Record,
};

/// The service, and its folder with everything it hands out.
pub struct Central {
    process: Process,
    address: &'static str,
    enrolment: Option<&'static str>,
    folder: PathBuf,
    ready: Ready,
    record: Record,
}

/// What `serve` prints when it listens.
#[derive(Clone, Deserialize)]
struct Ready {
    listening: std::net::SocketAddr,
}

/// A reservation, as `list --json` shows it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Reservation {
    /// Whose.
    pub card_id: String,
    /// OPEN, HELD, ISSUED, CONSUMED or UNRESOLVED.
    pub state: String,
    /// Whether what is known of its ticket is known by the card's own receipt.
    pub receipt_verified: bool,
    /// As what the kiosk's last outcome was recorded.
    pub last_outcome: Option<String>,
    /// With which code of the kiosk's endings.
    pub last_ending: Option<String>,
}

impl Central {
    pub(crate) fn start(folder: &Folder, maker: &Maker, record: &Record) -> Result<Self, Failure> {
        Self::init(folder, maker, HERE, record)?;
        Self::resume(folder, record)
    }

    /// Makes the service's folder, under these names, and serves nothing yet.
    pub(crate) fn init(
        folder: &Folder,
        maker: &Maker,
        hosts: &[&str],
        record: &Record,
    ) -> Result<(), Failure> {
        let folder = folder.private(FOLDER)?;
        let mut command = leashed(Program::CentralService.path()?);
        command.arg("init").arg(&folder).arg("--always-open");
        command.args(hosts.iter().flat_map(|host| ["--host", host]));
        for name in ["card-ca", "user-authentication-ca", "digital-signature-ca"] {
            command.arg(format!("--{name}")).arg(maker.authority(name));
        }
        ask("setting up the central service", &mut command, record).map(drop)
    }

    /// Serves from a folder that is there, at a free port.
    pub(crate) fn resume(folder: &Folder, record: &Record) -> Result<Self, Failure> {
        Self::resume_at(ANYWHERE, None, folder, record)
    }

    /// The same, at this address, with a port for units that enrol where one is given.
    pub(crate) fn resume_at(
        address: &'static str,
        enrolment: Option<&'static str>,
        folder: &Folder,
        record: &Record,
    ) -> Result<Self, Failure> {
        let folder = folder.private(FOLDER)?;
        let (process, ready) = serve(address, enrolment, &folder, record)?;
        Ok(Self { process, address, enrolment, folder, ready, record: record.clone() })
    }

    /// Starts it again after [`Self::stop`]; it listens elsewhere then.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_again(&mut self) -> Result<(), Failure> {
        (self.process, self.ready) =
            serve(self.address, self.enrolment, &self.folder, &self.record)?;
        Ok(())
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.wait(Duration::ZERO).is_ok()
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> Result<(), Failure> {
        self.process.stop().map(drop)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> std::net::SocketAddr {
        self.ready.listening
    }

    /// What a kiosk of this service is given: `certificate.pem`, `key.pem`, `roots.pem`.
    #[must_use]
    pub fn credentials(&self) -> PathBuf {
        self.folder.join("kiosk")
    }

    /// The public halves of the ticket keys.
    pub(crate) fn tickets(&self) -> PathBuf {
        self.folder.join("ticket")
    }

    /// Enters a card into the register.
    ///
    /// # Errors
    /// When the service's admin command refuses.
    pub fn register(&self, card: &Card) -> Result<(), Failure> {
        self.admin("register", |command| command.arg("--citizen").arg(card.citizen())).map(drop)
    }

    /// Makes a reservation for a card, with further options such as `--hours-ago 25`.
    ///
    /// # Errors
    /// When the service's admin command refuses.
    pub fn reserve(&self, card: &Card, options: &[&str]) -> Result<(), Failure> {
        self.of_card("reserve", card, options)
    }

    /// An admin command about one card.
    ///
    /// # Errors
    /// When the service's admin command refuses.
    pub fn of_card(&self, verb: &str, card: &Card, options: &[&str]) -> Result<(), Failure> {
        self.admin(verb, |command| command.args(["--card-id", &card.id]).args(options)).map(drop)
    }

    /// Any other admin command.
    ///
    /// # Errors
    /// When the service's admin command refuses.
    pub fn tell(&self, verb: &str, options: &[&str]) -> Result<String, Failure> {
        self.admin(verb, |command| command.args(options))
    }

    /// An admin command with a verb of its own, such as `audit verify`.
    pub(crate) fn tell_of(&self, noun: &str, verb: &str) -> Result<String, Failure> {
        let mut command = leashed(Program::CentralService.path()?);
        command.args([noun, verb]).arg(&self.folder);
        ask(&format!("telling the central service: {noun} {verb}"), &mut command, &self.record)
    }

    /// Changes the policy, which the service reads anew for each question.
    ///
    /// # Errors
    /// When it is no JSON, or cannot be written.
    pub fn change_policy(
        &self,
        change: impl FnOnce(&mut serde_json::Value),
    ) -> Result<(), Failure> {
        let (path, new) = (self.folder.join("policy.json"), self.folder.join("policy.json.new"));
        let text = fs::read_to_string(&path).map_err(Failure::file("reading", &path))?;
        let unreadable = |error: serde_json::Error| Failure::Unreadable {
            from: "the service's policy",
            answer: error.to_string(),
        };
        let mut policy = serde_json::from_str(&text).map_err(unreadable)?;
        change(&mut policy);
        fs::write(&new, policy.to_string()).map_err(Failure::file("writing", &new))?;
        fs::rename(&new, &path).map_err(Failure::file("replacing", &path))
    }

    /// The card's reservations, oldest first.
    ///
    /// # Errors
    /// When the service's admin command refuses.
    pub fn reservations(&self, card: &Card) -> Result<Vec<Reservation>, Failure> {
        let listed = self.admin("list", |command| command.arg("--json"))?;
        let mut all: Vec<Reservation> =
            serde_json::from_str(&listed).map_err(|error| Failure::Unreadable {
                from: "central-service list",
                answer: format!("{error} in {listed}"),
            })?;
        all.retain(|reservation| reservation.card_id == card.id);
        Ok(all)
    }

    /// The entries of the audit table about a card, oldest first, once its chain is found whole.
    ///
    /// # Errors
    /// When the chain is broken, or the service's admin command refuses.
    pub fn audit(&self, card: &Card) -> Result<Vec<String>, Failure> {
        let ask_for = |what: &str| {
            let mut command = leashed(Program::CentralService.path()?);
            command.args(["audit", what]).arg(&self.folder);
            ask(&format!("telling the central service: audit {what}"), &mut command, &self.record)
        };
        ask_for("verify")?;
        let lines = ask_for("export")?;
        let of_card = lines.lines().filter(|line| line.contains(&card.id));
        Ok(of_card.map(str::to_owned).collect())
    }

    /// Plans a fault, such as `cut-after 1 /outcome`.
    ///
    /// # Errors
    /// When the service does not take it.
    pub fn plan(&self, fault: &str) -> Result<(), Failure> {
        let refused = || Failure::system(format!("telling the central service: {fault}"));
        let mut stream = UnixStream::connect(faults_socket(&self.folder)).map_err(refused())?;
        stream.set_read_timeout(Some(crate::PATIENCE)).map_err(refused())?;
        writeln!(stream, "{fault}").map_err(refused())?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).map_err(refused())?;
        if answer.trim() == "ok" {
            return Ok(());
        }
        Err(Failure::Unreadable { from: "central-service", answer })
    }

    fn admin(
        &self,
        verb: &str,
        options: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<String, Failure> {
        let mut command = leashed(Program::CentralService.path()?);
        options(command.arg(verb).arg(&self.folder));
        ask(&format!("telling the central service: {verb}"), &mut command, &self.record)
    }
}

/// In the bench's.
pub(crate) const FOLDER: &str = "central";

/// Where kiosks of a bench look for it.
pub(crate) const HERE: &[&str] = &["localhost", "127.0.0.1"];
const ANYWHERE: &str = "127.0.0.1:0";

fn serve(
    address: &str,
    enrolment: Option<&str>,
    folder: &Path,
    record: &Record,
) -> Result<(Process, Ready), Failure> {
    let mut command = leashed(Program::CentralService.path()?);
    command
        .arg("serve")
        .arg(folder)
        .args(["--listen", address])
        .arg("--faults")
        .arg(faults_socket(folder));
    command.args(enrolment.iter().flat_map(|address| ["--enrolment", address]));
    command.env("RUST_LOG", "trace").stdin(Stdio::null());
    let process = Process::start("central-service", &mut command, record)?;
    let line = process.next_line(crate::PATIENCE)?;
    let ready = serde_json::from_str(&line)
        .map_err(|_| Failure::Unreadable { from: "central-service", answer: line })?;
    Ok((process, ready))
}

fn faults_socket(folder: &Path) -> PathBuf {
    folder.join("faults.socket")
}
