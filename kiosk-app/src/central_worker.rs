// SPDX-License-Identifier: MIT OR Apache-2.0
//! The threads that ask `kiosk-link`. Two run the same code: one for the
//! session, one for what the unit has to say and to hear meanwhile (outcomes of
//! the journal, policy, heartbeat), so that neither waits for the other.

mod answers;

use std::{
    io,
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use backend_client::{
    CentralError,
    relay::RelayClient,
    wire::{
        self, Decision, Heartbeat, IdempotencyKey, KeptPolicy, KioskState, KnownPolicy,
        OpenSession, Prove, TokenInfo, Vouch,
    },
};
use jiff::Timestamp;
use kiosk_session::{
    CentralReply, CentralRequest, Opaque, Papers, RequestId, SessionId,
    central::{CentralFault, Ticketed},
};
use semver::Version;
use tracing::{debug, info, warn};
use uuid::Uuid;

use crate::{
    journal::Delivery,
    message::{Message, Queue},
    telemetry::ForeignChain,
};

#[cfg(feature = "headless")]
pub(crate) use answers::name as name_of;
pub(crate) use answers::staff_code;

/// Something to ask the service.
#[derive(Debug)]
pub(crate) enum CentralErrand {
    /// A request of the session, at a moment of the driver's clock.
    Session(RequestId, CentralRequest, Timestamp),
    /// The session's outcome, which the journal holds.
    Report(RequestId, Delivery, Timestamp),
    /// An outcome that the journal still holds.
    Deliver(Delivery),
    /// The policy, unless it is the one that is known. Also opens the connection ahead.
    Policy(Option<KnownPolicy>),
    /// Whether the link vouches for all of these.
    Vouch(Vec<KeptPolicy>),
    /// How the unit is.
    Heartbeat(Condition),
}

/// How the unit is, as far as the driver knows; the worker adds what the link knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Whether it serves residents.
    pub(crate) state: KioskState,
    /// Staff codes, the worst first.
    pub(crate) faults: Vec<&'static str>,
    /// The reader's name with PC/SC.
    pub(crate) reader: Option<String>,
    /// The kiosk's clock minus the service's.
    pub(crate) clock_offset_milliseconds: Option<i64>,
    /// The image that runs.
    pub(crate) image: Option<String>,
    /// How far an update is.
    pub(crate) update: Option<String>,
}

/// The driver's end of a worker.
#[derive(Debug)]
pub(crate) struct CentralWorker {
    errands: Sender<CentralErrand>,
}

impl CentralWorker {
    /// Starts the thread. Nothing is asked yet.
    pub(crate) fn start(name: &str, socket: &Path, queue: Queue) -> io::Result<Self> {
        let (sender, errands) = mpsc::channel();
        let link = RelayClient::new(socket);
        let mut work = Work { link, queue, errands, software: software(), last_ticket: None };
        thread::Builder::new().name(name.to_owned()).spawn(move || work.run())?;
        Ok(Self { errands: sender })
    }

    /// A worker without a thread, for tests that answer in its place.
    #[cfg(test)]
    pub(crate) fn played() -> (Self, Receiver<CentralErrand>) {
        let (errands, asked) = mpsc::channel();
        (Self { errands }, asked)
    }

    /// Asks; the answer comes by the queue.
    pub(crate) fn ask(&self, errand: CentralErrand) {
        if self.errands.send(errand).is_err() {
            warn!(code = "central-worker-gone", "a central worker has ended");
        }
    }
}

/// This release.
pub(crate) fn software() -> Version {
    #[expect(clippy::expect_used, reason = "Cargo takes nothing but a semantic version")]
    Version::parse(env!("CARGO_PKG_VERSION")).expect("the package's version is semantic")
}

struct Work {
    link: RelayClient,
    queue: Queue,
    errands: Receiver<CentralErrand>,
    software: Version,
    /// The same ticket asked for again goes out with the same key.
    last_ticket: Option<(SessionId, Opaque, IdempotencyKey)>,
}

