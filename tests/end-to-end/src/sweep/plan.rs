// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every fault at every point, as data: each run has an id that stays the same for the same plan,
//! so that it can be repeated alone.

use std::collections::BTreeSet;

use rand::{SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sha2::{Digest, Sha256};

use super::{
    fault::Fault,
    journey::Journey,
    point::{Point, slug},
};

/// One visit with one thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Journey, point and fault, such as `reset.apdu-17-verify-verify.lifted-after-never`.
    pub id: String,
    /// What the resident comes for.
    pub journey: Journey,
    /// Where it goes wrong.
    pub point: Point,
    /// What goes wrong.
    pub fault: Fault,
}

/// All runs of a sweep.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In the order in which they are made.
    pub runs: Vec<Run>,
    /// Of the runs' ids and points: results of another plan are not taken for this one's.
    pub hash: String,
}

impl Plan {
    /// Every fault at every point of these journeys.
    #[must_use]
    pub fn of(journeys: &[(Journey, Vec<Point>)]) -> Self {
        let mut runs = Vec::new();
        for (journey, points) in journeys {
            for point in points {
                for fault in Fault::all_at(point) {
                    let id = format!("{}.{}.{}", journey.key(), slug(&point.name()), fault.key());
                    runs.push(Run { id, journey: *journey, point: point.clone(), fault });
                }
            }
        }
        let mut hash = Sha256::new();
        for run in &runs {
            hash.update(format!("{} {:?}\n", run.id, run.point));
        }
        let hash = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { runs, hash }
    }

    /// The run with this id, as long as the visit passes its point.
    #[must_use]
    pub fn run(&self, id: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// How many points it has.
    #[must_use]
    pub fn points(&self) -> usize {
        self.count(|run| format!("{:?} {}", run.journey, run.point.name()))
    }

    /// How many kinds of fault it has.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.count(|run| run.fault.key())
    }

    fn count(&self, of: impl Fn(&Run) -> String) -> usize {
        self.runs.iter().map(of).collect::<BTreeSet<_>>().len()
    }

    /// So many runs of it, the same for the same seed: one of each kind of fault first, then any.
    #[must_use]
    pub fn sample(&self, count: usize, seed: u64) -> Vec<Run> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut chosen: Vec<usize> = Vec::new();
        let kinds: BTreeSet<String> = self.runs.iter().map(|run| run.fault.kind()).collect();
        for kind in kinds {
            let of_kind: Vec<usize> = (0..self.runs.len())
                .filter(|&index| self.runs[index].fault.kind() == kind)
                .collect();
            chosen.extend(of_kind.choose(&mut rng));
        }
        chosen.truncate(count);
        let rest: Vec<usize> =
            (0..self.runs.len()).filter(|index| !chosen.contains(index)).collect();
        let missing = count.saturating_sub(chosen.len());
        chosen.extend(rest.sample(&mut rng, missing));
        chosen.sort_unstable();
        chosen.into_iter().map(|index| self.runs[index].clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Plan;
    use crate::sweep::{
        journey::Journey,
        point::{Hold, Point},
    };

    fn plan() -> Plan {
        let request = |path: &str| Point::Request { path: path.to_owned(), occurrence: 1 };
        let journal = Point::Journal { step: "journal outcome".to_owned(), occurrence: 1 };
        let state = Point::State {
            name: "Proving".to_owned(),
            occurrence: 1,
            hold: Hold::Resident,
            offers_cancel: true,
            offers_back: true,
        };
        let command = Point::Apdu {
            number: 1,
            last: 1,
            header: "00A4040C Nc=10".to_owned(),
            command: "SELECT".to_owned(),
            request: "read".to_owned(),
        };
        let points = vec![command, request("/v1/sessions"), request("/ticket"), journal, state];
        Plan::of(&[(Journey::Reset, points)])
    }

    #[test]
    fn each_run_has_an_id_of_its_own() {
        let plan = plan();
        let ids: BTreeSet<_> = plan.runs.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(ids.len(), plan.runs.len());
        assert!(ids.contains("reset.http-ticket-1.ticket-limit"), "{ids:?}");
        assert!(!ids.contains("reset.http-v1-sessions-1.ticket-limit"), "{ids:?}");
    }

    #[test]
    fn a_sample_is_the_same_for_its_seed_and_has_every_kind_of_fault() {
        let plan = plan();
        let sample = plan.sample(50, 7);
        assert_eq!(sample, plan.sample(50, 7));
        let kinds = |runs: &[super::Run]| -> BTreeSet<_> {
            runs.iter().map(|run| run.fault.kind()).collect()
        };
        assert_eq!(kinds(&sample), kinds(&plan.runs));
        assert_eq!(sample.len(), 50);
    }

    #[test]
    fn another_plan_has_another_hash() {
        let other = Plan::of(&[(Journey::Checking, Vec::new())]);
        assert_ne!(plan().hash, other.hash);
    }
}
