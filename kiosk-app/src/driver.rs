// SPDX-License-Identifier: MIT OR Apache-2.0
//! One thread, one queue: everything that happens comes in here, the session
//! decides, and its effects are carried out in their order. Only this thread
//! reads a clock, writes the journal, and tells the screen what to show.

mod controlled;
mod gates;
mod health;
mod media;
mod outbox;
mod records;
mod rescue;
mod showing;
mod silence;
mod staff;
mod status;
mod unit;

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant, SystemTime},
};

use card_io::{media::ReaderEvent, pcsc::Pulse};
use jiff::Timestamp;
use kiosk_session::{
    CardRequest, CentralReply, CentralRequest, Effect, Event, RequestId, Session, View,
    central::CentralFault, effect::ExitReason,
};
use tracing::{debug, info, warn};
use uuid::Uuid;

use crate::{
    card_worker::{CardErrand, CardWorker},
    central_worker::{CentralErrand, CentralWorker, Condition},
    exit::Exit,
    faults::Faults,
    frame::Frame,
    journal::Journal,
    message::{Message, Queue},
    metrics::Metrics,
    notify::ServiceManager,
    pad::Slots,
    policy::PolicyInForce,
    screen::Information,
    slip::Slip,
    staff::{Desk, StaffFacts},
    surroundings::{Release, Surroundings},
    watchdog::Heart,
};
use controlled::Controlled;
use gates::Gates;
pub(crate) use health::DATA_LOCKED;
use media::LyingMedia;
use outbox::Outbox;
use rescue::Rescue;
use showing::is_at_rest;
use silence::Silence;
use unit::Unit;

/// Something for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A whole view.
    View(View),
    /// What the pages tell beside the session.
    Information(Box<Information>),
    /// The slip of the ending whose view comes next.
    Slip(Slip),
    /// What staff read of the unit.
    Staff(Box<StaffFacts>),
    /// Nothing more: the process is about to end.
    End,
}

/// What the driver is made of. The caller starts the threads around it.
pub(crate) struct Parts {
    /// What decides.
    pub(crate) session: Session,
    /// Everything that happens.
    pub(crate) inbox: Receiver<Message>,
    /// The other end of it.
    pub(crate) queue: Queue,
    /// The locked page.
    pub(crate) slots: Slots,
    /// Who speaks to the card.
    pub(crate) card: CardWorker,
    /// Who speaks to the link for the session.
    pub(crate) service: CentralWorker,
    /// Who speaks to the link for the unit.
    pub(crate) unit: CentralWorker,
    /// The journal and what it has left to deliver; none if it cannot be opened.
    pub(crate) journal: PathBuf,
    /// The policy that holds at the start.
    pub(crate) policy: PolicyInForce,
    /// How often it is asked for.
    pub(crate) between_policies: Duration,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// What staff have done.
    pub(crate) desk: Desk,
    /// Takes what is to be shown to the screen's thread.
    pub(crate) show: Box<dyn FnMut(Shown) + Send>,
    /// What the watchdog hears of this thread.
    pub(crate) heart: Heart,
    /// The longest that it may be silent.
    pub(crate) pace: Duration,
    /// By which the watcher of the readers shows that its calls come back.
    pub(crate) pulse: Pulse,
    /// Whether the screen has drawn.
    pub(crate) frame: Frame,
    /// The machine around the kiosk.
    pub(crate) surroundings: Surroundings,
    /// Whoever started the process.
    pub(crate) manager: ServiceManager,
}

/// The driver at work.
pub(crate) struct Driver {
    session: Session,
    started: Instant,
    inbox: Receiver<Message>,
    queue: Queue,
    slots: Slots,
    card: CardWorker,
    service: CentralWorker,
    unit: Unit,
    journal: Option<Journal>,
    journal_path: PathBuf,
    /// It failed at work and keeps nothing more: the process is to end once nobody is here.
    is_journal_spoilt: bool,
    /// When it is tried again, while it cannot be opened.
    next_opening: Option<Duration>,
    outbox: Outbox,
    media: LyingMedia,
    metrics: Metrics,
    desk: Desk,
    staff_told: Option<StaffFacts>,
    show: Box<dyn FnMut(Shown) + Send>,
    heart: Heart,
    pace: Duration,
    silence: Silence,
    rescue: Rescue,
    release: Release,
    frame: Frame,
    surroundings: Surroundings,
    gates: Gates,
    control: Controlled,
    faults: Faults,
    manager: ServiceManager,
    shown: Option<View>,
    state: &'static str,
    exit: Option<Exit>,
}

