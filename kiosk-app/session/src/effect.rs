// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything that a session can want done.
//!
//! **The rule of the list.** The driver carries the effects of one
//! [`Session::handle`](crate::Session::handle) out in their order. An [`Effect::Journal`] is on the
//! disk, fsynced, before the next effect is begun. When it can't be kept, the rest of the list is
//! dropped and [`Event::JournalFailed`](crate::Event::JournalFailed) is handled before any other
//! event. So a command that must not outrun its record stands behind it in the same list.

use crate::card::CardRequest;
use crate::carried::{Opaque, SessionId, TicketId};
use crate::central::CentralRequest;
use crate::ending::Ending;
use crate::event::RequestId;
use crate::pin::PadSlot;

/// What the driver is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the card worker.
    Card(RequestId, CardRequest),
    /// Ask the central worker.
    Central(RequestId, CentralRequest),
    /// Have the link open its connection (GET /v1/policy) while the resident reads. The answer goes
    /// to the driver, as hours and texts.
    OpenAhead,
    /// Keep a record; see the rule of the list.
    Journal(Record),
    /// The locked page.
    Pad(PadCommand),
    /// Let a sound be heard.
    Sound(Sound),
    /// One line for the log, and a fault for the heartbeat where it is one.
    Note(Anomaly),
    /// The card worker hangs in a transmit that nothing can cancel. Leave it; should it wake, it may
    /// send nothing more and its answers are dropped.
    GiveUpCardWorker,
    /// The answer to [`Event::LeaseWanted`](crate::Event::LeaseWanted): none, and the lease holds,
    /// or why it is not given.
    Lease(Option<LeaseRefusal>),
    /// End the process.
    Exit(ExitReason),
}

/// Why the unit can't be had for an update now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseRefusal {
    /// Somebody is here, or the process is about to end.
    InSession,
    /// A card lies there.
    CardPresent,
    /// It is within opening hours, and it is not forced.
    OpenHours,
    /// Somebody has it already.
    Leased,
    /// What may have happened to a card is not settled yet.
    Settling,
}

/// What the journal keeps: of a person nothing. The journal adds the software's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// `proof-sent`: before POST /proof, by which the service holds the reservation. At start it
    /// reports *abandoned*, which gives the reservation back.
    ProofSent {
        /// Whose.
        session: SessionId,
    },
    /// `ticket-requested`: before POST /ticket. At start it reports *not done*.
    TicketRequested {
        /// Whose.
        session: SessionId,
    },
    /// `ticket-presented`: before EXTERNAL AUTHENTICATE. At start it reports *not done*.
    TicketPresented {
        /// Whose.
        session: SessionId,
        /// Which.
        ticket: TicketId,
    },
    /// `reset-sent`: before RESET RETRY COUNTER. At start it reports *unknown*.
    ResetSent {
        /// Whose.
        session: SessionId,
        /// Which.
        ticket: TicketId,
    },
    /// `outcome`: before anything is shown, delivered until the service has acknowledged it. A later
    /// one of the same session (a card that was put back after all) is delivered as well, with a
    /// key of its own: outcomes only rise.
    Outcome {
        /// Whose.
        session: SessionId,
        /// The last ticket that was issued to it.
        ticket: Option<TicketId>,
        /// For the service.
        result: OutcomeResult,
        /// For the service, by its [`Ending::key`].
        ending: Ending,
        /// The card's receipt, where one could be read.
        receipt: Option<Opaque>,
    },
}

/// How a session came out, in the words of POST /outcome; each outranks those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeResult {
    /// No ticket was asked for.
    Abandoned,
    /// Whether the card was written is not known.
    Unknown,
    /// The card was not written.
    NotDone,
    /// The card was written, and its receipt says so.
    Done,
}

impl OutcomeResult {
    /// As POST /outcome writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Unknown => "unknown",
            Self::NotDone => "not_done",
            Self::Done => "done",
        }
    }
}

/// What happens to the locked page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadCommand {
    /// Empty this slot and let keys be typed into it, into no other.
    Open(PadSlot),
    /// Close the pad if it is this slot's, and overwrite the slot.
    Wipe(PadSlot),
    /// Close the pad and overwrite all slots.
    WipeAll,
}

/// What can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// A card was recognised.
    CardRead,
    /// Time is running out.
    Warning,
    /// The card was lifted and has to be put back.
    PutBack,
    /// The new PIN is set.
    Done,
    /// Another ending.
    Ended,
    /// "Take your card".
    TakeCard,
}

/// What someone should later find in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anomaly {
    /// A worker's answer that does not belong to its request; the request counts as failed.
    UnexpectedReply {
        /// The state it came in.
        state: &'static str,
    },
    /// OK on a pad that is not open, or with a PIN that is not well-formed.
    UnexpectedSubmission {
        /// The state it came in.
        state: &'static str,
    },
    /// A card request overran its limit.
    CardWorkerStuck {
        /// The state it was made in.
        state: &'static str,
    },
    /// The central worker overran its limit.
    CentralOverrun {
        /// The state the request was made in.
        state: &'static str,
    },
    /// A record could not be kept.
    JournalFailed {
        /// The state it was made in.
        state: &'static str,
    },
    /// The service did not acknowledge the outcome while the resident waited.
    OutcomeLeftToJournal,
    /// The card refused a ticket; a receipt is delivered before another is asked for.
    TicketRefused,
    /// The card's receipt says done, and the card refused the new PIN.
    ReadBackFailed,
    /// A card lies there and nobody takes it: a fault until it is gone.
    CardLeftBehind,
    /// The card that was left behind is gone.
    LeftCardGone,
}

/// Why the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// It was asked to.
    Stopped,
    /// A record could not be kept; the disk is to be looked at.
    JournalFailed,
    /// The card worker hangs; only a new process can be rid of it.
    CardWorkerStuck,
}

impl ExitReason {
    /// The process's exit code (sysexits.h: 74 input or output, 75 try again); all but 0 ask to be
    /// started again.
    pub const fn code(self) -> u8 {
        match self {
            Self::Stopped => 0,
            Self::JournalFailed => 74,
            Self::CardWorkerStuck => 75,
        }
    }
}
