// SPDX-License-Identifier: MIT OR Apache-2.0
//! Steered histories: two kiosks, one card, everything that may happen in any order. What must hold
//! whatever happens: no fault of the service, no two holders, no step that the machine does not
//! know, and a PIN that was reset is known to be, for ever, once its receipt arrives.

use std::cell::Cell;
use std::collections::BTreeSet;

use central_service::admin::export;
use central_service::policy::Policy;
use central_service::reservation::{State, Target};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::bench::Bench;
use crate::card::TestCard;
use crate::client::{Answer, Kiosk, Session, Ticket};

/// Histories of one run; each is a service of its own.
const HISTORIES: u32 = 12;

/// Events of one history.
const EVENTS: usize = 40;

#[derive(Debug, Clone, Copy)]
enum Event {
    /// What a kiosk would do next in an undisturbed reset.
    Expected,
    Open,
    Prove,
    Ticket,
    /// The card accepts the kiosk's ticket, and resets the PIN or does not.
    Present {
        is_used: bool,
    },
    /// The card loses its power.
    Lift,
    HandIn,
    Tell {
        result: &'static str,
        with_receipt: bool,
    },
    MinutesPass(u64),
    Reserve,
}

/// What the card would show.
#[derive(Default)]
struct Accepted {
    ticket: Option<Ticket>,
    is_used: bool,
    is_usable: bool,
}

/// One kiosk and what it knows.
struct AtWork {
    kiosk: Kiosk,
    session: Option<Session>,
    is_granted: bool,
    ticket: Option<Ticket>,
    /// The code of the last refusal, if the last answer was one.
    refusal: String,
}

impl AtWork {
    fn new(kiosk: Kiosk) -> Self {
        Self { kiosk, session: None, is_granted: false, ticket: None, refusal: String::new() }
    }

    fn expected(&self, accepted: &Accepted) -> Event {
        let is_presented = || {
            let counter = |ticket: &Option<Ticket>| ticket.as_ref().map(|ticket| ticket.counter);
            counter(&accepted.ticket) == counter(&self.ticket)
        };
        match (&self.session, self.refusal.as_str()) {
            (_, "receipt-wanted") => Event::HandIn,
            (_, "reservation-used" | "reservation-expired") => Event::Reserve,
            (_, "ticket-limit") => Event::MinutesPass(1),
            (_, "out-of-order" | "session-expired" | "grant-expired") | (None, _) => Event::Open,
            (Some(_), _) if !self.is_granted => Event::Prove,
            (Some(_), _) if self.ticket.is_none() => Event::Ticket,
            (Some(_), _) if !is_presented() => Event::Present { is_used: true },
            (Some(_), _) => Event::Tell { result: "done", with_receipt: true },
        }
    }

    /// What the kiosk remembers of an answer.
    fn remember(&mut self, event: Event, answer: &Answer) {
        answer.code().clone_into(&mut self.refusal);
        match (event, answer.status) {
            (Event::Open, 201) => {
                (self.session, self.is_granted) = (Some(Session::of(answer)), false);
                self.ticket = None;
            }
            (Event::Prove, 200) => self.is_granted = true,
            (Event::Ticket, 201) => self.ticket = Some(Ticket::of(answer)),
            (Event::Tell { .. }, 200) => self.session = None,
            _ => {}
        }
    }
}

struct History {
    bench: Bench,
    card: TestCard,
    at_work: [AtWork; 2],
    accepted: Accepted,
    /// Tickets whose receipt 01 the service has seen.
    proven: BTreeSet<String>,
    has_issued: bool,
}

fn events() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let results = prop::sample::select(vec!["abandoned", "unknown", "not_done", "done"]);
    let event = prop_oneof![
        20 => Just(Event::Expected),
        1 => Just(Event::Open),
        1 => Just(Event::Prove),
        1 => Just(Event::Ticket),
        2 => any::<bool>().prop_map(|is_used| Event::Present { is_used }),
        1 => Just(Event::Lift),
        2 => Just(Event::HandIn),
        2 => (results, any::<bool>())
            .prop_map(|(result, with_receipt)| Event::Tell { result, with_receipt }),
        2 => prop::sample::select(vec![1, 11, 46, 90]).prop_map(Event::MinutesPass),
        1 => Just(Event::Reserve),
    ];
    // Two of three events are what is expected, mostly at one kiosk: most histories get to a ticket.
    prop::collection::vec((prop::sample::select(vec![0, 0, 0, 1]), event), EVENTS)
}

impl History {
    async fn new() -> Self {
        let bench = Bench::new().await;
        // Histories go on for days.
        std::fs::write(bench.directory.policy(), Policy::default_file(true)).unwrap();
        let card = bench.citizen().await;
        let (one, two) = (bench.kiosk().await, bench.kiosk_named("unit-2").await);
        let at_work = [AtWork::new(one), AtWork::new(two)];
        let (accepted, proven) = (Accepted::default(), BTreeSet::new());
        Self { bench, card, at_work, accepted, proven, has_issued: false }
    }