impl Driver {
    /// Puts the parts together; nothing happens yet.
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            session: parts.session,
            started: Instant::now(),
            inbox: parts.inbox,
            queue: parts.queue,
            slots: parts.slots,
            card: parts.card,
            service: parts.service,
            unit: Unit::new(parts.unit, parts.policy, parts.between_policies),
            journal: None,
            journal_path: parts.journal,
            is_journal_spoilt: false,
            next_opening: None,
            outbox: Outbox::default(),
            media: LyingMedia::new(Duration::ZERO),
            metrics: parts.metrics,
            desk: parts.desk,
            staff_told: None,
            show: parts.show,
            heart: parts.heart,
            pace: parts.pace,
            silence: Silence::new(parts.pulse),
            rescue: Rescue::default(),
            release: parts.surroundings.release(),
            frame: parts.frame,
            surroundings: parts.surroundings,
            gates: Gates::default(),
            control: Controlled::default(),
            faults: Faults::default(),
            manager: parts.manager,
            shown: None,
            state: "",
            exit: None,
        }
    }

    /// Works until the session wants the process to end.
    pub(crate) fn run(mut self) -> Exit {
        self.open_journal();
        loop {
            self.heart.beat();
            #[cfg(feature = "headless")]
            crate::stillness::stand_still_if_told();
            self.pass_time();
            self.end_at_rest_if_the_journal_is_spoilt();
            self.show_view();
            self.show_staff();
            self.publish();
            if let Some(exit) = self.exit {
                self.heart.rest();
                self.slots.wipe_to_the_end();
                (self.show)(Shown::End);
                return exit;
            }
            match self.inbox.recv_timeout(self.patience()) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.exit = Some(Exit::Orderly),
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(event) => {
                if event == Event::Stopping {
                    self.manager.stopping();
                }
                self.handle(event);
            }
            Message::Reader(event) => {
                log_reader(&event);
                let now = self.now();
                self.media.apply(&event, now).into_iter().for_each(|event| self.handle(event));
            }
            Message::Card(id, reply) => self.handle(Event::Card(id, reply)),
            Message::Central(id, reply) => self.handle(Event::Central(id, reply)),
            Message::Acknowledged(number) => self.acknowledge(number),
            Message::NotAcknowledged(number) => self.outbox.put_off(number, self.now()),
            Message::Identity(identity) => {
                self.desk.hear_identity(&identity);
                self.unit.hear_identity(identity);
            }
            Message::Vouched(answer) => self.unit.hear_vouch(&answer),
            Message::Policy(answer) => {
                self.desk.hear_service(&answer, wall_clock());
                self.unit.hear_policy(answer, wall_clock(), self.now());
            }
            Message::Control(question) => self.answer(question),
            Message::ControlClosed(connection) => self.end_lease_of(connection),
        }
    }

    /// What is due by the clock.
    fn pass_time(&mut self) {
        let now = self.now();
        let news = self.gates.news(&self.surroundings, now);
        news.into_iter().for_each(|event| self.handle(event));
        self.hear_silence(now);
        self.media.settle(now).into_iter().for_each(|event| self.handle(event));
        self.unit.news(wall_clock()).into_iter().for_each(|event| self.handle(event));
        if let Some(information) = self.unit.information_that_changed(wall_clock()) {
            (self.show)(Shown::Information(Box::new(information)));
        }
        if self.session.deadline().is_some_and(|deadline| deadline <= now) {
            self.handle(Event::TimePassed);
        }
        if self.next_opening.is_some_and(|moment| moment <= now) {
            self.open_journal();
        }
        if let Some(delivery) = self.outbox.take_due(now) {
            self.unit.ask(CentralErrand::Deliver(delivery));
        }
        let condition = Condition {
            image: self.release.in_short(),
            update: self.control.update_in_short(),
            ..self.unit.condition(&self.session.view(), self.media.name())
        };
        self.faults.note(&condition.faults, now, wall_clock());
        self.unit.speak_when_due(now, condition);
    }

    /// While somebody is here, the session's own deadlines hold.
    fn hear_silence(&mut self, now: Duration) {
        let is_silent = self.silence.look(now);
        if is_silent != self.media.is_silent()
            && (!is_silent || is_at_rest(&self.session.view().screen))
        {
            warn!(is_silent, "smart-card service");
            self.media.hear_silence(is_silent).into_iter().for_each(|event| self.handle(event));
        }
        self.rescue_the_readers(now);
    }

    /// Until when nothing is due, but a sign of life.
    fn patience(&self) -> Duration {
        let now = self.now();
        let due = [
            self.session.deadline(),
            self.media.deadline(),
            self.outbox.deadline(),
            Some(self.unit.deadline(now, wall_clock())),
        ];
        let first = due.into_iter().flatten().min().unwrap_or(now);
        first.saturating_sub(now).min(self.pace)
    }

    fn handle(&mut self, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let now = self.now();
            let effects = self.session.handle(event, now);
            next = self.carry_out(effects);
        }
        let state = self.session.state_name();
        if state != self.state {
            info!(state, "session");
            self.state = state;
            self.manager.status(self.kiosk_state().as_str());
        }
    }

    /// Carries out the effects in their order. A record that cannot be kept ends the list.
    fn carry_out(&mut self, effects: Vec<Effect>) -> Option<Event> {
        for effect in effects {
            #[cfg(feature = "headless")]
            let step = crate::probe::Step::of(&effect);
            match effect {
                Effect::Card(id, request) => self.ask_card(id, request),
                Effect::Central(id, request) => self.ask_service(id, request),
                Effect::OpenAhead => {
                    self.metrics.begin_session();
                    self.unit.ask_policy();
                }
                Effect::Journal(record) => {
                    if !self.keep(&record) {
                        return Some(Event::JournalFailed);
                    }
                }
                Effect::Pad(command) => self.slots.carry_out(command),
                Effect::Sound(sound) => debug!(?sound, "sound"),
                Effect::Note(anomaly) => {
                    warn!(?anomaly, "anomaly");
                    self.unit.note(anomaly, self.shown.map(|view| view.screen));
                    self.metrics.note(anomaly);
                }
                Effect::GiveUpCardWorker => {
                    self.card.give_up();
                    self.slots.discard_staged();
                }
                Effect::Lease(refusal) => self.control.lease_answer = Some(refusal),
                Effect::Staff(order) => self.order(order),
                Effect::Exit(reason) => self.exit = Some(exit(reason)),
            }
            #[cfg(feature = "headless")]
            step.end();
        }
        None
    }

    /// The bytes of a PIN are moved to where the worker takes them, before it hears of them.
    fn ask_card(&self, id: RequestId, request: CardRequest) {
        match &request {
            CardRequest::Verify { pin } | CardRequest::Write { pin, .. } => self.slots.stage(pin),
            CardRequest::Read
            | CardRequest::CheckMyCard
            | CardRequest::ReadReceipt { .. }
            | CardRequest::Recognise { .. }
            | CardRequest::Sign { .. }
            | CardRequest::Challenge
            | CardRequest::Present { .. }
            | CardRequest::Settle { .. }
            | CardRequest::Release => {}
        }
        let reader = self.media.reader();
        self.card.ask(CardErrand { id, request, reader, now: system_time() });
    }

    fn ask_service(&mut self, id: RequestId, request: CentralRequest) {
        let errand = match request {
            CentralRequest::ReportOutcome { session } => {
                match self.outbox.report(Uuid::from_bytes(session.0)) {
                    Some(delivery) => CentralErrand::Report(id, delivery, wall_clock()),
                    None => {
                        warn!("an outcome that the journal does not hold is not reported");
                        let reply = CentralReply::Failed(CentralFault::Unreachable);
                        // The driver itself holds the other end.
                        let _ = self.queue.send(Message::Central(id, reply));
                        return;
                    }
                }
            }
            // Nobody waits for it, so it keeps nobody waiting.
            request @ CentralRequest::DeliverReceipt { session: None, .. } => {
                self.unit.ask(CentralErrand::Session(id, request, wall_clock()));
                return;
            }
            request @ (CentralRequest::OpenSession { .. }
            | CentralRequest::DeliverReceipt { .. }
            | CentralRequest::Prove { .. }
            | CentralRequest::Ticket { .. }) => CentralErrand::Session(id, request, wall_clock()),
        };
        self.service.ask(errand);
    }

    /// The driver's steady clock.
    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Without the ATR, by which some cards can be told apart.
fn log_reader(event: &ReaderEvent) {
    match event {
        ReaderEvent::ServiceStarted => info!("smart-card service there"),
        ReaderEvent::ServiceStopped => info!("smart-card service gone"),
        ReaderEvent::ReaderAttached { reader } => info!(%reader, "reader there"),
        ReaderEvent::ReaderDetached { reader } => info!(%reader, "reader gone"),
        ReaderEvent::MediaInserted { reader, chip_power, .. } => {
            info!(%reader, ?chip_power, "card inserted");
        }
        ReaderEvent::MediaRemoved { reader } => info!(%reader, "card removed"),
    }
}

const fn exit(reason: ExitReason) -> Exit {
    match reason {
        ExitReason::Stopped => Exit::Orderly,
        ExitReason::JournalFailed => Exit::Journal,
        ExitReason::CardWorkerStuck => Exit::Restart,
    }
}

#[expect(clippy::disallowed_methods, reason = "the driver is where the clock is read")]
fn system_time() -> SystemTime {
    SystemTime::now()
}

fn wall_clock() -> Timestamp {
    // A clock outside the years that a timestamp can name is as good as one at its beginning.
    Timestamp::try_from(system_time()).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
