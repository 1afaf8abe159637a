// SPDX-License-Identifier: MIT OR Apache-2.0
//! The staff code is typed. It never reaches the session, which hears how many digits it has and
//! what became of it.

use core::time::Duration;

use super::{Staff, patience};
use crate::event::{Event, Touch};
use crate::limits::Limit;
use crate::session::facts::Facts;
use crate::session::state::State;
use crate::session::turn::Turn;
use crate::session::waiting::{Lapse, Patience, Pending};
use crate::staff::{CODE_LENGTHS, CodeCheck, CodeNotice, StaffEvent, StaffOrder};
use crate::view::{May, Screen, View};

#[derive(Debug)]
pub(crate) struct StaffCode {
    typed: u8,
    notice: Option<CodeNotice>,
    checking: Option<Pending>,
    patience: Patience,
}

impl StaffCode {
    pub(super) fn open(notice: Option<CodeNotice>, turn: &mut Turn<'_>) -> State {
        turn.order(StaffOrder::OpenCode);
        Self::shut(notice, turn)
    }

    /// No code is looked at now, so none is taken.
    fn shut(notice: Option<CodeNotice>, turn: &Turn<'_>) -> State {
        Self { typed: 0, notice, checking: None, patience: patience(turn.facts) }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        if self.patience.hear(&event, turn.facts) == Lapse::Over {
            return Self::leave(turn);
        }
        match event {
            Event::Staff(event) => self.hear(event, turn),
            Event::Touched(Touch::Cancel) | Event::Stopping => Self::leave(turn),
            Event::TimePassed => match self.checking {
                Some(check) if check.is_overrun(&Event::TimePassed, turn.facts) => {
                    turn.order(StaffOrder::CloseCode);
                    Self::shut(Some(CodeNotice::Uncounted), turn)
                }
                Some(_) | None => self.into(),
            },
            _ => self.into(),
        }
    }

    fn hear(mut self, event: StaffEvent, turn: &mut Turn<'_>) -> State {
        match (event, &self.checking) {
            (StaffEvent::CodeTyped { length }, None) => {
                self.patience.restart(turn.facts);
                self.typed = length;
                self.into()
            }
            (StaffEvent::CodeSubmitted { length }, None) if CODE_LENGTHS.contains(&length) => {
                self.patience.restart(turn.facts);
                let id = turn.facts.next_request();
                turn.order(StaffOrder::CheckCode(id));
                let deadline = turn.facts.now() + turn.facts.limit(Limit::StaffTest);
                self.checking = Some(Pending::new(id, deadline));
                self.typed = length;
                self.into()
            }
            // Too short to be one: typed anew, and no try is counted.
            (StaffEvent::CodeSubmitted { .. }, None) => Self::open(self.notice, turn),
            (StaffEvent::CodeChecked(id, check), Some(pending)) if pending.is(id) => {
                Self::checked(check, turn)
            }
            _ => self.into(),
        }
    }

    fn checked(check: CodeCheck, turn: &mut Turn<'_>) -> State {
        match check {
            CodeCheck::Right => {
                turn.order(StaffOrder::CloseCode);
                Staff::begin(turn)
            }
            CodeCheck::Wrong { tries_left } => {
                Self::open(Some(CodeNotice::Wrong { tries_left }), turn)
            }
            CodeCheck::Locked { seconds } => {
                let minutes = u16::try_from(seconds.div_ceil(60)).unwrap_or(u16::MAX);
                turn.order(StaffOrder::CloseCode);
                Self::shut(Some(CodeNotice::Locked { minutes }), turn)
            }
            CodeCheck::Uncounted => {
                turn.order(StaffOrder::CloseCode);
                Self::shut(Some(CodeNotice::Uncounted), turn)
            }
        }
    }

    fn leave(turn: &mut Turn<'_>) -> State {
        turn.order(StaffOrder::CloseCode);
        turn.rest()
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        let patience = self.patience.deadline(facts);
        let checking = self.checking.as_ref().map(Pending::deadline);
        Some(checking.map_or(patience, |checking| checking.min(patience)))
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let is_checking = self.checking.is_some();
        let screen = Screen::StaffCode {
            typed: self.typed,
            notice: self.notice,
            is_checking,
            unit: facts.unit_state(),
            has_card: facts.has_card(),
        };
        let submit = !is_checking && CODE_LENGTHS.contains(&self.typed);
        View { may: May { cancel: true, submit, ..May::default() }, ..facts.show(screen) }
    }
}
