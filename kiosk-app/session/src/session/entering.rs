// SPDX-License-Identifier: MIT OR Apache-2.0
//! The new PIN, typed twice (reset-profile.md section 2, step 5).

use alloc::boxed::Box;
use core::time::Duration;

use super::choosing::sitting;
use super::facts::Facts;
use super::proving::{ask_for_proof, is_for};
use super::putting_back::PuttingBack;
use super::state::State;
use super::ticketing::Challenging;
use super::turn::Turn;
use super::visit::Visit;
use super::waiting::Patience;
use crate::effect::PadCommand;
use crate::event::{Event, Touch};
use crate::limits::Limit;
use crate::pin::{PadSlot, PinHandle, PinShape};
use crate::view::{May, Screen, View};

#[derive(Debug)]
pub(crate) struct Entering {
    visit: Box<Visit>,
    shape: PinShape,
    patience: Patience,
}

impl Entering {
    pub(crate) fn open(visit: Box<Visit>, turn: &mut Turn<'_>) -> State {
        turn.pad(PadCommand::Open(PadSlot::New));
        let patience = Patience::with_warning(Limit::Idle, turn.facts);
        Self { visit, shape: PinShape::EMPTY, patience }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Typed(shape) => {
                self.shape = shape;
                self.patience.restart(turn.facts);
                self.into()
            }
            Event::Submitted { pin, shape, matches: _ } if is_for(&pin, shape, PadSlot::New) => {
                Confirming::open(self.visit, pin, false, turn)
            }
            Event::Submitted { .. } => {
                turn.note_unexpected_submission();
                Self::open(self.visit, turn)
            }
            Event::Touched(Touch::Back) => {
                turn.pad(PadCommand::WipeAll);
                ask_for_proof(self.visit, None, turn)
            }
            Event::MediaRemoved => PuttingBack::begin(self.visit, turn),
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
        let view = sitting(Screen::NewPad { shape: self.shape }, &self.patience, facts);
        let submit = self.shape.is_well_formed(PadSlot::New.pin_kind());
        View { may: May { go_back: true, submit, ..view.may }, ..view }
    }
}

#[derive(Debug)]
pub(crate) struct Confirming {
    visit: Box<Visit>,
    /// The new PIN as first typed.
    pin: PinHandle,
    shape: PinShape,
    mismatch: bool,
    patience: Patience,
}

impl Confirming {
    fn open(visit: Box<Visit>, pin: PinHandle, mismatch: bool, turn: &mut Turn<'_>) -> State {
        turn.pad(PadCommand::Open(PadSlot::Repeat));
        let patience = Patience::with_warning(Limit::Idle, turn.facts);
        Self { visit, pin, shape: PinShape::EMPTY, mismatch, patience }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::Typed(shape) => {
                self.shape = shape;
                self.patience.restart(turn.facts);
                self.into()
            }
            Event::Submitted { pin, shape, matches: Some(matches) }
                if is_for(&pin, shape, PadSlot::Repeat) =>
            {
                self.compared(matches, turn)
            }
            Event::Submitted { .. } => {
                turn.note_unexpected_submission();
                Self::open(self.visit, self.pin, self.mismatch, turn)
            }
            Event::Touched(Touch::Back) => {
                turn.pad(PadCommand::WipeAll);
                Entering::open(self.visit, turn)
            }
            Event::MediaRemoved => PuttingBack::begin(self.visit, turn),
            other => match turn.ends_sitting(&other, &mut self.patience) {
                Some(ending) => turn.conclude(&self.visit, ending),
                None => self.into(),
            },
        }
    }

    fn compared(self, matches: bool, turn: &mut Turn<'_>) -> State {
        if !matches {
            return Self::open(self.visit, self.pin, true, turn);
        }
        turn.pad(PadCommand::Wipe(PadSlot::Repeat));
        Challenging::begin(self.visit, self.pin, turn)
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        Some(self.patience.deadline(facts))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let screen = Screen::RepeatPad { shape: self.shape, mismatch: self.mismatch };
        let view = sitting(screen, &self.patience, facts);
        let submit = self.shape.is_well_formed(PadSlot::Repeat.pin_kind());
        View { may: May { go_back: true, submit, ..view.may }, ..view }
    }
}
