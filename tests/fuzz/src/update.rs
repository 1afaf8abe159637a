// SPDX-License-Identifier: MIT OR Apache-2.0
//! The update client between a fleet server that says anything and a unit on which anything happens:
//! nothing is installed without a lease, older than what runs, or a second time after it fell back;
//! what is reported can be sent; and what is remembered is read back as it was.

#![expect(clippy::expect_used, reason = "a broken promise is a panic, which is what is looked for")]

use jiff::{SignedDuration, Timestamp};
use semver::Version;

use crate::{
    bundle::{Artifact, Bundle, Source, Standard, is_older, is_sha256},
    client::ddi::message::{Base, Cancel, Deployment, Feedback},
    input::Input,
    machine::{Boot, Effect, Event, Limits, Machine, Report},
    memory::{Memory, Phase},
};

/// What a story came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Answers that the client could use.
    pub heard: usize,
    /// How often an installation was begun.
    pub installs: usize,
    /// How the actions ended that came to an end.
    pub ends: Vec<bool>,
    /// Cancellations that were accepted, and those that were not.
    pub cancelled: Vec<bool>,
}

/// A story that begins with a new unit.
pub fn answers(data: &[u8]) {
    let _ = tell(data);
}

/// The first piece is the memory; then the story goes on from there.
pub fn memory(data: &[u8]) {
    let _ = remember(data);
}

/// What the story of a new unit comes to.
#[must_use]
pub fn tell(data: &[u8]) -> Told {
    Story::of(Memory::default(), true).play(Input::new(data))
}

/// What the story of that memory comes to; nothing where it cannot be read.
#[must_use]
pub fn remember(data: &[u8]) -> Option<Told> {
    let mut input = Input::new(data);
    let memory = serde_json::from_slice(input.piece()?).ok()?;
    Some(Story::of(memory, false).play(input))
}

struct Story {
    unit: Machine,
    starts: u32,
    now: Timestamp,
    /// Whether all that is remembered was decided by this machine.
    is_own: bool,
    told: Told,
}

impl Story {
    fn of(memory: Memory, is_own: bool) -> Self {
        let unit = Machine::new(memory, limits(), boot(0, 1));
        Self { unit, starts: 1, now: Timestamp::UNIX_EPOCH, is_own, told: Told::default() }
    }

    fn play(mut self, mut input: Input<'_>) -> Told {
        self.handle(Event::Booted);
        for _ in 0..MOST_STEPS {
            let Some(step) = input.byte() else { break };
            if let Some(event) = self.event(step, &mut input) {
                self.handle(event);
            }
        }
        self.told
    }

    fn event(&mut self, step: u8, input: &mut Input<'_>) -> Option<Event> {
        Some(match step {
            b'b' => return self.base(input.piece()?),
            b'd' => {
                self.heard(serde_json::from_slice::<Deployment>(input.piece()?).ok()?.event())?
            }
            b'c' => self.heard(serde_json::from_slice::<Cancel>(input.piece()?).ok()?.event())?,
            b'f' => Event::Fetched,
            b'n' => Event::NotFetched { said: String::new(), is_final: input.byte()? & 1 == 1 },
            b's' => Event::Spoilt,
            b'i' => Event::Inspected(bundle(input.byte()?)),
            b'u' => Event::Unsound(String::new()),
            b'l' => Event::Leased,
            b'L' => Event::NotLeased(String::new()),
            b'I' => Event::Installed,
            b'x' => Event::NotInstalled(String::new()),
            b'r' => Event::Reported,
            b'D' => {
                self.now += SignedDuration::from_hours(i64::from(input.byte()?));
                Event::Due
            }
            b'R' => {
                self.starts += 1;
                let memory = std::mem::take(&mut self.unit.memory);
                self.unit = Machine::new(memory, limits(), boot(input.byte()?, self.starts));
                Event::Booted
            }
            b'w' => Event::Wanted,
            b't' => brought(input.byte()?),
            _ => return None,
        })
    }

    /// It leads to other answers, or says that there are none.
    fn base(&mut self, body: &[u8]) -> Option<Event> {
        let base = serde_json::from_slice::<Base>(body).ok()?;
        self.told.heard += 1;
        let _ = base.config.and_then(|config| config.polling).and_then(|polling| polling.sleep());
        let links = &base.links;
        let is_idle = links.cancel_action.is_none() && links.deployment_base.is_none();
        is_idle.then_some(Event::NothingOffered)
    }

    fn heard(&mut self, event: Option<Event>) -> Option<Event> {
        self.told.heard += usize::from(event.is_some());
        if let Some(Event::Offered(offer)) = &event
            && let Ok(artifact) = &offer.artifact
        {
            assert!(is_sha256(&artifact.sha256), "{artifact:?} becomes the name of a file");
        }
        event
    }

