// SPDX-License-Identifier: MIT OR Apache-2.0
//! What reaches the driver, from whichever thread: one type for its one queue.

use std::sync::mpsc::Sender;

use backend_client::{CentralError, wire};
use card_io::media::ReaderEvent;
use kiosk_session::{CardReply, CentralReply, Event, RequestId};

use crate::control::Question;

/// The driver's queue, for everyone who has something to tell.
pub(crate) type Queue = Sender<Message>;

/// One thing that happened.
#[derive(Debug)]
pub(crate) enum Message {
    /// A touch, a key, a signal: already in the session's words.
    Event(Event),
    /// The PC/SC watcher saw something.
    Reader(ReaderEvent),
    /// The card worker answers.
    Card(RequestId, CardReply),
    /// The central worker answers the session.
    Central(RequestId, CentralReply),
    /// The service has acknowledged an outcome of the journal.
    Acknowledged(u64),
    /// It has not; the outcome stays.
    NotAcknowledged(u64),
    /// The link has said who this unit is.
    Identity(wire::Identity),
    /// Somebody asks over the control socket.
    Control(Question),
    /// A connection of the control socket has ended, by its number; what it held goes with it.
    ControlClosed(u64),
    /// What the link says of the policy that was kept; why it says nothing is already in the log.
    Vouched(Result<wire::Vouch, CentralError>),
    /// The answer to the question for the policy; why there is none is already in the log.
    Policy(Result<wire::Decision<wire::PolicyAnswer>, CentralError>),
}
