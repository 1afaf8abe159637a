// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the driver answers to whoever asks over the control socket.

use backend_client::wire::{
    Decision, Identity, KioskId as WireKioskId, KioskState, PolicyAnswer, ServedPolicy,
};
use kiosk_control::{Answer, Ask, CheckName, Health, Phase, Refusal, State, Status, Update};

use super::*;
use crate::control::Question;

const FIRST: u64 = 1;
const SECOND: u64 = 2;

impl Bench {
    fn ask(&self, connection: u64, ask: Ask) -> Answer {
        let (answer, answered) = mpsc::channel();
        self.tell(Message::Control(Question { connection, ask, answer }));
        answered.recv_timeout(LONG).expect("an answer comes")
    }

    fn status(&self) -> Status {
        match self.ask(SECOND, Ask::Status {}) {
            Answer::Status { status } => *status,
            other => panic!("{other:?}"),
        }
    }

    fn health(&self) -> Health {
        match self.ask(SECOND, Ask::Health {}) {
            Answer::Health { health } => health,
            other => panic!("{other:?}"),
        }
    }

    /// Those that did not pass.
    fn ills(&self) -> Vec<CheckName> {
        let ills = self.health().checks.into_iter().filter(|check| !check.ok);
        ills.map(|check| check.name).collect()
    }

    fn lease(&self, forced: bool, seconds: u32) -> Result<u32, Refusal> {
        match self.ask(FIRST, Ask::Lease { forced, seconds }) {
            Answer::Leased { leased } => Ok(leased.seconds),
            Answer::Refused(refused) => Err(refused.refused),
            other => panic!("{other:?}"),
        }
    }

    fn link_says_who_we_are(&self, not_after: Timestamp) {
        self.tell(Message::Identity(Identity {
            kiosk_id: WireKioskId([2; 16]),
            unit: "unit 7".to_owned(),
            store: "store".to_owned(),
            certificate_not_after: not_after,
            key_without_tpm: true,
        }));
    }

    /// What a wrong system would lack, all of it.
    fn has_all_that_it_needs(&self) {
        let device = self.folder.path().join("sys/class/input/event0/device");
        std::fs::create_dir_all(device.join("capabilities")).unwrap();
        std::fs::write(device.join("properties"), "2\n").unwrap();
        std::fs::write(device.join("capabilities/abs"), "3\n").unwrap();
        std::fs::write(self.folder.path().join("clock-set"), "").unwrap();
        self.frame.draw();
        self.link_says_who_we_are("2999-01-01T00:00:00Z".parse().unwrap());
        self.tell(Message::Policy(Ok(Decision::Granted(PolicyAnswer {
            policy: ServedPolicy::Unchanged,
            served_at: None,
            took: Duration::ZERO,
        }))));
    }
}

#[test]
fn it_says_what_it_does_and_what_it_has() {
    let bench = Bench::start(1, true);
    assert_eq!(bench.status().state, State::Starting);
    bench.plugs_the_reader_in();
    bench.until(|screen| matches!(screen, Screen::Attract { .. }));
    bench.link_says_who_we_are("1971-01-01T00:00:00Z".parse().unwrap());
    let status = bench.status();
    assert_eq!(status.state, State::Attract);
    assert_eq!((status.card_present, status.reader.as_deref()), (false, Some("a reader")));
    assert_eq!((status.fault, status.undelivered, status.image), (None, 0, None));
    assert_eq!(status.link.unit.as_deref(), Some("unit 7"));
    assert!(status.link.certificate_days_left.is_some_and(|days| days < 0));
    assert_eq!(status.link.key_without_tpm, Some(true));
    assert!(!status.link.reachable && !status.clock.set && !status.frame_drawn);
    bench.insert();
    bench.until(|screen| *screen == Screen::ReadingCard);
    let status = bench.status();
    assert_eq!((status.state, status.card_present), (State::InSession, true));
    bench.reader(ReaderEvent::ReaderDetached { reader: reader() });
    bench.until(|screen| matches!(screen, Screen::Ending { .. }));
    bench.event(Event::Touched(Touch::Dismiss));
    bench.until(|screen| matches!(screen, Screen::OutOfService { .. }));
    let status = bench.status();
    assert_eq!(status.state, State::OutOfService);
    assert_eq!(status.fault.map(|fault| fault.code).as_deref(), Some("K-402"));
    assert!(status.last_faults.iter().any(|fault| fault.code == "K-402"));
}

