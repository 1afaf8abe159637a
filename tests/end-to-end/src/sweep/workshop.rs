// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a sweep is prepared: cards and service made once, the reference visits, the plan; and
//! where each run is played from these.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use super::{
    journey::Journey,
    plan::{Plan, Run},
    play::Scenery,
    point::Point,
    result::{RunResult, Verdict},
};
use crate::{central, failure::Failure, fixture::Fixture, record::Record};

/// Everything that runs are made from.
pub struct Workshop {
    hurry: u32,
    fresh: Fixture,
    unsettled: Fixture,
    references: Vec<(Journey, Vec<Point>)>,
}

impl Workshop {
    /// Uses what lies in `folder` from an earlier sweep, or makes it: two cards, a service, a
    /// reservation whose outcome is open, and a visit without a fault for each journey. `tells`
    /// hears what is being done.
    ///
    /// # Errors
    /// When the bench fails, or a visit goes wrong without a fault.
    pub fn open(
        folder: &Path,
        hurry: u32,
        stop: &AtomicBool,
        tells: &dyn Fn(&str),
    ) -> Result<Self, Failure> {
        let fresh = match Fixture::load(&folder.join("fresh")) {
            Some(fixture) => fixture,
            None => {
                tells("making two cards and a service");
                Fixture::mint(&folder.join("fresh"), central::HERE)?
            }
        };
        let unsettled = Fixture::load(&folder.join("unsettled"));
        if let (Some(unsettled), Some(references)) = (unsettled, load(folder)) {
            return Ok(Self { hurry, fresh, unsettled, references });
        }
        tells("visiting without a fault: reset");
        let scenery =
            Scenery { fixture: &fresh, journey: Journey::Reset, hurry, lifted_at: None, stop };
        let reset = tried_thrice(|| scenery.reference())?;
        let write = write_in(&reset)?;
        tells("leaving a reservation whose outcome is not known");
        let lifted = Scenery { lifted_at: Some((write, "before")), ..scenery.clone() };
        let place = folder.join("unsettled");
        let unsettled = tried_thrice(|| lifted.leave_unsettled(&place))?;
        let references = vec![(Journey::Reset, reset)];
        let mut workshop = Self { hurry, fresh, unsettled, references };
        for journey in
            [Journey::Settling, Journey::Returning, Journey::Checking, Journey::Mistyping]
        {
            tells(&format!("visiting without a fault: {}", journey.key()));
            let scenery = workshop.scenery(journey, stop)?;
            let points = tried_thrice(|| scenery.reference())?;
            workshop.references.push((journey, points));
        }
        save(folder, &workshop.references)?;
        Ok(workshop)
    }

    /// Every fault at every point of these journeys.
    #[must_use]
    pub fn plan(&self, journeys: &[Journey]) -> Plan {
        let chosen: Vec<_> = self
            .references
            .iter()
            .filter(|(journey, _)| journeys.contains(journey))
            .cloned()
            .collect();
        Plan::of(&chosen)
    }

    /// Plays a run and judges it; one whose fault did not fire, or that the bench could not try,
    /// is tried again. Gives back all that was printed, too.
    #[must_use]
    pub fn play(&self, run: &Run, stop: &AtomicBool) -> (RunResult, Record) {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (mut result, record) = match self.scenery(run.journey, stop) {
                Ok(scenery) => scenery.run(run),
                // `open` has made sure of it.
                Err(_) => unreachable_scenery(run),
            };
            result.attempts = attempts;
            let is_worth_another = matches!(result.verdict, Verdict::NotFired | Verdict::NotTried);
            let is_stopping = stop.load(std::sync::atomic::Ordering::SeqCst);
            if !is_worth_another || is_stopping || attempts == MOST_ATTEMPTS {
                return (result, record);
            }
        }
    }

    fn scenery<'w>(
        &'w self,
        journey: Journey,
        stop: &'w AtomicBool,
    ) -> Result<Scenery<'w>, Failure> {
        let fixture = match journey {
            Journey::Reset | Journey::Settling | Journey::Checking | Journey::Mistyping => {
                &self.fresh
            }
            Journey::Returning => &self.unsettled,
        };
        let lifted_at = match journey {
            Journey::Settling => Some((write_in(self.points(Journey::Reset))?, "after")),
            Journey::Reset | Journey::Returning | Journey::Checking | Journey::Mistyping => None,
        };
        Ok(Scenery { fixture, journey, hurry: self.hurry, lifted_at, stop })
    }

    fn points(&self, of: Journey) -> &[Point] {
        let found = self.references.iter().find(|(journey, _)| *journey == of);
        found.map_or(&[], |(_, points)| points)
    }
}

/// With limits divided by 20 a machine that is busy with something else may be too slow once.
fn tried_thrice<T>(visit: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    visit().or_else(|_| visit()).or_else(|_| visit())
}

fn unreachable_scenery(run: &Run) -> (RunResult, Record) {
    let result = super::play::not_tried(run, "the journey has no reference");
    (result, Record::default())
}

/// The number of the command that sets the new PIN.
fn write_in(points: &[Point]) -> Result<u64, Failure> {
    let write = points.iter().find_map(|point| match point {
        Point::Apdu { number, command, .. } if command.starts_with("RESET RETRY") => Some(*number),
        _ => None,
    });
    write.ok_or_else(|| Failure::Refuted("no reset was sent on the reference visit".to_owned()))
}

fn file(folder: &Path) -> PathBuf {
    folder.join("points.json")
}

fn load(folder: &Path) -> Option<Vec<(Journey, Vec<Point>)>> {
    serde_json::from_str(&fs::read_to_string(file(folder)).ok()?).ok()
}

fn save(folder: &Path, references: &[(Journey, Vec<Point>)]) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(references).map_err(|error| Failure::Unreadable {
        from: "the reference visits",
        answer: error.to_string(),
    })?;
    fs::write(file(folder), text).map_err(Failure::file("writing", file(folder)))
}

/// Of a run whose fault did not fire, or that could not be tried.
const MOST_ATTEMPTS: u32 = 3;
