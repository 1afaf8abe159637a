// SPDX-License-Identifier: MIT OR Apache-2.0
//! A run held against what must be so in each: the resident's story on one side, card, journal and
//! service on the other. A sentence for each thing that is not so.

use std::time::Duration;

use super::{
    facts::{FULL_KNOWN, Facts},
    fault::{Fault, Then},
    play::TOLD_WITHIN,
    result::Verdict,
    story::Story,
};
use crate::{endings, fixture::Fixture, proof::FULL_COUNTER};

/// All that is known of a run.
pub(super) struct Case<'c> {
    /// None in a reference run.
    pub(super) fault: Option<Fault>,
    pub(super) story: &'c Story,
    pub(super) facts: &'c Facts,
    /// What they said once the network was back, before any later visit.
    pub(super) first: &'c Facts,
    /// How long after that the journal was empty.
    pub(super) told: Duration,
    pub(super) known_verifies: u32,
    pub(super) new_verifies: u32,
    /// The journal had the record that precedes RESET RETRY COUNTER.
    pub(super) may_have_written: bool,
}

/// What is said of a run.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) reasons: Vec<String>,
}

impl Case<'_> {
    pub(super) fn judge(&self) -> Judgement {
        let mut wrong = Vec::new();
        self.tries(&mut wrong);
        self.endings(&mut wrong);
        self.told(&mut wrong);
        self.left_over(&mut wrong);
        let verdict = if wrong.is_empty() { Verdict::Passed } else { Verdict::Violation };
        Judgement { verdict, reasons: wrong }
    }

    /// One try at most for each press of OK.
    fn tries(&self, wrong: &mut Vec<String>) {
        let Self { story, facts, known_verifies, new_verifies, .. } = self;
        if *known_verifies > story.known_presses {
            wrong.push(format!(
                "at most one VERIFY of the 4-digit PIN a press of OK: {known_verifies} were sent \
                 for {} presses",
                story.known_presses
            ));
        }
        if *new_verifies > story.new_presses {
            wrong.push(format!(
                "at most one VERIFY of the new PIN a press of Set this PIN: {new_verifies} were \
                 sent for {} presses",
                story.new_presses
            ));
        }
        let card = &facts.card;
        // The right PIN fills its counter; only a wrong one that was typed takes a try.
        let least = FULL_KNOWN.saturating_sub(story.wrong_presses);
        if card.user_authentication_retries < least {
            wrong.push(format!(
                "no try of the 4-digit PIN is gone but those mistyped: {} are left, not {least}",
                card.user_authentication_retries
            ));
        }
        let full = if card.has_new_pin { FULL_COUNTER } else { Fixture::SIGNATURE_RETRIES };
        if card.signature_retries != full {
            wrong.push(format!(
                "no try of the signature PIN is gone: {} are left, {full} were expected",
                card.signature_retries
            ));
        }
        if facts.other_card_touched {
            wrong.push("another resident's card is as it was: it is not".to_owned());
        }
    }

    /// An ending says of the card what is so.
    fn endings(&self, wrong: &mut Vec<String>) {
        for shown in &self.story.endings {
            let said = endings::card_of(&shown.key);
            match (said, shown.has_new_pin) {
                ("changed", false) => wrong.push(format!(
                    "{} is shown only if the card holds the new PIN: it did not",
                    shown.key
                )),
                ("unchanged", true) if !shown.had_new_pin => wrong.push(format!(
                    "{} says that nothing has changed: the card held the new PIN by then",
                    shown.key
                )),
                _ => {}
            }
        }
        let card = &self.facts.card;
        if card.has_new_pin == card.has_old_pin {
            wrong.push("the card holds one of the two PINs: it holds both or none".to_owned());
        }
    }

    /// The service knows what the card holds.
    fn told(&self, wrong: &mut Vec<String>) {
        let Facts { card, service, journal, audit_holds, .. } = self.facts;
        if !journal.is_empty() {
            wrong.push(format!("the journal is empty in the end: it holds {journal:?}"));
        }
        if !audit_holds {
            wrong.push("the service's audit chain holds: it is broken".to_owned());
        }
        let is_consumed = service.state == "CONSUMED";
        if card.has_new_pin && !(is_consumed && service.by_receipt) {
            wrong.push(format!(
                "the card holds the new PIN, so the service has its receipt: it has {service:?}"
            ));
        }
        if !card.has_new_pin && is_consumed {
            wrong
                .push("the card has its old PIN, so the reservation is not CONSUMED: it is".into());
        }
        let first = &self.first.service;
        self.told_in_time(wrong);
        if first.outcome.as_deref() == Some("unknown")
            && let Err(reason) = self.may_be_unknown()
        {
            wrong.push(format!("the service was told unknown: {reason}"));
        }
        if first.outcome.as_deref() == Some("done") && !card.has_new_pin {
            wrong.push("the service is told done only if the card holds the new PIN".to_owned());
        }
        if first.outcome.as_deref() == Some("not_done") && card.has_new_pin {
            wrong.push("the service was told not_done, and the card holds the new PIN".to_owned());
        }
    }

    /// Without the resident's coming again: by the kiosk's own word.
    fn told_in_time(&self, wrong: &mut Vec<String>) {
        let Facts { service, journal, .. } = self.first;
        if self.told >= TOLD_WITHIN || !journal.is_empty() {
            wrong.push(format!(
                "the journal is told within {} s of the network's return: after {} s it holds \
                 {journal:?}",
                TOLD_WITHIN.as_secs(),
                self.told.as_secs()
            ));
        }
        if self.may_have_written && matches!(service.outcome.as_deref(), None | Some("abandoned")) {
            wrong.push(format!(
                "a reset was sent, so its outcome is told: the service was told {:?}",
                service.outcome
            ));
        }
        let is_done = self.story.endings.iter().any(|shown| shown.key == "done");
        // What a full disk does not take is told to the resident all the same, and to the service by
        // the card's receipt on a later visit.
        let may_be_untold = self.fault == Some(Fault::DiskFull);
        if is_done && !may_be_untold && !(service.state == "CONSUMED" && service.by_receipt) {
            wrong.push(format!("done was shown, so the service has the receipt: {service:?}"));
        }
        let may_be_unseen = self.fault.is_some_and(Fault::takes_the_screen);
        if let Some(ending) = &service.ending
            && self.story.endings.is_empty()
            && !may_be_unseen
        {
            wrong.push(format!("the service was told {ending}, and no ending was on the screen"));
        }
    }

    /// The outcome is unknown from the reset's first byte until a receipt is read, and whoever puts
    /// the card back has it read (reset-profile.md section 8).
    fn may_be_unknown(&self) -> Result<(), &'static str> {
        let Some(fault) = self.fault else { return Err("nothing went wrong") };
        if !self.may_have_written {
            return Err("no reset had been sent");
        }
        if !fault.may_lose_an_answer() {
            return Err("no answer of the card was lost");
        }
        if matches!(fault, Fault::Lifted { then: Then::Same, .. }) {
            return Err("the card was put back and could have been asked");
        }
        Ok(())
    }

    /// Nothing is stuck: neither the kiosk nor the reservation.
    fn left_over(&self, wrong: &mut Vec<String>) {
        if let Some(wedged) = &self.story.wedged {
            wrong.push(format!("the kiosk is back at the attract screen: {wedged}"));
        }
        let state = self.facts.service.state.as_str();
        let is_settled = matches!(state, "OPEN" | "CONSUMED");
        if !is_settled {
            wrong.push(format!("the reservation is free or used in the end: it is {state}"));
        }
    }
}
