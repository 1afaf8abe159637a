// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resident types the PIN they know: the tries left are shown before the first key, the last
//! one has a screen of its own (reset-profile.md section 2, step 3).

use alloc::boxed::Box;
use core::num::NonZeroU8;
use core::time::Duration;

use super::choosing::{CardAtHand, Choosing, sitting};
use super::conclusion::Conclusion;
use super::facts::Facts;
use super::putting_back::PuttingBack;
use super::state::State;
use super::turn::Turn;
use super::verifying::Verifying;
use super::visit::Visit;
use super::waiting::Patience;
use crate::card::ProfileCard;
use crate::effect::PadCommand;
use crate::ending::Ending;
use crate::event::{Event, Touch};
use crate::limits::Limit;
use crate::pin::{PadSlot, PinHandle, PinShape};
use crate::view::{May, ProofNotice, Screen, View};

#[derive(Debug)]
pub(crate) struct Beware {
    visit: Box<Visit>,
    patience: Patience,
}

impl Beware {
    pub(crate) fn new(visit: Box<Visit>, facts: &Facts) -> Self {
        Self { visit, patience: Patience::with_warning(Limit::Idle, facts) }
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Touched(Touch::Continue) => ask_for_proof(self.visit, None, turn),
            Event::Touched(Touch::Back) => back_to_choosing(*self.visit, turn),
            other => match turn.ends_sitting(&other, &mut self.patience) {
                Some(ending) => turn.conclude(&self.visit, ending),
                None => self.into(),
            },
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        Some(self.patience.deadline(facts))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let screen = Screen::Beware { reservation_until: self.visit.reservation_until };
        let view = sitting(screen, &self.patience, facts);
        View { may: May { go_on: true, go_back: true, ..view.may }, ..view }
    }
}

/// The service's session is given up, which it hears from the journal while the resident chooses;
/// nothing was proved, so the reservation was never held.
fn back_to_choosing(visit: Visit, turn: &mut Turn<'_>) -> State {
    Conclusion::before_writing(&visit, ending_of_stopping(&visit)).keep(&visit, turn);
    let user_authentication_retries_left = visit.retries_left.get();
    let card = ProfileCard { papers: visit.papers, user_authentication_retries_left };
    Choosing::new(CardAtHand::Profile(card), turn.facts).into()
}

/// The pad for the PIN they know; before the last try, a screen that says so.
pub(crate) fn ask_for_proof(
    visit: Box<Visit>,
    notice: Option<ProofNotice>,
    turn: &mut Turn<'_>,
) -> State {
    if visit.retries_left == NonZeroU8::MIN {
        let patience = Patience::with_warning(Limit::Idle, turn.facts);
        return LastTry { visit, notice, patience }.into();
    }
    Proving::open(visit, notice, turn)
}

#[derive(Debug)]
pub(crate) struct LastTry {
    visit: Box<Visit>,
    notice: Option<ProofNotice>,
    patience: Patience,
}

impl LastTry {
    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Touched(Touch::Continue) => Proving::open(self.visit, self.notice, turn),
            Event::Touched(Touch::Back) => Beware::new(self.visit, turn.facts).into(),
            Event::Touched(Touch::Cancel) => stop_proving(&self.visit, turn),
            other => match turn.ends_sitting(&other, &mut self.patience) {
                Some(ending) => turn.conclude(&self.visit, ending),
                None => self.into(),
            },
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        Some(self.patience.deadline(facts))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let view = sitting(Screen::LastTry, &self.patience, facts);
        View { may: May { go_on: true, go_back: true, ..view.may }, ..view }
    }
}

#[derive(Debug)]
pub(crate) struct Proving {
    visit: Box<Visit>,
    notice: Option<ProofNotice>,
    shape: PinShape,
    patience: Patience,
}

impl Proving {
    fn open(visit: Box<Visit>, notice: Option<ProofNotice>, turn: &mut Turn<'_>) -> State {
        turn.pad(PadCommand::Open(PadSlot::Proof));
        let patience = Patience::with_warning(Limit::Idle, turn.facts);
        Self { visit, notice, shape: PinShape::EMPTY, patience }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Typed(shape) => {
                self.shape = shape;
                self.patience.restart(turn.facts);
                self.into()
            }
            Event::Submitted { pin, shape, matches: _ } => self.submit(pin, shape, turn),
            Event::Touched(Touch::Back) => {
                turn.pad(PadCommand::Wipe(PadSlot::Proof));
                Beware::new(self.visit, turn.facts).into()
            }
            Event::Touched(Touch::Cancel) => stop_proving(&self.visit, turn),
            Event::MediaRemoved => PuttingBack::begin(self.visit, turn),
            other => match turn.ends_sitting(&other, &mut self.patience) {
                Some(ending) => turn.conclude(&self.visit, ending),
                None => self.into(),
            },
        }
    }

    fn submit(self, pin: PinHandle, shape: PinShape, turn: &mut Turn<'_>) -> State {
        if !is_for(&pin, shape, PadSlot::Proof) {
            turn.note_unexpected_submission();
            return Self::open(self.visit, self.notice, turn);
        }
        Verifying::begin(self.visit, pin, turn)
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        Some(self.patience.deadline(facts))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let screen = Screen::ProofPad {
            retries_left: self.visit.retries_left.get(),
            shape: self.shape,
            notice: self.notice,
        };
        let view = sitting(screen, &self.patience, facts);
        let submit = self.shape.is_well_formed(PadSlot::Proof.pin_kind());
        View { may: May { go_back: true, submit, ..view.may }, ..view }
    }
}

/// Whether a submission is of the open pad and would be taken by the card.
pub(crate) fn is_for(pin: &PinHandle, shape: PinShape, slot: PadSlot) -> bool {
    pin.slot() == slot && shape.is_well_formed(slot.pin_kind())
}

/// Cancelled after a wrong PIN: the resident should hear how many tries are left.
pub(crate) fn stop_proving(visit: &Visit, turn: &mut Turn<'_>) -> State {
    turn.conclude(visit, ending_of_stopping(visit))
}

const fn ending_of_stopping(visit: &Visit) -> Ending {
    match visit.was_refused {
        true => Ending::PinWrong { retries_left: visit.retries_left.get() },
        false => Ending::Cancelled,
    }
}
