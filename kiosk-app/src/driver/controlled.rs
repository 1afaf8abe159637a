// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the control socket asks of the driver, and what the driver keeps for it: who has the lease,
//! how far an update is.

use std::time::Duration;

use kiosk_control::{Answer, Ask, Empty, Leased, Refusal, Refused, Update};
use kiosk_session::{Event, effect::LeaseRefusal};
use tracing::info;

use super::Driver;
use crate::control::Question;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Controlled {
    /// The connection that had the lease last; the session knows whether it still holds.
    leaseholder: Option<u64>,
    /// The session's answer, in the turn in which it is asked.
    pub(super) lease_answer: Option<Option<LeaseRefusal>>,
    update: Option<Update>,
}

impl Controlled {
    /// How far an update is, as its client told last.
    pub(super) const fn update(&self) -> Option<&Update> {
        self.update.as_ref()
    }

    /// The same for the heartbeat.
    pub(super) fn update_in_short(&self) -> Option<String> {
        let update = self.update.as_ref()?;
        let version = update.version.iter().map(|version| format!(" {version}"));
        Some(format!("{}{}", update.phase.as_str(), version.collect::<String>()))
    }
}

impl Driver {
    pub(super) fn answer(&mut self, question: Question) {
        let Question { connection, ask, answer } = question;
        let said = match ask {
            Ask::Status {} => Answer::Status { status: Box::new(self.status()) },
            Ask::Health {} => Answer::Health { health: self.health() },
            Ask::Lease { forced, seconds } => self.lease(connection, forced, seconds),
            Ask::Release {} => {
                self.end_lease_of(connection);
                Answer::Released { released: Empty {} }
            }
            Ask::Update(update) => {
                info!(phase = update.phase.as_str(), version = ?update.version, "update");
                self.control.update = Some(update);
                Answer::Noted { noted: Empty {} }
            }
            // The connection answers first and has the session stop then.
            Ask::Restart {} => Answer::Restarting { restarting: Empty {} },
            Ask::Metrics {} => {
                self.metrics.hold(self.outbox.count());
                Answer::Metrics { metrics: self.metrics.text() }
            }
        };
        // Whoever asked may be gone.
        let _ = answer.send(said);
    }

    /// The session decides, once it knows what lies on the reader.
    fn lease(&mut self, connection: u64, forced: bool, seconds: u32) -> Answer {
        if !self.media.is_settled() {
            return refused(LeaseRefusal::Settling);
        }
        let lasts = Duration::from_secs(seconds.into());
        self.control.lease_answer = None;
        self.handle(Event::LeaseWanted { forced, lasts });
        match self.control.lease_answer.take() {
            Some(None) => {
                info!(connection, forced, seconds, "leased for an update");
                self.control.leaseholder = Some(connection);
                self.show_view();
                Answer::Leased { leased: Leased { seconds } }
            }
            Some(Some(refusal)) => refused(refusal),
            None => refused(LeaseRefusal::InSession),
        }
    }

    /// A connection that has the lease gives it back, or is gone.
    pub(super) fn end_lease_of(&mut self, connection: u64) {
        if self.control.leaseholder == Some(connection) {
            info!(connection, "the lease is over");
            self.control.leaseholder = None;
            self.handle(Event::LeaseEnded);
        }
    }
}

fn refused(refusal: LeaseRefusal) -> Answer {
    let (refused, said) = match refusal {
        LeaseRefusal::InSession => (Refusal::InSession, "somebody is at the kiosk"),
        LeaseRefusal::CardPresent => (Refusal::CardPresent, "a card lies on the reader"),
        LeaseRefusal::OpenHours => {
            (Refusal::OpenHours, "the kiosk serves residents now; forced overrides that")
        }
        LeaseRefusal::Leased => (Refusal::Leased, "there is a lease already"),
        LeaseRefusal::Settling => (
            Refusal::Settling,
            "the kiosk has only just started, or what may have happened to a card is not settled",
        ),
    };
    Answer::Refused(Refused { refused, said: said.to_owned() })
}