impl Work {
    fn run(&mut self) {
        while let Ok(errand) = self.errands.recv() {
            let message = match errand {
                CentralErrand::Session(id, request, now) => {
                    Some(Message::Central(id, self.ask(request, now)))
                }
                CentralErrand::Report(id, delivery, now) => {
                    let (number, told) = (delivery.number, delivery.body.result);
                    let answer = self.report(delivery);
                    self.tell(acknowledgement(number, is_settled(&answer, told)));
                    let reply = answers::reply(answer, now, |_| CentralReply::Recorded);
                    Some(Message::Central(id, reply))
                }
                CentralErrand::Deliver(delivery) => Some(self.deliver(delivery)),
                CentralErrand::Policy(known) => {
                    let answer = self.link.policy(known, PATIENCE);
                    answers::log("policy", &answer);
                    Some(Message::Policy(answer))
                }
                CentralErrand::Vouch(kept) => Some(Message::Vouched(self.vouch(kept))),
                CentralErrand::Heartbeat(condition) => {
                    self.beat(condition);
                    None
                }
            };
            if let Some(message) = message {
                self.tell(message);
            }
        }
    }

    /// Carries out a request of the session.
    fn ask(&mut self, request: CentralRequest, now: Timestamp) -> CentralReply {
        debug!(request = answers::name(&request), "service asked");
        match request {
            CentralRequest::OpenSession { papers } => {
                self.last_ticket = None;
                self.open_session(papers, now)
            }
            CentralRequest::DeliverReceipt { session, nonce, receipt, attestation_certificate } => {
                let body = wire::DeliverReceipt {
                    receipt: opaque(&receipt),
                    nonce: wire::Nonce(nonce.0),
                    attestation_certificate: opaque(&attestation_certificate),
                    session_id: session.map(|session| Uuid::from_bytes(session.0)),
                };
                let answer = self.link.deliver_receipt(body, PATIENCE);
                answers::reply(answer, now, |recorded| answers::receipt_taken(&recorded))
            }
            CentralRequest::Prove { session, signature } => {
                let body = Prove { signature: opaque(&signature) };
                let answer = self.link.prove(Uuid::from_bytes(session.0), body, PATIENCE);
                answers::reply(answer, now, |_| CentralReply::Granted)
            }
            CentralRequest::Ticket { session, request } => self.ticket(session, request, now),
            // The driver adds what the journal holds and asks for a report.
            CentralRequest::ReportOutcome { .. } => CentralReply::Failed(CentralFault::Unreachable),
        }
    }

    /// The link says with which certificate it opens: that is the kiosk of this session.
    fn open_session(&mut self, papers: Papers, now: Timestamp) -> CentralReply {
        let identity = match self.link.identity(PATIENCE) {
            Ok(identity) => identity,
            Err(error) => return answers::failed(&error),
        };
        let token_info = String::from_utf8(papers.token_info.as_bytes().to_vec())
            .ok()
            .and_then(|text| TokenInfo::try_from(text).ok());
        let Some(card_token_info) = token_info else {
            warn!("the card's token information is not what the service takes");
            return CentralReply::Failed(CentralFault::Malformed);
        };
        let body = OpenSession {
            target: wire::Target::Signature,
            profile: wire::Profile::RefEac1,
            card_token_info,
            key_agreement_certificate: opaque(&papers.key_agreement_certificate),
            attestation_certificate: opaque(&papers.attestation_certificate),
            authentication_certificate: opaque(&papers.authentication_certificate),
            software: self.software.clone(),
        };
        let answer = self.link.open_session(body, PATIENCE);
        answers::reply(answer, now, |opened| answers::opened(&opened, identity.kiosk_id))
    }

    fn ticket(&mut self, session: SessionId, request: Opaque, now: Timestamp) -> CentralReply {
        let key = match &self.last_ticket {
            Some((of, same, key)) if *of == session && *same == request => *key,
            Some(_) | None => IdempotencyKey::fresh(),
        };
        let body = wire::TicketRequest { request: opaque(&request) };
        self.last_ticket = Some((session, request, key));
        let answer = self.link.ticket(Uuid::from_bytes(session.0), key, body, PATIENCE);
        answers::reply(answer, now, |ticket| {
            CentralReply::Ticketed(Ticketed {
                ticket: kiosk_session::TicketId(ticket.ticket_id.into_bytes()),
                response: Opaque::new(ticket.response.into_bytes()),
            })
        })
    }

