// SPDX-License-Identifier: MIT OR Apache-2.0
//! The database: SQLite through sqlx, WAL, full sync, in plain SQL that PostgreSQL understands too.
//! Every write is one `BEGIN IMMEDIATE` transaction on the one writing connection of the process,
//! so that two kiosks wait for each other instead of failing; the admin commands are other
//! processes and wait for SQLite's own lock.

pub mod audit;
pub mod certificate_status;
pub mod closures;
pub mod housekeeping;
pub mod idempotency;
pub mod invitations;
pub mod outcomes;
pub mod register;
pub mod reservations;
pub mod sessions;
pub mod tickets;
pub mod units;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Sqlite, SqliteConnection, Transaction};

/// One connection, in a transaction where it writes.
pub type Connection = SqliteConnection;

/// How long a write waits for another process, or for its turn, before it is given up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Readers never wait for the writer in WAL; four are enough for `/metrics` and the policy.
const READERS: u32 = 4;

/// The open database.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// The database did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A statement, a lock, or the disk.
    #[error("the database could not be read or written")]
    Database(#[from] sqlx::Error),
    /// Its schema.
    #[error("the database's schema could not be brought up to date")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// A row that this program did not write.
    #[error("the database holds a value that is not understood: {0}")]
    Row(String),
}

impl Store {
    /// Opens the database of `DIR`, or makes it where `create` says so, and brings its schema up
    /// to date.
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!().run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_lazy_with(options.read_only(true));
        Ok(Self { writer, readers })
    }

    /// Begins a transaction that writes; it is rolled back unless it is committed.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A connection that only reads.
    pub async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        let Ok(mut connection) = self.read().await else { return false };
        sqlx::query("SELECT 1 FROM audit LIMIT 1").execute(&mut *connection).await.is_ok()
    }

    /// Closes all connections, so that the write-ahead log is folded in.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// How times are kept: milliseconds since 1970.
pub(crate) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A time of the database.
pub(crate) fn moment(millis: i64) -> Timestamp {
    let bound = if millis < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(millis).unwrap_or(bound)
}

/// A name or an id of the database, parsed.
pub(crate) fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Row(text.to_owned()))
}
