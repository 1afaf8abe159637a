// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reservations, and the one way in which their state changes: [`advance`], a guarded update with
//! its audit line. Two sessions can never hold one reservation: it has room for one, and the update
//! names the state it leaves.

use jiff::Timestamp;
use uuid::Uuid;

use super::audit::{self, Entry};
use super::{Connection, StoreError, millis, moment, parsed};
use crate::card_id::CardId;
use crate::reservation::{State, Step, Target, expires_at};
use crate::settlement::Evidence;

/// A reservation's row.
#[derive(Debug, Clone)]
pub struct Reservation {
    /// Its id.
    pub id: Uuid,
    /// For this card.
    pub card_id: CardId,
    /// For this PIN.
    pub target: Target,
    /// When the resident made it.
    pub made_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub state_since: Timestamp,
    /// Which session holds it, or held it last.
    pub session_id: Option<Uuid>,
    /// Until when it is held.
    pub held_until: Option<Timestamp>,
}

/// What moves a reservation, for the audit line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cause<'a> {
    /// In which session.
    pub session_id: Option<Uuid>,
    /// With which ticket.
    pub ticket_id: Option<Uuid>,
    /// By which unit.
    pub unit: Option<&'a str>,
    /// On whose word.
    pub evidence: Option<Evidence>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    card_id: String,
    target: String,
    made_at: i64,
    state: String,
    state_since: i64,
    session_id: Option<String>,
    held_until: Option<i64>,
}

impl Reservation {
    /// Whether its 24 hours are over.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= expires_at(self.made_at)
    }
}

impl TryFrom<Row> for Reservation {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed(&row.id)?,
            card_id: parsed(&row.card_id)?,
            target: parsed(&row.target)?,
            made_at: moment(row.made_at),
            state: parsed(&row.state)?,
            state_since: moment(row.state_since),
            session_id: row.session_id.as_deref().map(parsed).transpose()?,
            held_until: row.held_until.map(moment),
        })
    }
}

/// Makes a reservation; it supersedes the card's current one, whatever became of that.
pub async fn make(
    connection: &mut Connection,
    card_id: CardId,
    target: Target,
    made_at: Timestamp,
    now: Timestamp,
) -> Result<Reservation, StoreError> {
    let id = Uuid::new_v4();
    let entry = Entry {
        event: "reservation-made",
        card_id: Some(card_id),
        reservation_id: Some(id),
        facts: &[("target", target.as_str()), ("made_at", &made_at.to_string())],
        ..Entry::default()
    };
    let line = audit::append(connection, now, &entry).await?;
    sqlx::query(
        "UPDATE reservations SET superseded_by = $1 WHERE card_id = $2 AND superseded_by IS NULL",
    )
    .bind(id.to_string())
    .bind(card_id.to_string())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO reservations (id, card_id, target, made_at, state, state_since, line)
         VALUES ($1, $2, $3, $4, 'OPEN', $5, $6)",
    )
    .bind(id.to_string())
    .bind(card_id.to_string())
    .bind(target.as_str())
    .bind(millis(made_at))
    .bind(millis(now))
    .bind(line.number)
    .execute(connection)
    .await?;
    let (state, state_since) = (State::Open, now);
    let (session_id, held_until) = (None, None);
    Ok(Reservation { id, card_id, target, made_at, state, state_since, session_id, held_until })
}

/// The card's newest reservation.
pub async fn current(
    connection: &mut Connection,
    card_id: CardId,
) -> Result<Option<Reservation>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, card_id, target, made_at, state, state_since, session_id, held_until
         FROM reservations WHERE card_id = $1 AND superseded_by IS NULL",
    )
    .bind(card_id.to_string())
    .fetch_optional(connection)
    .await?;
    row.map(Reservation::try_from).transpose()
}

/// One reservation.
pub async fn find(
    connection: &mut Connection,
    id: Uuid,
) -> Result<Option<Reservation>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, card_id, target, made_at, state, state_since, session_id, held_until
         FROM reservations WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(connection)
    .await?;
    row.map(Reservation::try_from).transpose()
}

/// Whether a session is at work on this card: it holds a reservation of the card, or has a ticket
/// and has not told its outcome yet.
pub async fn is_card_busy(
    connection: &mut Connection,
    card_id: CardId,
    except: Option<Uuid>,
) -> Result<bool, StoreError> {
    let sessions: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM reservations JOIN sessions ON sessions.id = reservations.session_id
         WHERE reservations.card_id = $1 AND sessions.id <> $2
           AND (reservations.state = 'HELD'
                OR (reservations.state = 'ISSUED' AND sessions.result IS NULL))",
    )
    .bind(card_id.to_string())
    .bind(except.unwrap_or_default().to_string())
    .fetch_one(connection)
    .await?;
    Ok(sessions > 0)
}

/// Takes one step of the life of a reservation, with its audit line.
///
/// # Errors
/// [`StoreError::Row`] where the step is not allowed from the state that the database holds: the
/// caller looked at it in the same transaction, so this is a fault of the program.
pub async fn advance(
    connection: &mut Connection,
    reservation: &mut Reservation,
    step: Step,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let from = reservation.state;
    let impossible = || StoreError::Row(format!("{} of a reservation {from}", step.as_str()));
    let to = from.after(step).ok_or_else(impossible)?;
    let (session_id, held_until) = match step {
        Step::Hold => (cause.session_id, reservation.held_until),
        _ => (reservation.session_id, None),
    };
    let done = sqlx::query(
        "UPDATE reservations SET state = $1, state_since = $2, session_id = $3, held_until = $4
         WHERE id = $5 AND state = $6",
    )
    .bind(to.as_str())
    .bind(millis(now))
    .bind(session_id.map(|id| id.to_string()))
    .bind(held_until.map(millis))
    .bind(reservation.id.to_string())
    .bind(from.as_str())
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() != 1 {
        return Err(impossible());
    }
    (reservation.state, reservation.state_since) = (to, now);
    (reservation.session_id, reservation.held_until) = (session_id, held_until);
    tell(connection, reservation, from, step, cause).await
}

/// The audit line of a step that was just taken.
async fn tell(
    connection: &mut Connection,
    reservation: &Reservation,
    from: State,
    step: Step,
    cause: Cause<'_>,
) -> Result<(), StoreError> {
    let mut facts = vec![("from", from.as_str()), ("to", reservation.state.as_str())];
    facts.extend(cause.evidence.map(|evidence| ("word_of", evidence.as_str())));
    let entry = Entry {
        event: step.as_str(),
        card_id: Some(reservation.card_id),
        reservation_id: Some(reservation.id),
        session_id: cause.session_id.or(reservation.session_id),
        ticket_id: cause.ticket_id,
        unit: cause.unit,
        facts: &facts,
    };
    audit::append(connection, reservation.state_since, &entry).await?;
    Ok(())
}
