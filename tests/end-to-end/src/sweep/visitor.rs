// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resident of a run: looks at the screen and does what a person would, whatever comes. Puts
//! the card back if asked, takes it in the end; meanwhile what ended is started again, as systemd
//! would, and the fault of a step happens at its step.

mod acting;
mod happening;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use super::{
    fault::{Fault, Then},
    journey::Journey,
    point::Point,
    reference::value,
    sight::Sight,
    story::Story,
};
use crate::{bench::Bench, card::Card, failure::Failure, judge, pin::Pin, proof};

/// What the resident comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// A new PIN.
    NewPin,
    /// The same, with the 4-digit PIN wrong twice and the new PIN repeated wrongly once.
    Mistype,
    /// A look at the card.
    Check,
    /// Whatever an earlier visit left open; no PIN is typed.
    Settle,
}

impl Goal {
    pub(super) const fn of(journey: Journey) -> Self {
        match journey {
            Journey::Reset | Journey::Settling | Journey::Returning => Self::NewPin,
            Journey::Checking => Self::Check,
            Journey::Mistyping => Self::Mistype,
        }
    }
}

/// One visit.
pub(super) struct Visitor<'b> {
    bench: &'b mut Bench,
    story: &'b mut Story,
    card: &'b Card,
    other: &'b Card,
    new: &'b Pin,
    /// Not the 4-digit PIN.
    wrong: Pin,
    goal: Goal,
    /// What happens at a step.
    step: Option<(&'b Point, Fault)>,
    /// What is laid there when the kiosk asks for the card.
    then: Then,
    is_lifted: bool,
    stop: &'b AtomicBool,

    /// How much of the record has been read.
    mark: usize,
    /// The states of this visit, in their order.
    states: Vec<String>,
    labels: Vec<String>,
    acted: Option<Acted>,
    laid_at: Option<Instant>,
    times_laid: u32,
    had_new_pin: bool,
    has_checked: bool,
    has_left_attract: bool,
    is_away: bool,
    is_disk_full: bool,
    has_been_restarted: bool,
    /// The reader is unplugged since then.
    unplugged_at: Option<Instant>,
    last_ending: Option<&'static str>,
}

/// What was done last, so that a screen that is slow to go is not answered twice.
struct Acted {
    on: Sight,
    states: usize,
    at: Instant,
}

impl<'b> Visitor<'b> {
    pub(super) fn new(
        bench: &'b mut Bench,
        story: &'b mut Story,
        (card, other): (&'b Card, &'b Card),
        new: &'b Pin,
        goal: Goal,
        stop: &'b AtomicBool,
    ) -> Self {
        Self {
            bench,
            story,
            card,
            other,
            new,
            wrong: Pin::of_digits_unlike(&card.user_authentication_pin),
            goal,
            step: None,
            then: Then::Same,
            is_lifted: false,
            stop,
            mark: 0,
            states: Vec::new(),
            labels: Vec::new(),
            acted: None,
            laid_at: None,
            times_laid: 0,
            had_new_pin: false,
            has_checked: false,
            has_left_attract: false,
            is_away: false,
            is_disk_full: false,
            has_been_restarted: false,
            unplugged_at: None,
            last_ending: None,
        }
    }

    /// Something happens at a step of this visit.
    pub(super) fn with_step(self, point: &'b Point, fault: Fault) -> Self {
        Self { step: Some((point, fault)), is_disk_full: fault == Fault::DiskFull, ..self }
    }

    /// What is laid there when the kiosk asks for the card.
    pub(super) fn laying(self, then: Then) -> Self {
        Self { then, ..self }
    }

    /// The journey itself lifts the card once; it is the same that is put back then.
    pub(super) fn after_being_lifted(self, is_lifted: bool) -> Self {
        Self { is_lifted, ..self }
    }

    /// What is laid there now.
    fn next(&self) -> Then {
        if self.is_lifted && self.times_laid == 1 { Then::Same } else { self.then }
    }

    /// Makes the visit, until the kiosk waits for the next resident or `patience` is over.
    ///
    /// # Errors
    /// When the bench fails, or the run is to stop; what the kiosk does wrong is in the story.
    pub(super) fn visits(mut self, patience: Duration) -> Result<(), Failure> {
        let start = Instant::now();
        while start.elapsed() < patience {
            if self.stop.load(Ordering::SeqCst) {
                return Err(Failure::Refuted("interrupted".to_owned()));
            }
            self.restarts_what_ended()?;
            let seen = self.looks()?;
            // A screen that is there has its state in the record; so nothing is touched in a state
            // before what is to happen in it.
            self.reads_the_record();
            let has_happened = self.lets_it_happen()?;
            let Some(sight) = seen.filter(|_| !has_happened) else { continue };
            if self.reacts(&sight)? {
                return Ok(());
            }
        }
        let shown = self.labels.join(" | ");
        let state = self.states.last().cloned().unwrap_or_default();
        self.story.wedged = Some(format!(
            "not back at the attract screen after {} s; in state {state} it shows: {shown}",
            patience.as_secs()
        ));
        Ok(())
    }

    /// Kiosk and service, as whoever watches over them would.
    fn restarts_what_ended(&mut self) -> Result<(), Failure> {
        if self.bench.central.has_ended() {
            self.bench.central.start_again()?;
            self.bench.network.lead_to(self.bench.central.address());
        }
        let ended = match self.bench.kiosk() {
            Some(process) => process.wait(Duration::ZERO).ok(),
            None => None,
        };
        if let Some(status) = ended {
            self.story.exits.push(status.code());
            self.bench.set_arguments(vec!["--steps".to_owned()]);
            self.bench.start_kiosk()?;
            self.labels.clear();
            self.acted = None;
        }
        Ok(())
    }

    fn reads_the_record(&mut self) {
        let new = self.bench.record().since(self.mark);
        self.mark += new.len();
        let kiosk = new.iter().filter(|line| line.process == "kiosk");
        self.states.extend(kiosk.filter_map(|line| value(&line.text, "state")));
    }

    /// None while the kiosk is about to end.
    fn looks(&mut self) -> Result<Option<Sight>, Failure> {
        let unlike = std::mem::take(&mut self.labels);
        let language = self.bench.language();
        let Ok(labels) = self.bench.player()?.look(&unlike, GLANCE) else {
            // It has ended, or is about to; its end is noticed at the next turn.
            return Ok(None);
        };
        self.labels = labels;
        Ok(Some(Sight::of(&self.labels, language)))
    }

    /// Of the state whose screen is about to be answered.
    fn notes_what_is_offered(&mut self) {
        let language = self.bench.language();
        let has = |words: &str| {
            let words = language.say(words);
            self.labels.iter().any(|label| *label == *words)
        };
        let offered = (has(crate::screens::CANCEL), has(crate::screens::BACK));
        if let Some(state) = self.states.last() {
            let before = self.story.offered.entry(state.clone()).or_default();
            *before = (before.0 || offered.0, before.1 || offered.1);
        }
    }

    fn has_new_pin(&self) -> Result<bool, Failure> {
        proof::has_pin(self.card, judge::Slot::DigitalSignature, self.new)
    }
}

/// How long a look lasts where nothing changes.
const GLANCE: Duration = Duration::from_millis(60);
