// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the driver keeps and when: before a card is written, until the service
//! has it, and what it does where it cannot.

use super::*;

#[test]
fn a_reset_is_journalled_before_it_is_sent_and_forgotten_when_it_is_acknowledged() {
    let mut bench = Bench::at_rest(1);
    let write = bench.reach_writing();
    assert_eq!(bench.after_a_kill(), [OutcomeResult::Unknown], "the reset may be on its way");
    assert_eq!(bench.taken(), b"KURO7K");
    let (receipt, read_back) = (bytes(), ReadBack::Confirmed);
    bench.tell(Message::Card(write, CardReply::Written(Written::Done { receipt, read_back })));
    let report = bench.service.recv_timeout(LONG).unwrap();
    let CentralErrand::Report(id, delivery, _) = report else { panic!("{report:?}") };
    assert_eq!(bench.after_a_kill(), [OutcomeResult::Done], "before anything is shown");
    bench.tell(Message::Acknowledged(delivery.number));
    bench.tell(Message::Central(id, CentralReply::Recorded));
    bench.until(|screen| matches!(screen, Screen::Ending { .. }));
    assert_eq!(bench.after_a_kill(), []);
    bench.event(Event::Stopping);
    bench.reader(ReaderEvent::MediaRemoved { reader: reader() });
    bench.event(Event::Touched(Touch::Dismiss));
    assert_eq!(bench.driver.join().unwrap(), Exit::Orderly);
}

#[test]
fn an_outcome_that_nobody_acknowledges_is_delivered_until_somebody_does() {
    let mut bench = Bench::at_rest(1);
    let write = bench.reach_writing();
    let (receipt, read_back) = (bytes(), ReadBack::Confirmed);
    bench.tell(Message::Card(write, CardReply::Written(Written::Done { receipt, read_back })));
    let report = bench.service.recv_timeout(LONG).unwrap();
    let CentralErrand::Report(id, reported, _) = report else { panic!("{report:?}") };
    bench.tell(Message::NotAcknowledged(reported.number));
    bench.tell(Message::Central(id, CentralReply::Failed(CentralFault::Unreachable)));
    bench.until(|screen| matches!(screen, Screen::Ending { .. }));
    let again = loop {
        match bench.unit.recv_timeout(LONG).expect("it is delivered again") {
            CentralErrand::Deliver(delivery) => break delivery,
            CentralErrand::Vouch(_) | CentralErrand::Policy(_) | CentralErrand::Heartbeat(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(again, reported, "with the same key");
    bench.tell(Message::Acknowledged(again.number));
    bench.event(Event::Stopping);
    bench.reader(ReaderEvent::MediaRemoved { reader: reader() });
    bench.event(Event::Touched(Touch::Dismiss));
    bench.driver.join().unwrap();
    let (_, left) = Journal::open(&journal_in(&bench.folder)).unwrap();
    assert_eq!(left, []);
}

#[test]
fn without_a_journal_nobody_is_served() {
    let bench = Bench::start(1, false);
    bench.reader(ReaderEvent::ServiceStarted);
    bench.reader(ReaderEvent::ReaderAttached { reader: reader() });
    let cause = OutOfService::JournalFailed;
    assert_eq!(
        bench.until(|screen| matches!(screen, Screen::OutOfService { .. })),
        Screen::OutOfService { cause }
    );
}

#[test]
fn a_journal_that_cannot_forget_ends_the_kiosk_at_rest_and_nothing_is_lost() {
    let mut bench = Bench::at_rest(1);
    let write = bench.reach_writing();
    let (receipt, read_back) = (bytes(), ReadBack::Confirmed);
    bench.tell(Message::Card(write, CardReply::Written(Written::Done { receipt, read_back })));
    let report = bench.service.recv_timeout(LONG).unwrap();
    let CentralErrand::Report(id, delivery, _) = report else { panic!("{report:?}") };
    bench.tell(Message::NotAcknowledged(delivery.number));
    bench.tell(Message::Central(id, CentralReply::Failed(CentralFault::Unreachable)));
    bench.reader(ReaderEvent::MediaRemoved { reader: reader() });
    bench.until(|screen| matches!(screen, Screen::Ending { .. }));
    bench.event(Event::Touched(Touch::Dismiss));
    bench.until(|screen| matches!(screen, Screen::Attract { .. }));
    // The file that is to take the journal's place cannot be made.
    let next = bench.folder.path().join("journal.next");
    std::fs::create_dir(&next).unwrap();
    bench.tell(Message::Acknowledged(delivery.number));
    assert_eq!(bench.driver.join().unwrap(), Exit::Journal);
    std::fs::remove_dir(next).unwrap();
    assert_eq!(Journal::open(&journal_in(&bench.folder)).unwrap().1, []);
}

#[test]
fn a_journal_that_cannot_forget_under_an_ending_ends_the_kiosk_after_it() {
    let mut bench = Bench::at_rest(1);
    let write = bench.reach_writing();
    let (receipt, read_back) = (bytes(), ReadBack::Confirmed);
    bench.tell(Message::Card(write, CardReply::Written(Written::Done { receipt, read_back })));
    let report = bench.service.recv_timeout(LONG).unwrap();
    let CentralErrand::Report(id, delivery, _) = report else { panic!("{report:?}") };
    bench.tell(Message::NotAcknowledged(delivery.number));
    bench.tell(Message::Central(id, CentralReply::Failed(CentralFault::Unreachable)));
    bench.until(|screen| matches!(screen, Screen::Ending { .. }));
    std::fs::create_dir(bench.folder.path().join("journal.next")).unwrap();
    bench.tell(Message::Acknowledged(delivery.number));
    bench.reader(ReaderEvent::MediaRemoved { reader: reader() });
    bench.event(Event::Touched(Touch::Dismiss));
    assert_eq!(bench.driver.join().unwrap(), Exit::Journal);
}
