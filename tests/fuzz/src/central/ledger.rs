// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the database holds, whatever was asked: a whole chain, reservations that moved by the
//! contract's steps alone, and no reset that was proven and is not known any more.

use std::collections::{BTreeMap, BTreeSet};

use central_service::admin::{export, list};
use central_service::reservation::{State, Step};
use central_service::service::Service;
use central_service::store::audit::Verification;
use serde_json::Value;
use uuid::Uuid;

const STEPS: [Step; 7] = [
    Step::Hold,
    Step::Issue,
    Step::Release,
    Step::HoldRanOut,
    Step::ReceiptOverdue,
    Step::SettleNotDone,
    Step::SettleDone,
];

/// Sessions that are at work on a card.
const HOLDERS: &str = "
    SELECT COUNT(*) FROM reservations JOIN sessions ON sessions.id = session_id
    WHERE state = 'HELD' OR (state = 'ISSUED' AND result IS NULL)";

/// Of the reservation that a ticket was for.
const STATE_OF_TICKET: &str = "
    SELECT state FROM reservations JOIN tickets ON reservation_id = reservations.id
    WHERE tickets.id = $1";

/// After each answer: one session at most is at work on the one card.
#[expect(clippy::expect_used, reason = "the database answers, or that is the finding")]
pub(super) async fn held_once(service: &Service) {
    let mut connection = service.store.read().await.expect("a connection");
    let holders: i64 =
        sqlx::query_scalar(HOLDERS).fetch_one(&mut *connection).await.expect("a count");
    assert!(holders <= 1, "{holders} sessions are at work on one card");
}

/// At the end; how the newest reservation stands. `proven`: tickets whose use a receipt told of.
#[expect(clippy::expect_used, reason = "the database answers, or that is the finding")]
pub(super) async fn balanced(service: &Service, proven: &BTreeSet<Uuid>) -> Option<State> {
    let verified = export::verify(&service.store).await.expect("a chain");
    assert!(matches!(verified, Verification::Whole(_)), "{verified:?}");
    let export = export::export(&service.store).await.expect("an export");
    let states = replayed(&export);
    let listed = list::reservations(&service.store, service.clock.now()).await.expect("a list");
    assert_eq!(listed.len(), states.len());
    for reservation in &listed {
        let state = states.get(&reservation.reservation_id).map(|state| state.as_str());
        assert_eq!(state, Some(reservation.state.as_str()), "not what the audit table tells");
    }
    let mut connection = service.store.read().await.expect("a connection");
    for ticket in proven {
        let state: String = sqlx::query_scalar(STATE_OF_TICKET)
            .bind(ticket.to_string())
            .fetch_one(&mut *connection)
            .await
            .expect("a state");
        assert_eq!(state, "CONSUMED", "a reset that was proven is forgotten");
    }
    let newest = listed.iter().rfind(|reservation| !reservation.is_superseded)?;
    newest.state.parse().ok()
}

/// The states to which the lines of the audit table lead, step by step.
fn replayed(export: &str) -> BTreeMap<String, State> {
    let mut states = BTreeMap::new();
    for line in export.lines() {
        let (_, entry) = line.split_once(' ').unwrap_or_default();
        let entry: Value = serde_json::from_str(entry).unwrap_or_default();
        let (event, facts) = (&entry["event"], &entry["facts"]);
        let Some(id) = entry["reservation_id"].as_str() else { continue };
        if event == "reservation-made" {
            assert!(states.insert(id.to_owned(), State::Open).is_none(), "{line}");
        } else if let Some(from) = facts["from"].as_str() {
            let step = STEPS.iter().find(|step| event == step.as_str());
            let before = states.get(id).copied();
            let after = before.zip(step).and_then(|(state, step)| state.after(*step));
            assert_eq!(before.map(State::as_str), Some(from), "{line}");
            assert_eq!(after.map(State::as_str), facts["to"].as_str(), "{line}");
            states.extend(after.map(|after| (id.to_owned(), after)));
        }
    }
    states
}
