// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must survive a power cut: how far a session came, and outcomes that the
//! service has not acknowledged. Each record is on the disk, fsynced, before its
//! method returns; an open database is never rewritten in place (redb). A file
//! that is damaged, or older than what was kept in it, is refused as it lies.
//!
//! What is in it: session id, ticket id, step, software, the ending's code, and
//! where one was read the card's receipt. The receipt names the card by its
//! random card_id (reset-profile.md section 6), for nothing else proves an
//! outcome; it goes with the record as soon as the service has acknowledged it.
//! The database keeps the bytes of a removed row in pages that it will use
//! again; so when no row is left, the file is begun anew.

mod file;
mod look;
mod row;
mod tally;

use std::{
    io,
    path::{Path, PathBuf},
};

use backend_client::wire::{self, IdempotencyKey};
use kiosk_session::effect::Record;
use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _,
    TableDefinition, WriteTransaction,
};
use tracing::trace;
use uuid::Uuid;

use super::contained::contained;
pub(crate) use look::look;
#[cfg(feature = "headless")]
pub(crate) use row::name as name_of;
use row::{OutcomeRow, StepRow};
use tally::Tally;

/// The journal's file, open and ours alone.
#[derive(Debug)]
pub(crate) struct Journal {
    database: Database,
    tally: Tally,
    path: PathBuf,
}

/// An outcome that the service has to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Its number in the journal.
    pub(crate) number: u64,
    /// Of POST /v1/sessions/{id}/outcome.
    pub(crate) session_id: Uuid,
    /// The same for each repetition, across restarts.
    pub(crate) key: IdempotencyKey,
    /// What is told.
    pub(crate) body: wire::Outcome,
}

