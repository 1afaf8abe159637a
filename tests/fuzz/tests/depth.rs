// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seeds reach what they are there for. A fuzzer that starts at the door finds doors.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its inputs fails")]

use std::fs;
use std::time::Duration;

use backend_client::wire::Denial;
use central_service::reservation::State;
use fuzz::CORPUS;
use fuzz::card::story::Step;
use fuzz::card::{answers, double, visit};
use fuzz::http::Heard;
use fuzz::socket::End;
use fuzz::{central, http, socket, update};

fn seed(target: &str, name: &str) -> Vec<u8> {
    fs::read(format!("{CORPUS}/{target}/seed-{name}")).unwrap()
}

#[test]
fn recorded_answers_lead_to_an_accepted_ticket_a_verified_receipt_and_the_read_back() {
    for name in ["done", "done-extended"] {
        let told = answers::visit(&seed("card-answers", name));
        let expected = [
            Step::Read,
            Step::Identified,
            Step::Verified,
            Step::Signed,
            Step::Accepted,
            Step::Done,
            Step::ReadBack,
        ];
        assert_eq!(told.steps, expected, "{name}");
    }
}

#[test]
fn recorded_answers_lead_to_a_refused_pin_a_lost_answer_and_a_refused_reset() {
    let told = answers::visit(&seed("card-answers", "wrong-pin"));
    assert!(told.reached(Step::Refused) && told.reached(Step::ReadBack), "{told:?}");
    let told = answers::visit(&seed("card-answers", "lost"));
    assert!(told.reached(Step::Done) && !told.reached(Step::ReadBack), "{told:?}");
    let told = answers::visit(&seed("card-answers", "no-pin"));
    assert_eq!(told.steps.iter().filter(|step| **step == Step::NotDone).count(), 2, "{told:?}");
}

#[test]
fn a_visit_with_the_virtual_card_is_done_where_nothing_goes_wrong_and_not_certain_where_it_does() {
    assert!(visit::visit(&seed("card-visit", "done")).reached(Step::ReadBack));
    let told = visit::visit(&seed("card-visit", "lost"));
    assert!(told.reached(Step::Done) && !told.reached(Step::ReadBack), "{told:?}");
}

#[test]
fn a_terminal_with_keys_resets_the_virtual_cards_pin() {
    assert!(double::talk(&seed("virtual-card", "reset")));
    assert!(double::talk(&seed("virtual-card", "read-back")));
    assert!(!double::talk(&seed("virtual-card", "cold")));
}

#[test]
fn histories_reach_every_state_of_a_reservation() {
    let told = |name| central::tell(&seed("central-service", name));
    let reset = ["opened", "granted", "ticketed", "recorded"];
    for (name, answers, state) in [
        ("done", &reset[..], State::Consumed),
        ("twice", &reset[..], State::Consumed),
        ("abandoned", &["opened", "granted", "recorded", "recorded"], State::Open),
        ("not-done", &["opened", "granted", "ticketed", "taken", "recorded"], State::Open),
        ("other-kiosk", &["opened", "granted", "reservation-in-use"], State::Held),
        ("settled", &["opened", "granted", "ticketed", "recorded", "opened", "taken"], State::Held),
        ("limits", &["opened", "granted", "ticketed", "ticket-limit"], State::Issued),
        ("unresolved", &["opened", "granted", "ticketed", "opened"], State::Unresolved),
    ] {
        let told = told(name);
        assert_eq!(told.state, Some(state), "{name}: {told:?}");
        assert_eq!(told.answers.get(..answers.len()).unwrap_or_default(), answers, "{name}");
    }
    let refused = ["forged", "operated", "expired", "asked", "unresolved"].map(told);
    for code in [
        "proof-invalid",
        "out-of-order",
        "receipt-invalid",
        "card-suspended",
        "outside-hours",
        "maintenance",
        "reservation-expired",
        "signature-certificate-revoked",
        "authentication-certificate-revoked",
        "kiosk-not-authorised",
        "grant-expired",
        "idempotency-mismatch",
        "too-large",
        "receipt-wanted",
    ] {
        let is_told = refused.iter().any(|told| told.answers.iter().any(|answer| answer == code));
        assert!(is_told, "no history is answered {code}");
    }
}

#[test]
fn answers_are_carried_out_refused_repeated_or_at_fault() {
    let heard = |name| http::hear(&seed("http-answers", name)).unwrap();
    for name in
        ["opened", "settled", "granted", "issued", "recorded", "policy", "unchanged", "beaten"]
    {
        assert_eq!(heard(name), (Heard::Granted, None), "{name}");
    }
    assert_eq!(heard("closed"), (Heard::Denied(Denial::OutsideHours), None));
    assert_eq!(heard("old"), (Heard::Denied(Denial::SoftwareTooOld), None));
    let two_seconds = Some(Duration::from_secs(2));
    assert_eq!(heard("passing"), (Heard::Rejected, two_seconds));
    assert_eq!(heard("passing-until"), (Heard::Denied(Denial::Internal), two_seconds));
    assert_eq!(heard("never"), (Heard::Rejected, None));
    assert_eq!(heard("garbage"), (Heard::Malformed, None));
}

#[test]
fn several_requests_are_received_in_whatever_pieces_they_come() {
    let received = |name| {
        let (requests, end) = socket::converse(&seed("link-socket", name));
        (requests.len(), end)
    };
    assert_eq!([received("all"), received("byte-by-byte")], [(5, End::Closed); 2]);
    assert_eq!(received("two"), (2, End::Closed));
    assert_eq!([received("half"), received("half-a-length")], [(1, End::BrokenOff); 2]);
    assert_eq!(received("too-long"), (0, End::TooLong));
    assert_eq!([received("no-request"), received("empty")], [(0, End::Unreadable); 2]);
}

#[test]
fn updates_are_kept_fall_back_are_cut_off_cancelled_and_refused() {
    let told = |name| update::tell(&seed("ddi-answers", name));
    for (name, installs, ends) in [
        ("kept", 1, &[true][..]),
        ("fell-back", 1, &[false, false]),
        ("cut-while-writing", 3, &[false]),
        ("cancelled-too-late", 1, &[]),
        ("cancelled", 0, &[]),
        ("forced", 1, &[]),
        ("held", 0, &[]),
        ("spoilt", 0, &[false]),
        ("stick", 1, &[]),
    ] {
        let told = told(name);
        assert_eq!((told.installs, told.ends.as_slice()), (installs, ends), "{name}: {told:?}");
    }
    assert_eq!(told("cancelled").cancelled, [true]);
    assert_eq!(told("cancelled-too-late").cancelled, [false]);
    assert_eq!(told("kept").heard, 3);
}

#[test]
fn a_memory_of_every_phase_is_gone_on_with() {
    let told = |name| update::remember(&seed("update-memory", name)).unwrap();
    assert_eq!((told("fetching").installs, told("ready").installs), (1, 1));
    assert_eq!(told("installing").installs, 1);
    assert_eq!((told("trying").ends, told("trying-elsewhere").ends), (vec![false], vec![false]));
    assert_eq!(told("closed").ends, [false]);
}