    fn handle(&mut self, event: Event) {
        let (is_leased, is_wanted) =
            (matches!(event, Event::Leased), matches!(event, Event::Wanted));
        let phase = self.unit.memory.action.as_ref().map(|action| action.phase.clone());
        let was_ready = matches!(phase, Some(Phase::Ready(_)));
        let before = self.unit.memory.clone();
        for effect in self.unit.handle(event, self.now) {
            match effect {
                Effect::Install => {
                    assert!(is_leased && was_ready, "installed without a lease or a check");
                    self.installs(&before);
                }
                Effect::Reboot => {
                    let action = self.unit.memory.action.as_ref();
                    assert!(action.is_some_and(|action| action.is_begun()), "nothing to try");
                }
                Effect::Lease { is_forced: true } => self.forces(is_wanted),
                Effect::Report(report) => self.reports(&report),
                Effect::Fetch
                | Effect::Inspect
                | Effect::Lease { is_forced: false }
                | Effect::Release
                | Effect::Forget
                | Effect::Tell { .. }
                | Effect::GiveUp(_) => {}
            }
        }
        let memory = &self.unit.memory;
        let written = serde_json::to_vec(memory).expect("the memory is written");
        let read = serde_json::from_slice::<Memory>(&written).expect("the memory is read");
        assert_eq!(read, *memory, "remembered otherwise");
    }

    fn installs(&mut self, before: &Memory) {
        self.told.installs += 1;
        if !self.is_own {
            return;
        }
        let action = self.unit.memory.action.as_ref().expect("an action is installed");
        let version = &action.bundle().expect("it was looked at").version;
        assert!(!is_older(version, &RUNNING), "{version} is older");
        let floor = before.floor.as_ref();
        assert!(floor.is_none_or(|floor| !is_older(version, floor)), "{version} is below");
        assert!(!before.fallen.contains(&action.artifact.sha256), "it fell back before");
        assert!(action.installs <= 3, "it is tried for ever");
    }

    fn forces(&self, is_wanted: bool) {
        let action = self.unit.memory.action.as_ref().expect("a lease is for an action");
        let waited = self.now.duration_since(action.since);
        let is_overdue = action.id.is_none() || waited >= DEFERRAL;
        assert!(is_wanted || action.is_urgent && is_overdue, "forced after {waited:?}");
    }

    fn reports(&mut self, report: &Report) {
        let (id, is_own) = match report {
            Report::Progress { id, .. } => (id, self.is_own),
            Report::Closed { id, success, .. } => {
                self.told.ends.push(*success);
                (id, self.is_own)
            }
            Report::Cancel { cancel, is_accepted, .. } => {
                self.told.cancelled.push(*is_accepted);
                (cancel, true)
            }
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_segment = (1..=64).contains(&id.len()) && id.bytes().all(is_plain);
        assert!(is_segment || !is_own, "{id:?} leaves its path");
        let body = serde_json::to_value(Feedback::of(report)).expect("feedback is written");
        assert_eq!(body["id"], id.as_str());
    }
}

/// An input of 20,000 bytes has no more to say.
const MOST_STEPS: usize = 2_000;

/// What runs.
const RUNNING: Version = Version::new(1, 0, 0);

const DEFERRAL: SignedDuration = SignedDuration::from_hours(72);

fn limits() -> Limits {
    let standard = Standard {
        compatible: "kiosk".to_owned(),
        running: RUNNING,
        allow_older: false,
        minimum: None,
    };
    Limits { standard, deferral: DEFERRAL, largest: 1 << 30 }
}

/// One of two slots, kept or on trial.
fn boot(choice: u8, start: u32) -> Boot {
    let slot = if choice & 1 == 0 { "A" } else { "B" }.to_owned();
    let why_fallen = (choice & 4 != 0).then(|| "no frame".to_owned());
    Boot { slot, boot_id: start.to_string(), is_good: choice & 2 == 0, why_fallen }
}

fn bundle(choice: u8) -> Bundle {
    let compatible = if choice & 128 == 0 { "kiosk" } else { "gate" }.to_owned();
    let minimum_version = (choice & 64 != 0).then(|| Version::new(1, u64::from(choice) & 7, 0));
    Bundle { compatible, version: Version::new(1, u64::from(choice >> 3) & 7, 0), minimum_version }
}

fn brought(choice: u8) -> Event {
    if choice & 1 == 1 {
        return Event::TakenAway;
    }
    let sha256 = char::from(b'a' + (choice >> 2) % 6).to_string().repeat(64);
    let source = Source::File("stick/a.raucb".into());
    Event::Brought { artifact: Artifact { sha256, size: 9, source }, is_forced: choice & 2 != 0 }
}
