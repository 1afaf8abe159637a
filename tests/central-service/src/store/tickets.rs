// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tickets that were signed, and what is known of each. The signature is not kept: the answer that
//! held it is, under its Idempotency-Key, for 24 hours.

use jiff::Timestamp;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{Connection, StoreError, millis, moment, parsed};
use crate::card_id::CardId;
use crate::settlement::{Evidence, TicketFacts};
use crate::signer::KeyNumber;

/// What is known of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The PIN was reset.
    Done,
    /// It was not.
    NotDone,
    /// A later ticket overwrote the card's receipt.
    Superseded,
}

/// A ticket's row.
#[derive(Debug, Clone)]
pub struct IssuedTicket {
    /// Its id.
    pub id: Uuid,
    /// Of this session.
    pub session_id: Uuid,
    /// For this reservation.
    pub reservation_id: Uuid,
    /// For this card.
    pub card_id: CardId,
    /// Its counter.
    pub counter: u32,
    /// When it was signed.
    pub issued_at: Timestamp,
    /// Until when the kiosk may present it.
    pub not_after: Timestamp,
    /// What is known of it.
    pub settled: Option<Settled>,
    /// The audit line with which it was issued.
    pub line: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    session_id: String,
    reservation_id: String,
    card_id: String,
    counter: i64,
    issued_at: i64,
    not_after: i64,
    settled: Option<String>,
    line: i64,
}

impl TryFrom<Row> for IssuedTicket {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let wrong = |column: &str| StoreError::Row(format!("{column} of ticket {}", row.id));
        let settled = match row.settled.as_deref() {
            None => None,
            Some("done") => Some(Settled::Done),
            Some("not_done") => Some(Settled::NotDone),
            Some("superseded") => Some(Settled::Superseded),
            Some(_) => return Err(wrong("settled")),
        };
        Ok(Self {
            id: parsed(&row.id)?,
            session_id: parsed(&row.session_id)?,
            reservation_id: parsed(&row.reservation_id)?,
            card_id: parsed(&row.card_id)?,
            counter: u32::try_from(row.counter).map_err(|_| wrong("counter"))?,
            issued_at: moment(row.issued_at),
            not_after: moment(row.not_after),
            settled,
            line: row.line,
        })
    }
}

impl IssuedTicket {
    /// As the settlement table wants it.
    pub fn facts(&self) -> TicketFacts {
        TicketFacts { ticket_id: *self.id.as_bytes(), counter: self.counter, line: self.line }
    }
}

impl Settled {
    /// As in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not_done",
            Self::Superseded => "superseded",
        }
    }
}

/// Enters a signed ticket, with its audit line: every authorisation is accounted for.
pub async fn enter(
    connection: &mut Connection,
    ticket: &IssuedTicket,
    key_number: KeyNumber,
    unit: &str,
) -> Result<(), StoreError> {
    let (counter, key) = (ticket.counter.to_string(), key_number.as_byte().to_string());
    let not_after = ticket.not_after.to_string();
    let entry = Entry {
        event: "ticket-signed",
        card_id: Some(ticket.card_id),
        reservation_id: Some(ticket.reservation_id),
        session_id: Some(ticket.session_id),
        ticket_id: Some(ticket.id),
        unit: Some(unit),
        facts: &[("counter", &counter), ("key", &key), ("not_after", &not_after)],
    };
    let line = audit::append(connection, ticket.issued_at, &entry).await?;
    sqlx::query(
        "INSERT INTO tickets (id, session_id, reservation_id, card_id, counter, key_number,
                              issued_at, not_after, line)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(ticket.id.to_string())
    .bind(ticket.session_id.to_string())
    .bind(ticket.reservation_id.to_string())
    .bind(ticket.card_id.to_string())
    .bind(i64::from(ticket.counter))
    .bind(i64::from(key_number.as_byte()))
    .bind(millis(ticket.issued_at))
    .bind(millis(ticket.not_after))
    .bind(line.number)
    .execute(connection)
    .await?;
    Ok(())
}

/// All tickets of a card, oldest first.
pub async fn of_card(
    connection: &mut Connection,
    card_id: CardId,
) -> Result<Vec<IssuedTicket>, StoreError> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT * FROM tickets WHERE card_id = $1 ORDER BY counter")
            .bind(card_id.to_string())
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(IssuedTicket::try_from).collect()
}

/// Whether a ticket of this card is unresolved.
pub async fn is_receipt_wanted(
    connection: &mut Connection,
    card_id: CardId,
) -> Result<bool, StoreError> {
    let unsettled: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM tickets WHERE card_id = $1 AND settled IS NULL")
            .bind(card_id.to_string())
            .fetch_one(connection)
            .await?;
    Ok(unsettled > 0)
}

/// Writes down what is known of a ticket.
pub async fn settle(
    connection: &mut Connection,
    id: Uuid,
    settled: Settled,
    evidence: Evidence,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE tickets SET settled = $1, evidence = $2, settled_at = $3 WHERE id = $4")
        .bind(settled.as_str())
        .bind(evidence.as_str())
        .bind(millis(now))
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
