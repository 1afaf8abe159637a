// SPDX-License-Identifier: MIT OR Apache-2.0
//! The states table: each situation, each event, what follows. Committed, so that a change of
//! behaviour is a diff.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use kiosk_session::card::{
    CardFault, CardRead, CardReply, CardRequest, Presentation, ReadBack, Recognition, Verdict,
    Verification, Written,
};
use kiosk_session::central::{
    CentralFault, CentralReply, CentralRequest, Denial, ReceiptResult, ReservationState,
};
use kiosk_session::check::LastReset;
use kiosk_session::effect::{Effect, Record};
use kiosk_session::event::{Choice, ClosedReason, Event, Page, ServiceHours, Touch};
use kiosk_session::staff::{Action, CodeCheck, StaffEvent, StaffPage, StaffTest, StaffTouch, Wish};
use kiosk_session::{Language, Limits, PadSlot, Screen, View};

use crate::kit::Desk;
use crate::kit::papers::{
    checked, checked_real, opaque, opened, profile_card, shape, submitted, ticketed, written_done,
};
use crate::kit::situation::{Situation, taken, taken_as};

const HEADER: &str = "\
# The states table of the session: generated from the code, never edited.
# After a wanted change of behaviour: BLESS=1 cargo test -p kiosk-session transitions
#
# <situation> [<state>] (<screen's buttons>)
#   -> <next state>: <effects, in their order>
#        <events that lead there>
# An event that is not listed changes nothing and asks for nothing.
";

const TEN_MINUTES: Duration = Duration::from_secs(600);

#[test]
fn the_states_table_is_as_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/transitions.txt");
    let table = table();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &table).expect("the golden folder can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = table.lines().zip(committed.lines()).find(|(now, then)| now != then);
    assert!(
        table == committed,
        "the behaviour is not as committed, first at {differs:#?}; if this is wanted: \
         BLESS=1 cargo test -p kiosk-session transitions",
    );
}

#[test]
fn every_state_stands_in_the_table() {
    // The names in the order of `states!` in src/session/state.rs; a resting one is named by its
    // place.
    let source = include_str!("../src/session/state.rs");
    let (_, list) = source.split_once("states! {").expect("the list of states");
    let (list, _) = list.split_once('}').expect("the end of the list");
    for state in list.split(',').map(str::trim).filter(|state| !state.is_empty()) {
        let is_there = Situation::ALL.iter().any(|situation| situation.state() == state);
        assert!(is_there || state == "Resting", "{state} has no situation");
    }
}

fn table() -> String {
    let mut table = HEADER.to_owned();
    for &situation in Situation::ALL {
        let desk = situation.reach();
        let _ = write!(table, "\n{situation:?} [{}] ({})\n", situation.state(), buttons(&desk));
        for (result, names) in results(situation, &desk) {
            let _ = writeln!(table, "  -> {result}");
            for name in names {
                let _ = writeln!(table, "       {name}");
            }
        }
    }
    table
}

/// What can follow on this situation, each with all that leads to it.
fn results(situation: Situation, desk: &Desk) -> Vec<(String, Vec<String>)> {
    let mut results: Vec<(String, Vec<String>)> = Vec::new();
    for (name, happen) in happenings(desk) {
        let mut desk = situation.reach();
        let before = seen(&desk);
        desk.effects.clear();
        happen(&mut desk);
        if before == seen(&desk) && desk.effects.is_empty() {
            continue;
        }
        let result = result(&desk);
        match results.iter_mut().find(|(known, _)| *known == result) {
            Some((_, names)) => names.push(name),
            None => results.push((result, vec![name])),
        }
    }
    results
}

/// A language may be chosen anywhere and changes nothing else.
fn seen(desk: &Desk) -> (&'static str, View) {
    (desk.state(), View { language: Language::Japanese, ..desk.view() })
}

fn result(desk: &Desk) -> String {
    let mut result = desk.state().to_owned();
    if let Screen::Ending { ending, .. } = desk.view().screen {
        let _ = write!(result, " {}", ending.key());
    }
    let effects: Vec<_> = desk.effects.iter().map(said).collect();
    if !effects.is_empty() {
        let _ = write!(result, ": {}", effects.join("; "));
    }
    result
}

