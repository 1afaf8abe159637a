// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the driver does with the service's policies: whether they come in good order, broken, in
//! mid-session or not at all.

use backend_client::{
    CentralError,
    wire::{
        Call, Decision, ETag, KioskState, PolicyAnswer, PolicyDocument, PolicySignature,
        ServedPolicy,
    },
};

use kiosk_session::event::ServiceHours;

use super::*;
use crate::central_worker::Condition;

mod refusals;

impl Bench {
    /// The service answers the question for the policy.
    fn serves(&self, etag: &str, json: &str) {
        let document = PolicyDocument { etag: Some(ETag(etag.to_owned())), text: json.to_owned() };
        let signature = Some(PolicySignature { signed_by: SIGNED_BY, value: vec![1].into() });
        self.answers_with(ServedPolicy::Changed { document, signature });
    }

    fn answers_with(&self, policy: ServedPolicy) {
        let answer = PolicyAnswer { policy, served_at: None, took: Duration::ZERO };
        self.tell(Message::Policy(Ok(Decision::Granted(answer))));
    }

    /// The next heartbeat that is as wanted.
    pub(super) fn beats(&self, is_wanted: impl Fn(&Condition) -> bool) -> Condition {
        loop {
            match self.unit.recv_timeout(LONG).expect("a heartbeat comes") {
                CentralErrand::Heartbeat(condition) if is_wanted(&condition) => return condition,
                _ => {}
            }
        }
    }

    /// With which mark the policy is asked for next.
    fn asks_with(&self) -> Option<String> {
        loop {
            if let CentralErrand::Policy(known) =
                self.unit.recv_timeout(LONG).expect("the policy is asked for")
            {
                return known.map(|known| known.etag.0);
            }
        }
    }

    /// For how many policies the link is asked next.
    fn asks_to_vouch(&self) -> usize {
        loop {
            if let CentralErrand::Vouch(kept) =
                self.unit.recv_timeout(LONG).expect("the link is asked")
            {
                return kept.len();
            }
        }
    }

    fn is_kept(&self, text: &str) -> bool {
        std::fs::read_to_string(cache_in(&self.folder)).unwrap().contains(text)
    }
}

fn attract(screen: &Screen) -> bool {
    matches!(screen, Screen::Attract { .. })
}

fn closed(screen: &Screen) -> bool {
    matches!(screen, Screen::Closed { .. })
}

const NOT_OFFERED: &str = r#"{"services":[]}"#;
const HAS_FAULT: fn(&Condition) -> bool = |condition| condition.faults == ["K-440"];
const HAS_NONE: fn(&Condition) -> bool = |condition| condition.faults.is_empty();

