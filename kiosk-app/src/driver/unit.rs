// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the unit says and hears beside any session: the heartbeat each minute
//! with what is wrong now, and the service's policy, from which come its hours,
//! its times and what its pages tell.

use std::{mem, time::Duration};

use backend_client::{
    CentralError,
    wire::{Decision, Identity, KioskState, PolicyAnswer, Vouch},
};
use card_io::media::ReaderName;
use jiff::Timestamp;
use kiosk_session::{
    Event, Limits, Screen, View,
    effect::Anomaly,
    event::{Page, ServiceHours},
    staff::{StaffView, UnitState},
    view::OutOfService,
};

use crate::{
    central_worker::{CentralErrand, CentralWorker, Condition},
    endings::{StaffRow, out_of_service_code, staff_code},
    policy::PolicyInForce,
    screen::Information,
    slip::UnitName,
};

/// The unit's own affairs.
pub(super) struct Unit {
    worker: CentralWorker,
    name: Option<UnitName>,
    identity: Option<Identity>,
    /// The service answered the last question for its policy, or not.
    is_reachable: bool,
    /// When it answered one last.
    last_answer: Option<Duration>,
    policy: PolicyInForce,
    /// The link was asked for the kept policy and has not answered.
    is_vouching: bool,
    /// The service gave it, and the session has not heard so yet.
    is_granted_anew: bool,
    /// How often the policy is asked for.
    between_policies: Duration,
    told: Told,
    clock_offset_milliseconds: Option<i64>,
    /// The code of the card that was left on the reader.
    left: Option<&'static str>,
    next_beat: Duration,
    next_policy: Duration,
    last_condition: Option<Condition>,
}

/// What session and screen were told of the policy last.
#[derive(Default)]
struct Told {
    hours: Option<ServiceHours>,
    limits: Option<Limits>,
    information: Option<Information>,
    /// Minute of the wall clock in which the information was made.
    minute: Option<i64>,
}

impl Unit {
    pub(super) fn new(
        worker: CentralWorker,
        policy: PolicyInForce,
        between_policies: Duration,
    ) -> Self {
        Self {
            worker,
            name: None,
            identity: None,
            is_reachable: false,
            last_answer: None,
            policy,
            is_vouching: false,
            is_granted_anew: false,
            between_policies,
            told: Told::default(),
            clock_offset_milliseconds: None,
            left: None,
            next_beat: Duration::ZERO,
            next_policy: Duration::ZERO,
            last_condition: None,
        }
    }

    /// The link has said who this unit is.
    pub(super) fn hear_identity(&mut self, identity: Identity) {
        self.name = Some(UnitName::of(&identity));
        self.identity = Some(identity);
    }

    /// What the link has said last of its certificate.
    pub(super) const fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Whether the service answered the last question for its policy.
    pub(super) const fn is_reachable(&self) -> bool {
        self.is_reachable
    }

    /// When the service answered one last.
    pub(super) const fn last_answer(&self) -> Option<Duration> {
        self.last_answer
    }

    /// After so long without an answer the service is not reached any more: three questions.
    pub(super) fn longest_silence(&self) -> Duration {
        (3 * self.between_policies).max(BETWEEN_BEATS)
    }

    /// The clock's distance from the service's.
    pub(super) const fn clock_offset_milliseconds(&self) -> Option<i64> {
        self.clock_offset_milliseconds
    }

    /// Which unit this is, once that is known.
    pub(super) fn name(&self) -> Option<UnitName> {
        self.name.clone()
    }

    pub(super) fn ask(&self, errand: CentralErrand) {
        self.worker.ask(errand);
    }

    /// Asks for the policy; first whether the kept one is ours, so that its mark can be named.
    pub(super) fn ask_policy(&mut self) {
        if self.is_vouching {
            return;
        }
        let awaited = self.policy.awaited();
        self.is_vouching = !awaited.is_empty();
        self.ask(if self.is_vouching {
            CentralErrand::Vouch(awaited.to_vec())
        } else {
            CentralErrand::Policy(self.policy.known())
        });
    }

    /// Takes in what the link says of the kept policy, and asks for the service's.
    pub(super) fn hear_vouch(&mut self, answer: &Result<Vouch, CentralError>) {
        self.is_vouching = false;
        self.policy.hear_vouch(answer);
        self.told.minute = None;
        self.ask(CentralErrand::Policy(self.policy.known()));
    }

    /// Whether the first view should still wait for what the kept policy says. The link answers
    /// at once; without it there is nothing to wait for.
    pub(super) fn is_awaited(&self, now: Duration) -> bool {
        now < LONGEST_WAIT && !self.policy.awaited().is_empty()
    }

    /// What the session has not heard yet of the policy, at this moment of the wall clock.
    pub(super) fn news(&mut self, now: Timestamp) -> Vec<Event> {
        let (hours, limits) = (self.policy.at(now), self.policy.limits());
        let mut news = Vec::new();
        if mem::take(&mut self.is_granted_anew) {
            let takes_this_software = self.policy.takes_this_software();
            news.push(Event::PolicyGranted { takes_this_software });
        }
        if self.told.hours.replace(hours) != Some(hours) {
            news.push(Event::ServiceHours(hours));
        }
        if self.told.limits.as_ref() != Some(&limits) {
            self.told.limits = Some(limits.clone());
            news.push(Event::LimitsChanged(limits));
        }
        news
    }

    /// What the screen has not been told yet. It changes with the policy or with the minute.
    pub(super) fn information_that_changed(&mut self, now: Timestamp) -> Option<Information> {
        let minute = Some(now.as_second().div_euclid(60));
        if self.told.minute == minute {
            return None;
        }
        self.told.minute = minute;
        let information = self.policy.information(now);
        if self.told.information.as_ref() == Some(&information) {
            return None;
        }
        self.told.information = Some(information.clone());
        Some(information)
    }