fn buttons(desk: &Desk) -> String {
    let may = desk.view().may;
    let buttons = [
        (may.cancel, "cancel"),
        (may.go_back, "back"),
        (may.go_on, "continue"),
        (may.submit, "ok"),
        (may.dismiss, "dismiss"),
        (may.more_time, "more time"),
    ];
    let shown: Vec<_> = buttons.iter().filter(|(may, _)| *may).map(|(_, name)| *name).collect();
    shown.join(", ")
}

type Happening = (String, Box<dyn Fn(&mut Desk)>);

/// All that can happen to this desk, with canonical small payloads.
fn happenings(desk: &Desk) -> Vec<Happening> {
    let mut happenings = events();
    let card = desk.card_request().map(card_replies).unwrap_or_default();
    happenings.extend(card.into_iter().map(|reply| {
        let name = format!("card {}", trimmed(&format!("{reply:?}")));
        let happen = move |desk: &mut Desk| {
            desk.card(reply.clone());
        };
        (name, Box::new(happen) as Box<dyn Fn(&mut Desk)>)
    }));
    let central = desk.central_request().map(central_replies).unwrap_or_default();
    happenings.extend(central.into_iter().map(|reply| {
        let name = format!("central {}", trimmed(&format!("{reply:?}")));
        let happen = move |desk: &mut Desk| {
            desk.central(reply.clone());
        };
        (name, Box::new(happen) as Box<dyn Fn(&mut Desk)>)
    }));
    if desk.checks_a_code() {
        for check in [
            CodeCheck::Right,
            CodeCheck::Wrong { tries_left: 4 },
            CodeCheck::Locked { seconds: 900 },
            CodeCheck::Uncounted,
        ] {
            let happen = move |desk: &mut Desk| {
                desk.code_is(check);
            };
            happenings.push((format!("staff code {check:?}"), Box::new(happen)));
        }
    }
    if desk.plays_a_tone() {
        for is_played in [true, false] {
            let name = if is_played { "tone played" } else { "tone not played" };
            let happen = move |desk: &mut Desk| {
                desk.tone_ends(is_played);
            };
            happenings.push((name.to_owned(), Box::new(happen)));
        }
    }
    happenings.push((
        "time alone".to_owned(),
        Box::new(|desk| {
            desk.wait_for_change();
        }),
    ));
    happenings
}

/// Without the payloads that say nothing.
fn trimmed(debug: &str) -> String {
    let short = debug.split_once(" { papers").map_or(debug, |(head, _)| head);
    let short = short.split_once("(ProfileCard").map_or(short, |(head, _)| head);
    let short = short.split_once("(Checked").map_or(short, |(head, _)| head);
    let short = short.split_once("(Opened").map_or(short, |(head, _)| head);
    let short = short.split_once("(Ticketed").map_or(short, |(head, _)| head);
    short.replace("UnixTime", "")
}

