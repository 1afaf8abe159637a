// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every decision of an update, without a clock, a disk or a network: events in, effects out.
//!
//! ```text
//! Fetching ── Fetched ── Ready ─[lease]─ Installing ── Trying ─[confirmed]─ closed, success
//!     └──────────┴─────────┴───────────────┴────────────┴─[fell back]────── closed, failure
//! ```
//!
//! Whoever drives it writes [`Memory`] down before it carries an effect out, in their order. After
//! a restart [`Event::Booted`] finds out what became of an installation.

mod event;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use kiosk_control::Phase as Stage;

pub(crate) use self::event::{Boot, Effect, Event, Offer, Report, Told};
use crate::{
    bundle::{Artifact, Bundle, Standard, Unfit},
    memory::{Action, Closed, From, Memory, Phase},
};

/// A power cut within an installation leaves the unit as it was, so that it may begin again; but
/// not for ever.
const MOST_INSTALLS: u8 = 3;

/// A file that comes with another hash as often as this is not waited for any longer.
const MOST_SPOILT: u8 = 3;

/// What the verified image lays down.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Which bundles may be installed.
    pub(crate) standard: Standard,
    /// How long a security update waits for a good moment before it asks to be forced.
    pub(crate) deferral: SignedDuration,
    /// The largest file that is fetched, in bytes.
    pub(crate) largest: u64,
}

/// The decisions, and what they are made from.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) memory: Memory,
    limits: Limits,
    boot: Boot,
}

impl Machine {
    pub(crate) const fn new(memory: Memory, limits: Limits, boot: Boot) -> Self {
        Self { memory, limits, boot }
    }

