// SPDX-License-Identifier: MIT OR Apache-2.0
//! A running driver between workers that a test plays.

use super::*;

pub(super) const LONG: Duration = Duration::from_secs(20);
/// Of the heart.
pub(super) const PACE: Duration = Duration::from_millis(10);
pub(super) const SESSION: SessionId = SessionId([7; 16]);
/// A policy under which tests run at any hour.
pub(super) const OPEN: &str = r#"{"hours":{"opens":"00:00","closes":"00:00"}}"#;
/// One that closes now, whenever that is.
pub(super) const SHUT: &str = r#"{"hours":{"opens":"00:00","closes":"00:00"},
    "closures":[{"from":"1970-01-01T00:00:00Z","until":"9000-01-01T00:00:00Z"}]}"#;
/// Whose key signs policies.
pub(super) const SIGNED_BY: wire::KioskId = wire::KioskId([1; 16]);
pub(super) const METRICS: &str = "kiosk.prom";

/// A running driver and everything around it.
pub(super) struct Bench {
    pub(super) folder: TempDir,
    pub(super) driver: JoinHandle<Exit>,
    pub(super) queue: Sender<Message>,
    pub(super) card: Receiver<CardOrder>,
    pub(super) service: Receiver<CentralErrand>,
    pub(super) unit: Receiver<CentralErrand>,
    pub(super) shown: Receiver<Shown>,
    pub(super) keys: Keys,
    pub(super) code: CodePad,
    pub(super) slots: Slots,
    pub(super) workbench: Private<Workbench>,
    pub(super) heart: Heart,
    pub(super) frame: Frame,
}

impl Bench {
    /// All limits are divided by `divided_by`; the service is open day and night.
    pub(super) fn start(divided_by: u32, with_journal: bool) -> Self {
        Self::with_cached_policy(divided_by, with_journal, OPEN)
    }

    /// The same with this policy of the last process on the disk, for which the link vouches.
    pub(super) fn with_cached_policy(divided_by: u32, with_journal: bool, policy: &str) -> Self {
        Self::with_clock(divided_by, with_journal, policy, false)
    }

    /// The same, and the clock must be set (`clock-set` in the folder) or need not.
    pub(super) fn with_clock(
        divided_by: u32,
        with_journal: bool,
        policy: &str,
        clock_must_be_set: bool,
    ) -> Self {
        let bench = Self::with_awaited_policy(divided_by, with_journal, policy, clock_must_be_set);
        bench.tell(Message::Vouched(Ok(Vouch::Signed)));
        bench
    }

    /// The same, and nobody has vouched for the policy.
    pub(super) fn with_awaited_policy(
        divided_by: u32,
        with_journal: bool,
        policy: &str,
        clock_must_be_set: bool,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let document = json!({ "etag": "\"kept\"", "text": policy });
        let signature = json!({ "signed_by": SIGNED_BY.to_string(), "value": "AQID" });
        let kept = json!({ "document": document, "signature": signature });
        let kept = json!({ "version": 2, "policies": [kept] });
        std::fs::write(cache_in(&folder), kept.to_string()).unwrap();
        let configured = Limits::default();
        let limits = configured.scaled_by(1.0 / f64::from(divided_by));
        let (queue, inbox) = mpsc::channel();
        let (show, shown) = mpsc::channel();
        let LockedPage { shared, typed, workbench } = LockedPage::allocate().unwrap();
        let code = CodePad::new(shared.clone());
        let slots = Slots::new(shared);
        let heart = Heart::default();
        let frame = Frame::default();
        let (card_worker, card) = CardWorker::played();
        let (service_worker, service) = CentralWorker::played();
        let (unit_worker, unit) = CentralWorker::played();
        let midnight = TimeOfDay::try_from("00:00".to_owned()).unwrap();
        let parts = Parts {
            session: Session::new(limits, Language::English),
            inbox,
            queue: queue.clone(),
            slots: slots.clone(),
            card: card_worker,
            service: service_worker,
            unit: unit_worker,
            journal: if with_journal { journal_in(&folder) } else { nowhere_in(&folder) },
            policy: PolicyInForce::open(policy::Unit {
                hours: Daily { opens: midnight, closes: midnight },
                limits: UnitLimits { configured, divided_by },
                cache: cache_in(&folder),
            }),
            between_policies: Duration::from_secs(1),
            metrics: Metrics::new(Some(folder.path().join(METRICS))),
            desk: Desk::start(staffing_in(&folder, code.clone()), queue.clone()).unwrap(),
            show: Box::new(move |what| drop(show.send(what))),
            heart: heart.clone(),
            pace: PACE,
            pulse: Pulse::default(),
            frame: frame.clone(),
            surroundings: Surroundings::played(folder.path(), clock_must_be_set),
            manager: ServiceManager::default(),
        };
        let driver = thread::spawn(move || Driver::new(parts).run());
        let keys = Keys::new(slots.clone(), typed);
        Self {
            folder,
            driver,
            queue,
            card,
            service,
            unit,
            shown,
            keys,
            code,
            slots,
            workbench,
            heart,
            frame,
        }
    }