#[test]
fn the_policy_of_the_last_process_holds_before_the_first_view() {
    let bench = Bench::with_cached_policy(1, true, SHUT);
    assert_eq!(bench.asks_with().as_deref(), Some("\"kept\""));
    bench.plugs_the_reader_in();
    let first = bench.until(|_| true);
    assert!(closed(&first), "{first:?}");
    bench.serves("\"2\"", OPEN);
    bench.until(attract);
    assert!(bench.is_kept(r#""etag":"\"2\"""#) && !bench.is_kept("closures"));
}

#[test]
fn a_kept_policy_that_cannot_be_read_is_put_aside_and_reported() {
    let bench = Bench::with_cached_policy(1, true, "[]");
    assert_eq!(bench.asks_with(), None);
    assert_eq!(bench.beats(|_| true).faults, ["K-441"]);
    assert!(bench.folder.path().join("policy.json.bad").exists());
    bench.serves("\"2\"", OPEN);
    bench.beats(HAS_NONE);
    assert!(bench.is_kept("hours"));
}

#[test]
fn the_first_view_waits_for_the_link_and_not_for_ever() {
    let bench = Bench::with_awaited_policy(1, true, NOT_OFFERED, false);
    bench.plugs_the_reader_in();
    assert_eq!(bench.asks_to_vouch(), 1);
    let first = bench.until(|_| true);
    assert!(attract(&first) || closed(&first), "the image's hours: {first:?}");
    bench.tell(Message::Vouched(Err(CentralError::NoLink { call: Call::Vouch, source: None })));
    assert_eq!(bench.asks_with(), None, "the policy is wanted whole");
    assert_eq!(bench.asks_to_vouch(), 1, "the link is asked again");
    bench.tell(Message::Vouched(Ok(Vouch::Signed)));
    assert_eq!(bench.asks_with().as_deref(), Some("\"kept\""));
    bench.until(|screen| *screen == Screen::NotOffered);
}

#[test]
fn a_kept_policy_that_is_not_ours_never_holds() {
    let bench = Bench::with_awaited_policy(1, true, NOT_OFFERED, false);
    bench.tell(Message::Vouched(Ok(Vouch::NotSigned)));
    bench.plugs_the_reader_in();
    let first = bench.until(|_| true);
    assert!(attract(&first) || closed(&first), "the image's hours: {first:?}");
    assert_eq!(bench.asks_with(), None, "nothing is known that could be unchanged");
    assert_eq!(bench.beats(|it| !it.faults.is_empty()).faults, ["K-441"]);
    assert!(bench.folder.path().join("policy.json.bad").exists());
    bench.serves("\"2\"", OPEN);
    bench.beats(HAS_NONE);
    assert!(bench.is_kept(r#""etag":"\"2\"""#));
}

#[test]
fn an_answer_that_is_no_policy_changes_nothing_and_is_a_fault_until_there_is_one() {
    let bench = Bench::with_cached_policy(1, true, SHUT);
    bench.plugs_the_reader_in();
    bench.until(closed);
    bench.tell(Message::Policy(Err(CentralError::Malformed {
        call: Call::Policy,
        expected: "what the contract says".to_owned(),
        source: None,
    })));
    assert_eq!(bench.beats(HAS_FAULT).state, KioskState::Closed);
    assert!(bench.is_kept("kept"), "the last good one stays on the disk");
    bench.answers_with(ServedPolicy::Unchanged);
    bench.beats(HAS_NONE);
}

#[test]
fn a_service_that_does_not_answer_is_no_fault_of_the_policy() {
    let bench = Bench::at_rest(1);
    bench.beats(HAS_NONE);
    bench
        .tell(Message::Policy(Err(CentralError::Unreachable { call: Call::Policy, source: None })));
    bench.serves("\"2\"", SHUT);
    assert_eq!(bench.beats(|it| it.state == KioskState::Closed).faults, [""; 0]);
}

#[test]
fn what_a_policy_says_wrongly_is_a_fault_and_the_rest_holds() {
    let bench = Bench::at_rest(1);
    bench.serves("\"2\"", &SHUT.replace("\"hours\"", "\"services\":[7],\"hours\""));
    bench.until(closed);
    bench.beats(HAS_FAULT);
    assert_eq!(bench.asks_with(), None, "it is wanted whole until it is good");
    bench.serves("\"3\"", r#"{"time_limits":{"idle_seconds":1}}"#);
    bench.serves("\"4\"", OPEN);
    bench.until(attract);
    bench.beats(HAS_NONE);
}

#[test]
fn a_policy_that_closes_in_mid_session_waits_for_its_end() {
    for (policy, rests_in) in [
        (SHUT, closed as fn(&Screen) -> bool),
        (r#"{"services":[]}"#, |screen| *screen == Screen::NotOffered),
        (r#"{"minimum_software":"99.0.0"}"#, |screen| {
            *screen == Screen::OutOfService { cause: OutOfService::SoftwareTooOld }
        }),
    ] {
        let mut bench = Bench::at_rest(1);
        bench.open_session();
        bench.serves("\"2\"", policy);
        bench.type_in(PadSlot::Proof, "0042");
        bench.card_answers(CardReply::Verified(Verification::Verified));
        bench.card_answers(CardReply::Signed(bytes()));
        bench.service_answers(CentralReply::Granted);
        bench.type_in(PadSlot::New, "KURO7K");
        bench.event(Event::Touched(Touch::Cancel));
        let report = bench.service.recv_timeout(LONG).unwrap();
        let CentralErrand::Report(id, delivery, _) = report else { panic!("{report:?}") };
        bench.tell(Message::Acknowledged(delivery.number));
        bench.tell(Message::Central(id, CentralReply::Recorded));
        bench.until(|screen| matches!(screen, Screen::Ending { .. }));
        bench.reader(ReaderEvent::MediaRemoved { reader: reader() });
        bench.event(Event::Touched(Touch::Dismiss));
        let after = bench.until(|screen| !matches!(screen, Screen::Ending { .. }));
        assert!(rests_in(&after), "{after:?}");
    }
}

#[test]
fn the_pages_are_told_what_a_policy_says() {
    let bench = Bench::at_rest(1);
    let notice = r#"{"notices":[{"id":"a","kind":"warning","texts":{"en":"Mind the step."}}]}"#;
    bench.serves("\"2\"", notice);
    loop {
        let shown = bench.shown.recv_timeout(LONG).expect("the pages are told");
        if let Shown::Information(information) = shown
            && format!("{information:?}").contains("Mind the step.")
        {
            return;
        }
    }
}
