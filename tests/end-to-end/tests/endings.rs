// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every ending on the real screen. Those that no other test comes to are reached here, as many as
//! can be on one bench; the last test finds the one that nobody reaches.

use std::{collections::BTreeMap, fs, path::Path};

use end_to_end::{
    PATIENCE,
    album::Album,
    bench::{Bench, Setting},
    card::{Card, Making},
    endings,
    failure::Failure,
    pin::Pin,
    proof, prove,
    resident::Resident,
    screens,
};

/// One resident after the other on one bench.
struct Visitor<'b> {
    bench: &'b mut Bench,
    album: Album,
    card: Card,
}

impl<'b> Visitor<'b> {
    fn reserved(bench: &'b mut Bench) -> Result<Self, Failure> {
        let card = bench.registered_card(&Making::default())?;
        bench.central.reserve(&card, &[])?;
        Ok(Self::with(bench, card))
    }

    fn with(bench: &'b mut Bench, card: Card) -> Self {
        Self { bench, album: Album::none(), card }
    }

    fn resident(&mut self) -> Result<Resident<'_>, Failure> {
        let language = self.bench.language();
        Ok(Resident::new(self.bench.player()?, &mut self.album, language))
    }

    fn begins(&mut self) -> Result<(), Failure> {
        self.resident()?.finds_the_kiosk_waiting()?;
        self.bench.lay(&self.card)
    }

    /// The same with a fault that is planned for one of the card's first answers.
    fn begins_at_a_card_that(&mut self, fault: &[&str]) -> Result<(), Failure> {
        self.resident()?.finds_the_kiosk_waiting()?;
        self.bench.slot.control(fault)?;
        self.bench.lay(&self.card)
    }

    fn wants_a_new_pin(&mut self) -> Result<(), Failure> {
        self.begins()?;
        self.resident()?.chooses_a_new_pin()
    }

    /// Up to the keypad for the 4 digits.
    fn goes_on(&mut self) -> Result<(), Failure> {
        self.wants_a_new_pin()?;
        self.resident()?.goes_on_of_own_accord()?;
        self.resident()?.sees(screens::FOUR_DIGITS, "four-digits")
    }

    /// Up to the last touch before the card is written, before which `meanwhile` happens.
    fn sets_a_new_pin(
        &mut self,
        meanwhile: impl FnOnce(&mut Bench) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.goes_on()?;
        let (known, new) = (self.card.user_authentication_pin.clone(), Pin::of_letters());
        self.bench.remember(&new);
        self.resident()?.types_the_known_pin(&known)?;
        self.resident()?.types_the_new_pin(&new)?;
        self.resident()?.sees(screens::REPEAT, "repeat")?;
        meanwhile(self.bench)?;
        self.resident()?.repeats_the_new_pin(&new)
    }

    /// The ending stands on the screen with its code, in the log and in the metrics with its name.
    fn ends_with(&mut self, key: &str) -> Result<(), Failure> {
        self.resident()?.ends_with(key, PATIENCE)?;
        let line = format!("ending=\"{key}\"");
        self.bench.record().wait_for("kiosk", &line, 0, PATIENCE)?;
        let code = endings::code_of(key);
        let sample = format!("kiosk_endings_total{{ending=\"{key}\",code=\"{code}\"}} ");
        let metrics = self.bench.metrics()?;
        let count = metrics.lines().find_map(|line| line.strip_prefix(&sample));
        proof::expect(count.is_some_and(|count| count != "0"), &format!("{key} is not counted"))
    }

    fn leaves(&mut self) -> Result<(), Failure> {
        self.bench.slot.remove()?;
        self.resident()?.touches(screens::FINISH)?;
        self.resident()?.finds_the_kiosk_waiting()
    }
}

fn hurried() -> Setting {
    Setting { hurry: 10, ..Setting::default() }
}

/// What the service answers, and how the session ends by it.
const ANSWERS: &[(&str, &str)] = &[
    ("answer 9 /v1/sessions reservation-for-other-pin", "reservation-for-other-pin"),
    ("answer 9 /v1/sessions reservation-in-use", "reservation-in-use"),
    ("answer 9 /v1/sessions outside-hours", "service-closed-hours"),
    ("answer 9 /v1/sessions maintenance", "service-closed-maintenance"),
    ("answer 9 /v1/sessions internal", "service-fault"),
    ("answer 9 /v1/sessions session-expired", "session-expired"),
    ("answer 9 /v1/sessions proof-invalid", "proof-invalid"),
    ("answer 9 /v1/sessions ticket-limit", "ticket-limit"),
    ("answer 9 /v1/sessions receipt-wanted", "fault-receipt-wanted"),
    ("answer 9 /v1/sessions out-of-order", "fault-out-of-order"),
    ("answer 9 /v1/sessions receipt-invalid", "fault-receipt-invalid"),
    ("answer 9 /v1/sessions malformed", "fault-request-malformed"),
    ("answer 9 /v1/sessions too-large", "fault-request-too-large"),
    ("answer 9 /v1/sessions idempotency-mismatch", "fault-idempotency-mismatch"),
    ("garbage 9 /v1/sessions", "fault-answer-malformed"),
    // After these two the unit is out of service until the next policy is served.
    ("answer 9 /v1/sessions kiosk-not-authorised", "kiosk-not-authorised"),
    ("answer 9 /v1/sessions software-too-old", "software-too-old"),
];