fn events() -> Vec<Happening> {
    let touches = [
        Touch::Page(Page::Help),
        Touch::Language(Language::English),
        Touch::Choose(Choice::SetNewPin),
        Touch::Choose(Choice::CheckMyCard),
        Touch::Choose(Choice::Help),
        Touch::Continue,
        Touch::Back,
        Touch::Cancel,
        Touch::MoreTime,
        Touch::Dismiss,
        Touch::Staff(StaffTouch::Page(StaffPage::Tests)),
        Touch::Staff(StaffTouch::Test(StaffTest::Reader)),
        Touch::Staff(StaffTouch::Test(StaffTest::Service)),
        Touch::Staff(StaffTouch::Test(StaffTest::Touch)),
        Touch::Staff(StaffTouch::Test(StaffTest::Sound)),
        Touch::Staff(StaffTouch::Target),
        Touch::Staff(StaffTouch::Clean),
        Touch::Staff(StaffTouch::Act(Action::Restart)),
        Touch::Staff(StaffTouch::Act(Action::Wish(Wish::Reboot))),
    ];
    let mut events: Vec<Happening> = Vec::new();
    for touch in touches {
        let happen = move |desk: &mut Desk| {
            desk.touch(touch);
        };
        events.push((format!("touch {touch:?}"), Box::new(happen)));
    }
    let mut add = |name: &str, event: fn() -> Event| {
        let happen = move |desk: &mut Desk| {
            desk.tell(event());
        };
        events.push((name.to_owned(), Box::new(happen)));
    };
    add("typed", || Event::Typed(shape(PadSlot::New)));
    add("ok Proof", || submitted(PadSlot::Proof, None));
    add("ok New", || submitted(PadSlot::New, None));
    add("ok Repeat, the same", || submitted(PadSlot::Repeat, Some(true)));
    add("ok Repeat, another", || submitted(PadSlot::Repeat, Some(false)));
    add("media inserted", || Event::MediaInserted);
    add("media removed", || Event::MediaRemoved);
    add("several cards", || Event::SeveralCards);
    add("card present at start", || Event::CardPresentAtStart);
    add("reader lost", || Event::ReaderLost);
    add("reader back", || Event::ReaderBack);
    add("hours closed", || {
        let (reason, opens_at) = (ClosedReason::Hours, None);
        Event::ServiceHours(ServiceHours::Closed { reason, opens_at })
    });
    add("hours open", || Event::ServiceHours(ServiceHours::Open));
    add("not offered", || Event::ServiceHours(ServiceHours::NotOffered));
    add("software too old", || Event::ServiceHours(ServiceHours::SoftwareTooOld));
    add("policy granted", || Event::PolicyGranted { takes_this_software: true });
    add("policy granted, not for this software", || Event::PolicyGranted {
        takes_this_software: false,
    });
    add("limits changed", || Event::LimitsChanged(Limits::default()));
    add("journal failed", || Event::JournalFailed);
    add("stopping", || Event::Stopping);
    add("journal back", || Event::JournalBack);
    add("lease wanted", || Event::LeaseWanted { forced: false, lasts: TEN_MINUTES });
    add("lease wanted, forced", || Event::LeaseWanted { forced: true, lasts: TEN_MINUTES });
    add("lease ended", || Event::LeaseEnded);
    add("clock not set", || Event::ClockChecked { is_set: false });
    add("clock set", || Event::ClockChecked { is_set: true });
    add("data locked", || Event::DataChecked { is_locked: true });
    add("data open", || Event::DataChecked { is_locked: false });
    add("corner touched", || Event::Staff(StaffEvent::CornerTouched));
    add("key-switch turned", || Event::Staff(StaffEvent::SwitchTurned));
    add("code typed", || Event::Staff(StaffEvent::CodeTyped { length: 3 }));
    add("code submitted", || Event::Staff(StaffEvent::CodeSubmitted { length: 6 }));
    add("code submitted, too short", || Event::Staff(StaffEvent::CodeSubmitted { length: 5 }));
    add("service answers", || Event::Staff(StaffEvent::ServiceAsked { is_answered: true }));
    add("service does not answer", || {
        Event::Staff(StaffEvent::ServiceAsked { is_answered: false })
    });
    add("wish left", || Event::Staff(StaffEvent::WishLeft { is_left: true }));
    events
}

fn card_replies(request: &CardRequest) -> Vec<CardReply> {
    let mut replies = match request {
        CardRequest::Read => vec![
            CardReply::Read(CardRead::Profile(profile_card(3))),
            CardReply::Read(CardRead::Real),
            CardReply::Read(CardRead::OldJuki),
            CardReply::Read(CardRead::Phone),
            CardReply::Read(CardRead::Other),
            CardReply::Read(CardRead::NotGenuine),
        ],
        CardRequest::CheckMyCard => vec![
            CardReply::Checked(checked(LastReset::NotDone)),
            CardReply::Checked(checked_real()),
        ],
        CardRequest::ReadReceipt { .. } => vec![CardReply::ReceiptRead(opaque("receipt"))],
        CardRequest::Recognise { .. } => vec![
            CardReply::Recognised(Recognition::Same { retries_left: 3 }),
            CardReply::Recognised(Recognition::Same { retries_left: 1 }),
            CardReply::Recognised(Recognition::Same { retries_left: 0 }),
            CardReply::Recognised(Recognition::Other),
        ],
        CardRequest::Verify { .. } => vec![
            CardReply::Verified(Verification::Verified),
            CardReply::Verified(Verification::Refused { retries_left: 2 }),
            CardReply::Verified(Verification::Refused { retries_left: 1 }),
            CardReply::Verified(Verification::Refused { retries_left: 0 }),
            CardReply::Verified(Verification::Blocked),
            CardReply::Verified(Verification::LostAnswer { retries_left: Some(2) }),
            CardReply::Verified(Verification::LostAnswer { retries_left: Some(0) }),
            CardReply::Verified(Verification::LostAnswer { retries_left: None }),
        ],
        CardRequest::Sign { .. } => vec![CardReply::Signed(opaque("signature"))],
        CardRequest::Challenge => vec![CardReply::Challenged(opaque("challenge"))],
        CardRequest::Present { .. } => vec![
            CardReply::Presented(Presentation::Accepted),
            CardReply::Presented(Presentation::Refused),
            CardReply::Presented(Presentation::Unfit),
            CardReply::Presented(Presentation::NotGenuine),
        ],
        CardRequest::Write { .. } => written_replies(),
        CardRequest::Settle { .. } => vec![
            CardReply::Settled(Verdict::Done { receipt: opaque("receipt") }),
            CardReply::Settled(Verdict::NotDone { receipt: opaque("receipt") }),
            CardReply::Settled(Verdict::Unknown),
            CardReply::Settled(Verdict::OtherCard),
        ],
        CardRequest::Release => vec![],
    };
    let faults = [
        CardFault::CardGone,
        CardFault::Unreadable,
        CardFault::SeveralCards,
        CardFault::ReaderGone,
    ];
    replies.extend(faults.map(CardReply::Failed));
    let unexpected = match request {
        CardRequest::Sign { .. } => CardReply::Challenged(opaque("unexpected")),
        _ => CardReply::Signed(opaque("unexpected")),
    };
    replies.push(unexpected);
    replies
}

