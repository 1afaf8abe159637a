// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes wrong, as data, and at which points each can.

use serde::Serialize;

use super::point::{Hold, Point};

/// One thing that goes wrong in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fault {
    /// The card is lifted.
    Lifted {
        /// On which side of what the command changes.
        moment: Moment,
        /// What is laid there afterwards, if the kiosk asks.
        then: Then,
    },
    /// The card's answer is spoilt.
    Answer {
        /// How.
        how: Spoilt,
    },
    /// An HTTP request fails.
    Request {
        /// How.
        how: Mishap,
        /// This request alone, or each to this path until the visit is over.
        lasting: bool,
    },
    /// The kiosk's process is killed, and started again.
    Killed {
        /// When.
        side: Side,
    },
    /// The journal's disk is full from here on, until the kiosk is started again.
    DiskFull,
    /// pcscd is killed and started again.
    PcscdRestarted,
    /// The reader is unplugged, and plugged in again.
    ReaderUnplugged,
    /// kiosk-link is killed and started again.
    LinkRestarted,
    /// The kiosk is asked to stop (SIGTERM), and started again.
    Stopped,
    /// The wall clock of kiosk and kiosk-link is stepped.
    ClockStepped {
        /// By how much.
        by: Step,
    },
    /// The resident walks away and leaves the card.
    WalksAway,
    /// The resident cancels.
    Cancels,
    /// The resident goes one screen back, once.
    GoesBack,
}

/// On which side of what a command changes for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Nothing has changed.
    Before,
    /// All has changed; only the answer is lost.
    After,
}

/// What a resident lays on the reader when the kiosk asks for the card back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The same card.
    Same,
    /// Another resident's card.
    Other,
    /// Nothing.
    Never,
}

/// What becomes of an answer of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spoilt {
    /// 6F00 in its place.
    Wrong,
    /// Another body.
    Garbled,
    /// One byte of it.
    Truncated,
    /// It comes after the request's deadline.
    Late,
    /// It never comes.
    Missing,
}

/// What becomes of an HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mishap {
    /// The connection is cut before the request is looked at.
    Refused,
    /// It is carried out and never answered.
    CutAfter,
    /// It is carried out, and the answer ends in its middle.
    CutMid,
    /// It is held longer than the session waits.
    Delayed,
    /// The answer is this problem.
    Problem(&'static str),
    /// The answer is a bare 500.
    Status500,
    /// The answer is not JSON.
    Garbage,
    /// The answer is another session's.
    Foreign,
    /// The service ends before it looks at the request, and is started again.
    EndsBefore,
    /// The service carries the request out, ends before it answers, and is started again.
    EndsAfter,
}

/// When the kiosk is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Before anything of the step has happened.
    Before,
    /// When a record's bytes are written and not yet synced.
    Within,
    /// When a record is on the disk and not yet counted.
    Between,
    /// When all of it has happened.
    After,
}

/// A step of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// An hour forward.
    HourOn,
    /// An hour back.
    HourBack,
    /// A year forward.
    YearOn,
    /// A year back.
    YearBack,
}

impl Step {
    /// As libfaketime's file takes it.
    pub(crate) const fn offset(self) -> &'static str {
        match self {
            Self::HourOn => "+3600",
            Self::HourBack => "-3600",
            Self::YearOn => "+31536000",
            Self::YearBack => "-31536000",
        }
    }
}