impl Journal {
    /// Opens the file, or makes it, and settles what a killed process left: its open steps become
    /// outcomes. Returns everything that is still to be delivered, the oldest first.
    ///
    /// redb panics over some files that lost their end (`found-*` in tests/fuzz/corpus/journal):
    /// that is a damaged journal like any other, and leaves the file untouched.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Delivery>), JournalError> {
        contained(|| Self::open_sound(path)).unwrap_or_else(|| {
            let source = redb::Error::Corrupted("the database panicked over the file".to_owned());
            Err(JournalError::Database { path: path.to_owned(), source })
        })
    }

    fn open_sound(path: &Path) -> Result<(Self, Vec<Delivery>), JournalError> {
        let at = |source| JournalError::File { path: path.to_owned(), source };
        let tally = Tally::beside(path).map_err(at)?;
        file::remove_next(path).map_err(at)?;
        let file = file::open_file(path).map_err(at)?;
        let database = file::database_in(file).map_err(|error| JournalError::Database {
            path: path.to_owned(),
            source: error.into(),
        })?;
        let mut journal = Self { database, tally, path: path.to_owned() };
        journal.is_no_older_than_its_tally()?;
        journal.write("open", |transaction| {
            check_format(transaction)?;
            settle_steps(transaction)
        })?;
        journal.begin_anew_if_nothing_is_left()?;
        let deliveries = journal.deliveries()?;
        Ok((journal, deliveries))
    }

    /// Keeps a record. Of an outcome it returns what is to be delivered.
    pub(crate) fn keep(&mut self, record: &Record) -> Result<Option<Delivery>, JournalError> {
        self.write(row::name(record), |transaction| match row::of(record)? {
            row::Row::Step(session_id, row) => {
                let mut steps = transaction.open_table(STEPS)?;
                steps.insert(session_id.as_u128(), row.encode()?.as_slice())?;
                Ok(None)
            }
            row::Row::Outcome(outcome) => {
                transaction.open_table(STEPS)?.remove(outcome.session_id.as_u128())?;
                append(transaction, outcome).map(Some)
            }
        })
    }

    /// The service has written it down: it is forgotten here.
    pub(crate) fn forget(&mut self, number: u64) -> Result<(), JournalError> {
        self.write("forget", |transaction| {
            transaction.open_table(OUTCOMES)?.remove(number)?;
            Ok(())
        })?;
        self.begin_anew_if_nothing_is_left()
    }

    fn is_no_older_than_its_tally(&self) -> Result<(), JournalError> {
        let (kept, found) = (self.tally.count(), self.number(TRANSACTIONS)?);
        if found < kept {
            return Err(JournalError::Older { path: self.path.clone(), kept, found });
        }
        Ok(())
    }

    /// What was removed is still in the file, where an outcome was ever in it. Another one takes
    /// its place, that goes on counting where this one ends.
    fn begin_anew_if_nothing_is_left(&mut self) -> Result<(), JournalError> {
        let last = self.number(LAST_NUMBER)?;
        if last == self.number(LAST_BEFORE)? || !self.is_empty()? {
            return Ok(());
        }
        trace!(doing = "begin anew", "journal");
        #[cfg(feature = "headless")]
        let step = crate::probe::Step::of_journal("anew");
        let count = self.next_count()?;
        let at = |source| JournalError::File { path: self.path.clone(), source };
        file::remove_next(&self.path).map_err(at)?;
        let next = file::open_file(&file::path_of_next(&self.path)).map_err(at)?;
        let database = file::database_in(next).map_err(redb::Error::from)?;
        let transaction = begin(&database)?;
        check_format(&transaction)?;
        settle_steps(&transaction)?;
        {
            let mut numbers = transaction.open_table(NUMBERS)?;
            numbers.insert(LAST_NUMBER, last)?;
            numbers.insert(LAST_BEFORE, last)?;
            numbers.insert(TRANSACTIONS, count)?;
        }
        transaction.commit()?;
        file::put_next_in_place(&self.path).map_err(at)?;
        self.database = database;
        self.tally.raise(count).map_err(at)?;
        #[cfg(feature = "headless")]
        step.end();
        Ok(())
    }

    fn is_empty(&self) -> Result<bool, JournalError> {
        let transaction = self.database.begin_read()?;
        let (steps, outcomes) = (transaction.open_table(STEPS)?, transaction.open_table(OUTCOMES)?);
        Ok(steps.is_empty()? && outcomes.is_empty()?)
    }

    /// Of those in the table of numbers; zero where it was never written.
    fn number(&self, name: &str) -> Result<u64, JournalError> {
        let transaction = self.database.begin_read()?;
        match transaction.open_table(NUMBERS) {
            Ok(numbers) => Ok(numbers.get(name)?.map_or(0, |number| number.value())),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    fn next_count(&self) -> Result<u64, JournalError> {
        let last = self.number(TRANSACTIONS)?.max(self.tally.count());
        last.checked_add(1).ok_or_else(used_up)
    }

    fn deliveries(&self) -> Result<Vec<Delivery>, JournalError> {
        let transaction = self.database.begin_read()?;
        let outcomes = transaction.open_table(OUTCOMES)?;
        let mut deliveries = Vec::new();
        for entry in outcomes.iter()? {
            let (number, row) = entry?;
            deliveries.push(OutcomeRow::decode(row.value())?.into_delivery(number.value()));
        }
        Ok(deliveries)
    }

    /// One transaction, on the disk when this returns.
    fn write<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&WriteTransaction) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        trace!(doing, "journal");
        #[cfg(feature = "headless")]
        let step = crate::probe::Step::of_journal(doing);
        let count = self.next_count()?;
        let transaction = begin(&self.database)?;
        let done = work(&transaction)?;
        transaction.open_table(NUMBERS)?.insert(TRANSACTIONS, count)?;
        transaction.commit()?;
        self.tally
            .raise(count)
            .map_err(|source| JournalError::File { path: self.path.clone(), source })?;
        #[cfg(feature = "headless")]
        step.end();
        Ok(done)
    }
}

