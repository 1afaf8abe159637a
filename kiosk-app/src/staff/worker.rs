// SPDX-License-Identifier: MIT OR Apache-2.0
//! The thread that looks at staff codes: Argon2 takes its time by design, and the driver has none.

use std::{
    io,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use kiosk_session::{
    Event, RequestId,
    staff::{CodeCheck, StaffEvent},
};
use tracing::{error, info, warn};
use zeroize::Zeroize as _;

use super::{
    pad::{CODE_LENGTH, CodePad},
    tries::{Leave, Tries},
};
use crate::{
    config::CodeHash,
    message::{Message, Queue},
    telemetry::Chain,
};

/// A code is to be checked; the moment is the driver's.
struct Check(RequestId, Duration);

/// The driver's end of it.
#[derive(Debug)]
pub(super) struct CodeWorker(Sender<Check>);

impl CodeWorker {
    /// Starts the thread.
    pub(super) fn start(
        hash: CodeHash,
        tries: Tries,
        pad: CodePad,
        queue: Queue,
    ) -> io::Result<Self> {
        let (sender, checks) = mpsc::channel();
        let mut work = Work { hash, tries, pad };
        thread::Builder::new()
            .name("staff-code".to_owned())
            .spawn(move || work.run(&checks, &queue))?;
        Ok(Self(sender))
    }

    /// Has what lies in the pad checked; the answer comes by the queue.
    pub(super) fn check(&self, id: RequestId, now: Duration) {
        if self.0.send(Check(id, now)).is_err() {
            warn!(code = "staff-worker-gone", "the staff code's worker has ended");
        }
    }
}

struct Work {
    hash: CodeHash,
    tries: Tries,
    pad: CodePad,
}

impl Work {
    fn run(&mut self, checks: &Receiver<Check>, queue: &Queue) {
        while let Ok(Check(id, now)) = checks.recv() {
            let check = self.check(now);
            info!(?check, "staff code");
            let answer = Event::Staff(StaffEvent::CodeChecked(id, check));
            // A driver that has ended needs no answer.
            let _ = queue.send(Message::Event(answer));
        }
    }

    fn check(&mut self, now: Duration) -> CodeCheck {
        match self.tries.begin(now) {
            Ok(Leave::Granted) => {}
            Ok(Leave::Locked(time)) => {
                self.pad.close();
                return CodeCheck::Locked { seconds: seconds(time) };
            }
            Err(error) => {
                self.pad.close();
                error!(code = "staff-tries", error = %Chain(&error), "a try cannot be counted");
                return CodeCheck::Uncounted;
            }
        }
        let mut code = [0; CODE_LENGTH];
        let length = self.pad.take(&mut code);
        let is_right = self.hash.is_of(code.get(..length).unwrap_or_default());
        code.zeroize();
        match (is_right, self.tries.left()) {
            (true, _) => {
                if let Err(error) = self.tries.succeed() {
                    error!(code = "staff-tries", error = %Chain(&error), "tries stay counted");
                }
                CodeCheck::Right
            }
            (false, 0) => CodeCheck::Locked { seconds: seconds(Tries::lock()) },
            (false, tries_left) => CodeCheck::Wrong { tries_left },
        }
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs_f64().ceil() as u64).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::cheap_hash, locked::LockedPage};

    struct Bench {
        pad: CodePad,
        worker: CodeWorker,
        answers: Receiver<Message>,
        _folder: tempfile::TempDir,
    }

    fn bench() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let pad = CodePad::new(LockedPage::allocate().unwrap().shared);
        let (queue, answers) = mpsc::channel();
        let tries = Tries::open(folder.path().join("staff-tries"), Duration::ZERO);
        let worker = CodeWorker::start(cheap_hash(), tries, pad.clone(), queue).unwrap();
        Bench { pad, worker, answers, _folder: folder }
    }

    impl Bench {
        fn answer(&self, code: &str, second: u64) -> CodeCheck {
            self.pad.open();
            for digit in code.bytes() {
                self.pad.press(usize::from(digit - b'0'));
            }
            self.pad.submit();
            self.worker.check(RequestId(second), Duration::from_secs(second));
            match self.answers.recv_timeout(Duration::from_secs(60)).expect("an answer") {
                Message::Event(Event::Staff(StaffEvent::CodeChecked(id, check))) => {
                    assert_eq!(id, RequestId(second));
                    let mut code = [0; CODE_LENGTH];
                    assert_eq!((self.pad.take(&mut code), code), (0, [0; CODE_LENGTH]));
                    check
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_right_code_is_right_and_a_wrong_one_costs_a_try() {
        let bench = bench();
        assert_eq!(bench.answer("402818", 1), CodeCheck::Wrong { tries_left: 4 });
        assert_eq!(bench.answer("402817", 2), CodeCheck::Right);
        assert_eq!(bench.answer("402818", 3), CodeCheck::Wrong { tries_left: 4 });
    }

    #[test]
    fn while_it_is_locked_not_even_the_right_code_is_looked_at() {
        let bench = bench();
        for left in [4, 3, 2, 1] {
            assert_eq!(bench.answer("111112", 1), CodeCheck::Wrong { tries_left: left });
        }
        assert_eq!(bench.answer("111112", 1), CodeCheck::Locked { seconds: 900 });
        assert_eq!(bench.answer("402817", 601), CodeCheck::Locked { seconds: 300 });
        assert_eq!(bench.answer("402817", 901), CodeCheck::Right);
    }
}