impl Fault {
    /// Short, for ids and the table.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Lifted { moment, then } => format!(
                "lifted-{}-{}",
                match moment {
                    Moment::Before => "before",
                    Moment::After => "after",
                },
                match then {
                    Then::Same => "same",
                    Then::Other => "other",
                    Then::Never => "never",
                }
            ),
            Self::Answer { how } => format!(
                "answer-{}",
                match how {
                    Spoilt::Wrong => "wrong",
                    Spoilt::Garbled => "garbled",
                    Spoilt::Truncated => "truncated",
                    Spoilt::Late => "late",
                    Spoilt::Missing => "missing",
                }
            ),
            Self::Request { how, lasting } => {
                let how = match how {
                    Mishap::Refused => "refused",
                    Mishap::CutAfter => "cut-after",
                    Mishap::CutMid => "cut-mid",
                    Mishap::Delayed => "delayed",
                    Mishap::Problem(code) => code,
                    Mishap::Status500 => "status-500",
                    Mishap::Garbage => "garbage",
                    Mishap::Foreign => "foreign",
                    Mishap::EndsBefore => "service-ends-before",
                    Mishap::EndsAfter => "service-ends-after",
                };
                let often = if lasting { "lasting-" } else { "" };
                format!("{often}{how}")
            }
            Self::Killed { side: Side::Before } => "killed-before".to_owned(),
            Self::Killed { side: Side::Within } => "killed-within".to_owned(),
            Self::Killed { side: Side::Between } => "killed-between".to_owned(),
            Self::Killed { side: Side::After } => "killed-after".to_owned(),
            Self::DiskFull => "disk-full".to_owned(),
            Self::PcscdRestarted => "pcscd-restarted".to_owned(),
            Self::ReaderUnplugged => "reader-unplugged".to_owned(),
            Self::LinkRestarted => "link-restarted".to_owned(),
            Self::Stopped => "stopped".to_owned(),
            Self::ClockStepped { by } => format!(
                "clock-{}",
                match by {
                    Step::HourOn => "hour-on",
                    Step::HourBack => "hour-back",
                    Step::YearOn => "year-on",
                    Step::YearBack => "year-back",
                }
            ),
            Self::WalksAway => "walks-away".to_owned(),
            Self::Cancels => "cancels".to_owned(),
            Self::GoesBack => "goes-back".to_owned(),
        }
    }

    /// The key, but one for all problem codes, and one for a step of the clock either way.
    #[must_use]
    pub fn kind(self) -> String {
        match self {
            Self::Request { how: Mishap::Problem(_), .. } => "problem".to_owned(),
            Self::ClockStepped { by: Step::HourOn | Step::HourBack } => "clock-hour".to_owned(),
            Self::ClockStepped { by: Step::YearOn | Step::YearBack } => "clock-year".to_owned(),
            fault => fault.key(),
        }
    }

    /// Every fault that can happen at a point.
    #[must_use]
    pub fn all_at(point: &Point) -> Vec<Self> {
        match point {
            Point::Apdu { .. } => at_a_command(),
            Point::Request { path, .. } => at_a_request(path),
            Point::Effect { .. } => {
                vec![Self::Killed { side: Side::Before }, Self::Killed { side: Side::After }]
            }
            Point::Journal { .. } => vec![
                Self::Killed { side: Side::Before },
                Self::Killed { side: Side::Within },
                Self::Killed { side: Side::Between },
                Self::Killed { side: Side::After },
                Self::DiskFull,
            ],
            Point::State { name, hold, offers_cancel, offers_back, .. } => {
                let mut faults = at_a_step(hold, *offers_cancel, *offers_back);
                if *hold == Hold::Resident && name != AT_REST {
                    faults.extend(lifted(Moment::Before));
                }
                faults
            }
        }
    }

    /// Whether the screen goes away over it, so that nobody may see the ending.
    pub(crate) const fn takes_the_screen(self) -> bool {
        matches!(self, Self::Killed { .. } | Self::DiskFull | Self::Stopped)
    }

    /// Whether the card's answer to the write may be lost by it, so that *not certain* is allowed
    /// (reset-profile.md section 8).
    pub(crate) const fn may_lose_an_answer(self) -> bool {
        match self {
            Self::Lifted { .. }
            | Self::Answer { .. }
            | Self::Killed { .. }
            | Self::DiskFull
            | Self::PcscdRestarted
            | Self::ReaderUnplugged
            | Self::Stopped
            // Who is asked to put the card back, and does not.
            | Self::WalksAway => true,
            Self::Request { .. }
            | Self::LinkRestarted
            | Self::ClockStepped { .. }
            | Self::Cancels
            | Self::GoesBack => false,
        }
    }
}