    fn report(
        &mut self,
        delivery: Delivery,
    ) -> Result<Decision<wire::OutcomeRecorded>, CentralError> {
        let Delivery { session_id, key, body, .. } = delivery;
        let told = body.result;
        let answer = self.link.outcome(session_id, key, body, PATIENCE);
        if let Ok(Decision::Granted(recorded)) = &answer {
            let audit_head = &recorded.audit_head;
            info!(session = %session_id, ?told, recorded = ?recorded.result, audit_head, "outcome acknowledged");
        }
        answer
    }

    fn deliver(&mut self, delivery: Delivery) -> Message {
        let (number, told) = (delivery.number, delivery.body.result);
        let answer = self.report(delivery);
        answers::log("outcome", &answer);
        acknowledgement(number, is_settled(&answer, told))
    }

    fn vouch(&mut self, kept: Vec<KeptPolicy>) -> Result<Vouch, CentralError> {
        for policy in kept {
            match self.link.vouch(policy, PATIENCE) {
                Ok(Vouch::Signed) => {}
                Ok(Vouch::NotSigned) => return Ok(Vouch::NotSigned),
                Err(error) => {
                    warn!(error = %ForeignChain(&error), "nobody vouches for the kept policy yet");
                    return Err(error);
                }
            }
        }
        Ok(Vouch::Signed)
    }

    fn beat(&mut self, condition: Condition) {
        let Condition { state, faults, reader, clock_offset_milliseconds, image, update } =
            condition;
        let identity = self.link.identity(PATIENCE).ok();
        let body = Heartbeat {
            state,
            faults: faults.into_iter().map(str::to_owned).collect(),
            software: self.software.clone(),
            image,
            certificate_expires_at: identity
                .as_ref()
                .map(|identity| identity.certificate_not_after),
            reader,
            clock_offset_milliseconds,
            update,
        };
        if let Some(identity) = identity {
            self.tell(Message::Identity(identity));
        }
        let answer = self.link.heartbeat(body, PATIENCE);
        answers::log("heartbeat", &answer);
    }

    fn tell(&self, message: Message) {
        // A driver that has ended needs no answer.
        let _ = self.queue.send(message);
    }
}

/// Whether there is nothing left to tell: the service has it, or it knows of no such session and
/// none of its tickets was ever asked for. Anything graver stays until it is taken.
fn is_settled(
    answer: &Result<Decision<wire::OutcomeRecorded>, CentralError>,
    told: wire::OutcomeResult,
) -> bool {
    match answer {
        Ok(Decision::Granted(_)) => true,
        Ok(Decision::Denied(refusal)) => {
            refusal.denial == wire::Denial::SessionNotFound
                && told == wire::OutcomeResult::Abandoned
        }
        Err(_) => false,
    }
}

const fn acknowledgement(number: u64, is_acknowledged: bool) -> Message {
    if is_acknowledged { Message::Acknowledged(number) } else { Message::NotAcknowledged(number) }
}

fn opaque(bytes: &Opaque) -> wire::Opaque {
    wire::Opaque::from(bytes.as_bytes())
}

/// Total time of a call where a resident may wait (central-api.md).
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use backend_client::wire::{Denial, OutcomeRecorded, OutcomeResult};

    use super::*;

    fn denied(denial: Denial) -> Result<Decision<OutcomeRecorded>, CentralError> {
        Ok(Decision::Denied(denial.into()))
    }

    #[test]
    fn only_an_outcome_that_wrote_nothing_goes_with_a_session_that_is_not_known() {
        let forgotten = denied(Denial::SessionNotFound);
        assert!(is_settled(&forgotten, OutcomeResult::Abandoned));
        for graver in [OutcomeResult::Done, OutcomeResult::NotDone, OutcomeResult::Unknown] {
            assert!(!is_settled(&forgotten, graver), "{graver:?}");
        }
        for denial in [Denial::ReceiptInvalid, Denial::Malformed, Denial::Internal] {
            assert!(!is_settled(&denied(denial), OutcomeResult::Abandoned), "{denial:?}");
        }
    }
}