    /// What is to be done about this.
    pub(crate) fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        if !self.is_expected(&event) {
            return Vec::new();
        }
        match event {
            Event::Booted => self.booted(),
            Event::Offered(offer) => self.offered(offer, now),
            Event::NothingOffered => self.nothing_offered(),
            Event::Cancelled { cancel, stops } => self.cancelled(cancel, &stops),
            Event::Brought { artifact, is_forced } => self.brought(artifact, is_forced, now),
            Event::Wanted => self.wanted(),
            Event::TakenAway => self.taken_away(),
            Event::Fetched => self.fetched(),
            Event::NotFetched { said, is_final } => self.not_fetched(&said, is_final),
            Event::Spoilt => self.spoilt(),
            Event::Inspected(bundle) => self.inspected(bundle, now),
            Event::Unsound(said) => self.close(false, Stage::Refused, &said),
            Event::Leased => self.leased(),
            Event::NotLeased(said) => vec![self.tell(Stage::Waiting, &said)],
            Event::Installed => self.installed(),
            Event::NotInstalled(said) => {
                let mut effects = vec![Effect::Release];
                effects.extend(self.close(false, Stage::Refused, &said));
                effects
            }
            Event::Reported => {
                if let Some(closed) = &mut self.memory.closed {
                    closed.is_reported = true;
                }
                Vec::new()
            }
            Event::Due => self.go_on(now),
        }
    }

    /// Whether an answer is one to what is being done.
    fn is_expected(&self, event: &Event) -> bool {
        let phase = self.memory.action.as_ref().map(|action| &action.phase);
        match event {
            Event::Fetched | Event::NotFetched { .. } | Event::Spoilt => {
                matches!(phase, Some(Phase::Fetching))
            }
            Event::Inspected(_) | Event::Unsound(_) => matches!(phase, Some(Phase::Fetched)),
            Event::NotInstalled(_) => matches!(phase, Some(Phase::Installing(..))),
            _ => true,
        }
    }

    fn booted(&mut self) -> Vec<Effect> {
        let Some(action) = &mut self.memory.action else { return Vec::new() };
        let (bundle, from, is_trial) = match &action.phase {
            Phase::Installing(bundle, from) => (bundle.clone(), from.clone(), false),
            Phase::Trying(bundle, from) => (bundle.clone(), from.clone(), true),
            Phase::Fetching | Phase::Fetched | Phase::Ready(_) => return Vec::new(),
        };
        let is_same_start = from.boot_id == self.boot.boot_id;
        let is_same_slot = from.slot == self.boot.slot;
        if is_same_start && is_trial {
            return Vec::new();
        }
        if is_same_slot && !is_trial {
            // Cut off while writing: nothing of it was started.
            if action.installs >= MOST_INSTALLS {
                let said = "the installation was cut off three times";
                return self.close(false, Stage::Refused, said);
            }
            action.phase = Phase::Ready(bundle);
            return Vec::new();
        }
        if is_same_slot {
            let sha256 = action.artifact.sha256.clone();
            self.memory.remember_fallen(&sha256);
            let why = self.boot.why_fallen.clone();
            let why = why.as_deref().unwrap_or(
                "the new version did not start, hung, or its power was cut before it was confirmed",
            );
            return self.close(false, Stage::FellBack, &format!("fell back: {why}"));
        }
        if !self.boot.is_good {
            action.phase = Phase::Trying(bundle, from);
            let said = "runs for the first time and has yet to show that it is well";
            return vec![self.tell(Stage::Trying, said)];
        }
        self.memory.floor = self.memory.floor.take().max(bundle.minimum_version);
        self.close(true, Stage::Confirmed, "the new version is well and stays")
    }

    fn offered(&mut self, offer: Offer, now: Timestamp) -> Vec<Effect> {
        if let Some(closed) = self.memory.closed.clone().filter(|closed| closed.id == offer.id) {
            return vec![Effect::Report(Report::closed(closed))];
        }
        match &mut self.memory.action {
            Some(action) if action.id.as_ref() == Some(&offer.id) => {
                action.is_urgent = offer.is_urgent;
                action.may_fetch = offer.may_fetch;
                action.may_install = offer.may_install;
                return self.go_on(now);
            }
            Some(action) if action.is_begun() || action.id.is_none() => return self.go_on(now),
            Some(_) | None => {}
        }
        let (artifact, fault) = match offer.artifact {
            Ok(artifact) => (artifact, None),
            Err(said) => (Artifact::unknown(), Some(said)),
        };
        let fault = fault.or_else(|| self.fault_of(&artifact));
        self.memory.action = Some(Action {
            id: Some(offer.id),
            artifact,
            is_urgent: offer.is_urgent,
            may_fetch: offer.may_fetch,
            may_install: offer.may_install,
            since: now,
            installs: 0,
            spoilt: 0,
            phase: Phase::Fetching,
        });
        match fault {
            Some(said) => self.close(false, Stage::Refused, &said),
            None => {
                let mut effects = vec![Effect::Forget];
                effects.extend(self.report(Told::Download, "is being fetched"));
                effects.extend(self.go_on(now));
                effects
            }
        }
    }

    fn fault_of(&self, artifact: &Artifact) -> Option<String> {
        if self.memory.fallen.contains(&artifact.sha256) {
            return Some(Unfit::FellBackBefore.to_string());
        }
        let (size, largest) = (artifact.size, self.limits.largest);
        (size > largest).then(|| format!("{size} bytes are more than {largest}, the most"))
    }

    fn nothing_offered(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(closed) = self.memory.closed.clone().filter(|closed| !closed.is_reported) {
            effects.push(Effect::Report(Report::closed(closed)));
        }
        let withdrawn = |action: &Action| action.id.is_some() && !action.is_begun();
        if self.memory.action.as_ref().is_some_and(withdrawn) {
            self.memory.action = None;
            effects.extend([Effect::Forget, self.tell(Stage::Idle, "withdrawn by the server")]);
        }
        effects
    }

    fn cancelled(&mut self, cancel: String, stops: &str) -> Vec<Effect> {
        let of_it = |action: &&Action| action.id.as_deref() == Some(stops);
        let action = self.memory.action.as_ref().filter(of_it);
        if action.is_some_and(Action::is_begun) {
            let said = "the new version is written already and is being tried".to_owned();
            return vec![Effect::Report(Report::Cancel { cancel, is_accepted: false, said })];
        }
        let was_under_way = action.is_some();
        let said = if was_under_way { "given up" } else { "was not under way" }.to_owned();
        let mut effects = vec![Effect::Report(Report::Cancel { cancel, is_accepted: true, said })];
        if was_under_way {
            self.memory.action = None;
            effects.extend([Effect::Forget, self.tell(Stage::Idle, "cancelled by the server")]);
        }
        effects
    }

    fn brought(&mut self, artifact: Artifact, is_forced: bool, now: Timestamp) -> Vec<Effect> {
        if self.memory.action.as_ref().is_some_and(Action::is_begun) {
            let said = "another update is being installed or tried; wait for its end";
            return vec![Effect::GiveUp(said.to_owned())];
        }
        if let Some(said) = self.fault_of(&artifact) {
            return vec![Effect::GiveUp(said)];
        }
        // An offer of the server that this takes the place of is offered again.
        self.memory.action = Some(Action {
            id: None,
            artifact,
            is_urgent: is_forced,
            may_fetch: true,
            may_install: true,
            since: now,
            installs: 0,
            spoilt: 0,
            phase: Phase::Fetched,
        });
        vec![Effect::Inspect]
    }

    fn wanted(&self) -> Vec<Effect> {
        let ready = |action: &&Action| matches!(action.phase, Phase::Ready(_));
        match self.memory.action.as_ref().filter(ready) {
            Some(action) if action.may_install => vec![Effect::Lease { is_forced: true }],
            Some(_) => vec![Effect::GiveUp("its sender does not let it be installed yet".into())],
            None => vec![Effect::GiveUp("nothing waits to be installed".into())],
        }
    }

    fn taken_away(&mut self) -> Vec<Effect> {
        let brought = |action: &Action| action.id.is_none() && !action.is_begun();
        if !self.memory.action.as_ref().is_some_and(brought) {
            return Vec::new();
        }
        self.memory.action = None;
        vec![self.tell(Stage::Idle, "the stick's update was not installed")]
    }

    fn fetched(&mut self) -> Vec<Effect> {
        let Some(action) = &mut self.memory.action else { return Vec::new() };
        action.phase = Phase::Fetched;
        let mut effects = self.report(Told::Downloaded, "is here");
        effects.push(Effect::Inspect);
        effects
    }

    fn not_fetched(&mut self, said: &str, is_final: bool) -> Vec<Effect> {
        if is_final {
            return self.close(false, Stage::Refused, said);
        }
        vec![self.tell(Stage::Downloading, said)]
    }

    fn spoilt(&mut self) -> Vec<Effect> {
        let Some(action) = &mut self.memory.action else { return Vec::new() };
        action.spoilt = action.spoilt.saturating_add(1);
        if action.spoilt >= MOST_SPOILT {
            let said = "the file came three times, and never with the hash that it should have";
            return self.close(false, Stage::Refused, said);
        }
        vec![self.tell(Stage::Downloading, "came with another hash and is fetched again")]
    }

    fn inspected(&mut self, bundle: Bundle, now: Timestamp) -> Vec<Effect> {
        let verdict = self.limits.standard.judge(&bundle, self.memory.floor.as_ref());
        if let Err(unfit) = verdict {
            return self.close(false, Stage::Refused, &unfit.to_string());
        }
        let Some(action) = &mut self.memory.action else { return Vec::new() };
        action.phase = Phase::Ready(bundle);
        let mut effects = vec![self.tell(Stage::Ready, "is here and passed its check")];
        effects.extend(self.go_on(now));
        effects
    }

    fn leased(&mut self) -> Vec<Effect> {
        let Some(action) = &mut self.memory.action else { return vec![Effect::Release] };
        match &action.phase {
            Phase::Ready(bundle) => {
                let (slot, boot_id) = (self.boot.slot.clone(), self.boot.boot_id.clone());
                action.phase = Phase::Installing(bundle.clone(), From { slot, boot_id });
                action.installs = action.installs.saturating_add(1);
                let mut effects = self.report(Told::Proceeding, "is being installed");
                effects.push(self.tell(Stage::Installing, "is written to the other slot"));
                effects.push(Effect::Install);
                effects
            }
            Phase::Trying(_, from) if from.boot_id == self.boot.boot_id => self.restart(),
            Phase::Fetching | Phase::Fetched | Phase::Installing(..) | Phase::Trying(..) => {
                vec![Effect::Release]
            }
        }
    }

    fn installed(&mut self) -> Vec<Effect> {
        let Some(action) = &mut self.memory.action else { return vec![Effect::Release] };
        let Phase::Installing(bundle, from) = action.phase.clone() else {
            return vec![Effect::Release];
        };
        action.phase = Phase::Trying(bundle, from);
        let mut effects = self.report(Told::Proceeding, "is installed; the unit restarts into it");
        effects.extend(self.restart());
        effects
    }

    fn restart(&self) -> Vec<Effect> {
        vec![self.tell(Stage::Trying, "the unit restarts to try it"), Effect::Reboot]
    }

    /// The next step of what is under way.
    fn go_on(&self, now: Timestamp) -> Vec<Effect> {
        let Some(action) = &self.memory.action else { return Vec::new() };
        let lease = Effect::Lease { is_forced: self.is_forced(action, now) };
        match &action.phase {
            Phase::Fetching if action.may_fetch => {
                vec![self.tell(Stage::Downloading, "is being fetched"), Effect::Fetch]
            }
            Phase::Fetching => vec![self.tell(Stage::Idle, "may not be fetched yet")],
            Phase::Fetched => vec![Effect::Inspect],
            Phase::Ready(_) if action.may_install => vec![lease],
            Phase::Ready(_) => vec![self.tell(Stage::Ready, "waits for the fleet's hour")],
            Phase::Trying(_, from) if from.boot_id == self.boot.boot_id => vec![lease],
            Phase::Installing(..) | Phase::Trying(..) => Vec::new(),
        }
    }

    /// Staff who bring a stick say so themselves; the fleet server's urgent updates wait first.
    fn is_forced(&self, action: &Action, now: Timestamp) -> bool {
        let is_overdue = now.duration_since(action.since) >= self.limits.deferral;
        action.is_urgent && (action.id.is_none() || is_overdue)
    }

    fn close(&mut self, success: bool, stage: Stage, said: &str) -> Vec<Effect> {
        let told = self.tell(stage, said);
        let Some(action) = self.memory.action.take() else { return Vec::new() };
        let mut effects = vec![Effect::Forget, told];
        if let Some(id) = action.id {
            let closed = Closed { id, success, said: said.to_owned(), is_reported: false };
            self.memory.closed = Some(closed.clone());
            effects.push(Effect::Report(Report::closed(closed)));
        }
        if !success {
            effects.push(Effect::GiveUp(said.to_owned()));
        }
        effects
    }

    fn report(&self, told: Told, said: &str) -> Vec<Effect> {
        let id = self.memory.action.as_ref().and_then(|action| action.id.clone());
        let of = |id| Effect::Report(Report::Progress { id, told, said: said.to_owned() });
        id.map(of).into_iter().collect()
    }

    fn tell(&self, stage: Stage, said: &str) -> Effect {
        let bundle = self.memory.action.as_ref().and_then(Action::bundle);
        let version = bundle.map(|bundle| bundle.version.to_string());
        Effect::Tell { stage, version, said: said.to_owned() }
    }
}