    /// Takes in an answer to the question for the policy, at a moment of each clock. A unit that the service refuses is
    /// refused its policy, too: that one is granted is news of its own, whatever it says.
    pub(super) fn hear_policy(
        &mut self,
        answer: Result<Decision<PolicyAnswer>, CentralError>,
        now: Timestamp,
        steady: Duration,
    ) {
        self.is_reachable = answer.is_ok();
        if self.is_reachable {
            self.last_answer = Some(steady);
        }
        let answer = match answer {
            Ok(Decision::Granted(answer)) => answer,
            Ok(Decision::Denied(_)) => return,
            Err(error) => return self.policy.hear_failure(&error),
        };
        if let Some(served_at) = answer.served_at {
            let offset = now.as_millisecond() - served_at.as_millisecond();
            self.clock_offset_milliseconds = Some(offset);
        }
        self.policy.hear(answer.policy);
        self.is_granted_anew = true;
        self.told.minute = None;
    }

    /// What is a fault for as long as it lasts, with what was shown before it.
    pub(super) fn note(&mut self, anomaly: Anomaly, shown: Option<Screen>) {
        match anomaly {
            Anomaly::CardLeftBehind => {
                let is_asked_for = shown == Some(Screen::TakeCard);
                let key =
                    if is_asked_for { StaffRow::CARD_NOT_TAKEN } else { StaffRow::LEFT_BEHIND };
                self.left = Some(staff_code(key));
            }
            Anomaly::LeftCardGone => self.left = None,
            Anomaly::UnexpectedReply { .. }
            | Anomaly::UnexpectedSubmission { .. }
            | Anomaly::CardWorkerStuck { .. }
            | Anomaly::CentralOverrun { .. }
            | Anomaly::JournalFailed { .. }
            | Anomaly::OutcomeLeftToJournal
            | Anomaly::TicketRefused
            | Anomaly::ReadBackFailed => {}
        }
    }

    /// The heartbeat, each minute and when the condition changed; the policy with it.
    pub(super) fn speak_when_due(&mut self, now: Duration, condition: Condition) {
        let is_news = self.last_condition.as_ref().is_none_or(|last| last.is_unlike(&condition));
        let is_beat_due = now >= self.next_beat || is_news;
        if is_beat_due || now >= self.next_policy {
            self.next_policy = now + self.between_policies;
            self.ask_policy();
        }
        if is_beat_due {
            self.next_beat = now + BETWEEN_BEATS;
            self.last_condition = Some(condition.clone());
            self.ask(CentralErrand::Heartbeat(condition));
        }
    }

    /// Until the next word to the service, the next minute of the wall clock, with which hours
    /// begin and end, or the first view.
    pub(super) fn deadline(&self, now: Duration, wall_clock: Timestamp) -> Duration {
        let into_minute = wall_clock.as_millisecond().rem_euclid(MINUTE_MILLISECONDS);
        let left = u64::try_from(MINUTE_MILLISECONDS - into_minute).unwrap_or_default();
        let next_minute = now + Duration::from_millis(left);
        let wait = if self.is_awaited(now) { LONGEST_WAIT } else { Duration::MAX };
        self.next_beat.min(self.next_policy).min(next_minute).min(wait)
    }

    /// How the unit is, by its screen.
    pub(super) fn condition(&self, view: &View, reader: Option<&ReaderName>) -> Condition {
        let (state, code) = match resting(view.screen) {
            Screen::Closed { .. } | Screen::NotOffered | Screen::Leased => {
                (KioskState::Closed, None)
            }
            Screen::OutOfService { cause } => {
                let state = match cause {
                    OutOfService::ReaderGone
                    | OutOfService::ClockNotSet
                    | OutOfService::KioskNotAuthorised => KioskState::OutOfService,
                    OutOfService::DataLocked
                    | OutOfService::JournalFailed
                    | OutOfService::SoftwareTooOld => KioskState::OperatorIntervention,
                };
                (state, Some(out_of_service_code(cause)))
            }
            Screen::LeftBehind => {
                // With none it was put there while the kiosk took no cards.
                let code = self.left.unwrap_or_else(|| staff_code(StaffRow::LEFT_BEHIND));
                (KioskState::OperatorIntervention, Some(code))
            }
            _ => (KioskState::InService, None),
        };
        Condition {
            state,
            faults: code.into_iter().chain(self.policy.faults()).collect(),
            reader: reader.map(|reader| reader.as_str().to_owned()),
            clock_offset_milliseconds: self.clock_offset_milliseconds,
            image: None,
            update: None,
        }
    }
}

/// What would be shown if staff were not there.
fn resting(screen: Screen) -> Screen {
    let unit = match screen {
        Screen::Staff(StaffView { unit, .. })
        | Screen::StaffCode { unit, .. }
        | Screen::Cleaning { unit, .. } => unit,
        other => return other,
    };
    match unit {
        UnitState::Serving => Screen::Attract { page: Page::Attract },
        UnitState::Closed(reason) => Screen::Closed { reason, opens_at: None },
        UnitState::NotOffered => Screen::NotOffered,
        UnitState::OutOfService(cause) => Screen::OutOfService { cause },
    }
}

impl Condition {
    /// Whether the operator should hear of it before the minute is over.
    fn is_unlike(&self, other: &Self) -> bool {
        let Self { state, faults, update, .. } = self;
        *state != other.state || *faults != other.faults || *update != other.update
    }
}

/// central-api.md names no interval; a minute is what monitoring of such units is used to.
const BETWEEN_BEATS: Duration = Duration::from_secs(60);
const MINUTE_MILLISECONDS: i64 = 60_000;
/// Of the first view, from the start of the process.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