#[test]
fn each_refusal_of_the_service_has_its_own_ending() {
    prove::with(Setting::default(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        for (fault, ending) in ANSWERS {
            visitor.bench.central.plan(fault)?;
            visitor.wants_a_new_pin()?;
            visitor.ends_with(ending)?;
            visitor.bench.central.plan("clear")?;
            visitor.leaves()?;
        }
        let verified = visitor.bench.slot.count_with_data("20")?;
        proof::expect(verified == 0, "the card was sent a PIN")
    });
}

/// What is done to the register, and how the session ends by it.
const REGISTER: &[(&str, &[&str], &str)] = &[
    ("suspend-card", &[], "card-suspended"),
    (
        "revoke-certificate",
        &["--certificate", "user-authentication"],
        "authentication-certificate-revoked",
    ),
];

#[test]
fn what_the_register_says_of_a_card_has_its_own_ending() {
    prove::with(Setting::default(), |bench| {
        for (verb, options, ending) in REGISTER {
            let mut visitor = Visitor::reserved(bench)?;
            visitor.bench.central.of_card(verb, &visitor.card, options)?;
            visitor.wants_a_new_pin()?;
            visitor.ends_with(ending)?;
            visitor.leaves()?;
        }
        let past = Some("2026-01-01T00:00:00Z");
        let makings = [
            (Making { not_after: past, ..Making::default() }, "authentication-certificate-expired"),
            (
                Making { signature_not_after: past, ..Making::default() },
                "signature-certificate-expired",
            ),
            (
                Making { is_without_signature_certificate: true, ..Making::default() },
                "signature-certificate-absent",
            ),
        ];
        for (making, ending) in makings {
            let card = bench.registered_card(&making)?;
            bench.central.reserve(&card, &[])?;
            let mut visitor = Visitor::with(bench, card);
            visitor.wants_a_new_pin()?;
            visitor.ends_with(ending)?;
            visitor.leaves()?;
        }
        Ok(())
    });
}

#[test]
fn what_is_no_card_to_be_reset_has_its_own_ending() {
    prove::with(Setting::default(), |bench| {
        for (kind, ending) in
            [("juki", "old-juki-card"), ("phone", "phone"), ("unknown", "other-card")]
        {
            let card = bench.card(&Making { kind: Some(kind), ..Making::default() })?;
            let mut visitor = Visitor::with(bench, card);
            visitor.begins()?;
            visitor.ends_with(ending)?;
            visitor.leaves()?;
        }
        let locked = Making { user_authentication_retries: Some(0), ..Making::default() };
        let real = Making { kind: Some("no-marker"), ..Making::default() };
        for (making, ending) in [(locked, "pin-locked-before"), (real, "real-card")] {
            let card = bench.card(&making)?;
            let mut visitor = Visitor::with(bench, card);
            visitor.wants_a_new_pin()?;
            visitor.ends_with(ending)?;
            visitor.leaves()?;
        }
        let mut visitor = Visitor::reserved(bench)?;
        visitor.begins_at_a_card_that(&["truncate", "3", "1"])?;
        visitor.ends_with("card-unreadable")?;
        visitor.leaves()
    });
}

#[test]
fn what_residents_do_before_writing_has_its_own_ending() {
    prove::with(hurried(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        visitor.goes_on()?;
        visitor.resident()?.touches(screens::CANCEL)?;
        visitor.ends_with("cancelled")?;
        visitor.leaves()?;

        visitor.goes_on()?;
        visitor.ends_with("walked-away")?;
        visitor.leaves()?;

        visitor.goes_on()?;
        let second = visitor.bench.card(&Making::default())?;
        let on_second = visitor.bench.lay_on_the_second_reader(&second)?;
        visitor.ends_with("several-cards")?;
        on_second.remove()?;
        visitor.leaves()?;

        visitor.goes_on()?;
        // SELECT, the counter, and VERIFY.
        visitor.bench.slot.control(&["tear", "3", "after"])?;
        let known = visitor.card.user_authentication_pin.clone();
        visitor.resident()?.types_the_known_pin(&known)?;
        visitor.ends_with("card-lifted-verifying")
    });
}

#[test]
fn a_reader_that_is_lost_or_hangs_has_its_own_ending() {
    prove::with(hurried(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        visitor.goes_on()?;
        visitor.bench.restart_pcscd()?;
        visitor.ends_with("reader-gone")?;
        visitor.bench.slot.remove()?;
        visitor.resident()?.touches(screens::FINISH)?;

        visitor.begins_at_a_card_that(&["mute", "3"])?;
        visitor.ends_with("reader-stuck")
    });
}

#[test]
fn a_reader_that_hangs_in_verify_may_have_cost_a_try() {
    prove::with(hurried(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        visitor.goes_on()?;
        // SELECT, the counter, and VERIFY.
        visitor.bench.slot.control(&["mute", "3"])?;
        let known = visitor.card.user_authentication_pin.clone();
        visitor.resident()?.types_the_known_pin(&known)?;
        visitor.ends_with("reader-stuck-verifying")
    });
}

