// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kiosk's journal holds, read from a copy of its file by the judge's own eyes: the kiosk
//! is not asked, and goes on meanwhile.

use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};

use crate::failure::Failure;

/// As `kiosk-app/src/journal.rs` keeps them: JSON without a person in it.
const STEPS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("steps");
const OUTCOMES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outcomes");

/// What is left in the journal, a line a record; empty where everything was told, or nothing was
/// ever kept.
pub(super) fn left_in(file: &Path) -> Result<Vec<String>, Failure> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let copy = file.with_extension("copy");
    std::fs::copy(file, &copy).map_err(Failure::file("copying", file))?;
    let read = rows(&copy).map_err(|error| Failure::Unreadable {
        from: "the journal's file",
        answer: error.to_string(),
    });
    std::fs::remove_file(&copy).map_err(Failure::file("removing", copy))?;
    read
}

fn rows(file: &Path) -> Result<Vec<String>, redb::Error> {
    let database = Database::open(file)?;
    let transaction = database.begin_read()?;
    let text = |row: &[u8]| String::from_utf8_lossy(row).into_owned();
    let mut rows = Vec::new();
    match transaction.open_table(STEPS) {
        Ok(steps) => {
            for entry in steps.iter()? {
                rows.push(format!("step {}", text(entry?.1.value())));
            }
        }
        Err(TableError::TableDoesNotExist(_)) => {}
        Err(error) => return Err(error.into()),
    }
    match transaction.open_table(OUTCOMES) {
        Ok(outcomes) => {
            for entry in outcomes.iter()? {
                rows.push(format!("outcome {}", text(entry?.1.value())));
            }
        }
        Err(TableError::TableDoesNotExist(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(rows)
}
