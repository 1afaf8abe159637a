// SPDX-License-Identifier: MIT OR Apache-2.0
//! A desk at which a test plays driver, workers, card and service. It carries effects out by the
//! rule of the list and watches, on every one of them, what must never happen.

pub(crate) mod papers;
pub(crate) mod situation;
mod watch;

use std::time::Duration;

use kiosk_session::card::{CardReply, CardRequest};
use kiosk_session::central::{CentralReply, CentralRequest};
use kiosk_session::effect::{Anomaly, Effect, ExitReason, LeaseRefusal, Record, Sound};
use kiosk_session::event::{Event, RequestId, Touch};
use kiosk_session::staff::{CodeCheck, StaffEvent, StaffOrder};
use kiosk_session::{Ending, Language, Limits, Screen, Session, View};
use watch::Watch;

/// The driver's side of a session, with what it was last asked for.
pub(crate) struct Desk {
    session: Session,
    now: Duration,
    card: Option<(RequestId, CardRequest)>,
    central: Option<(RequestId, CentralRequest)>,
    code_check: Option<RequestId>,
    tone: Option<RequestId>,
    journal_fails_on: Option<fn(&Record) -> bool>,
    watch: Watch,
    /// What the last event led to.
    pub(crate) effects: Vec<Effect>,
    pub(crate) journal: Vec<Record>,
    pub(crate) sounds: Vec<Sound>,
    pub(crate) notes: Vec<Anomaly>,
    pub(crate) exit: Option<ExitReason>,
    /// The last answer to whoever wanted the unit.
    pub(crate) lease: Option<Option<LeaseRefusal>>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        Self {
            session: Session::new(limits, Language::Japanese),
            now: Duration::from_secs(1_000),
            card: None,
            central: None,
            code_check: None,
            tone: None,
            journal_fails_on: None,
            watch: Watch::default(),
            effects: Vec::new(),
            journal: Vec::new(),
            sounds: Vec::new(),
            notes: Vec::new(),
            exit: None,
            lease: None,
        }
    }

    /// From now on records that `fails` holds of can't be kept.
    pub(crate) fn journal_fails_on(&mut self, fails: fn(&Record) -> bool) {
        self.journal_fails_on = Some(fails);
    }

    /// Hands the session an event and carries out what it wants.
    pub(crate) fn tell(&mut self, event: Event) -> &mut Self {
        self.effects.clear();
        let state = self.state();
        self.hand_over(event);
        self.watch.look_at_effects(state, &self.effects);
        let view = self.view();
        self.watch.look_at(&view, self.state());
        self
    }

    pub(crate) fn touch(&mut self, touch: Touch) -> &mut Self {
        self.tell(Event::Touched(touch))
    }

    /// Answers the card request that is under way.
    pub(crate) fn card(&mut self, reply: CardReply) -> &mut Self {
        let (id, request) = self.card.take().expect("a card request is under way");
        if matches!(request, CardRequest::Verify { .. }) {
            self.watch.hear_verification(&reply);
        }
        self.watch.hear_card(&reply);
        self.tell(Event::Card(id, reply))
    }

    /// Answers the request to the service that is under way.
    pub(crate) fn central(&mut self, reply: CentralReply) -> &mut Self {
        let (id, _) = self.central.take().expect("a request to the service is under way");
        self.tell(Event::Central(id, reply))
    }

    /// Calls the staff page from rest.
    pub(crate) fn touch_the_corner(&mut self) -> &mut Self {
        for _ in 0..5 {
            self.tell(Event::Staff(StaffEvent::CornerTouched));
        }
        self
    }

    /// Types a staff code of this length and presses OK.
    pub(crate) fn type_a_code(&mut self, length: u8) -> &mut Self {
        self.tell(Event::Staff(StaffEvent::CodeTyped { length }));
        self.tell(Event::Staff(StaffEvent::CodeSubmitted { length }))
    }

    /// Whether a staff code is being checked.
    pub(crate) fn checks_a_code(&self) -> bool {
        self.code_check.is_some()
    }

    /// Answers the check of the staff code that is under way.
    pub(crate) fn code_is(&mut self, check: CodeCheck) -> &mut Self {
        let id = self.code_check.take().expect("a code is being checked");
        self.tell(Event::Staff(StaffEvent::CodeChecked(id, check)))
    }

    /// Whether a tone was asked for whose end was not told.
    pub(crate) fn plays_a_tone(&self) -> bool {
        self.tone.is_some()
    }

    /// Tells the end of the tone that was asked for last.
    pub(crate) fn tone_ends(&mut self, is_played: bool) -> &mut Self {
        let id = self.tone.take().expect("a tone is being played");
        self.tell(Event::Staff(StaffEvent::ToneEnded { id, is_played }))
    }

    /// Lets time pass, waking the session at each of its deadlines.
    pub(crate) fn pass(&mut self, time: Duration) -> &mut Self {
        let end = self.now + time;
        while let Some(deadline) = self.session.deadline().filter(|deadline| *deadline <= end) {
            self.now = self.now.max(deadline);
            self.tell(Event::TimePassed);
        }
        self.now = end;
        self
    }

    /// Lets time alone pass until the state is another one; false if it never is.
    pub(crate) fn wait_for_change(&mut self) -> bool {
        let (state, mut effects) = (self.state(), Vec::new());
        self.effects.clear();
        for _ in 0..200 {
            let Some(deadline) = self.session.deadline() else { return false };
            self.now = self.now.max(deadline);
            self.tell(Event::TimePassed);
            effects.append(&mut self.effects);
            if self.state() != state {
                self.effects = effects;
                return true;
            }
        }
        panic!("{state} wakes for ever and never ends");
    }

    pub(crate) fn view(&self) -> View {
        self.session.view()
    }

    pub(crate) fn state(&self) -> &'static str {
        self.session.state_name()
    }

    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.session.deadline()
    }

    pub(crate) fn turn_clock_back(&mut self, time: Duration) {
        self.now -= time;
    }

    pub(crate) fn debug(&self) -> String {
        format!("{:?}", self.session)
    }

    pub(crate) fn card_request(&self) -> Option<&CardRequest> {
        self.card.as_ref().map(|(_, request)| request)
    }

    pub(crate) fn central_request(&self) -> Option<&CentralRequest> {
        self.central.as_ref().map(|(_, request)| request)
    }

    pub(crate) fn central_request_id(&self) -> RequestId {
        self.central.as_ref().expect("a request to the service is under way").0
    }

    pub(crate) fn card_request_id(&self) -> RequestId {
        self.card.as_ref().expect("a card request is under way").0
    }

    /// The ending on the screen.
    #[track_caller]
    pub(crate) fn ending(&self) -> Ending {
        match self.view().screen {
            Screen::Ending { ending, .. } => ending,
            other => panic!("{} shows {other:?}, no ending", self.state()),
        }
    }

    /// The outcomes that were kept, as results, with the keys of their endings.
    pub(crate) fn outcomes(&self) -> Vec<(&'static str, &'static str)> {
        let outcome = |record: &Record| match record {
            Record::Outcome { result, ending, .. } => Some((result.as_str(), ending.key())),
            Record::ProofSent { .. }
            | Record::TicketRequested { .. }
            | Record::TicketPresented { .. }
            | Record::ResetSent { .. } => None,
        };
        self.journal.iter().filter_map(outcome).collect()
    }

    fn hand_over(&mut self, event: Event) {
        self.watch.hear(&event);
        let wanted = self.session.handle(event, self.now);
        for effect in wanted {
            if let Effect::Journal(record) = &effect
                && self.journal_fails_on.is_some_and(|fails| fails(record))
            {
                return self.hand_over(Event::JournalFailed);
            }
            self.watch.see(&effect);
            self.carry_out(&effect);
            self.effects.push(effect);
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Card(id, request) => {
                if let Some(again) = papers::same_request(request) {
                    self.card = Some((*id, again));
                }
            }
            Effect::Central(id, request) => self.central = Some((*id, request.clone())),
            Effect::Journal(record) => self.journal.push(record.clone()),
            Effect::Sound(sound) => self.sounds.push(*sound),
            Effect::Note(anomaly) => self.notes.push(*anomaly),
            Effect::GiveUpCardWorker => self.card = None,
            Effect::Staff(StaffOrder::CheckCode(id)) => self.code_check = Some(*id),
            Effect::Staff(StaffOrder::CloseCode) => self.code_check = None,
            Effect::Staff(StaffOrder::PlayTone(id)) => self.tone = Some(*id),
            Effect::Staff(_) => {}
            Effect::Exit(reason) => self.exit = Some(*reason),
            Effect::Lease(refusal) => self.lease = Some(*refusal),
            Effect::OpenAhead | Effect::Pad(_) => {}
        }
    }
}
