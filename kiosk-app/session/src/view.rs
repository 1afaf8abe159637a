// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the screen shows, whole, after each event: counts and enums.
//!
//! It cannot express a PIN, a name or a card. The screen lays out and translates; it decides
//! nothing.

use crate::carried::{SessionId, UnixTime};
use crate::central::ReservationState;
use crate::check::{Advice, CardCheck};
use crate::ending::Ending;
use crate::event::{ClosedReason, Page};
use crate::language::Language;
use crate::pin::PinShape;
use crate::staff::{CodeNotice, StaffView, UnitState};

/// One whole view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// In which language.
    pub language: Language,
    /// Which screen.
    pub screen: Screen,
    /// "Are you still there?": seconds left, while it is asked. Any touch goes on.
    pub warning_seconds: Option<u16>,
    /// Say that the card is to stay where it is.
    pub leave_card: bool,
    /// Which of the screen's buttons do something.
    pub may: May,
}

/// What may be touched now. The session ignores the rest; the screen should not offer it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// [`Touch::Cancel`](crate::Touch::Cancel)
    pub cancel: bool,
    /// [`Touch::Back`](crate::Touch::Back)
    pub go_back: bool,
    /// [`Touch::Continue`](crate::Touch::Continue)
    pub go_on: bool,
    /// OK on the pad.
    pub submit: bool,
    /// [`Touch::Dismiss`](crate::Touch::Dismiss)
    pub dismiss: bool,
    /// [`Touch::MoreTime`](crate::Touch::MoreTime)
    pub more_time: bool,
}

/// A screen, in the order in which a resident meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// A page of the attract screen.
    Attract {
        /// Which.
        page: Page,
    },
    /// The service takes no residents now.
    Closed {
        /// Why.
        reason: ClosedReason,
        /// Until when, where it is known.
        opens_at: Option<UnixTime>,
    },
    /// What this kiosk does is not on offer at this unit.
    NotOffered,
    /// This unit cannot serve; for staff too.
    OutOfService {
        /// Why.
        cause: OutOfService,
    },
    /// The unit is being updated.
    Leased,
    /// A card lies there that belongs to no session; the clerk's page.
    LeftBehind,
    /// The card is being read.
    ReadingCard,
    /// What to do.
    Choose {
        /// Not with a real card at a unit that speaks the simulated profile.
        may_set_new_pin: bool,
    },
    /// Help, from the choose screen.
    Help,
    /// Check my card.
    CheckMyCard {
        /// None while it is being read.
        found: Option<CheckFound>,
    },
    /// No official ever asks for your PIN; are you here of your own accord?
    Beware {
        /// Until when the reservation holds.
        reservation_until: UnixTime,
    },
    /// Before the last try of the 4-digit PIN.
    LastTry,
    /// The 4-digit PIN.
    ProofPad {
        /// 1 to 3.
        retries_left: u8,
        /// Of what is typed.
        shape: PinShape,
        /// Why it is asked again.
        notice: Option<ProofNotice>,
    },
    /// The new PIN.
    NewPad {
        /// Of what is typed; its rules tick off by it.
        shape: PinShape,
    },
    /// The new PIN again.
    RepeatPad {
        /// Of what is typed.
        shape: PinShape,
        /// The last repetition was another one.
        mismatch: bool,
    },
    /// The card was lifted while a PIN was typed.
    PutBack {
        /// Time left.
        seconds: u16,
        /// Another card lies there.
        other_card: bool,
        /// What lies there is being compared.
        comparing: bool,
    },
    /// Keep the card still.
    Working {
        /// What is happening now.
        step: WorkingStep,
    },
    /// The card was lifted while it was written, or its answer was lost.
    Settling {
        /// What is awaited.
        step: SettlingStep,
    },
    /// One of the endings.
    Ending {
        /// Which.
        ending: Ending,
        /// By which the service knows of it; none where it opened none.
        session: Option<SessionId>,
        /// Until when the reservation still holds, where it does.
        reservation_until: Option<UnixTime>,
        /// Ask for the card to be taken.
        take_card: bool,
        /// The card may be put back now to find out what became of it.
        may_put_back: bool,
    },
    /// Take your card.
    TakeCard,
    /// The staff code is typed.
    StaffCode {
        /// Digits so far.
        typed: u8,
        /// Why it is asked again, or not.
        notice: Option<CodeNotice>,
        /// It is being checked.
        is_checking: bool,
        /// How the unit would be without staff.
        unit: UnitState,
        /// A card lies on the reader, to be taken away.
        has_card: bool,
    },
    /// The staff page.
    Staff(StaffView),
    /// The screen takes no touch while it is cleaned.
    Cleaning {
        /// Until it does again.
        seconds: u16,
        /// How the unit would be without staff.
        unit: UnitState,
    },
    /// The process is about to end.
    Stopped,
}

/// What *Check my card* has found, and which half of it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckFound {
    /// Of the card.
    pub check: CardCheck,
    /// Whether this store can help.
    pub advice: Advice,
    /// What the service says of the reservation, once it has taken the card's receipt.
    pub reservation: Option<ReservationState>,
    /// Which half.
    pub page: CheckPage,
}

/// The halves of *Check my card*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckPage {
    /// Whether this store can help, the PINs of this service, the last reset.
    Summary,
    /// Certificates and the other PINs.
    More,
}

/// Why the 4-digit PIN is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofNotice {
    /// It was wrong.
    Wrong,
    /// The card's answer was lost; the counter was read again.
    AnswerLost,
    /// The card was lifted and put back.
    PutBack,
}

/// The steps of the working screen, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkingStep {
    /// The service looks up the reservation.
    Opening,
    /// The card checks the 4-digit PIN.
    CheckingPin,
    /// Card and service agree that the resident may.
    Proving,
    /// Card and service prepare the reset.
    Authorising,
    /// The card takes the new PIN. Cannot be cancelled from here on.
    Writing,
    /// The service is told.
    Reporting,
}

/// What settling waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlingStep {
    /// The card, to be put back.
    PutBack {
        /// Another card lies there.
        other_card: bool,
    },
    /// The card that lies there, to be lifted and put back: it did not answer.
    PutBackAnew,
    /// The card's receipt.
    Asking,
}

/// Why the unit is out of service, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfService {
    /// The unit's data cannot be opened, so nothing of it is known.
    DataLocked,
    /// Records cannot be kept.
    JournalFailed,
    /// No reader.
    ReaderGone,
    /// The clock is not set, and this unit serves nobody with one that is not.
    ClockNotSet,
    /// The service does not take this unit.
    KioskNotAuthorised,
    /// The service does not take this software.
    SoftwareTooOld,
}