fn at_a_command() -> Vec<Fault> {
    let mut faults = Vec::new();
    for moment in [Moment::Before, Moment::After] {
        faults.extend(lifted(moment));
    }
    for how in [Spoilt::Wrong, Spoilt::Garbled, Spoilt::Truncated, Spoilt::Late, Spoilt::Missing] {
        faults.push(Fault::Answer { how });
    }
    faults
}

fn lifted(moment: Moment) -> [Fault; 3] {
    [Then::Same, Then::Other, Then::Never].map(|then| Fault::Lifted { moment, then })
}

/// The state in which no card lies there yet.
const AT_REST: &str = "Idle";

fn at_a_request(path: &str) -> Vec<Fault> {
    let once = |how| Fault::Request { how, lasting: false };
    let mut faults = Vec::new();
    for how in [Mishap::Refused, Mishap::CutAfter, Mishap::CutMid, Mishap::Status500] {
        faults.push(once(how));
        faults.push(Fault::Request { how, lasting: true });
    }
    for how in
        [Mishap::Delayed, Mishap::Garbage, Mishap::Foreign, Mishap::EndsBefore, Mishap::EndsAfter]
    {
        faults.push(once(how));
    }
    faults.extend(problems(path).map(|code| once(Mishap::Problem(code))));
    faults
}

/// The steps rather than each command: what happens to daemons, clock and people has no finer grain
/// that a resident or the session could tell. A state that waits for the resident is met in it; one
/// that waits for card or service is held in it by a late answer.
fn at_a_step(hold: &Hold, offers_cancel: bool, offers_back: bool) -> Vec<Fault> {
    let mut faults =
        vec![Fault::PcscdRestarted, Fault::ReaderUnplugged, Fault::LinkRestarted, Fault::Stopped];
    for by in [Step::HourOn, Step::HourBack, Step::YearOn, Step::YearBack] {
        faults.push(Fault::ClockStepped { by });
    }
    if *hold == Hold::Resident {
        faults.push(Fault::WalksAway);
    }
    if offers_cancel {
        faults.push(Fault::Cancels);
    }
    if offers_back {
        faults.push(Fault::GoesBack);
    }
    faults
}

/// The problem codes that can be answered there (docs/central-api.yaml: the statuses of each call
/// and the codes of each status).
fn problems(path: &str) -> impl Iterator<Item = &'static str> {
    let statuses: &[u16] = match path {
        "/v1/sessions" => &[400, 403, 404, 409, 410, 413, 422, 426, 500, 503],
        "/v1/receipts" => &[400, 403, 404, 413, 422, 500],
        "/proof" => &[400, 403, 404, 409, 410, 413, 422, 500, 503],
        "/ticket" => &[400, 403, 404, 409, 410, 413, 422, 429, 500, 503],
        "/outcome" => &[400, 404, 413, 422, 500],
        "/v1/policy" => &[403, 500],
        "/v1/heartbeat" => &[400, 403, 413, 422, 500],
        _ => &[],
    };
    CODES
        .iter()
        .filter(|(status, _)| statuses.contains(status))
        .flat_map(|(_, codes)| *codes)
        .copied()
}

const CODES: &[(u16, &[&str])] = &[
    (400, &["malformed", "receipt-invalid"]),
    (
        403,
        &[
            "authentication-certificate-expired",
            "authentication-certificate-revoked",
            "signature-certificate-expired",
            "signature-certificate-revoked",
            "signature-certificate-absent",
            "card-suspended",
            "card-not-genuine",
            "proof-invalid",
            "kiosk-not-authorised",
        ],
    ),
    (404, &["reservation-not-found", "session-not-found"]),
    (
        409,
        &[
            "reservation-for-other-pin",
            "reservation-in-use",
            "reservation-used",
            "receipt-wanted",
            "out-of-order",
        ],
    ),
    (410, &["reservation-expired", "session-expired", "grant-expired"]),
    (413, &["too-large"]),
    (422, &["idempotency-mismatch"]),
    (426, &["software-too-old"]),
    (429, &["ticket-limit"]),
    (500, &["internal"]),
    (503, &["outside-hours", "maintenance"]),
];