    pub(super) fn at_rest(divided_by: u32) -> Self {
        let bench = Self::start(divided_by, true);
        bench.plugs_the_reader_in();
        bench.until(|screen| matches!(screen, Screen::Attract { .. }));
        bench
    }

    pub(super) fn plugs_the_reader_in(&self) {
        self.reader(ReaderEvent::ServiceStarted);
        self.reader(ReaderEvent::ReaderAttached { reader: reader() });
    }

    pub(super) fn tell(&self, message: Message) {
        self.queue.send(message).unwrap();
    }

    pub(super) fn event(&self, event: Event) {
        self.tell(Message::Event(event));
    }

    pub(super) fn reader(&self, event: ReaderEvent) {
        self.tell(Message::Reader(event));
    }

    pub(super) fn insert(&self) {
        let (chip_power, atr) = (ChipPower::Online, Atr(Vec::new()));
        self.reader(ReaderEvent::MediaInserted { reader: reader(), chip_power, atr });
    }

    /// Waits for a view with such a screen.
    pub(super) fn until(&self, is_wanted: impl Fn(&Screen) -> bool) -> Screen {
        loop {
            let shown = self.shown.recv_timeout(LONG).expect("the screen comes");
            if let Shown::View(view) = shown
                && is_wanted(&view.screen)
            {
                return view.screen;
            }
        }
    }

    /// The next request to the card but those to let it go.
    pub(super) fn card_asked(&self) -> (RequestId, CardRequest) {
        loop {
            match self.card.recv_timeout(LONG).expect("the card is asked") {
                CardOrder::Errand(errand) if errand.request != CardRequest::Release => {
                    return (errand.id, errand.request);
                }
                CardOrder::Errand(_) | CardOrder::Forget => {}
            }
        }
    }

    pub(super) fn card_answers(&self, reply: CardReply) -> CardRequest {
        let (id, request) = self.card_asked();
        self.tell(Message::Card(id, reply));
        request
    }