/// In two phases: then a page of the last transaction that is damaged later is an error. In one,
/// redb takes it for a transaction that never came to its end, and goes back to the one before.
fn begin(database: &Database) -> Result<WriteTransaction, JournalError> {
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

fn used_up() -> JournalError {
    redb::Error::Corrupted("the numbers of the journal are used up".to_owned()).into()
}

/// Why a record cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// The file cannot be opened or made.
    #[error("opening the journal {}; its folder must exist and belong to the kiosk", path.display())]
    File { path: PathBuf, source: io::Error },
    /// A kiosk has it, who may be writing.
    #[error("the kiosk that runs has the journal {}; stop it first: systemctl stop kiosk", path.display())]
    InUse { path: PathBuf },
    /// It is no journal, is damaged, or another process has it.
    #[error(
        "reading the journal {}; if no other kiosk runs, keep it and the .tally beside it for the \
         operator, who reports its sessions by hand, and give the kiosk an empty folder",
        path.display()
    )]
    Database { path: PathBuf, source: redb::Error },
    /// It is sound, and has lost what was kept last: it was cut, taken away, or put back from a copy.
    #[error(
        "reading the journal {}: {kept} transactions were kept and it knows of {found}, so outcomes \
         may be missing; keep it and the .tally beside it for the operator, who reports its \
         sessions by hand, and give the kiosk an empty folder",
        path.display()
    )]
    Older { path: PathBuf, kept: u64, found: u64 },
    /// A later release wrote it.
    #[error(
        "the journal has format {found}, this release knows up to {FORMAT}; install the later \
         release again, nothing in the journal was changed"
    )]
    Newer { found: u32 },
    /// The database failed at work.
    #[error("keeping a record in the journal")]
    Store(#[from] redb::Error),
    /// A row that is not ours.
    #[error("a record of the journal cannot be read or made")]
    Row(#[from] serde_json::Error),
    /// An ending's key that the service would refuse.
    #[error("the ending has no code that the service takes")]
    Ending(#[from] wire::Unfit),
}

/// redb has an error type an operation; we print one chain at the edge.
macro_rules! store_errors {
    ($($error:ty),+) => {$(
        impl From<$error> for JournalError {
            fn from(error: $error) -> Self {
                Self::Store(error.into())
            }
        }
    )+};
}
store_errors!(redb::TransactionError, redb::TableError, redb::StorageError, redb::CommitError);

fn check_format(transaction: &WriteTransaction) -> Result<(), JournalError> {
    let mut formats = transaction.open_table(FORMATS)?;
    let found = formats.get(FORMAT_KEY)?.map(|format| format.value());
    match found {
        Some(found) if found > FORMAT => Err(JournalError::Newer { found }),
        Some(_) => Ok(()),
        None => {
            formats.insert(FORMAT_KEY, FORMAT)?;
            Ok(())
        }
    }
}

/// A step that was left open by a process that was killed becomes the outcome that it stands for.
fn settle_steps(transaction: &WriteTransaction) -> Result<(), JournalError> {
    let mut left = Vec::new();
    {
        let mut steps = transaction.open_table(STEPS)?;
        // Also made now, so that it can be read when nothing was ever kept.
        transaction.open_table(OUTCOMES)?;
        while let Some((session, row)) = steps.pop_first()? {
            left.push((Uuid::from_u128(session.value()), StepRow::decode(row.value())?));
        }
    }
    for (session_id, step) in left {
        append(transaction, step.into_outcome(session_id)?)?;
    }
    Ok(())
}

fn append(transaction: &WriteTransaction, outcome: OutcomeRow) -> Result<Delivery, JournalError> {
    let mut numbers = transaction.open_table(NUMBERS)?;
    let mut outcomes = transaction.open_table(OUTCOMES)?;
    let last = numbers.get(LAST_NUMBER)?.map_or(0, |last| last.value());
    // Both are of one transaction and agree; where they do not, no outcome is written over.
    let highest = outcomes.last()?.map_or(0, |(number, _)| number.value());
    let number = last.max(highest).checked_add(1).ok_or_else(used_up)?;
    numbers.insert(LAST_NUMBER, number)?;
    outcomes.insert(number, outcome.encode()?.as_slice())?;
    Ok(outcome.into_delivery(number))
}

/// The version of the rows; a release reads its own and the one before.
const FORMAT: u32 = 1;
const FORMATS: TableDefinition<'_, &str, u32> = TableDefinition::new("format");
const FORMAT_KEY: &str = "format";
/// How far each open session came, by its id.
const STEPS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("steps");
/// Outcomes to be delivered, by their number.
const OUTCOMES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outcomes");
/// What is counted: among others the last number given, so that none is given twice.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
const LAST_NUMBER: &str = "outcome";
/// The last number given before this file was begun.
const LAST_BEFORE: &str = "outcome-before";
/// How many transactions there were, in this file and in those before it.
const TRANSACTIONS: &str = "transactions";

#[cfg(test)]
mod tests;
