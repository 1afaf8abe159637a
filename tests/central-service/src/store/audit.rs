// SPDX-License-Identifier: MIT OR Apache-2.0
//! The audit table: append-only (triggers refuse anything else), each line chained to the one
//! before. An entry holds ids, states and words of this program: no PIN, no name, no certificate.

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde::Serialize;
use uuid::Uuid;

use super::{Connection, StoreError};
use crate::card_id::CardId;

/// SHA-256 of the chain so far.
pub type Head = [u8; 32];

/// What a chain begins with.
const BEFORE_THE_FIRST: Head = [0; 32];

/// One line to be written: what happened, and to what.
#[derive(Debug, Default)]
pub struct Entry<'a> {
    /// What happened, as `something-done`.
    pub event: &'a str,
    /// To which card.
    pub card_id: Option<CardId>,
    /// To which reservation.
    pub reservation_id: Option<Uuid>,
    /// In which session.
    pub session_id: Option<Uuid>,
    /// With which ticket.
    pub ticket_id: Option<Uuid>,
    /// By which unit; none: by the operator or by the passing of time.
    pub unit: Option<&'a str>,
    /// States, results, reasons: this program's own words.
    pub facts: &'a [(&'a str, &'a str)],
}

/// A line as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1 without a gap.
    pub number: i64,
    /// The chain's head with this line.
    pub head: Head,
}

/// A line as it is read.
#[derive(Debug, sqlx::FromRow)]
pub struct StoredLine {
    /// Its number.
    pub line: i64,
    /// The JSON text that was hashed.
    pub entry: String,
    /// The chain's head with this line.
    pub hash: Vec<u8>,
}

/// What `audit verify` finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Verification {
    /// Every line follows from the one before, and every head that went out is in the chain.
    Whole(Line),
    /// There is no line at all.
    Empty,
    /// This line is missing, or is not the one that was written.
    BrokenAt(i64),
    /// The head that went out with the outcome on this line is not the chain's.
    HeadOfOutcomeMissing(i64),
}

/// The entry as it is hashed, in this order.
#[derive(Serialize)]
struct Hashed<'a> {
    line: i64,
    at: Timestamp,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    facts: serde_json::Map<String, serde_json::Value>,
}

/// Appends one line, in the transaction of what it tells.
pub async fn append(
    connection: &mut Connection,
    at: Timestamp,
    entry: &Entry<'_>,
) -> Result<Line, StoreError> {
    let before = head(connection).await?;
    let (number, previous) = before.map_or((1, BEFORE_THE_FIRST), |l| (l.number + 1, l.head));
    let facts = entry.facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
    let hashed = Hashed {
        line: number,
        at,
        event: entry.event,
        card_id: entry.card_id.map(|card| card.to_string()),
        reservation_id: entry.reservation_id,
        session_id: entry.session_id,
        ticket_id: entry.ticket_id,
        unit: entry.unit,
        facts: facts.collect(),
    };
    let text =
        serde_json::to_string(&hashed).map_err(|error| StoreError::Row(error.to_string()))?;
    let head = chained(&previous, &text);
    sqlx::query("INSERT INTO audit (line, entry, hash) VALUES ($1, $2, $3)")
        .bind(number)
        .bind(text)
        .bind(head.as_slice())
        .execute(connection)
        .await?;
    Ok(Line { number, head })
}

/// The last line.
pub async fn head(connection: &mut Connection) -> Result<Option<Line>, StoreError> {
    let last = sqlx::query_as::<_, StoredLine>(
        "SELECT line, entry, hash FROM audit ORDER BY line DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    last.map(|last| {
        let head = last.hash.try_into();
        let head = head.map_err(|_| StoreError::Row(format!("hash of line {}", last.line)))?;
        Ok(Line { number: last.line, head })
    })
    .transpose()
}

/// All lines, in their order.
pub async fn lines(connection: &mut Connection) -> Result<Vec<StoredLine>, StoreError> {
    let lines = sqlx::query_as("SELECT line, entry, hash FROM audit ORDER BY line");
    Ok(lines.fetch_all(connection).await?)
}

/// Recomputes the chain. A tail that was cut off leaves a whole chain: the heads that went out with
/// the outcomes, which the kiosks hold too, tell of it.
pub async fn verify(connection: &mut Connection) -> Result<Verification, StoreError> {
    let mut last = Line { number: 0, head: BEFORE_THE_FIRST };
    for stored in lines(connection).await? {
        let expected = chained(&last.head, &stored.entry);
        if stored.line != last.number + 1 || stored.hash != expected {
            return Ok(Verification::BrokenAt(last.number + 1));
        }
        last = Line { number: stored.line, head: expected };
    }
    let missing: Option<i64> = sqlx::query_scalar(
        "SELECT outcomes.line FROM outcomes LEFT JOIN audit ON audit.line = outcomes.line
         WHERE audit.hash IS NULL OR audit.hash <> outcomes.audit_head
         ORDER BY outcomes.line LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    Ok(match (missing, last.number) {
        (Some(line), _) => Verification::HeadOfOutcomeMissing(line),
        (None, 0) => Verification::Empty,
        (None, _) => Verification::Whole(last),
    })
}

fn chained(previous: &Head, entry: &str) -> Head {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    context.update(entry.as_bytes());
    let mut head = BEFORE_THE_FIRST;
    head.copy_from_slice(context.finish().as_ref());
    head
}
