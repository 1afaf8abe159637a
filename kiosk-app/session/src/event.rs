// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything that can happen to a session, in the words of the driver's one queue.

use core::time::Duration;

use crate::card::CardReply;
use crate::carried::UnixTime;
use crate::central::CentralReply;
use crate::language::Language;
use crate::limits::Limits;
use crate::pin::{PinHandle, PinShape};
use crate::staff::{StaffEvent, StaffTouch};

/// What the driver tells the session.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The resident touched something other than a key of the pad.
    Touched(Touch),
    /// A key of the pad was touched; this is what has been typed by now.
    Typed(PinShape),
    /// OK was pressed on the pad, which takes no more keys until it is opened anew.
    Submitted {
        /// The slot that the pad was open for.
        pin: PinHandle,
        /// Of what was typed.
        shape: PinShape,
        /// For [`PadSlot::Repeat`](crate::pin::PadSlot::Repeat): whether it is what lies in `New`,
        /// compared in the locked page.
        matches: Option<bool>,
    },
    /// An answer of the card worker.
    Card(RequestId, CardReply),
    /// An answer of the central worker.
    Central(RequestId, CentralReply),
    /// A card came to lie on the reader.
    MediaInserted,
    /// The reader is empty.
    MediaRemoved,
    /// More than one card. `MediaRemoved` follows when none is left.
    SeveralCards,
    /// The process started, or the reader came back, and a card already lies there.
    CardPresentAtStart,
    /// No reader, or no pcscd.
    ReaderLost,
    /// A reader again, and it is empty; a card on it is told by `CardPresentAtStart`.
    ReaderBack,
    /// The policy's hours, when they change and at start.
    ServiceHours(ServiceHours),
    /// The service gave this unit its policy, so it does not refuse the unit any more. Whether it takes
    /// this software again is for the policy to say.
    PolicyGranted {
        /// It says that this software is new enough and that what this kiosk does is on offer.
        takes_this_software: bool,
    },
    /// The policy's times, when they change and at start. They hold from the next rest on: a
    /// session goes on with those that it began with.
    LimitsChanged(Limits),
    /// A record could not be kept: see [`Effect::Journal`](crate::effect::Effect::Journal). At start
    /// it says that the journal cannot be opened.
    JournalFailed,
    /// Nobody is to begin for a while: the unit is to be updated. Answered by
    /// [`Effect::Lease`](crate::Effect::Lease) in the same turn.
    LeaseWanted {
        /// Within opening hours too. It overrides nothing else.
        forced: bool,
        /// For so long from now.
        lasts: Duration,
    },
    /// Whoever had the lease has given it back or is gone.
    LeaseEnded,
    /// Whether the clock is set, where nobody may be served with one that is not; when it changes.
    ClockChecked {
        /// It is.
        is_set: bool,
    },
    /// Whether the unit's data, on which all records are, cannot be opened; when it changes.
    DataChecked {
        /// It cannot.
        is_locked: bool,
    },
    /// The process is asked to end (SIGTERM).
    Stopping,
    /// The journal that could not be opened at start is open.
    JournalBack,
    /// Something of the staff page.
    Staff(StaffEvent),
    /// The moment of [`Session::deadline`](crate::Session::deadline) has come.
    TimePassed,
}

/// Ties an answer to its request. An id is never used twice; answers of other ids are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A touch that means something. Where it means nothing it only restarts the idle limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// A page of the attract screen.
    Page(Page),
    /// A language, on any screen.
    Language(Language),
    /// A line of the choose screen.
    Choose(Choice),
    /// On: from *Beware*, from the last-try screen.
    Continue,
    /// One screen back.
    Back,
    /// End the session.
    Cancel,
    /// "I need more time".
    MoreTime,
    /// Away with an ending, or from the staff page.
    Dismiss,
    /// A button of the staff page.
    Staff(StaffTouch),
}

/// What the attract screen leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// What this does, and the three things needed.
    #[default]
    Attract,
    /// The choice of language.
    Language,
    /// When the service is open.
    Hours,
    /// Which PIN is which, help lines.
    Help,
    /// "I have forgotten the 4-digit PIN too".
    BothForgotten,
}

/// What a resident can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Set a new signature PIN.
    SetNewPin,
    /// Which PINs are locked, certificate expiry.
    CheckMyCard,
    /// Which PIN is which, help lines.
    Help,
}

/// Whether the service takes residents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceHours {
    /// It does.
    Open,
    /// It does not.
    Closed {
        /// Why.
        reason: ClosedReason,
        /// Until when, where it is known.
        opens_at: Option<UnixTime>,
    },
    /// What this kiosk does is not on offer at this unit.
    NotOffered,
    /// It wants newer software than this.
    SoftwareTooOld,
}

/// Why the service is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedReason {
    /// Outside its hours.
    Hours,
    /// Maintenance, announced or not.
    Maintenance,
}