#[test]
fn what_an_update_tells_stands_in_the_status() {
    let bench = Bench::at_rest(1);
    let update = Update {
        phase: Phase::Installing,
        version: Some("2".to_owned()),
        said: "half of it".to_owned(),
        percent: Some(50),
    };
    assert!(matches!(bench.ask(FIRST, Ask::Update(update.clone())), Answer::Noted { .. }));
    bench.tell(Message::ControlClosed(FIRST));
    assert_eq!(bench.status().update, Some(update));
    bench.beats(|beat| beat.update.as_deref() == Some("installing 2"));
}

#[test]
fn a_lease_is_shown_and_a_card_begins_nothing_until_its_connection_ends() {
    let bench = Bench::at_rest(1);
    assert_eq!(bench.lease(false, 600), Err(Refusal::OpenHours));
    assert_eq!(bench.lease(true, 600), Ok(600));
    bench.until(|screen| *screen == Screen::Leased);
    assert_eq!(bench.status().state, State::Leased);
    bench.insert();
    let orders: Vec<_> = bench.card.try_iter().collect();
    assert!(bench.status().card_present, "the card is known, {orders:?}");
    let is_read = |order: &CardOrder| matches!(order, CardOrder::Errand(errand) if errand.request == CardRequest::Read);
    assert!(!orders.iter().any(is_read) && !bench.card.try_iter().any(|order| is_read(&order)));
    // Another's end, or another's word, is not the end of it.
    bench.tell(Message::ControlClosed(SECOND));
    assert!(matches!(bench.ask(SECOND, Ask::Release {}), Answer::Released { .. }));
    assert_eq!(bench.status().state, State::Leased);
    assert_eq!(bench.lease(true, 600), Err(Refusal::Leased));
    bench.tell(Message::ControlClosed(FIRST));
    bench.until(|screen| *screen == Screen::LeftBehind);
}

#[test]
fn a_lease_that_is_given_back_or_over_leaves_the_kiosk_as_it_was() {
    let bench = Bench::at_rest(1);
    assert_eq!(bench.lease(true, 600), Ok(600));
    bench.ask(FIRST, Ask::Release {});
    bench.until(|screen| matches!(screen, Screen::Attract { .. }));
    assert_eq!(bench.lease(true, 1), Ok(1));
    bench.until(|screen| *screen == Screen::Leased);
    bench.until(|screen| matches!(screen, Screen::Attract { .. }));
    // The connection that had it is still there, and its end is nothing to another lease.
    assert_eq!(bench.lease(true, 600), Ok(600));
}

#[test]
fn no_lease_is_given_before_the_reader_is_known_or_while_somebody_is_here() {
    let bench = Bench::start(1, true);
    assert_eq!(bench.lease(true, 600), Err(Refusal::Settling));
    bench.plugs_the_reader_in();
    bench.until(|screen| matches!(screen, Screen::Attract { .. }));
    bench.insert();
    bench.until(|screen| *screen == Screen::ReadingCard);
    assert_eq!(bench.lease(true, 600), Err(Refusal::InSession));
    let mut bench = Bench::at_rest(1);
    bench.reach_writing();
    assert_eq!(bench.lease(true, 600), Err(Refusal::Settling));
}

