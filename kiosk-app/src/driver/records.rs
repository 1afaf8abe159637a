// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the driver does with the journal: keeps records, opens it, forgets what
//! the service has.

use std::time::Duration;

use kiosk_session::{Event, effect::Record};
use tracing::{error, info};

use super::{Driver, Outbox, showing::is_at_rest};
use crate::{
    exit::Exit,
    journal::{Journal, JournalError},
    telemetry::Chain,
};

impl Driver {
    /// Whether the record is on the disk.
    pub(super) fn keep(&mut self, record: &Record) -> bool {
        let Some(journal) = &mut self.journal else { return false };
        match journal.keep(record) {
            Ok(delivery) => {
                let now = self.now();
                delivery.into_iter().for_each(|delivery| self.outbox.add(delivery, now));
                true
            }
            Err(error) => {
                report_journal(&error);
                self.is_journal_spoilt = true;
                false
            }
        }
    }

    /// Opens the journal with what it has left to deliver. Until that can be done nobody is served,
    /// and it is tried again: a full disk may be mended without anybody coming.
    pub(super) fn open_journal(&mut self) {
        match Journal::open(&self.journal_path) {
            Ok((journal, deliveries)) => {
                self.journal = Some(journal);
                self.outbox = Outbox::new(deliveries);
                if self.next_opening.take().is_some() {
                    info!("the journal is open");
                    self.handle(Event::JournalBack);
                }
            }
            Err(error) => {
                report_journal(&error);
                self.next_opening = Some(self.now() + BETWEEN_OPENINGS);
                self.handle(Event::JournalFailed);
            }
        }
    }

    pub(super) fn acknowledge(&mut self, number: u64) {
        self.outbox.remove(number);
        if let Some(Err(error)) = self.journal.as_mut().map(|journal| journal.forget(number)) {
            // It is delivered once more after the next start, with the same key: no harm. But a
            // journal that has failed keeps nothing more, so that start is wanted soon.
            report_journal(&error);
            self.is_journal_spoilt = true;
            self.handle(Event::JournalFailed);
        }
    }

    /// Whoever stands before the kiosk reads their ending first.
    pub(super) fn end_at_rest_if_the_journal_is_spoilt(&mut self) {
        if self.is_journal_spoilt && is_at_rest(&self.session.view().screen) {
            self.exit.get_or_insert(Exit::Journal);
        }
    }
}

/// How long a journal that cannot be opened is left alone.
const BETWEEN_OPENINGS: Duration = Duration::from_secs(60);

/// Says of a journal that failed what the operator has to know.
fn report_journal(error: &JournalError) {
    error!(code = "journal-failed", error = %Chain(error), "the journal failed");
}
