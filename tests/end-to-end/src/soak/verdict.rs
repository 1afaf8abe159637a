// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether something grows: by least squares over the second half of the visits, when caches and
//! pools have taken what they take once.

use serde::Serialize;

use super::sample::Sample;

/// What a series may do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Its line may rise by so much a session and no more.
    Slope(f64),
    /// It may not be larger in the second half than it ever was in the first.
    NoMore,
}

/// Something that is watched.
struct Series {
    what: &'static str,
    of: fn(&Sample) -> u64,
    bound: Bound,
    why: &'static str,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// What was watched, with its unit.
    pub what: &'static str,
    /// Its first value in the second half.
    pub from: u64,
    /// Its last value.
    pub to: u64,
    /// By how much the line through the second half rises, a session.
    pub slope: f64,
    /// What it may do.
    pub bound: Bound,
    /// Why it may do that and no more.
    pub why: &'static str,
    /// Whether it keeps to that.
    pub is_flat: bool,
}

/// Judges everything that is watched; in the order of the table.
#[must_use]
pub fn judge(samples: &[Sample]) -> Vec<Judgement> {
    SERIES.iter().map(|series| series.judge(samples)).collect()
}

impl Series {
    fn judge(&self, samples: &[Sample]) -> Judgement {
        let (first, second) = samples.split_at(samples.len() / 2);
        let values = |half: &[Sample]| half.iter().map(self.of).collect::<Vec<_>>();
        let points: Vec<_> =
            second.iter().map(|it| (it.sessions as f64, (self.of)(it) as f64)).collect();
        let (slope, late) = (slope(&points), values(second));
        let is_flat = match self.bound {
            Bound::Slope(most) => slope <= most,
            Bound::NoMore => late.iter().max() <= values(first).iter().max(),
        };
        let (from, to) = (late.first().copied(), late.last().copied());
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        Judgement { what: self.what, from, to, slope, bound: self.bound, why: self.why, is_flat }
    }
}

/// Of the line with the least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let variance: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if variance > 0.0 { covariance / variance } else { 0.0 }
}

const MEMORY: Bound = Bound::Slope(2.0);
const WHY_MEMORY: &str = "2 KiB a session: 150 sessions a day for a month are 9 MiB, less than \
                          the screen's own pictures, and a unit restarts more often for updates";
const WHY_COUNT: &str = "one that is lost is lost for ever: none may be";
const WHY_JOURNAL: &str = "what the service has acknowledged is gone from it, and its room is \
                           used again";

const SERIES: &[Series] = &[
    Series { what: "kiosk RSS, KiB", of: |it| it.kiosk.rss_kib, bound: MEMORY, why: WHY_MEMORY },
    Series { what: "kiosk PSS, KiB", of: |it| it.kiosk.pss_kib, bound: MEMORY, why: WHY_MEMORY },
    Series {
        what: "kiosk descriptors",
        of: |it| it.kiosk.descriptors,
        bound: Bound::NoMore,
        why: WHY_COUNT,
    },
    Series {
        what: "kiosk threads",
        of: |it| it.kiosk.threads,
        bound: Bound::NoMore,
        why: WHY_COUNT,
    },
    Series { what: "link RSS, KiB", of: |it| it.link.rss_kib, bound: MEMORY, why: WHY_MEMORY },
    Series { what: "link PSS, KiB", of: |it| it.link.pss_kib, bound: MEMORY, why: WHY_MEMORY },
    Series {
        what: "link descriptors",
        of: |it| it.link.descriptors,
        bound: Bound::NoMore,
        why: WHY_COUNT,
    },
    Series { what: "link threads", of: |it| it.link.threads, bound: Bound::NoMore, why: WHY_COUNT },
    Series {
        what: "journal, KiB",
        of: |it| it.journal_kib,
        bound: Bound::NoMore,
        why: WHY_JOURNAL,
    },
];

#[cfg(test)]
mod tests {
    use super::{Judgement, judge, slope};
    use crate::soak::sample::{Sample, Usage};

    const USAGE: Usage = Usage { rss_kib: 1000, pss_kib: 1000, descriptors: 20, threads: 9 };

    fn samples(change: impl Fn(usize, &mut Sample)) -> Vec<Sample> {
        let sample = |sessions| {
            let (kiosk, link, pcscd) = (USAGE, USAGE, USAGE);
            let mut sample =
                Sample { sessions, seconds: 2.0, kiosk, link, pcscd, journal_kib: 1024 };
            change(sessions, &mut sample);
            sample
        };
        (1..=100).map(sample).collect()
    }

    fn growing(samples: &[Sample]) -> Vec<&'static str> {
        let grows = |it: &Judgement| (!it.is_flat).then_some(it.what);
        judge(samples).iter().filter_map(grows).collect()
    }

    #[test]
    fn what_stays_the_same_or_is_taken_once_is_flat() {
        assert!(growing(&samples(|_, _| {})).is_empty());
        let once = samples(|sessions, it| it.kiosk.rss_kib += 100 * sessions.min(40) as u64);
        assert!(growing(&once).is_empty());
    }

    #[test]
    fn what_grows_a_little_with_each_session_is_not() {
        let slowly = samples(|sessions, it| it.kiosk.rss_kib += 3 * sessions as u64);
        assert_eq!(growing(&slowly), ["kiosk RSS, KiB"]);
        let now_and_then = samples(|sessions, it| it.link.descriptors += sessions as u64 / 40);
        assert_eq!(growing(&now_and_then), ["link descriptors"]);
        let journal = samples(|sessions, it| it.journal_kib += 4 * (sessions as u64 / 30));
        assert_eq!(growing(&journal), ["journal, KiB"]);
    }

    #[test]
    fn the_line_goes_through_the_points() {
        assert!((slope(&[(1.0, 5.0), (2.0, 7.0), (3.0, 9.0)]) - 2.0).abs() < 1e-9);
        assert!((slope(&[(1.0, 5.0), (2.0, 9.0), (3.0, 5.0)])).abs() < 1e-9);
        assert!(slope(&[(1.0, 5.0)]).abs() < 1e-9);
    }
}
