// SPDX-License-Identifier: MIT OR Apache-2.0
//! A look at a journal that no kiosk holds open, for a person with a terminal. The file is copied
//! into memory and nothing of it is changed: not its owner, not its count, not a step left open.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _},
    path::Path,
};

use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, StorageBackend as _, TableError,
    backends::InMemoryBackend,
};
use uuid::Uuid;

use super::{
    super::contained::contained, Delivery, FORMAT, FORMAT_KEY, FORMATS, JournalError, OUTCOMES,
    OutcomeRow, STEPS, StepRow,
};

/// Everything that is still to be delivered, the oldest first: outcomes, and last what the kiosk's
/// next start will make of steps that were left open.
pub(crate) fn look(path: &Path) -> Result<Vec<Delivery>, JournalError> {
    let bytes = bytes_of(path)?;
    contained(|| deliveries_in(&bytes)).unwrap_or_else(|| {
        let source = redb::Error::Corrupted("the database panicked over the file".to_owned());
        Err(JournalError::Database { path: path.to_owned(), source })
    })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, JournalError> {
    let at = |source| JournalError::File { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(at)?;
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(JournalError::InUse { path: path.to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(at(source)),
    }
    let mut bytes = Vec::new();
    let longest = LONGEST + 1;
    file.by_ref().take(longest).read_to_end(&mut bytes).map_err(at)?;
    if bytes.len() as u64 == longest {
        return Err(at(io::ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes)
}

fn deliveries_in(bytes: &[u8]) -> Result<Vec<Delivery>, JournalError> {
    let memory = InMemoryBackend::new();
    let failed = |error: redb::BackendError| redb::Error::Corrupted(error.to_string());
    memory.set_len(bytes.len() as u64).map_err(|error| failed(error.into()))?;
    memory.write(0, bytes).map_err(|error| failed(error.into()))?;
    let database = Database::builder().create_with_backend(memory).map_err(redb::Error::from)?;
    let transaction = database.begin_read()?;
    match transaction.open_table(FORMATS) {
        Ok(formats) => match formats.get(FORMAT_KEY)?.map(|format| format.value()) {
            Some(found) if found > FORMAT => return Err(JournalError::Newer { found }),
            Some(_) | None => {}
        },
        // Nothing was ever kept in it.
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let mut deliveries = Vec::new();
    for entry in transaction.open_table(OUTCOMES)?.iter()? {
        let (number, row) = entry?;
        deliveries.push(OutcomeRow::decode(row.value())?.into_delivery(number.value()));
    }
    let last = deliveries.last().map_or(0, |delivery: &Delivery| delivery.number);
    for (number, entry) in (last + 1..).zip(transaction.open_table(STEPS)?.iter()?) {
        let (session, row) = entry?;
        let outcome =
            StepRow::decode(row.value())?.into_outcome(Uuid::from_u128(session.value()))?;
        deliveries.push(outcome.into_delivery(number));
    }
    Ok(deliveries)
}

/// A journal of a unit that delivered nothing in its life is far smaller.
const LONGEST: u64 = 256 * 1024 * 1024;
