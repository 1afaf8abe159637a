// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one thread that speaks to a card: takes the session's requests, calls
//! card-io, answers. Between two requests it holds what a reset is made of (the
//! connection, the challenge, the accepted ticket) on its stack, and all of it
//! dies with the connection, on `Release` and on every new beginning.

mod answers;
mod check;
mod leash;
mod visit;

use std::{
    io,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::SystemTime,
};

use card_io::{
    channel::CardChannel,
    jpki::Reading,
    media::ReaderName,
    pcsc::{ConnectError, PcscChannel},
    reset::{CardAuthority, CardIdentity, Settled, SpentTicket, Unsettled, settle},
};
use kiosk_session::{
    CardReply, CardRequest, RequestId,
    card::{CardFault, Verdict},
};
use tracing::{debug, warn};

use crate::{
    locked::{Private, Workbench},
    message::{Message, Queue},
    pad::Slots,
    telemetry::ForeignChain,
};
#[cfg(feature = "headless")]
pub(crate) use answers::name as name_of;
use leash::{Leash, Leashed};

/// A request, with what only the driver knows.
#[derive(Debug)]
pub(crate) struct CardErrand {
    /// The request's.
    pub(crate) id: RequestId,
    /// What to do.
    pub(crate) request: CardRequest,
    /// Where the card lies, or why there is none.
    pub(crate) reader: Result<ReaderName, CardFault>,
    /// The driver's clock, for a ticket's lifetime and a certificate's days.
    pub(crate) now: SystemTime,
}

/// What the worker is told.
#[derive(Debug)]
pub(crate) enum CardOrder {
    /// Carry this out.
    Errand(CardErrand),
    /// The visit is over: forget the card whose write may still have been settled.
    Forget,
}

/// The driver's end of the worker.
#[derive(Debug)]
pub(crate) struct CardWorker {
    orders: Sender<CardOrder>,
    leash: Leash,
}

impl CardWorker {
    /// Starts the thread.
    pub(crate) fn start(
        authority: CardAuthority,
        slots: Slots,
        workbench: Private<Workbench>,
        queue: Queue,
    ) -> io::Result<Self> {
        let (sender, orders) = mpsc::channel();
        let leash = Leash::default();
        let mut work = Work {
            authority,
            slots,
            workbench,
            queue,
            orders,
            leash: leash.clone(),
            presented: None,
        };
        thread::Builder::new().name("card".to_owned()).spawn(move || {
            work.run(|reader| {
                let channel = PcscChannel::connect(reader)?;
                let reading = channel.reading();
                Ok((channel, reading))
            });
        })?;
        Ok(Self { orders: sender, leash })
    }

    /// A worker without a thread, for tests that answer in its place.
    #[cfg(test)]
    pub(crate) fn played() -> (Self, Receiver<CardOrder>) {
        let (orders, ordered) = mpsc::channel();
        (Self { orders, leash: Leash::default() }, ordered)
    }

    /// Asks. A worker that is gone or given up is not asked.
    pub(crate) fn ask(&self, errand: CardErrand) {
        self.order(CardOrder::Errand(errand));
    }

    /// The visit is over, and with it what the worker still knew of the card.
    pub(crate) fn forget(&self) {
        self.order(CardOrder::Forget);
    }

    /// Leaves the worker to its hung command: should it wake, it sends nothing more.
    pub(crate) fn give_up(&self) {
        self.leash.let_go();
    }

    fn order(&self, order: CardOrder) {
        if self.orders.send(order).is_err() {
            warn!(code = "card-worker-gone", "the card worker has ended");
        }
    }
}

/// What the thread has.
struct Work {
    authority: CardAuthority,
    slots: Slots,
    workbench: Private<Workbench>,
    queue: Queue,
    orders: Receiver<CardOrder>,
    leash: Leash,
    /// The ticket last shown to a card, and the card: its receipt tells, until the visit is over,
    /// whether the ticket was used.
    presented: Option<(SpentTicket, CardIdentity)>,
}

