// SPDX-License-Identifier: MIT OR Apache-2.0
//! A resident's card: personalised by `virtual-card`, laid on a virtual reader and taken away,
//! looked at in its state file without cost.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;

use crate::{
    failure::Failure,
    folder::Folder,
    pin::Pin,
    process::{Process, ask, leashed},
    programs::Program,
    record::Record,
};

/// How a card is made; all that is not set is as on a fresh card.
#[derive(Clone, Debug, Default)]
pub struct Making {
    /// `--kind`: `individual-number` unless set.
    pub kind: Option<&'static str>,
    /// The 4-digit PIN; drawn at random unless set.
    pub user_authentication_pin: Option<Pin>,
    /// Tries left of the 4-digit PIN.
    pub user_authentication_retries: Option<u8>,
    /// Tries left of the signature PIN; 0 is locked.
    pub signature_retries: Option<u8>,
    /// From when both certificates are valid, as RFC 3339; a year ago unless set.
    pub not_before: Option<&'static str>,
    /// Until when both certificates are valid, as RFC 3339; in four years unless set.
    pub not_after: Option<&'static str>,
    /// Until when the signature certificate alone is.
    pub signature_not_after: Option<&'static str>,
    /// Without a signature certificate.
    pub is_without_signature_certificate: bool,
}

/// A card, what its owner knows, and what a register may hold of it.
#[derive(Clone, Debug)]
pub struct Card {
    pub(crate) state: PathBuf,
    pub(crate) public: PathBuf,
    /// `card_id`, 32 hexadecimal digits.
    pub id: String,
    /// The 4-digit PIN.
    pub user_authentication_pin: Pin,
    /// The signature PIN that is to be reset.
    pub signature_pin: Pin,
}

/// What `virtual-card show --json` tells of a card: no PIN.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct State {
    retries_left: BTreeMap<String, u8>,
    /// The last ticket that the card accepted.
    pub receipt: Option<Receipt>,
}

/// What became of a ticket, by the card's word.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Receipt {
    /// Whether the PIN was set with it.
    pub is_used: bool,
}

impl State {
    /// Tries left of the 4-digit PIN.
    #[must_use]
    pub fn user_authentication_retries(&self) -> u8 {
        self.retries("user-authentication")
    }

    /// Tries left of the signature PIN.
    #[must_use]
    pub fn signature_retries(&self) -> u8 {
        self.retries("digital-signature")
    }

    fn retries(&self, pin: &str) -> u8 {
        self.retries_left.get(pin).copied().unwrap_or_default()
    }
}

/// The public part of a card, as `personalise --citizen` writes it.
#[derive(Deserialize)]
struct Citizen {
    card_id: String,
}

/// In the bench's folder: the test authorities, with their keys.
pub(crate) const AUTHORITIES: &str = "authorities";
/// In the bench's folder: state files and what a register may hold of them.
pub(crate) const CARDS: &str = "cards";

/// Makes cards under one set of test authorities.
pub(crate) struct Maker {
    authorities: PathBuf,
    cards: PathBuf,
    count: usize,
    record: Record,
}

impl Maker {
    pub(crate) fn new(folder: &Folder, record: &Record) -> Result<Self, Failure> {
        let authorities = folder.private(AUTHORITIES)?;
        let mut command = leashed(Program::VirtualCard.path()?);
        command.arg("ca").arg(&authorities);
        ask("making the test authorities", &mut command, record)?;
        Self::resume(folder, record)
    }

    /// With authorities that are there.
    pub(crate) fn resume(folder: &Folder, record: &Record) -> Result<Self, Failure> {
        let (authorities, cards) = (folder.private(AUTHORITIES)?, folder.private(CARDS)?);
        Ok(Self { authorities, cards, count: 0, record: record.clone() })
    }

    /// A certificate of the test authorities: `card-ca`, `user-authentication-ca` or
    /// `digital-signature-ca`.
    pub(crate) fn authority(&self, name: &str) -> PathBuf {
        self.authorities.join(name).with_extension("pem")
    }