#[test]
fn each_check_fails_without_what_it_is_for_and_says_what_to_do() {
    let bench = Bench::at_rest(1);
    assert_eq!(
        bench.ills(),
        [
            CheckName::Frame,
            CheckName::Touch,
            CheckName::Certificate,
            CheckName::Clock,
            CheckName::Service
        ]
    );
    for check in bench.health().checks {
        assert_eq!(check.ok, check.remedy.is_empty(), "{check:?}");
    }
    bench.has_all_that_it_needs();
    assert_eq!(bench.ills(), []);
    assert!(bench.health().is_well());
    bench.link_says_who_we_are("1971-01-01T00:00:00Z".parse().unwrap());
    bench.reader(ReaderEvent::ReaderDetached { reader: reader() });
    assert_eq!(bench.ills(), [CheckName::Reader, CheckName::Certificate]);
    bench.reader(ReaderEvent::ServiceStopped);
    assert_eq!(bench.ills(), [CheckName::Reader, CheckName::Pcscd, CheckName::Certificate]);
    let bench = Bench::start(1, false);
    assert!(bench.ills().contains(&CheckName::Journal), "there is no journal");
}

#[test]
fn nobody_is_served_with_a_clock_that_is_not_set_where_it_must_be() {
    let bench = Bench::with_clock(1, true, OPEN, true);
    bench.plugs_the_reader_in();
    let cause = OutOfService::ClockNotSet;
    assert_eq!(bench.until(|_| true), Screen::OutOfService { cause });
    assert_eq!(bench.status().fault.map(|fault| fault.code).as_deref(), Some("K-442"));
    std::fs::write(bench.folder.path().join("clock-set"), "").unwrap();
    bench.until(|screen| matches!(screen, Screen::Attract { .. }));
    assert!(bench.status().clock.set);
}

#[test]
fn nobody_is_served_while_the_units_data_is_locked() {
    let bench = Bench::at_rest(1);
    let locked = bench.folder.path().join("data-locked");
    std::fs::write(&locked, "the TPM does not open it\n").unwrap();
    let cause = OutOfService::DataLocked;
    bench.until(|screen| *screen == Screen::OutOfService { cause });
    let status = bench.status();
    assert_eq!(status.state, State::OutOfService);
    assert_eq!(status.fault.map(|fault| fault.code).as_deref(), Some("K-443"));
    bench.beats(|beat| beat.faults == ["K-443"] && beat.state == KioskState::OperatorIntervention);
    let journal = bench.health().checks.into_iter().find(|it| it.name == CheckName::Journal);
    let said = journal.filter(|check| !check.ok).map(|check| check.said);
    assert!(said.is_some_and(|said| said.ends_with("cannot be opened: the TPM does not open it")));
    bench.insert();
    std::fs::remove_file(&locked).unwrap();
    bench.until(|screen| *screen == Screen::LeftBehind);
    let Answer::Metrics { metrics } = bench.ask(FIRST, Ask::Metrics {}) else { panic!("metrics") };
    let counted = "kiosk_staff_codes_total{key=\"data-locked\",code=\"K-443\"} 1";
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
}

#[test]
fn a_card_that_was_not_taken_is_told_from_one_that_was_found() {
    let bench = Bench::at_rest(100);
    bench.insert();
    bench.card_answers(CardReply::Read(CardRead::NotGenuine));
    bench.until(|screen| *screen == Screen::LeftBehind);
    let codes = |bench: &Bench| {
        let codes = bench.status().last_faults.into_iter().map(|fault| fault.code);
        codes.collect::<Vec<_>>()
    };
    assert_eq!(codes(&bench), ["K-431", "C-134"]);
    let bench = Bench::start(1, true);
    bench.plugs_the_reader_in();
    bench.insert();
    bench.until(|screen| *screen == Screen::LeftBehind);
    assert_eq!(codes(&bench), ["K-430"]);
}

#[test]
fn what_is_counted_can_be_asked_for() {
    let bench = Bench::at_rest(1);
    let Answer::Metrics { metrics } = bench.ask(FIRST, Ask::Metrics {}) else { panic!("metrics") };
    assert!(metrics.lines().any(|line| line == "kiosk_outcomes_undelivered 0"), "{metrics}");
}
