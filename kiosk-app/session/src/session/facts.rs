// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is true whatever the state: the reader, the language, the service's hours, the unit's
//! faults, whether the process is to end.

use core::time::Duration;

use crate::effect::{ExitReason, LeaseRefusal};
use crate::event::{ClosedReason, Event, RequestId, ServiceHours, Touch};
use crate::language::Language;
use crate::limits::{Limit, Limits};
use crate::staff::UnitState;
use crate::view::{May, OutOfService, Screen, View};

#[derive(Debug)]
pub(crate) struct Facts {
    limits: Limits,
    /// To be taken up when the kiosk rests.
    coming_limits: Option<Limits>,
    default_language: Language,
    language: Language,
    media: Media,
    hours: ServiceHours,
    /// Until when nobody may begin because the unit is being updated.
    leased_until: Option<Duration>,
    faults: Faults,
    /// The card that lies there belongs to no session.
    left_behind: bool,
    exit: Option<ExitReason>,
    is_stopping: bool,
    now: Duration,
    last_request: RequestId,
}

/// What lies on the reader, in XFS words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    Present,
    NotPresent,
    /// No reader to tell.
    Unknown,
}

#[derive(Debug, Default)]
struct Faults {
    journal: bool,
    reader: bool,
    clock: bool,
    data: bool,
    /// Why the service refuses this unit.
    refused: Option<OutOfService>,
}

/// Where the kiosk rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Idle,
    Closed { reason: ClosedReason, opens_at: Option<crate::UnixTime> },
    NotOffered,
    OutOfService(OutOfService),
    Leased,
    LeftBehind,
}

impl Place {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Idle => "Idle",
            Self::Closed { .. } => "Closed",
            Self::NotOffered => "NotOffered",
            Self::OutOfService(_) => "OutOfService",
            Self::Leased => "Leased",
            Self::LeftBehind => "LeftBehind",
        }
    }
}

impl Facts {
    pub(crate) fn new(limits: Limits, default_language: Language) -> Self {
        Self {
            limits,
            coming_limits: None,
            default_language,
            language: default_language,
            media: Media::NotPresent,
            hours: ServiceHours::Open,
            leased_until: None,
            faults: Faults::default(),
            left_behind: false,
            exit: None,
            is_stopping: false,
            now: Duration::ZERO,
            last_request: RequestId(0),
        }
    }

    /// Takes from an event what it says whatever the state.
    pub(crate) fn note(&mut self, event: &Event, now: Duration) {
        self.now = self.now.max(now);
        match event {
            Event::Touched(Touch::Language(language)) => self.language = *language,
            Event::MediaInserted | Event::SeveralCards | Event::CardPresentAtStart => {
                self.media = Media::Present;
            }
            Event::MediaRemoved => self.media = Media::NotPresent,
            Event::ReaderLost => {
                self.media = Media::Unknown;
                self.faults.reader = true;
            }
            Event::ReaderBack => {
                self.media = Media::NotPresent;
                self.faults.reader = false;
            }
            Event::ServiceHours(hours) => self.hours = *hours,
            Event::PolicyGranted { takes_this_software } => {
                let is_over = match self.faults.refused {
                    Some(OutOfService::SoftwareTooOld) => *takes_this_software,
                    _ => true,
                };
                if is_over {
                    self.faults.refused = None;
                }
            }
            Event::LimitsChanged(limits) => self.coming_limits = Some(limits.clone()),
            Event::JournalFailed => self.faults.journal = true,
            Event::Stopping => {
                self.is_stopping = true;
                self.exit = self.exit.or(Some(ExitReason::Stopped));
            }
            Event::JournalBack => self.faults.journal = false,
            Event::LeaseEnded => self.leased_until = None,
            Event::ClockChecked { is_set } => self.faults.clock = !is_set,
            Event::DataChecked { is_locked } => self.faults.data = *is_locked,
            Event::TimePassed => self.leased_until = self.leased_until.filter(|it| *it > self.now),
            Event::Touched(_)
            | Event::Typed(_)
            | Event::Submitted { .. }
            | Event::Card(..)
            | Event::Central(..)
            | Event::LeaseWanted { .. }
            | Event::Staff(_) => {}
        }
    }

    /// Nothing of the last resident is kept, and new limits begin.
    pub(crate) fn forget_resident(&mut self) {
        self.language = self.default_language;
        self.take_up_limits();
    }

    /// Limits that have come meanwhile hold from now on.
    pub(crate) fn take_up_limits(&mut self) {
        if let Some(limits) = self.coming_limits.take() {
            self.limits = limits;
        }
    }

    pub(crate) const fn refused_by_service(&mut self, why: OutOfService) {
        self.faults.refused = Some(why);
    }

    pub(crate) const fn leave_behind(&mut self, is_left: bool) {
        self.left_behind = is_left;
    }