    pub(crate) fn make(
        &mut self,
        tickets: Option<&Path>,
        making: &Making,
    ) -> Result<Card, Failure> {
        self.count += 1;
        let state = self.cards.join(format!("card-{}.json", self.count));
        let public = self.cards.join(format!("citizen-{}.json", self.count));
        let digits = making.user_authentication_pin.clone().unwrap_or_else(Pin::of_digits);
        let letters = Pin::of_letters();
        let mut command = leashed(Program::VirtualCard.path()?);
        command.arg("personalise").arg("--ca").arg(&self.authorities);
        for key in ["key-1.pub.pem", "key-2.pub.pem"] {
            if let Some(tickets) = tickets {
                command.arg("--ticket-key").arg(tickets.join(key));
            }
        }
        command.arg("--out").arg(&state);
        if making.is_in_a_register() {
            command.arg("--citizen").arg(&public);
        }
        command.args(["--user-authentication-pin", digits.reveal()]);
        command.args(["--signature-pin", letters.reveal()]);
        command.args(making.options());
        ask("personalising a card", &mut command, &self.record)?;
        let id = if making.is_in_a_register() { card_id(&public)? } else { String::new() };
        let (user_authentication_pin, signature_pin) = (digits, letters);
        Ok(Card { state, public, id, user_authentication_pin, signature_pin })
    }
}

fn card_id(public: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(public).map_err(Failure::file("reading", public))?;
    let citizen: Citizen = serde_json::from_str(&text)
        .map_err(|error| unreadable(format!("its citizen file: {error}")))?;
    Ok(citizen.card_id)
}

impl Making {
    /// A card of an unknown kind is nobody's.
    fn is_in_a_register(&self) -> bool {
        self.kind != Some("unknown")
    }

    fn options(&self) -> Vec<String> {
        let mut options = Vec::new();
        let mut add = |name: &str, value: String| options.extend([name.to_owned(), value]);
        if let Some(kind) = self.kind {
            add("--kind", kind.to_owned());
        }
        if let Some(retries) = self.user_authentication_retries {
            add("--user-authentication-retries", retries.to_string());
        }
        if let Some(retries) = self.signature_retries {
            add("--signature-retries", retries.to_string());
        }
        if let Some(time) = self.not_before {
            add("--not-before", time.to_owned());
        }
        if let Some(time) = self.not_after {
            add("--not-after", time.to_owned());
        }
        if let Some(time) = self.signature_not_after {
            add("--signature-not-after", time.to_owned());
        }
        if self.is_without_signature_certificate {
            options.push("--without-signature-certificate".to_owned());
        }
        options
    }
}

impl Card {
    /// The state file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.state
    }

    /// The same card in another bench's folder.
    pub(crate) fn moved_to(&self, cards: &Path) -> Self {
        let place = |path: &Path| cards.join(path.file_name().unwrap_or_default());
        Self { state: place(&self.state), public: place(&self.public), ..self.clone() }
    }

    /// What a register may hold of it.
    #[must_use]
    pub fn citizen(&self) -> &Path {
        &self.public
    }

    /// Puts the user-authentication certificate of another card on this one, and its key.
    pub(crate) fn take_over_certificate(&self, other: &Self) -> Result<(), Failure> {
        let read = |path: &Path| -> Result<serde_json::Value, Failure> {
            let text = fs::read_to_string(path).map_err(Failure::file("reading", path))?;
            serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
        };
        let (mut own, theirs) = (read(&self.state)?, read(&other.state)?);
        for place in ["/applications/jpki/000A", "/applications/jpki/0017"] {
            let (Some(own), Some(theirs)) = (own.pointer_mut(place), theirs.pointer(place)) else {
                return Err(unreadable(format!("a state file without {place}")));
            };
            own.clone_from(theirs);
        }
        fs::write(&self.state, own.to_string()).map_err(Failure::file("writing", &self.state))
    }

    /// Counters and receipt, from the state file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn state(&self, record: &Record) -> Result<State, Failure> {
        let mut command = leashed(Program::VirtualCard.path()?);
        command.arg("show").arg(&self.state).arg("--json");
        let shown = ask("looking at the card's state", &mut command, record)?;
        serde_json::from_str(&shown).map_err(|error| unreadable(format!("{error} in {shown}")))
    }
}

/// The process that is the card on one of vpcd's ports.
pub struct Slot {
    process: Process,
    control: PathBuf,
    trace: PathBuf,
    record: Record,
}

