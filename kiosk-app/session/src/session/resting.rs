// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nobody is served: attract and its pages; closed, out of service, leased for an update, a card
//! left behind.
//!
//! Which of these it is follows from the facts alone, so a cause that goes takes its screen along.

use core::time::Duration;

use super::facts::{Facts, Place};
use super::staff::Calling;
use super::state::State;
use super::turn::Turn;
use super::waiting::{Lapse, Patience};
use crate::effect::{Anomaly, Effect};
use crate::ending::Ending;
use crate::event::{Event, Page, Touch};
use crate::limits::Limit;
use crate::view::{May, Screen, View};

#[derive(Debug)]
pub(crate) struct Resting {
    page: Page,
    /// While there is a page to turn back or a language to forget.
    patience: Option<Patience>,
    calling: Calling,
}

impl Resting {
    pub(crate) fn attracting() -> Self {
        Self { page: Page::Attract, patience: None, calling: Calling::default() }
    }

    pub(crate) fn step(mut self, event: Event, turn: &mut Turn<'_>) -> State {
        match event {
            Event::MediaInserted if turn.facts.takes_cards() => turn.read_card(),
            Event::SeveralCards if turn.facts.takes_cards() => turn.end(Ending::SeveralCards),
            Event::CardPresentAtStart => {
                turn.facts.leave_behind(true);
                turn.note(Anomaly::CardLeftBehind);
                self.into()
            }
            Event::MediaRemoved | Event::ReaderLost => {
                if turn.facts.is_left_behind() {
                    turn.facts.leave_behind(false);
                    turn.note(Anomaly::LeftCardGone);
                }
                self.into()
            }
            Event::LimitsChanged(_) => {
                turn.facts.take_up_limits();
                self.into()
            }
            Event::LeaseWanted { forced, lasts } => {
                let refusal = turn.facts.lease(forced, lasts);
                turn.push(Effect::Lease(refusal));
                match refusal {
                    // Nobody's page or language is kept over it.
                    None => turn.rest(),
                    Some(_) => self.into(),
                }
            }
            Event::Stopping => turn.rest(),
            Event::Staff(event) => match self.calling.hear(event, turn) {
                Some(state) => state,
                None => self.into(),
            },
            Event::Touched(touch) => self.turn_page(touch, turn.facts).into(),
            Event::TimePassed => match self.patience.as_mut().map(|it| it.hear(&event, turn.facts))
            {
                Some(Lapse::Over) => turn.rest(),
                Some(Lapse::None | Lapse::Warning) | None => self.into(),
            },
            Event::Typed(_)
            | Event::Submitted { .. }
            | Event::Card(..)
            | Event::Central(..)
            | Event::MediaInserted
            | Event::SeveralCards
            | Event::ReaderBack
            | Event::ServiceHours(_)
            | Event::PolicyGranted { .. }
            | Event::LeaseEnded
            | Event::ClockChecked { .. }
            | Event::DataChecked { .. }
            | Event::JournalFailed
            | Event::JournalBack => self.into(),
        }
    }

    pub(crate) fn deadline(&self, facts: &Facts) -> Option<Duration> {
        let patience = self.patience.as_ref().map(|patience| patience.deadline(facts));
        patience.into_iter().chain(facts.leased_until()).min()
    }

    pub(crate) fn view(&self, facts: &Facts) -> View {
        let screen = match facts.place() {
            Place::Idle => Screen::Attract { page: self.page },
            Place::Closed { reason, opens_at } => Screen::Closed { reason, opens_at },
            Place::NotOffered => Screen::NotOffered,
            Place::OutOfService(cause) => Screen::OutOfService { cause },
            Place::Leased => Screen::Leased,
            Place::LeftBehind => Screen::LeftBehind,
        };
        let go_back = matches!(screen, Screen::Attract { page } if page != Page::Attract);
        View { may: May { go_back, ..May::default() }, ..facts.show(screen) }
    }

    fn turn_page(self, touch: Touch, facts: &Facts) -> Self {
        let page = match touch {
            Touch::Page(page) => page,
            Touch::Language(_) | Touch::Back | Touch::Cancel | Touch::Dismiss => Page::Attract,
            Touch::Choose(_) | Touch::Continue | Touch::MoreTime | Touch::Staff(_) => self.page,
        };
        let is_as_found = page == Page::Attract && facts.speaks_default_language();
        let patience = (!is_as_found).then(|| Patience::without_warning(Limit::Idle, facts));
        Self { page, patience, ..self }
    }
}
