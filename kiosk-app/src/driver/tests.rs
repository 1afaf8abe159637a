// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver between workers that a test plays: its threads, queue, journal
//! and locked page are the real ones.

use std::{
    path::PathBuf,
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
};

use backend_client::wire::{self, OutcomeResult, TimeOfDay, Vouch};
use card_io::media::{Atr, ChipPower, ReaderEvent, ReaderName};
use kiosk_session::{
    CardReply, KioskId, Language, Limits, Nonce, Opaque, PadSlot, Papers, Screen, SessionId,
    TicketId, Touch, UnixTime,
    card::{CardRead, Presentation, ProfileCard, ReadBack, Verification, Written},
    central::{Opened, Ticketed},
    check::{CardCheck, Checked, LastReset, OwnReceipt},
    event::Choice,
    view::OutOfService,
};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::{
    card_worker::CardOrder,
    hours::Daily,
    locked::{LockedPage, Private, Workbench},
    pad::{KEYS, Keys},
    policy::{self, UnitLimits},
    slip::Number,
    staff::{CodePad, Staffing},
};

mod bench;
mod controlled;
mod policies;
mod records;
mod staff;

use bench::*;

#[test]
fn an_ending_is_counted_and_has_the_sessions_number_before_it_is_shown() {
    let mut bench = Bench::at_rest(1);
    let write = bench.reach_writing();
    let (receipt, read_back) = (bytes(), ReadBack::NotConfirmed);
    bench.tell(Message::Card(write, CardReply::Written(Written::Done { receipt, read_back })));
    let report = bench.service.recv_timeout(LONG).unwrap();
    let CentralErrand::Report(id, ..) = report else { panic!("{report:?}") };
    bench.tell(Message::Central(id, CentralReply::Recorded));
    let mut slip = None;
    loop {
        match bench.shown.recv_timeout(LONG).expect("the ending comes") {
            Shown::Slip(given) => slip = Some(given),
            Shown::View(View { screen: Screen::Ending { session, .. }, .. }) => {
                assert_eq!(session, Some(SESSION));
                break;
            }
            Shown::View(_) | Shown::Information(_) | Shown::Staff(_) | Shown::End => {}
        }
    }
    assert_eq!(slip.expect("the slip comes first").number, Number::of(SESSION));
    let counted = std::fs::read_to_string(bench.folder.path().join(METRICS)).unwrap();
    for line in [
        "kiosk_sessions_total 1",
        "kiosk_endings_total{ending=\"not-certain-read-back\",code=\"C-113\"} 1",
        "kiosk_anomalies_total{kind=\"read-back-failed\"} 1",
        "kiosk_outcomes_undelivered 1",
    ] {
        assert!(counted.lines().any(|counted| counted == line), "no {line} in {counted}");
    }
}

#[test]
fn a_hung_card_worker_is_given_up_and_the_process_ends_to_be_started_again() {
    let bench = Bench::at_rest(100);
    bench.insert();
    assert_eq!(bench.card_asked().1, CardRequest::Read);
    bench.until(|screen| matches!(screen, Screen::Ending { .. }));
    bench.reader(ReaderEvent::MediaRemoved { reader: reader() });
    assert_eq!(bench.driver.join().unwrap(), Exit::Restart);
}

#[test]
fn nothing_is_shown_before_the_reader_is_known() {
    let bench = Bench::start(1, true);
    bench.reader(ReaderEvent::ServiceStarted);
    bench.reader(ReaderEvent::ReaderAttached { reader: reader() });
    bench.insert();
    let first = bench.until(|_| true);
    assert_eq!(first, Screen::LeftBehind, "a card that was there before us is nobody's");
}

#[test]
fn asked_to_stop_at_rest_it_ends_at_once() {
    let bench = Bench::at_rest(1);
    bench.event(Event::Stopping);
    assert_eq!(bench.driver.join().unwrap(), Exit::Orderly);
}

#[test]
fn when_a_visit_is_over_the_card_worker_is_told_to_forget() {
    let bench = Bench::at_rest(1);
    let forgets = |order: &CardOrder| matches!(order, CardOrder::Forget);
    assert!(forgets(&bench.card.recv_timeout(LONG).unwrap()), "once at the start");
    bench.open_session();
    bench.event(Event::Touched(Touch::Cancel));
    let report = bench.service.recv_timeout(LONG).unwrap();
    let CentralErrand::Report(id, delivery, _) = report else { panic!("{report:?}") };
    bench.tell(Message::Acknowledged(delivery.number));
    bench.tell(Message::Central(id, CentralReply::Recorded));
    bench.until(|screen| matches!(screen, Screen::Ending { .. }));
    assert!(!bench.card.try_iter().any(|order| forgets(&order)), "not while it may be put back");
    bench.reader(ReaderEvent::MediaRemoved { reader: reader() });
    bench.event(Event::Touched(Touch::Dismiss));
    bench.until(|screen| matches!(screen, Screen::Attract { .. }));
    while !forgets(&bench.card.recv_timeout(LONG).expect("the worker is told to forget")) {}
}

#[test]
fn a_receipt_that_nobody_waits_for_keeps_no_resident_waiting() {
    let bench = Bench::at_rest(1);
    bench.choose(Choice::CheckMyCard);
    let check = CardCheck {
        user_authentication_retries_left: 3,
        digital_signature_retries_left: 0,
        input_support_retries_left: None,
        authentication_certificate: None,
        has_signature_certificate: true,
        last_reset: Some(LastReset::Done),
    };
    let receipt = Some(OwnReceipt { nonce: Nonce([1; 32]), receipt: bytes() });
    bench.card_answers(CardReply::Checked(Checked { check, receipt }));
    bench.until(|screen| matches!(screen, Screen::CheckMyCard { found: Some(_) }));
    // The unit's worker has it; the session's is free for a resident who goes on.
    loop {
        match bench.unit.recv_timeout(LONG).expect("the receipt is delivered") {
            CentralErrand::Session(_, CentralRequest::DeliverReceipt { session, .. }, _) => {
                break assert_eq!(session, None);
            }
            CentralErrand::Vouch(_) | CentralErrand::Policy(_) | CentralErrand::Heartbeat(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(bench.service.try_recv().is_err());
}

#[test]
fn a_driver_to_which_nothing_happens_shows_that_it_is_alive() {
    let bench = Bench::at_rest(1);
    let (before, start) = (bench.heart.beats(), Instant::now());
    while bench.heart.beats() < before + 3 {
        assert!(start.elapsed() < LONG, "it beats no more");
        thread::yield_now();
    }
}
