// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card was lifted while a PIN was typed. Its verified PIN died with its power, so whoever puts
//! it back types the 4 digits again; only the very card of the session is taken.

use alloc::boxed::Box;
use core::num::NonZeroU8;
use core::time::Duration;

use super::choosing::sitting;
use super::facts::Facts;
use super::proving::ask_for_proof;
use super::state::State;
use super::turn::Turn;
use super::visit::Visit;
use super::waiting::{Patience, Pending};
use crate::card::{CardFault, CardReply, CardRequest, Recognition};
use crate::effect::{PadCommand, Sound};
use crate::ending::Ending;
use crate::event::Event;
use crate::limits::Limit;
use crate::view::{ProofNotice, Screen, View};

#[derive(Debug)]
pub(crate) struct PuttingBack {
    visit: Box<Visit>,
    patience: Patience,
    comparing: Option<Pending>,
    other_card: bool,
}

impl PuttingBack {
    pub(crate) fn begin(visit: Box<Visit>, turn: &mut Turn<'_>) -> State {
        turn.pad(PadCommand::WipeAll);
        turn.sound(Sound::PutBack);
        let patience = Patience::counted_down(Limit::PutBack, turn.facts);
        Self { visit, patience, comparing: None, other_card: false }.into()
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::MediaInserted => {
                let papers = self.visit.papers.clone();
                let pending = turn.ask_card(CardRequest::Recognise { papers });
                Self { comparing: Some(pending), other_card: false, ..self }.into()
            }
            Event::MediaRemoved => Self { comparing: None, other_card: false, ..self }.into(),
            Event::Card(id, reply) if self.comparing.as_ref().is_some_and(|it| it.is(id)) => {
                self.compared(reply, turn)
            }
            other => {
                let ending = match &self.comparing {
                    Some(pending) => turn.ends_card_wait(&other, pending),
                    None => turn.ends_sitting(&other, &mut self.patience),
                };
                let ending = ending.map(|ending| match ending {
                    Ending::WalkedAway => Ending::CardLifted,
                    other => other,
                });
                match ending {
                    Some(ending) => turn.conclude(&self.visit, ending),
                    None => self.into(),
                }
            }
        }
    }

    fn compared(mut self, reply: CardReply, turn: &mut Turn<'_>) -> State {
        let CardReply::Recognised(recognition) = reply else {
            return match turn.card_fault(&reply) {
                Some(CardFault::CardGone | CardFault::Unreadable) => {
                    Self { comparing: None, ..self }.into()
                }
                Some(fault @ (CardFault::SeveralCards | CardFault::ReaderGone)) => {
                    turn.conclude(&self.visit, fault.ending())
                }
                None => turn.conclude(&self.visit, Ending::InternalFault),
            };
        };
        match recognition {
            Recognition::Same { retries_left } => {
                let Some(retries_left) = NonZeroU8::new(retries_left) else {
                    return turn.conclude(&self.visit, Ending::PinLockedBefore);
                };
                self.visit.retries_left = retries_left;
                ask_for_proof(self.visit, Some(ProofNotice::PutBack), turn)
            }
            Recognition::Other => Self { comparing: None, other_card: true, ..self }.into(),
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        match &self.comparing {
            Some(pending) => Some(pending.deadline()),
            None => Some(self.patience.deadline(facts)),
        }
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let screen = Screen::PutBack {
            seconds: self.patience.seconds_left(facts).unwrap_or_default(),
            other_card: self.other_card,
            comparing: self.comparing.is_some(),
        };
        // The countdown is the screen itself.
        let view = sitting(screen, &self.patience, facts);
        View { warning_seconds: None, leave_card: false, ..view }
    }
}
