// SPDX-License-Identifier: MIT OR Apache-2.0
//! The journal after a disk, a power cut or another program had its hands in it: it opens with
//! everything that was kept, or it is refused; a row is never lost in silence.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kiosk_session::effect::{OutcomeResult, Record};
use kiosk_session::{Ending, Opaque, SessionId, TicketId};
use redb::{Database, TableDefinition};
use tempfile::TempDir;

use crate::input::Input;
use crate::kiosk::journal::Journal;

/// Rows of the whole journal: two outcomes that wait, and one step that a kill left open.
const KEPT: usize = 3;

static BENCH: LazyLock<Bench> = LazyLock::new(Bench::new);

struct Bench {
    folder: TempDir,
    whole: Vec<u8>,
    tally: Vec<u8>,
}

/// 0: the whole file; 1: patches to a journal that was whole; 2: rows in a sound database.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    match input.byte().unwrap_or_default() % 3 {
        0 => drop(open(input.rest(), &[])),
        1 => damaged(input),
        _ => foreign(input),
    }
}

/// Each patch: three bytes of place, and what is written there. An empty one cuts the file.
fn damaged(mut input: Input<'_>) {
    let mut file = BENCH.whole.clone();
    while let (Some(a), Some(b), Some(c)) = (input.byte(), input.byte(), input.byte()) {
        let at = u32::from_be_bytes([0, a, b, c]);
        let at = usize::try_from(at).unwrap_or_default() % file.len().max(1);
        let patch = input.piece().unwrap_or_default();
        if patch.is_empty() {
            file.truncate(at);
        }
        file.iter_mut().skip(at).zip(patch).for_each(|(byte, patch)| *byte = *patch);
    }
    let found = open(&file, &BENCH.tally);
    assert!(found.is_none_or(|found| found == KEPT), "{found:?} of {KEPT} rows are left");
    assert!(found.is_some() || file != BENCH.whole, "a whole journal is refused");
}

/// Rows as another release, or nobody, may have written them.
#[expect(clippy::expect_used, reason = "a sound database is made here")]
fn foreign(mut input: Input<'_>) {
    let path = BENCH.path("rows");
    let _ = fs::remove_file(&path);
    let _ = fs::remove_file(path.with_extension(TALLY));
    let mut outcomes = 0;
    {
        let database = Database::create(&path).expect("a database");
        let transaction = database.begin_write().expect("a transaction");
        {
            let mut kept = transaction.open_table(OUTCOMES).expect("a table");
            let mut steps = transaction.open_table(STEPS).expect("a table");
            while let Some(kind) = input.byte() {
                let row = input.piece().unwrap_or_default();
                outcomes += 1;
                if kind.is_multiple_of(2) {
                    kept.insert(outcomes, row).expect("a row");
                } else {
                    steps.insert(u128::from(outcomes), row).expect("a row");
                }
            }
        }
        transaction.commit().expect("a commit");
    }
    let found = Journal::open(&path).ok().map(|(_, deliveries)| deliveries.len());
    // Of the outcomes none may be written over by what becomes of the steps.
    let rows = usize::try_from(outcomes).unwrap_or_default();
    assert!(found.is_none_or(|found| found == rows), "{found:?} of {rows} rows");
}

/// How many deliveries the journal in these bytes holds; `None` where it is refused.
#[expect(clippy::expect_used, reason = "a fuzzer without a temporary folder can do nothing")]
fn open(file: &[u8], tally: &[u8]) -> Option<usize> {
    let path = BENCH.path("damaged");
    fs::write(&path, file).expect("a temporary file");
    fs::write(path.with_extension(TALLY), tally).expect("a temporary file");
    let (journal, deliveries) = contained(|| Journal::open(&path).ok())?;
    drop(journal);
    let (mut journal, again) = Journal::open(&path).expect("what opened once opens again");
    assert_eq!(deliveries, again, "what was read once is read again");
    // It can still be written.
    let kept = journal.keep(&outcome(9));
    assert!(kept.is_ok_and(|delivery| delivery.is_some()));
    Some(deliveries.len())
}

/// The database's own panics are known and contained by the journal; libFuzzer would end at the
/// first of them. What the journal lets through ends the process still.
fn contained<T>(open: impl FnOnce() -> T) -> T {
    if !cfg!(feature = "engine") {
        return open();
    }
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let opened = open();
    std::panic::set_hook(hook);
    opened
}

impl Bench {
    #[expect(clippy::expect_used, reason = "a sound journal is made here")]
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("whole");
        let (mut journal, _) = Journal::open(&path).expect("a journal");
        journal.keep(&outcome(1)).expect("a record");
        journal.keep(&outcome(2)).expect("a record");
        let (session, ticket) = (SessionId([3; 16]), TicketId([3; 16]));
        journal.keep(&Record::ResetSent { session, ticket }).expect("a record");
        drop(journal);
        let whole = fs::read(&path).expect("the journal");
        let tally = fs::read(path.with_extension(TALLY)).expect("its tally");
        Self { folder, whole, tally }
    }

    /// One for each thread: the plain tests run side by side.
    fn path(&self, name: &str) -> PathBuf {
        let own = format!("{name}-{:?}.redb", std::thread::current().id());
        Path::new(self.folder.path()).join(own)
    }
}

fn outcome(number: u8) -> Record {
    Record::Outcome {
        session: SessionId([number; 16]),
        ticket: Some(TicketId([number; 16])),
        result: OutcomeResult::Done,
        ending: Ending::Done,
        receipt: Some(Opaque::new(vec![number; 110])),
    }
}

/// What counts the journal's transactions lies beside it, under the same name.
const TALLY: &str = "tally";

/// As the journal names them; the file's format is not to change unseen.
const OUTCOMES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outcomes");
const STEPS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("steps");