    async fn happen(&mut self, number: usize, event: Event) {
        let receipt = self.receipt(number);
        let at_work = &self.at_work[number];
        let event = match event {
            Event::Expected => at_work.expected(&self.accepted),
            event => event,
        };
        let (kiosk, session) = (&at_work.kiosk, at_work.session.clone());
        let answer = match (event, session) {
            (Event::Open, _) => kiosk.open(&self.card).await,
            (Event::Prove, Some(session)) => kiosk.prove(&self.card, &session).await,
            (Event::Ticket, Some(session)) => kiosk.ticket(&session).await,
            (Event::HandIn, Some(session)) => {
                let (nonce, session) = (session.nonce.clone(), Some(&session));
                kiosk.hand_in(&self.card, &receipt, &nonce, session).await
            }
            (Event::Tell { result, with_receipt }, Some(session)) => {
                let receipt = with_receipt.then_some(receipt.as_slice());
                kiosk.tell(&session, result, receipt).await
            }
            (other, _) => return self.elsewhere(number, other).await,
        };
        self.at_work[number].remember(event, &answer);
        self.has_issued |= self.at_work[number].ticket.is_some();
        self.judge(event, &answer).await;
    }

    /// What happens without the service.
    async fn elsewhere(&mut self, number: usize, event: Event) {
        self.at_work[number].refusal.clear();
        match event {
            Event::Present { is_used } => {
                let highest = self.accepted.ticket.as_ref().map_or(0, |ticket| ticket.counter);
                let ticket = self.at_work[number].ticket.clone();
                if let Some(ticket) = ticket.filter(|ticket| ticket.counter > highest) {
                    let ticket = Some(ticket);
                    self.accepted = Accepted { ticket, is_used, is_usable: !is_used };
                }
            }
            Event::Lift => self.accepted.is_usable = false,
            Event::MinutesPass(minutes) => self.bench.minutes_pass(minutes),
            Event::Reserve => self.bench.reserve(&self.card, Target::Signature, 0).await,
            _ => {}
        }
    }

    /// The card's receipt over the nonce of this kiosk's session.
    fn receipt(&self, number: usize) -> Vec<u8> {
        let nonce = self.at_work[number].session.as_ref().map(|session| session.nonce.clone());
        let Accepted { ticket, is_used, is_usable } = &self.accepted;
        let result = match (ticket, is_used, is_usable) {
            (None, _, _) => 0x00,
            (Some(_), true, _) => 0x01,
            (Some(_), false, true) => 0x02,
            (Some(_), false, false) => 0x03,
        };
        let named = ticket.as_ref().and_then(Ticket::named);
        self.card.receipt(result, named, &nonce.unwrap_or_default())
    }

    async fn judge(&mut self, event: Event, answer: &Answer) {
        assert_ne!(answer.status, 500, "{event:?}");
        let has_shown_receipt = matches!(event, Event::HandIn)
            || matches!(event, Event::Tell { with_receipt: true, .. });
        if answer.status == 200 && has_shown_receipt && self.accepted.is_used {
            let ticket = self.accepted.ticket.as_ref().unwrap();
            self.proven.insert(ticket.id.clone());
        }
        let mut transaction = self.bench.store.write().await.unwrap();
        let holders: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM reservations JOIN sessions ON sessions.id = session_id
             WHERE state = 'HELD' OR (state = 'ISSUED' AND result IS NULL)",
        )
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
        assert!(holders <= 1, "{holders} sessions are at work on one card after {event:?}");
        for ticket in &self.proven {
            let state: String = sqlx::query_scalar(
                "SELECT state FROM reservations JOIN tickets ON reservation_id = reservations.id
                 WHERE tickets.id = $1",
            )
            .bind(ticket)
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
            assert_eq!(state, "CONSUMED", "after {event:?}");
        }
    }

    /// Every line of the audit table is a step that the machine knows; whether a ticket was got, and
    /// whether a reset was proven.
    async fn end(self) -> (bool, bool) {
        self.bench.audited("").await;
        let export = export::export(&self.bench.store).await.unwrap();
        for line in export.lines() {
            let entry: Value = serde_json::from_str(line.split_once(' ').unwrap().1).unwrap();
            let Some(from) = entry["facts"]["from"].as_str() else { continue };
            let (from, to): (State, State) =
                (from.parse().unwrap(), entry["facts"]["to"].as_str().unwrap().parse().unwrap());
            assert!(from != State::Consumed && from != to, "{line}");
        }
        (self.has_issued, !self.proven.is_empty())
    }
}

#[test]
fn whatever_happens_no_reset_is_lost_and_no_two_kiosks_hold_one_card() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (issued, proven) = (Cell::new(0), Cell::new(0));
    let config = Config { cases: HISTORIES, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&events(), |events| {
        let (has_issued, has_proven) = runtime.block_on(async {
            let mut history = History::new().await;
            for (number, event) in events {
                history.happen(number, event).await;
            }
            history.end().await
        });
        issued.set(issued.get() + u32::from(has_issued));
        proven.set(proven.get() + u32::from(has_proven));
        Ok(())
    });
    run.unwrap();
    let (issued, proven) = (issued.get(), proven.get());
    assert!(issued * 2 >= HISTORIES, "only {issued} histories got to a ticket");
    assert!(proven * 2 >= HISTORIES, "only {proven} histories proved a reset");
}