impl Slot {
    pub(crate) fn start(
        number: u16,
        port: u16,
        folder: &Folder,
        record: &Record,
    ) -> Result<Self, Failure> {
        let own = folder.private("slots")?;
        Self::serve(["--port", &port.to_string()], &own, &number.to_string(), record)
    }

    /// The slot of a QEMU machine's reader, which listens at `socket`.
    pub(crate) fn in_machine(socket: &Path, own: &Path, record: &Record) -> Result<Self, Failure> {
        Self::serve(["--ccid", &socket.to_string_lossy()], own, "card", record)
    }

    fn serve(at: [&str; 2], own: &Path, name: &str, record: &Record) -> Result<Self, Failure> {
        let control = own.join(format!("{name}.socket"));
        let trace = own.join(format!("{name}.trace"));
        // Of an earlier machine of this name.
        let _ = fs::remove_file(&control).and_then(|()| fs::remove_file(&trace));
        let mut command = leashed(Program::VirtualCard.path()?);
        command.arg("run").args(at);
        command.arg("--control").arg(&control).arg("--trace").arg(&trace).stdin(Stdio::null());
        let process = Process::start("virtual-card", &mut command, record)?;
        process.next_line(crate::PATIENCE)?;
        Ok(Self { process, control, trace, record: record.clone() })
    }

    /// Lays a card on the reader.
    ///
    /// # Errors
    /// When the card's process refuses.
    pub fn insert(&self, card: &Card) -> Result<(), Failure> {
        self.control(&["insert", &card.state.to_string_lossy()])
    }

    /// Takes the card away.
    ///
    /// # Errors
    /// When the card's process refuses.
    pub fn remove(&self) -> Result<(), Failure> {
        self.control(&["remove"])
    }

    /// The same without a process for it: what the command shows, line by line.
    pub(crate) fn say(&self, line: &str) -> Result<Vec<String>, Failure> {
        let refused = || Failure::system(format!("telling the card: {line}"));
        let mut stream = UnixStream::connect(&self.control).map_err(refused())?;
        stream.set_read_timeout(Some(crate::PATIENCE)).map_err(refused())?;
        writeln!(stream, "{line}").map_err(refused())?;
        let mut shown = Vec::new();
        for answer in BufReader::new(stream).lines() {
            match answer.map_err(refused())? {
                answer if answer == "ok" => return Ok(shown),
                answer if answer.starts_with("error ") => return Err(unreadable(answer)),
                answer => shown.push(answer),
            }
        }
        Err(unreadable(format!("nothing to `{line}`")))
    }

    /// Whether a card lies on the reader, and which.
    pub(crate) fn lying(&self) -> Result<Option<PathBuf>, Failure> {
        let shown = self.say("status")?;
        let path = shown.first().and_then(|line| line.strip_prefix("card "));
        Ok(path.map(PathBuf::from))
    }

    /// Any other command of the control socket, such as `tear 1 before`.
    ///
    /// # Errors
    /// When the card's process refuses.
    pub fn control(&self, words: &[&str]) -> Result<(), Failure> {
        let mut command = leashed(Program::VirtualCard.path()?);
        let (verb, rest) = words.split_first().unwrap_or((&"status", &[]));
        command.arg(verb).arg("--control").arg(&self.control).args(rest);
        ask(&format!("telling the card: {}", words.join(" ")), &mut command, &self.record)?;
        Ok(())
    }

    /// Header, Nc, Ne, status word and selected name of every command so far, a line each.
    ///
    /// # Errors
    /// When the trace cannot be read.
    pub fn trace(&self) -> Result<Vec<String>, Failure> {
        let text =
            fs::read_to_string(&self.trace).map_err(Failure::file("reading", &self.trace))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// How many commands with this instruction carried data: of VERIFY, tries that were asked for.
    ///
    /// # Errors
    /// When the trace cannot be read.
    pub fn count_with_data(&self, instruction: &str) -> Result<usize, Failure> {
        let lines = self.trace()?;
        let with_data = lines.iter().filter(|line| !line.contains(" Nc=0 "));
        Ok(with_data.filter(|line| line.get(2..4) == Some(instruction)).count())
    }

    /// The process, to be stopped.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

fn unreadable(answer: String) -> Failure {
    Failure::Unreadable { from: "virtual-card", answer }
}
