// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a fault at a point to what the doubles and the kiosk's probe are told before the visit,
//! and to the proof afterwards that it happened.

use std::time::Duration;

use kiosk_session::Limit;

use super::{
    fault::{Fault, Mishap, Moment, Side, Spoilt},
    point::{Hold, Point},
    reference::header,
    story::Story,
};
use crate::{bench::Bench, failure::Failure};

/// A fault at a point, to be armed.
pub(super) struct Arming<'a> {
    pub(super) point: &'a Point,
    pub(super) fault: Fault,
    /// By what the limits are divided.
    pub(super) hurry: u32,
}

impl Arming<'_> {
    /// What the kiosk is started with.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--steps".to_owned()];
        if let Point::Effect { step, occurrence } | Point::Journal { step, occurrence } = self.point
        {
            let deed = match self.fault {
                Fault::Killed { side: Side::Before } => "kill-before",
                Fault::Killed { side: Side::Within } => "kill-within",
                Fault::Killed { side: Side::Between } => "kill-between",
                Fault::Killed { side: Side::After } => "kill-after",
                Fault::DiskFull => "disk-full",
                _ => return arguments,
            };
            arguments.extend(["--probe".to_owned(), format!("{deed} {occurrence} {step}")]);
        }
        arguments
    }

    /// Tells card and service.
    pub(super) fn arm(&self, bench: &Bench) -> Result<(), Failure> {
        match (self.point, self.fault) {
            (Point::Apdu { number, last, request, .. }, fault) => {
                bench.slot.say(&self.card_command(*number, *last, request, fault)).map(drop)
            }
            (Point::Request { path, occurrence }, Fault::Request { how, lasting }) => {
                pass(bench, path, *occurrence)?;
                let times = if lasting { LASTING } else { 1 };
                bench.central.plan(&self.service_fault(how, times, path))
            }
            (Point::State { hold: Hold::Card { number }, .. }, _) => {
                let millis = self.hold().as_millis();
                bench.slot.say(&format!("delay {number} {millis}")).map(drop)
            }
            (Point::State { name, hold: Hold::Service { path, occurrence }, .. }, _) => {
                pass(bench, path, *occurrence)?;
                let hold = if name == "Reporting" { self.hold() / 2 } else { self.hold() };
                bench.central.plan(&format!("delay 1 {path} {}", hold.as_millis()))
            }
            _ => Ok(()),
        }
    }

    fn card_command(&self, number: u64, last: u64, request: &str, fault: Fault) -> String {
        match fault {
            Fault::Lifted { moment: Moment::Before, .. } => format!("tear {number} before"),
            Fault::Lifted { moment: Moment::After, .. } => format!("tear {last} after"),
            Fault::Answer { how: Spoilt::Wrong } => format!("answer {number} 6F00"),
            Fault::Answer { how: Spoilt::Garbled } => format!("garble {number}"),
            Fault::Answer { how: Spoilt::Truncated } => format!("truncate {number} 1"),
            Fault::Answer { how: Spoilt::Missing } => format!("mute {number}"),
            _ => {
                let limit = if request == "write" { Limit::CardWrite } else { Limit::CardRequest };
                format!("delay {number} {}", self.beyond(limit).as_millis())
            }
        }
    }

    fn service_fault(&self, how: Mishap, times: u32, path: &str) -> String {
        match how {
            Mishap::Refused => format!("cut-before {times} {path}"),
            Mishap::CutAfter => format!("cut-after {times} {path}"),
            Mishap::CutMid => format!("cut-mid {times} {path}"),
            Mishap::Delayed => {
                let delay = self.beyond(Limit::CentralRequest).as_millis();
                format!("delay {times} {path} {delay}")
            }
            Mishap::Problem(code) => format!("answer {times} {path} {code}"),
            Mishap::Status500 => format!("answer {times} {path} 500"),
            Mishap::Garbage => format!("garbage {times} {path}"),
            Mishap::Foreign => format!("foreign {times} {path}"),
            Mishap::EndsBefore => format!("end-before {times} {path}"),
            Mishap::EndsAfter => format!("end-after {times} {path}"),
        }
    }

    fn beyond(&self, limit: Limit) -> Duration {
        limit.default() / self.hurry + MARGIN
    }

    /// Long enough to be met in a state, short enough for its deadline.
    fn hold(&self) -> Duration {
        (Limit::CentralRequest.default() / self.hurry).mul_f64(0.7)
    }

    /// Whether it happened.
    pub(super) fn has_fired(&self, bench: &Bench, story: &Story) -> Result<bool, Failure> {
        let says = |process: &str, text: &str| {
            let lines = bench.record().lines();
            lines.iter().any(|line| line.process == process && line.text.contains(text))
        };
        Ok(match self.point {
            Point::Apdu { number, header: expected, .. } => {
                let trace = bench.slot.trace()?;
                let index = usize::try_from(*number).unwrap_or(usize::MAX).saturating_sub(1);
                trace.get(index).is_some_and(|line| header(line) == *expected)
            }
            Point::Request { .. } => {
                let lines = bench.record().lines();
                lines.iter().any(|line| {
                    line.process == "central-service"
                        && line.text.contains(FIRED)
                        && !line.text.contains("fault=Pass")
                })
            }
            Point::Effect { .. } | Point::Journal { .. } => says("kiosk", "probe fired"),
            Point::State { .. } => story.is_fired,
        })
    }
}

/// Lets the requests before the one in question pass.
fn pass(bench: &Bench, path: &str, occurrence: u32) -> Result<(), Failure> {
    match occurrence.saturating_sub(1) {
        0 => Ok(()),
        earlier => bench.central.plan(&format!("pass {earlier} {path}")),
    }
}

/// What the service says of a fault that it carries out.
const FIRED: &str = "a fault that was asked for";

/// More requests than a visit makes.
const LASTING: u32 = 1000;

/// Over a deadline.
const MARGIN: Duration = Duration::from_millis(350);
