// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk's end of the socket: one call at a time, blocking, with a deadline.
//!
//! When `kiosk-link` is restarted the same request is sent again on a new connection, as long
//! as its deadline allows: every request that changes something carries its key.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    frame::{self, FrameError},
    message::{Ask, Reply, Request},
};
use crate::{
    error::{CentralError, Source},
    wire::{
        Decision, DeliverReceipt, Heartbeat, IdempotencyKey, Identity, KeptPolicy, KnownPolicy,
        OpenSession, Outcome, OutcomeRecorded, PolicyAnswer, ProofGranted, Prove, ReceiptRecorded,
        SessionOpened, TicketIssued, TicketRequest, Vouch,
    },
};

/// What the kiosk waits beyond the patience that it announced, for the way over the socket.
const GRACE: Duration = Duration::from_millis(500);

/// Between two attempts to reach a `kiosk-link` that is being restarted.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);

/// A connection to `kiosk-link`, made when it is first needed and made again when it broke.
///
/// Every method blocks for at most `patience` and half a second, and takes `&mut self`:
/// whoever wants calls side by side opens several.
#[derive(Debug)]
pub struct RelayClient {
    socket: PathBuf,
    connection: Option<UnixStream>,
    number: u64,
}

impl RelayClient {
    /// A client of the `kiosk-link` that listens there. Nothing is opened yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into(), connection: None, number: 0 }
    }

    /// Who this kiosk is. Needs no network.
    ///
    /// # Errors
    ///
    /// [`CentralError`], as for every call here.
    pub fn identity(&mut self, patience: Duration) -> Result<Identity, CentralError> {
        self.call(Ask::Identity, patience)
    }

    /// Whether that policy is one that this unit received and signed. Needs no network.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn vouch(&mut self, kept: KeptPolicy, patience: Duration) -> Result<Vouch, CentralError> {
        self.call(Ask::Vouch { kept }, patience)
    }

    /// The policy; asked at card insertion it also opens the connection ahead.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn policy(
        &mut self,
        known: Option<KnownPolicy>,
        patience: Duration,
    ) -> Result<Decision<PolicyAnswer>, CentralError> {
        self.call(Ask::Policy { known }, patience)
    }

    /// `POST /v1/sessions`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn open_session(
        &mut self,
        body: OpenSession,
        patience: Duration,
    ) -> Result<Decision<SessionOpened>, CentralError> {
        self.call(Ask::OpenSession { key: IdempotencyKey::fresh(), body }, patience)
    }

    /// `POST /v1/receipts`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn deliver_receipt(
        &mut self,
        body: DeliverReceipt,
        patience: Duration,
    ) -> Result<Decision<ReceiptRecorded>, CentralError> {
        self.call(Ask::DeliverReceipt { key: IdempotencyKey::fresh(), body }, patience)
    }

    /// `POST /v1/sessions/{id}/proof`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn prove(
        &mut self,
        session_id: Uuid,
        body: Prove,
        patience: Duration,
    ) -> Result<Decision<ProofGranted>, CentralError> {
        self.call(Ask::Prove { session_id, key: IdempotencyKey::fresh(), body }, patience)
    }

    /// `POST /v1/sessions/{id}/ticket`. A ticket whose answer was lost is asked for again with
    /// the same `key`, so the caller keeps it.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn ticket(
        &mut self,
        session_id: Uuid,
        key: IdempotencyKey,
        body: TicketRequest,
        patience: Duration,
    ) -> Result<Decision<TicketIssued>, CentralError> {
        self.call(Ask::Ticket { session_id, key, body }, patience)
    }

    /// `POST /v1/sessions/{id}/outcome`. It is repeated until acknowledged, across restarts,
    /// with the same `key` for the same body.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn outcome(
        &mut self,
        session_id: Uuid,
        key: IdempotencyKey,
        body: Outcome,
        patience: Duration,
    ) -> Result<Decision<OutcomeRecorded>, CentralError> {
        self.call(Ask::Outcome { session_id, key, body }, patience)
    }

    /// `POST /v1/heartbeat`.
    ///
    /// # Errors
    ///
    /// [`CentralError`]
    pub fn heartbeat(
        &mut self,
        body: Heartbeat,
        patience: Duration,
    ) -> Result<Decision<()>, CentralError> {
        self.call(Ask::Heartbeat { key: IdempotencyKey::fresh(), body }, patience)
    }

    fn call<A: DeserializeOwned>(
        &mut self,
        ask: Ask,
        patience: Duration,
    ) -> Result<A, CentralError> {
        let call = ask.call();
        let malformed = |expected: &str, source: Source| CentralError::Malformed {
            call,
            expected: expected.to_owned(),
            source: Some(source),
        };
        self.number += 1;
        let number = self.number;
        let body = self
            .exchange(ask, Instant::now() + patience)
            .map_err(|error| CentralError::NoLink { call, source: Some(error.into()) })?;
        let reply = frame::decode::<Reply>(&body)
            .map_err(|error| malformed("a reply of this version", error.into()))?;
        if reply.number != number {
            self.connection = None;
            return Err(malformed("the reply to this request", "another number".into()));
        }
        serde_json::from_value(reply.answer?)
            .map_err(|error| malformed("of the type that was asked for", error.into()))
    }

    /// Sends until there is an answer: a broken connection is made again within the deadline.
    fn exchange(&mut self, ask: Ask, deadline: Instant) -> io::Result<Vec<u8>> {
        let mut request = Request { number: self.number, patience_milliseconds: 0, ask };
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            request.patience_milliseconds = patience.as_millis().try_into().unwrap_or(u32::MAX);
            let sent = frame::encode(&request).map_err(invalid)?;
            let attempt = self.exchange_once(&sent, deadline + GRACE);
            let Err(error) = attempt else { return attempt };
            self.connection = None;
            let is_final = error.kind() == io::ErrorKind::InvalidData;
            if is_final || Instant::now() + RECONNECT_PAUSE >= deadline {
                return Err(error);
            }
            thread::park_timeout(RECONNECT_PAUSE);
        }
    }

    fn exchange_once(&mut self, sent: &[u8], deadline: Instant) -> io::Result<Vec<u8>> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => UnixStream::connect(&self.socket)?,
        };
        let mut connection = &*self.connection.insert(connection);
        connection.set_write_timeout(Some(left(deadline)?))?;
        connection.write_all(sent)?;
        let mut header = [0; frame::HEADER];
        read_by(connection, &mut header, deadline)?;
        let length = frame::length(header).map_err(invalid)?;
        let mut body = vec![0; length];
        read_by(connection, &mut body, deadline)?;
        Ok(body)
    }
}

/// Fills the buffer, however many reads it takes, before the deadline.
fn read_by(mut connection: &UnixStream, buffer: &mut [u8], deadline: Instant) -> io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        connection.set_read_timeout(Some(left(deadline)?))?;
        match connection.read(rest) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A frame that another connection would not make better.
fn invalid(error: FrameError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn left(deadline: Instant) -> io::Result<Duration> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}
