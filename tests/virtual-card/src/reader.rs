// SPDX-License-Identifier: MIT OR Apache-2.0
//! A reader's slot: a card or none, the control socket, and the faults planned.
//!
//! One thread waits for both sockets, so that a card can be taken away while its answer is late.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::{
    card::Card,
    control::{Control, ControlCommand},
    fault::{Fault, Faults, Moment},
    socket::{Connection, Request, Socket},
    state::StateError,
    trace::Trace,
};

/// A reader that `run` serves.
pub struct Reader {
    socket: Socket,
    control: Option<Control>,
    trace: Trace,
    faults: Faults,
    slot: Option<Inserted>,
}

/// A reader that cannot go on, or a card that cannot be laid on it.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The state file cannot be used.
    #[error("cannot insert the card")]
    Card(#[from] StateError),
    /// The reader is not there.
    #[error("{socket}")]
    Absent {
        /// Where it was looked for.
        socket: Socket,
        /// Why.
        source: io::Error,
    },
    /// A card lies on the reader.
    #[error("a card lies on the reader already; remove it first")]
    Occupied,
    /// No card lies on the reader.
    #[error("no card lies on the reader")]
    Empty,
    /// The control socket cannot be made or used.
    #[error("cannot serve the control socket {}", path.display())]
    Control {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The trace file cannot be opened.
    #[error("cannot append to the trace file {}", path.display())]
    Trace {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Waiting for the sockets failed.
    #[error("cannot wait for the reader and the control socket")]
    Wait(#[source] io::Error),
}

struct Inserted {
    path: PathBuf,
    card: Card,
    link: Link,
}

/// Where the card stands with the reader.
enum Link {
    /// The reader may ask.
    Ready(Connection),
    /// It has asked; the answer goes out when it is due, or never.
    Answering { connection: Connection, answer: Vec<u8>, due: Option<Instant> },
    /// The reader has gone, as when pcscd is started again; the card still lies there.
    Lost { try_again: Instant },
}

/// How often a card looks for a reader that has gone.
const RECONNECT: Duration = Duration::from_millis(100);

impl Reader {
    /// A reader at `socket`, empty.
    pub fn new(socket: Socket) -> Self {
        Self {
            socket,
            control: None,
            trace: Trace::default(),
            faults: Faults::default(),
            slot: None,
        }
    }

    /// Takes commands at a Unix socket.
    ///
    /// # Errors
    /// Where it cannot be bound.
    pub fn listen(&mut self, path: &Path) -> Result<(), ReaderError> {
        let control = Control::listen(path)
            .map_err(|source| ReaderError::Control { path: path.to_owned(), source })?;
        self.control = Some(control);
        Ok(())
    }

    /// Appends a line for each command to a file.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn trace(&mut self, path: &Path) -> Result<(), ReaderError> {
        self.trace = Trace::to_file(path)
            .map_err(|source| ReaderError::Trace { path: path.to_owned(), source })?;
        Ok(())
    }

    /// Lays the card with this state file on the reader.
    ///
    /// # Errors
    /// Where a card lies there, the file is no card's, or the reader is not there.
    pub fn insert(&mut self, path: &Path) -> Result<(), ReaderError> {
        if self.slot.is_some() {
            return Err(ReaderError::Occupied);
        }
        let mut card = Card::open(path)?;
        let connection = lay(&mut card, &self.socket)
            .map_err(|source| ReaderError::Absent { socket: self.socket.clone(), source })?;
        self.slot = Some(Inserted { path: path.to_owned(), card, link: Link::Ready(connection) });
        Ok(())
    }

    /// Serves the reader and the control socket until the process is ended.
    ///
    /// # Errors
    /// Where waiting for them fails.
    pub fn run(&mut self) -> Result<std::convert::Infallible, ReaderError> {
        loop {
            let ready = self.wait().map_err(ReaderError::Wait)?;
            self.serve_control(&ready.control);
            self.serve_slot(ready.slot);
        }
    }

    /// Waits until a socket can be read, or something is due.
    fn wait(&self) -> io::Result<Readiness> {
        let mut sockets = Vec::new();
        let watched = self.slot.as_ref().and_then(Inserted::watched);
        sockets.extend(watched);
        for socket in self.control.iter().flat_map(Control::sockets) {
            sockets.push(PollFd::from_borrowed_fd(socket, PollFlags::IN));
        }
        let timeout = self.slot.as_ref().and_then(Inserted::due).map(|due| {
            let left = due.saturating_duration_since(Instant::now());
            Timespec::try_from(left).unwrap_or_default()
        });
        match poll(&mut sockets, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut ready = sockets.iter().map(|socket| !socket.revents().is_empty());
        let slot = self.slot.as_ref().and_then(Inserted::watched).is_some()
            && ready.next().unwrap_or_default();
        Ok(Readiness { slot, control: ready.collect() })
    }

    fn serve_slot(&mut self, is_ready: bool) {
        let Some(inserted) = &mut self.slot else { return };
        match &mut inserted.link {
            Link::Ready(connection) if is_ready => match connection.receive() {
                Ok(Some(request)) => self.serve(request),
                Ok(None) => {}
                Err(_) => inserted.lose(),
            },
            Link::Ready(_) => {}
            Link::Answering { .. } if is_ready => inserted.lose(),
            Link::Answering { .. } => inserted.answer_if_due(),
            Link::Lost { try_again } => {
                if *try_again <= Instant::now() {
                    inserted.reconnect(&self.socket);
                }
            }
        }
    }

    fn serve(&mut self, request: Request) {
        let Some(inserted) = &mut self.slot else { return };
        let answer = match request {
            Request::PowerOff => return inserted.card.power_off(),
            Request::PowerOn => return inserted.card.power_on(),
            Request::Reset => return inserted.card.reset(),
            Request::AnswerToReset => inserted.card.atr().to_vec(),
            Request::Command(command) => return self.execute(&command),
        };
        inserted.answer(answer, Some(Duration::ZERO));
    }

    fn execute(&mut self, command: &[u8]) {
        let faults = self.faults.next();
        let Some(inserted) = &mut self.slot else { return };
        let mut answer = Vec::new();
        if !faults.contains(&Fault::Tear(Moment::Before)) {
            answer = inserted.card.execute(command);
        }
        let is_torn = faults.iter().any(|fault| matches!(fault, Fault::Tear(_)));
        let mut delay = Some(Duration::ZERO);
        for fault in faults {
            match fault {
                Fault::Tear(_) => {}
                Fault::Delay(late) => delay = delay.map(|delay| delay + late),
                Fault::Answer(other) => answer = other,
                Fault::Garble => answer = garbled(&answer),
                Fault::Truncate(length) => answer.truncate(length),
                Fault::Mute => delay = None,
            }
        }
        let arrives = (!is_torn && delay.is_some()).then_some(&answer[..]);
        // A trace that cannot be written does not stop a card.
        let _ = self.trace.record(command, arrives);
        if is_torn {
            self.slot = None;
        } else {
            inserted.answer(answer, delay);
        }
    }

    fn serve_control(&mut self, ready: &[bool]) {
        let Some((listener, clients)) = ready.split_first() else { return };
        // Backwards, so that one who hangs up moves only those who were served.
        for index in (0..clients.len()).rev().filter(|&index| clients[index]) {
            self.serve_client(index);
        }
        if *listener && let Some(control) = &mut self.control {
            let _ = control.accept();
        }
    }

    fn serve_client(&mut self, index: usize) {
        let Some(lines) = self.control.as_mut().and_then(|control| control.lines(index)) else {
            if let Some(control) = &mut self.control {
                control.hang_up(index);
            }
            return;
        };
        for line in lines {
            let answer = match line.parse::<ControlCommand>() {
                Ok(command) => self.obey(command).map_err(|error| chain(&error)),
                Err(error) => Err(chain(&error)),
            };
            let text = match answer {
                Ok(shown) => shown + "ok\n",
                Err(reason) => format!("error {reason}\n"),
            };
            if let Some(control) = &mut self.control {
                control.answer(index, &text);
            }
        }
    }

    fn obey(&mut self, command: ControlCommand) -> Result<String, ReaderError> {
        match command {
            ControlCommand::Insert(path) => self.insert(&path)?,
            ControlCommand::Remove => {
                self.slot.take().ok_or(ReaderError::Empty)?;
            }
            ControlCommand::Fault(nth, fault) => self.faults.plan(nth.get(), fault),
            ControlCommand::Clear => self.faults.clear(),
            ControlCommand::Trace => {
                return Ok(self.trace.lines().map(|line| format!("{line}\n")).collect());
            }
            ControlCommand::Status => {
                return Ok(match &self.slot {
                    Some(inserted) => format!("card {}\n", inserted.path.display()),
                    None => "empty\n".to_owned(),
                });
            }
        }
        Ok(String::new())
    }
}

struct Readiness {
    slot: bool,
    /// The listener, then each client; empty without a control socket.
    control: Vec<bool>,
}

impl Inserted {
    /// The reader's socket: for its next request, or for its end while it waits for an answer.
    fn watched(&self) -> Option<PollFd<'_>> {
        match &self.link {
            Link::Ready(connection) => Some(PollFd::new(connection, PollFlags::IN)),
            Link::Answering { connection, .. } => Some(PollFd::new(connection, PollFlags::RDHUP)),
            Link::Lost { .. } => None,
        }
    }

    fn due(&self) -> Option<Instant> {
        match self.link {
            Link::Ready(_) => None,
            Link::Answering { due, .. } => due,
            Link::Lost { try_again } => Some(try_again),
        }
    }

    /// Sends `answer` after `delay`; never where there is none.
    fn answer(&mut self, answer: Vec<u8>, delay: Option<Duration>) {
        let lost = Link::Lost { try_again: Instant::now() };
        self.link = match std::mem::replace(&mut self.link, lost) {
            Link::Ready(connection) => {
                let due = delay.map(|delay| Instant::now() + delay);
                Link::Answering { connection, answer, due }
            }
            link => link,
        };
        self.answer_if_due();
    }

    fn answer_if_due(&mut self) {
        let lost = Link::Lost { try_again: Instant::now() };
        self.link = match std::mem::replace(&mut self.link, lost) {
            Link::Answering { mut connection, answer, due: Some(due) } if due <= Instant::now() => {
                match connection.send(&answer) {
                    Ok(()) => Link::Ready(connection),
                    Err(_) => return self.lose(),
                }
            }
            link => link,
        };
    }

    /// The reader has hung up: with it, the power is gone.
    fn lose(&mut self) {
        self.card.power_off();
        self.link = Link::Lost { try_again: Instant::now() + RECONNECT };
    }

    fn reconnect(&mut self, socket: &Socket) {
        self.link = match lay(&mut self.card, socket) {
            Ok(connection) => Link::Ready(connection),
            Err(_) => Link::Lost { try_again: Instant::now() + RECONNECT },
        };
    }
}

/// Lays the card there; where the reader says nothing of power, the card has it from now on.
fn lay(card: &mut Card, socket: &Socket) -> io::Result<Connection> {
    let connection = Connection::open(socket, card.atr())?;
    if !connection.tells_of_power() {
        card.power_on();
    }
    Ok(connection)
}

/// Another body before the same status word.
fn garbled(answer: &[u8]) -> Vec<u8> {
    let (body, status) = answer.split_at(answer.len().saturating_sub(2));
    let mut garbled: Vec<u8> = match body {
        [] => UNASKED.to_vec(),
        body => body.iter().map(|byte| !byte).collect(),
    };
    garbled.extend(status);
    garbled
}

/// What arrives in place of no body.
const UNASKED: [u8; 4] = [0xDE, 0xAD, 0xBE, 0xEF];

/// An error and its causes on one line.
pub fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