#[test]
fn a_card_lifted_in_the_write_is_not_certain_until_it_is_put_back() {
    prove::with(hurried(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        // RESET RETRY COUNTER is the fourth command after the last touch.
        visitor.sets_a_new_pin(|bench| bench.slot.control(&["tear", "4", "after"]))?;
        visitor.ends_with("not-certain-card-lifted")?;
        has_a_slip(&mut visitor)?;
        visitor.bench.lay(&visitor.card)?;
        // The first ending stands there until the card has answered.
        visitor.bench.player()?.await_any(&[endings::code_of("done")], PATIENCE)?;
        proof::has_receipt(visitor.bench, &visitor.card)
    });
}

/// The number that the resident reads is the one in the log, and the beginning of the session's id,
/// by which the service knows it.
fn has_a_slip(visitor: &mut Visitor<'_>) -> Result<(), Failure> {
    let record = visitor.bench.record().clone();
    let ended = record.wait_for("kiosk", "ending=\"not-certain", 0, PATIENCE)?.text;
    let number = ended.split("number=").nth(1).and_then(|rest| rest.get(..8)).unwrap_or("?");
    let shown = format!("{} {}", &number[..4], &number[4..]);
    visitor.bench.player()?.await_any(&[shown.as_str()], PATIENCE)?;
    record.wait_for("kiosk", &format!("session={number}"), 0, PATIENCE).map(drop)
}

#[test]
fn a_card_that_does_not_answer_after_the_write_is_not_certain() {
    prove::with(hurried(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        visitor.sets_a_new_pin(|bench| {
            (4..24).try_for_each(|nth| bench.slot.control(&["truncate", &nth.to_string(), "1"]))
        })?;
        visitor.ends_with("not-certain-answer-lost")
    });
}

#[test]
fn a_new_pin_that_is_not_read_back_is_not_certain() {
    prove::with(Setting::default(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        // After the reset: the receipt, SELECT, the counter, and VERIFY with the new PIN.
        visitor.sets_a_new_pin(|bench| bench.slot.control(&["answer", "8", "63C4"]))?;
        visitor.ends_with("not-certain-read-back")
    });
}

#[test]
fn a_ticket_that_does_not_fit_or_is_refused_has_its_own_ending() {
    prove::with(Setting::default(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        visitor.sets_a_new_pin(|bench| bench.central.plan("spoil 1 /ticket response"))?;
        visitor.ends_with("fault-ticket-unfit")?;
        visitor.leaves()?;
        let card = bench.card_of_another_service()?;
        bench.central.reserve(&card, &[])?;
        let mut visitor = Visitor::with(bench, card);
        visitor.sets_a_new_pin(|_| Ok(()))?;
        visitor.ends_with("fault-ticket-refused")
    });
}

#[test]
fn a_service_that_is_another_and_a_link_that_is_gone_have_their_own_endings() {
    prove::with(Setting::default(), |bench| {
        let other = Bench::new(Setting::default())?;
        let mut visitor = Visitor::reserved(bench)?;
        visitor.wants_a_new_pin()?;
        visitor.resident()?.sees(screens::BEWARE, "beware")?;
        visitor.resident()?.touches(screens::CANCEL)?;
        visitor.ends_with("cancelled")?;
        visitor.leaves()?;
        visitor.bench.network.cut();
        visitor.bench.network.lead_to(other.central.address());
        visitor.bench.network.mend();
        visitor.wants_a_new_pin()?;
        visitor.ends_with("fault-service-untrusted")?;
        visitor.leaves()?;
        other.close()?;
        visitor.bench.stop_link()?;
        visitor.wants_a_new_pin()?;
        visitor.ends_with("fault-link-refused")
    });
}

#[test]
fn a_journal_that_cannot_be_kept_ends_before_the_write() {
    prove::with(Setting::default(), |bench| {
        let mut visitor = Visitor::reserved(bench)?;
        visitor.sets_a_new_pin(Bench::fill_the_disk)?;
        visitor.resident()?.ends_with("internal-fault", PATIENCE)?;
        proof::keeps_its_pin(visitor.bench, &visitor.card, proof::FULL_COUNTER)
    });
}

/// Each key stands in a test or a case only where it is expected on the real screen: what no source
/// names is reached by none.
#[test]
fn no_ending_is_left_that_no_test_reaches() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: BTreeMap<_, _> = ["tests", "src/case"]
        .iter()
        .flat_map(|folder| fs::read_dir(package.join(folder)).expect("a folder of this package"))
        .map(|entry| entry.expect("its entry").path())
        .chain([package.join("src/case.rs")])
        .map(|path| (path.clone(), fs::read_to_string(path).expect("a source")))
        .collect();
    let is_reached = |key: &str| sources.values().any(|text| text.contains(&format!("\"{key}\"")));
    let unreached: Vec<_> = endings::keys().filter(|key| !is_reached(key)).collect();
    assert!(unreached.is_empty(), "no end-to-end test reaches {unreached:?}");
}