    pub(super) fn service_answers(&self, reply: CentralReply) -> CentralRequest {
        match self.service.recv_timeout(LONG).expect("the service is asked") {
            CentralErrand::Session(id, request, _) => {
                self.tell(Message::Central(id, reply));
                request
            }
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn type_in(&mut self, slot: PadSlot, text: &str) {
        self.until(|screen| match screen {
            Screen::ProofPad { .. } => slot == PadSlot::Proof,
            Screen::NewPad { .. } => slot == PadSlot::New,
            Screen::RepeatPad { .. } => slot == PadSlot::Repeat,
            _ => false,
        });
        for character in text.bytes() {
            let position = KEYS.iter().position(|key| *key == character).unwrap();
            let event = self.keys.press(position).expect("the pad is open");
            self.event(event);
        }
        let event = self.keys.submit().expect("the pad is open");
        self.event(event);
    }

    pub(super) fn taken(&mut self) -> Vec<u8> {
        let bench = &mut self.workbench.bytes().pin;
        let length = self.slots.take(bench);
        bench[..length].to_vec()
    }

    /// What would be delivered if the process were killed now.
    pub(super) fn after_a_kill(&self) -> Vec<OutcomeResult> {
        let copy = self.folder.path().join("copy.redb");
        std::fs::copy(journal_in(&self.folder), &copy).unwrap();
        let (_, deliveries) = Journal::open(&copy).unwrap();
        std::fs::remove_file(&copy).unwrap();
        deliveries.into_iter().map(|delivery| delivery.body.result).collect()
    }

    /// From the empty reader to a line of the choose screen.
    pub(super) fn choose(&self, choice: Choice) {
        self.insert();
        self.card_answers(CardReply::Read(CardRead::Profile(ProfileCard {
            papers: papers(),
            user_authentication_retries_left: 3,
        })));
        self.until(|screen| matches!(screen, Screen::Choose { .. }));
        self.event(Event::Touched(Touch::Choose(choice)));
    }

    /// From there to the first PIN pad.
    pub(super) fn open_session(&self) {
        self.choose(Choice::SetNewPin);
        self.service_answers(CentralReply::Opened(Opened {
            session: SESSION,
            nonce: Nonce([1; 32]),
            kiosk: KioskId([2; 16]),
            reservation_until: UnixTime(2_000_000_000),
            receipt_wanted: false,
        }));
        self.until(|screen| matches!(screen, Screen::Beware { .. }));
        self.event(Event::Touched(Touch::Continue));
    }

    /// To the request that writes, which is left unanswered.
    pub(super) fn reach_writing(&mut self) -> RequestId {
        self.open_session();
        self.type_in(PadSlot::Proof, "0042");
        self.card_answers(CardReply::Verified(Verification::Verified));
        assert_eq!(self.taken(), b"0042");
        self.card_answers(CardReply::Signed(bytes()));
        self.service_answers(CentralReply::Granted);
        self.type_in(PadSlot::New, "KURO7K");
        self.type_in(PadSlot::Repeat, "KURO7K");
        self.card_answers(CardReply::Challenged(bytes()));
        let ticket = Ticketed { ticket: TicketId([9; 16]), response: bytes() };
        self.service_answers(CentralReply::Ticketed(ticket));
        assert_eq!(self.after_a_kill(), [OutcomeResult::NotDone], "before the ticket is used");
        self.card_answers(CardReply::Presented(Presentation::Accepted));
        let (id, request) = self.card_asked();
        assert!(matches!(request, CardRequest::Write { .. }), "{request:?}");
        id
    }
}

pub(super) fn reader() -> ReaderName {
    ReaderName::new("a reader")
}

pub(super) fn bytes() -> Opaque {
    Opaque::new(vec![3; 110])
}

pub(super) fn papers() -> Papers {
    Papers {
        token_info: bytes(),
        key_agreement_certificate: bytes(),
        attestation_certificate: bytes(),
        authentication_certificate: bytes(),
    }
}

/// Without a staff code: the key-switch alone leads to the page.
pub(super) fn staffing_in(folder: &TempDir, pad: CodePad) -> Staffing {
    Staffing {
        pad,
        hash: None,
        tries: folder.path().join("staff-tries"),
        wishes: wishes_in(folder),
        source: String::new(),
        sound: crate::config::Sound { device: String::new(), volume: 30 },
    }
}

pub(super) fn wishes_in(folder: &TempDir) -> PathBuf {
    folder.path().join("wishes")
}

/// In a folder that is not there.
pub(super) fn nowhere_in(folder: &TempDir) -> PathBuf {
    folder.path().join("missing/journal.redb")
}

pub(super) fn journal_in(folder: &TempDir) -> PathBuf {
    folder.path().join("journal.redb")
}

pub(super) fn cache_in(folder: &TempDir) -> PathBuf {
    folder.path().join("policy.json")
}
