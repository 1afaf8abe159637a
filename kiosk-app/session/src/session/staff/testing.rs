// SPDX-License-Identifier: MIT OR Apache-2.0
//! What staff can try: one test at a time, each with its result, each over by itself.

use core::time::Duration;

use crate::event::{Event, RequestId, Touch};
use crate::limits::Limit;
use crate::session::turn::Turn;
use crate::staff::{StaffEvent, StaffOrder, StaffTest, StaffTouch, TestState};

#[derive(Debug, Default)]
pub(super) struct Tests {
    reader: Option<bool>,
    service: Option<bool>,
    touch: Option<bool>,
    sound: Option<bool>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    test: StaffTest,
    deadline: Duration,
    /// Corners touched.
    touched: u8,
    /// The tone that is played.
    tone: Option<RequestId>,
}

impl Tests {
    pub(super) fn begin(&mut self, test: StaffTest, turn: &mut Turn<'_>) {
        let deadline = turn.facts.now() + turn.facts.limit(Limit::StaffTest);
        *self.result(test) = None;
        let tone = (test == StaffTest::Sound).then(|| turn.facts.next_request());
        self.running = Some(Running { test, deadline, touched: 0, tone });
        match test {
            StaffTest::Reader if !turn.facts.has_reader() => self.end(false),
            StaffTest::Service => turn.order(StaffOrder::AskService),
            StaffTest::Sound => {
                tone.into_iter().for_each(|id| turn.order(StaffOrder::PlayTone(id)))
            }
            StaffTest::Reader | StaffTest::Touch => {}
        }
    }

    /// The one that runs has no result.
    pub(super) fn leave(&mut self) {
        self.running = None;
    }

    /// Whether a test came to its end by this event.
    pub(super) fn hear(&mut self, event: &Event, turn: &Turn<'_>) -> bool {
        let Some(running) = &mut self.running else { return false };
        let is_over = matches!(event, Event::TimePassed) && turn.facts.now() >= running.deadline;
        let result = match (running.test, event) {
            _ if is_over => Some(false),
            (StaffTest::Reader, Event::MediaInserted) => Some(true),
            (StaffTest::Reader, Event::ReaderLost) => Some(false),
            (StaffTest::Service, Event::Staff(StaffEvent::ServiceAsked { is_answered })) => {
                Some(*is_answered)
            }
            (StaffTest::Sound, Event::Staff(StaffEvent::ToneEnded { id, is_played }))
                if running.tone == Some(*id) =>
            {
                Some(*is_played)
            }
            (StaffTest::Touch, Event::Touched(Touch::Staff(StaffTouch::Target))) => {
                running.touched += 1;
                (running.touched == CORNERS).then_some(true)
            }
            _ => None,
        };
        result.map(|is_passed| self.end(is_passed)).is_some()
    }

    fn end(&mut self, is_passed: bool) {
        if let Some(Running { test, .. }) = self.running.take() {
            *self.result(test) = Some(is_passed);
        }
    }

    const fn result(&mut self, test: StaffTest) -> &mut Option<bool> {
        match test {
            StaffTest::Reader => &mut self.reader,
            StaffTest::Service => &mut self.service,
            StaffTest::Touch => &mut self.touch,
            StaffTest::Sound => &mut self.sound,
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.running.as_ref().map(|running| running.deadline)
    }

    /// The corner to be touched next.
    pub(super) fn target(&self) -> Option<u8> {
        let running = self.running.as_ref()?;
        (running.test == StaffTest::Touch).then_some(running.touched)
    }

    pub(super) fn of(&self, test: StaffTest) -> TestState {
        let result = match test {
            StaffTest::Reader => self.reader,
            StaffTest::Service => self.service,
            StaffTest::Touch => self.touch,
            StaffTest::Sound => self.sound,
        };
        match result {
            _ if self.running.as_ref().is_some_and(|it| it.test == test) => TestState::Running,
            Some(true) => TestState::Passed,
            Some(false) => TestState::Failed,
            None => TestState::NotRun,
        }
    }
}

/// Upper left, upper right, lower right, lower left.
const CORNERS: u8 = 4;
