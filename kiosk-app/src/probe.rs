// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a test stands beside the driver: each effect and each write of the journal says that it
//! begins and that it is over, and the journal's disk can be full. So a test can end the process
//! at an exact step, without a race.
//!
//! Part of the feature `headless`, which no released binary has (`cargo xtask lint --only trees`).

use std::{
    io,
    ops::Bound,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use kiosk_session::Effect;
use redb::{BackendError, StorageBackend, backends::FileBackend};

use crate::{card_worker, central_worker, journal};

/// Which side of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nothing of it has happened.
    Before,
    /// All of it has.
    After,
}

type Watcher = Box<dyn Fn(&str, Side) + Send + Sync>;

static WATCHER: OnceLock<Watcher> = OnceLock::new();
static DISK_IS_FULL: AtomicBool = AtomicBool::new(false);

/// Has `watcher` called on both sides of every step, on the thread that takes it. Once a process;
/// a second watcher is not called.
pub fn watch(watcher: impl Fn(&str, Side) + Send + Sync + 'static) {
    // Whoever came first stays.
    drop(WATCHER.set(Box::new(watcher)));
}

/// From now on the journal's file takes nothing more, as on a full disk.
pub fn fill_the_disk() {
    DISK_IS_FULL.store(true, Ordering::SeqCst);
}

/// What the journal does when its bytes have been written and are about to be synced.
pub const SYNC: &str = "disk sync";

/// The transaction is on the disk, and its count is about to be: a place of its own to die at, on
/// the same disk.
pub(crate) fn reach_the_tally() -> io::Result<()> {
    pass(TALLY, Side::Before);
    room()
}

/// What the journal does between a transaction and its count.
pub const TALLY: &str = "disk tally";

/// A step that has begun.
#[derive(Debug)]
pub(crate) struct Step(String);

impl Step {
    /// Of an effect.
    pub(crate) fn of(effect: &Effect) -> Self {
        Self::begin(format!("effect {}", effect_name(effect)))
    }

    /// Of the journal.
    pub(crate) fn of_journal(work: &str) -> Self {
        Self::begin(format!("journal {work}"))
    }

    fn begin(name: String) -> Self {
        pass(&name, Side::Before);
        Self(name)
    }

    /// It is over. One that failed ends without a word.
    pub(crate) fn end(self) {
        pass(&self.0, Side::After);
    }
}

fn pass(name: &str, side: Side) {
    if let Some(watcher) = WATCHER.get() {
        watcher(name, side);
    }
}

fn effect_name(effect: &Effect) -> String {
    match effect {
        Effect::Card(_, request) => format!("card {}", card_worker::name_of(request)),
        Effect::Central(_, request) => format!("central {}", central_worker::name_of(request)),
        Effect::OpenAhead => "open-ahead".to_owned(),
        Effect::Journal(record) => format!("journal {}", journal::name_of(record)),
        Effect::Pad(command) => format!("pad {command:?}"),
        Effect::Sound(sound) => format!("sound {sound:?}"),
        Effect::Note(anomaly) => format!("note {anomaly:?}"),
        Effect::GiveUpCardWorker => "give-up-card-worker".to_owned(),
        Effect::Lease(None) => "lease given".to_owned(),
        Effect::Lease(Some(refusal)) => format!("lease refused {refusal:?}"),
        Effect::Exit(reason) => format!("exit {reason:?}"),
    }
}

/// The journal's file, on a disk that can be full.
#[derive(Debug)]
pub(crate) struct Disk(pub(crate) FileBackend);

fn room() -> io::Result<()> {
    match DISK_IS_FULL.load(Ordering::SeqCst) {
        true => Err(io::ErrorKind::StorageFull.into()),
        false => Ok(()),
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        room()?;
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        pass(SYNC, Side::Before);
        room()?;
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        room()?;
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}
