// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's desk for staff: it carries out what the session orders for them, and gathers what
//! their pages tell of the unit.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use backend_client::{
    CentralError,
    wire::{Decision, Identity, PolicyAnswer},
};
use jiff::Timestamp;
use kiosk_control::Update;
use kiosk_session::{
    Event, RequestId,
    staff::{CodeCheck, StaffEvent, Wish},
};
use tracing::{error, info};

use super::{CodePad, Fault, Release, tries::Tries, wishes::Wishes, worker::CodeWorker};
use crate::{
    central_worker::{self, software},
    config::{self, CodeHash},
    message::{Message, Queue},
    slip::UnitName,
    sound::Player,
    telemetry::Chain,
};

/// What the desk is made of.
#[derive(Clone, Debug)]
pub(crate) struct Staffing {
    /// Where codes are typed.
    pub(crate) pad: CodePad,
    /// The unit's code; none, and the corner of the screen leads nowhere.
    pub(crate) hash: Option<CodeHash>,
    /// The file of the tries.
    pub(crate) tries: PathBuf,
    /// The folder of the wishes.
    pub(crate) wishes: PathBuf,
    /// Where the corresponding source is to be had; empty where the operator is to be asked.
    pub(crate) source: String,
    /// The loudspeaker.
    pub(crate) sound: config::Sound,
}

/// What staff read of the unit beside the session's own view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffFacts {
    /// Version of the kiosk.
    pub software: String,
    /// What it runs from.
    pub release: Release,
    /// Store and unit.
    pub unit: Option<String>,
    /// The reader's name with PC/SC.
    pub reader: Option<String>,
    /// What came of the last call of the service.
    pub link: Link,
    /// Days until the unit's certificate ends; below zero where it has.
    pub certificate_days: Option<i64>,
    /// Whether the certificate says that its key is not in a TPM.
    pub key_without_tpm: Option<bool>,
    /// Outcomes that the service has not acknowledged.
    pub undelivered: usize,
    /// What the update client told last.
    pub update: Option<Update>,
    /// The last faults, the newest first.
    pub faults: Vec<Fault>,
    /// Where the source is to be had; empty where the operator is to be asked.
    pub source: String,
    /// A staff code is set, so the corner leads somewhere.
    pub has_code: bool,
    /// The unit is to have a loudspeaker.
    pub has_sound: bool,
}

/// What came of the last call of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// None yet.
    NotAsked,
    /// It was answered as it should be.
    Answers,
    /// It was not, and this is why.
    Fails(&'static str),
}

/// The desk.
#[derive(Debug)]
pub(crate) struct Desk {
    pad: CodePad,
    worker: Option<CodeWorker>,
    wishes: Wishes,
    player: Player,
    source: String,
    queue: Queue,
    link: Link,
    /// Staff wait for the next answer of the service.
    awaits_service: bool,
    certificate_not_after: Option<Timestamp>,
    key_without_tpm: Option<bool>,
    unit: Option<String>,
}

impl Desk {
    /// Starts the thread that checks codes, where there is one to check.
    pub(crate) fn start(staffing: Staffing, queue: Queue) -> io::Result<Self> {
        let Staffing { pad, hash, tries, wishes, source, sound } = staffing;
        let worker = hash.map(|hash| {
            let tries = Tries::open(tries, Duration::ZERO);
            CodeWorker::start(hash, tries, pad.clone(), queue.clone())
        });
        Ok(Self {
            worker: worker.transpose()?,
            pad,
            wishes: Wishes::new(&wishes),
            player: Player::new(sound, queue.clone()),
            source,
            queue,
            link: Link::NotAsked,
            awaits_service: false,
            certificate_not_after: None,
            key_without_tpm: None,
            unit: None,
        })
    }

    pub(crate) fn open_code(&self) {
        self.pad.open();
    }

    pub(crate) fn close_code(&self) {
        self.pad.close();
    }

    pub(crate) fn check_code(&self, id: RequestId, now: Duration) {
        match &self.worker {
            Some(worker) => worker.check(id, now),
            None => {
                self.pad.close();
                self.tell(StaffEvent::CodeChecked(id, CodeCheck::Uncounted));
            }
        }
    }

    /// The next answer of the service is told to staff.
    pub(crate) const fn await_service(&mut self) {
        self.awaits_service = true;
    }

    pub(crate) fn play_tone(&self, id: RequestId) {
        self.player.play(id);
    }

    pub(crate) fn leave_wish(&self, wish: Wish) {
        let left = self.wishes.leave(wish);
        match &left {
            Ok(()) => info!(?wish, "staff ask the system"),
            Err(error) => error!(code = "wish-not-left", ?wish, error = %Chain(error), "staff ask"),
        }
        self.tell(StaffEvent::WishLeft { is_left: left.is_ok() });
    }

    /// Leaves the driver's own wish; whether it lies there.
    pub(crate) fn ask_for_restart_of_readers(&self) -> bool {
        let left = self.wishes.leave_restart_of_readers();
        if let Err(error) = &left {
            error!(code = "wish-not-left", error = %Chain(error), "the readers' restart");
        }
        left.is_ok()
    }

    /// Takes in what an answer says of the way to the service.
    pub(crate) fn hear_service(
        &mut self,
        answer: &Result<Decision<PolicyAnswer>, CentralError>,
        now: Timestamp,
    ) {
        self.link = central_worker::staff_code(answer, now).map_or(Link::Answers, Link::Fails);
        if std::mem::take(&mut self.awaits_service) {
            self.tell(StaffEvent::ServiceAsked { is_answered: self.link == Link::Answers });
        }
    }

    pub(crate) fn hear_identity(&mut self, identity: &Identity) {
        self.certificate_not_after = Some(identity.certificate_not_after);
        self.key_without_tpm = Some(identity.key_without_tpm);
        self.unit = Some(UnitName::of(identity).as_str().to_owned());
    }

    /// What the pages tell now.
    pub(crate) fn facts(
        &self,
        release: &Release,
        reader: Option<&str>,
        undelivered: usize,
        update: Option<&Update>,
        faults: Vec<Fault>,
        now: Timestamp,
    ) -> StaffFacts {
        let days = |until: Timestamp| (until.as_second() - now.as_second()).div_euclid(A_DAY);
        StaffFacts {
            software: software().to_string(),
            release: release.clone(),
            unit: self.unit.clone(),
            reader: reader.map(str::to_owned),
            link: self.link,
            certificate_days: self.certificate_not_after.map(days),
            key_without_tpm: self.key_without_tpm,
            undelivered,
            update: update.cloned(),
            faults,
            source: self.source.clone(),
            has_code: self.worker.is_some(),
            has_sound: self.player.has_device(),
        }
    }

    fn tell(&self, event: StaffEvent) {
        // The driver itself holds the other end.
        let _ = self.queue.send(Message::Event(Event::Staff(event)));
    }
}

/// Where the tries lie: beside the journal.
pub(crate) fn tries_beside(journal: &Path) -> PathBuf {
    journal.with_file_name("staff-tries")
}

/// Seconds.
const A_DAY: i64 = 86_400;