    /// The process ends once the resident has been told; a stuck worker outweighs other reasons.
    pub(crate) fn exit_after(&mut self, reason: ExitReason) {
        self.exit = match reason {
            ExitReason::CardWorkerStuck => Some(reason),
            ExitReason::Stopped | ExitReason::JournalFailed => self.exit.or(Some(reason)),
        };
    }

    pub(crate) const fn next_request(&mut self) -> RequestId {
        self.last_request = RequestId(self.last_request.0 + 1);
        self.last_request
    }

    /// Gives the unit away for an update, or says why not. A unit that serves nobody anyway may
    /// be updated at any hour.
    pub(crate) fn lease(&mut self, forced: bool, lasts: Duration) -> Option<LeaseRefusal> {
        let refusal = if self.exit.is_some() {
            Some(LeaseRefusal::InSession)
        } else if self.leased_until.is_some() {
            Some(LeaseRefusal::Leased)
        } else if self.has_card() || self.left_behind {
            Some(LeaseRefusal::CardPresent)
        } else if self.takes_cards() && !forced {
            Some(LeaseRefusal::OpenHours)
        } else {
            None
        };
        if refusal.is_none() {
            self.leased_until = Some(self.now + lasts);
        }
        refusal
    }

    pub(crate) const fn leased_until(&self) -> Option<Duration> {
        self.leased_until
    }

    pub(crate) fn place(&self) -> Place {
        if self.leased_until.is_some() {
            return Place::Leased;
        }
        let gravest = match &self.faults {
            Faults { data: true, .. } => Some(OutOfService::DataLocked),
            Faults { journal: true, .. } => Some(OutOfService::JournalFailed),
            Faults { reader: true, .. } => Some(OutOfService::ReaderGone),
            Faults { clock: true, .. } => Some(OutOfService::ClockNotSet),
            Faults { refused, .. } => *refused,
        };
        match (gravest, self.hours) {
            (Some(cause), _) => Place::OutOfService(cause),
            (None, ServiceHours::SoftwareTooOld) => {
                Place::OutOfService(OutOfService::SoftwareTooOld)
            }
            (None, _) if self.left_behind => Place::LeftBehind,
            (None, ServiceHours::Closed { reason, opens_at }) => Place::Closed { reason, opens_at },
            (None, ServiceHours::NotOffered) => Place::NotOffered,
            // It was put there while the kiosk took no cards.
            (None, ServiceHours::Open) if self.has_card() => Place::LeftBehind,
            (None, ServiceHours::Open) => Place::Idle,
        }
    }

    pub(crate) fn has_card(&self) -> bool {
        self.media == Media::Present
    }

    /// How the unit is for residents, whoever stands at it.
    pub(crate) fn unit_state(&self) -> UnitState {
        match self.place() {
            // Nobody becomes staff during a lease, and none is given to staff.
            Place::Idle | Place::LeftBehind | Place::Leased => UnitState::Serving,
            Place::Closed { reason, .. } => UnitState::Closed(reason),
            Place::NotOffered => UnitState::NotOffered,
            Place::OutOfService(cause) => UnitState::OutOfService(cause),
        }
    }

    /// Whether staff may take the unit for themselves: nobody's card lies there, and nobody installs
    /// an update.
    pub(crate) fn may_become_staffs(&self) -> bool {
        self.exit.is_none() && !self.left_behind && !self.has_card() && self.leased_until.is_none()
    }

    pub(crate) fn has_reader(&self) -> bool {
        self.media != Media::Unknown
    }

    /// Whether a card that is put there now may start a session.
    pub(crate) fn takes_cards(&self) -> bool {
        self.exit.is_none()
            && !self.left_behind
            && !self.faults.journal
            && !self.faults.reader
            && !self.faults.clock
            && !self.faults.data
            && self.leased_until.is_none()
            && self.faults.refused.is_none()
            && self.hours == ServiceHours::Open
    }

    pub(crate) fn speaks_default_language(&self) -> bool {
        self.language == self.default_language
    }

    pub(crate) const fn is_left_behind(&self) -> bool {
        self.left_behind
    }

    pub(crate) const fn exit(&self) -> Option<ExitReason> {
        self.exit
    }

    pub(crate) const fn is_stopping(&self) -> bool {
        self.is_stopping
    }

    pub(crate) fn is_card_worker_stuck(&self) -> bool {
        self.exit == Some(ExitReason::CardWorkerStuck)
    }

    pub(crate) const fn now(&self) -> Duration {
        self.now
    }

    pub(crate) const fn limit(&self, limit: Limit) -> Duration {
        self.limits.of(limit)
    }

    /// A view of this screen on which nothing may be touched yet.
    pub(crate) fn show(&self, screen: Screen) -> View {
        View {
            language: self.language,
            screen,
            warning_seconds: None,
            leave_card: false,
            may: May::default(),
        }
    }
}