fn written_replies() -> Vec<CardReply> {
    let receipt = opaque("receipt");
    let read_back = ReadBack::NotConfirmed;
    vec![
        CardReply::Written(written_done()),
        CardReply::Written(Written::Done { receipt: receipt.clone(), read_back }),
        CardReply::Written(Written::NotDone { receipt: Some(receipt) }),
        CardReply::Written(Written::NotDone { receipt: None }),
        CardReply::Written(Written::Unknown),
    ]
}

fn central_replies(request: &CentralRequest) -> Vec<CentralReply> {
    let mut replies = match request {
        CentralRequest::OpenSession { .. } => {
            vec![CentralReply::Opened(opened(false)), CentralReply::Opened(opened(true))]
        }
        CentralRequest::DeliverReceipt { .. } => vec![
            taken(ReservationState::Open),
            taken(ReservationState::Used),
            taken(ReservationState::None),
            taken_as(ReceiptResult::Unknown, ReservationState::Open),
        ],
        CentralRequest::Prove { .. } => vec![CentralReply::Granted],
        CentralRequest::Ticket { .. } => vec![CentralReply::Ticketed(ticketed())],
        CentralRequest::ReportOutcome { .. } => vec![CentralReply::Recorded],
    };
    // The way from each problem code to its ending is told in endings.rs.
    replies.push(CentralReply::Denied(Denial::CardSuspended));
    replies.push(CentralReply::Failed(CentralFault::Unreachable));
    let unexpected = match request {
        CentralRequest::Prove { .. } => CentralReply::Recorded,
        _ => CentralReply::Granted,
    };
    replies.push(unexpected);
    replies
}

/// An effect in few words.
fn said(effect: &Effect) -> String {
    let name_of =
        |debug: String| debug.split([' ', '(', '{']).next().map(str::to_owned).unwrap_or_default();
    match effect {
        Effect::Card(_, request) => format!("card {}", name_of(format!("{request:?}"))),
        Effect::Central(_, request) => format!("central {}", name_of(format!("{request:?}"))),
        Effect::OpenAhead => "open ahead".to_owned(),
        Effect::Journal(Record::ProofSent { .. }) => "keep proof-sent".to_owned(),
        Effect::Journal(Record::TicketRequested { .. }) => "keep ticket-requested".to_owned(),
        Effect::Journal(Record::TicketPresented { .. }) => "keep ticket-presented".to_owned(),
        Effect::Journal(Record::ResetSent { .. }) => "keep reset-sent".to_owned(),
        Effect::Journal(Record::Outcome { result, ending, receipt, .. }) => {
            let receipt = if receipt.is_some() { " with receipt" } else { "" };
            format!("keep outcome {} {}{receipt}", result.as_str(), ending.key())
        }
        Effect::Pad(command) => format!("pad {command:?}"),
        Effect::Sound(sound) => format!("sound {sound:?}"),
        Effect::Note(anomaly) => format!("note {}", name_of(format!("{anomaly:?}"))),
        Effect::Staff(order) => format!("staff {}", name_of(format!("{order:?}"))),
        Effect::GiveUpCardWorker => "give up card worker".to_owned(),
        Effect::Lease(None) => "lease given".to_owned(),
        Effect::Lease(Some(refusal)) => format!("lease refused, {refusal:?}"),
        Effect::Exit(reason) => format!("exit {}", reason.code()),
    }
}