impl Work {
    /// `connect` makes a connection to the card on a reader, and says how it may be read.
    fn run<C: CardChannel>(
        &mut self,
        mut connect: impl FnMut(&ReaderName) -> Result<(C, Reading), ConnectError>,
    ) {
        let mut next = self.next_errand();
        while let Some(errand) = next {
            let followed_by = self.begin(errand, &mut connect);
            // A PIN whose request was not carried out is wanted by nobody any more.
            self.slots.discard_staged();
            next = followed_by.or_else(|| self.next_errand());
        }
    }

    /// Carries out a request that begins a connection. Returns the request that ended it, when that
    /// one begins another.
    fn begin<C: CardChannel>(
        &mut self,
        errand: CardErrand,
        connect: &mut impl FnMut(&ReaderName) -> Result<(C, Reading), ConnectError>,
    ) -> Option<CardErrand> {
        let CardErrand { id, request, reader, .. } = errand;
        if matches!(request, CardRequest::Release) {
            return None;
        }
        let (channel, reading) = match reader.and_then(|reader| connected(&reader, connect)) {
            Ok((channel, reading)) => (Leashed::new(channel, &self.leash), reading),
            Err(fault) => {
                self.reply(id, CardReply::Failed(fault));
                return None;
            }
        };
        match request {
            CardRequest::Read => self.visit(id, channel, reading, None),
            CardRequest::Recognise { papers } => self.visit(id, channel, reading, Some(papers)),
            CardRequest::Settle { nonce, .. } => {
                let reply = self.settle(channel, reading, &nonce.0);
                self.reply(id, reply);
                None
            }
            CardRequest::CheckMyCard
            | CardRequest::ReadReceipt { .. }
            | CardRequest::Verify { .. }
            | CardRequest::Sign { .. }
            | CardRequest::Challenge
            | CardRequest::Present { .. }
            | CardRequest::Write { .. }
            | CardRequest::Release => {
                // What these go on with went away with the last connection.
                self.reply(id, CardReply::Failed(CardFault::CardGone));
                None
            }
        }
    }

    /// Asks a card that was put back, that did not answer, or whose ticket is not to be used, what
    /// became of the ticket.
    fn settle(
        &self,
        mut channel: impl CardChannel,
        reading: Reading,
        nonce: &[u8; 32],
    ) -> CardReply {
        let Some((spent, identity)) = &self.presented else {
            return CardReply::Settled(Verdict::Unknown);
        };
        match settle(&mut channel, identity, spent, nonce, reading) {
            Settled::Done(receipt) => {
                CardReply::Settled(Verdict::Done { receipt: answers::receipt(&receipt) })
            }
            Settled::NotDone(receipt) => {
                CardReply::Settled(Verdict::NotDone { receipt: answers::receipt(&receipt) })
            }
            Settled::Unknown(Unsettled::OtherCard) => CardReply::Settled(Verdict::OtherCard),
            Settled::Unknown(Unsettled::Undecided(receipt)) => {
                warn!(?receipt, "the receipt leaves it open");
                CardReply::Settled(Verdict::Unknown)
            }
            Settled::Unknown(Unsettled::Failed(error)) => answers::failed("settle", &error),
        }
    }

    fn next_errand(&mut self) -> Option<CardErrand> {
        loop {
            match self.orders.recv().ok()? {
                CardOrder::Forget => self.presented = None,
                CardOrder::Errand(errand) => {
                    debug!(
                        request = answers::name(&errand.request),
                        id = errand.id.0,
                        "card asked"
                    );
                    return Some(errand);
                }
            }
        }
    }

    fn reply(&self, id: RequestId, reply: CardReply) {
        if !self.leash.is_let_go() {
            // A driver that has ended needs no answer.
            let _ = self.queue.send(Message::Card(id, reply));
        }
    }
}

fn connected<C>(
    reader: &ReaderName,
    connect: &mut impl FnMut(&ReaderName) -> Result<(C, Reading), ConnectError>,
) -> Result<(C, Reading), CardFault> {
    connect(reader).map_err(|error| {
        warn!(error = %ForeignChain(&error), "no connection to the card");
        answers::connect_fault(&error)
    })
}
