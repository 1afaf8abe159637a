// SPDX-License-Identifier: MIT OR Apache-2.0
//! The points of a journey, read from a visit on which nothing went wrong: from the kiosk's own
//! log, in which probe, states and commands stand in their order, from the card's trace and from
//! the service's log.

use std::collections::HashMap;

use super::{
    journey::Journey,
    point::{Hold, Point},
};
use crate::record::Line;

/// What a reference visit left.
pub(super) struct Reference<'r> {
    pub(super) journey: Journey,
    /// All that was printed, up to the end of the visit.
    pub(super) lines: &'r [Line],
    /// A line each command.
    pub(super) trace: &'r [String],
    /// States in which the screen had *Cancel* and *Back*, by name.
    pub(super) offered: &'r HashMap<String, (bool, bool)>,
}

/// A command of the kiosk's log: which request of the session it belongs to.
struct Sent {
    request: String,
}

impl Reference<'_> {
    /// Every point, in the order of the visit and by kind.
    ///
    /// Of the journey of mistyping, the tries and the steps: the rest is as in any reset.
    pub(super) fn points(&self) -> Vec<Point> {
        let mut points = self.commands();
        if self.journey == Journey::Mistyping {
            points.retain(
                |point| matches!(point, Point::Apdu { request, .. } if request == "verify"),
            );
            points.extend(self.states());
            return points;
        }
        points.extend(self.requests());
        let (effects, journal): (Vec<_>, Vec<_>) =
            self.steps().into_iter().partition(|(step, _)| step.starts_with("effect "));
        points.extend(
            effects.into_iter().map(|(step, occurrence)| Point::Effect { step, occurrence }),
        );
        points.extend(
            journal.into_iter().map(|(step, occurrence)| Point::Journal { step, occurrence }),
        );
        points.extend(self.states());
        points
    }

    fn kiosk(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter(|line| line.process == "kiosk").map(|line| line.text.as_str())
    }

    /// In the journey of settling, what comes before the card is put back belongs to another one.
    fn first_command(&self) -> usize {
        match self.journey {
            Journey::Settling => {
                self.trace.iter().position(|line| line.ends_with(LOST)).map_or(0, |torn| torn + 1)
            }
            Journey::Reset | Journey::Returning | Journey::Checking | Journey::Mistyping => 0,
        }
    }

    fn commands(&self) -> Vec<Point> {
        let sent = self.sent();
        let mut points: Vec<Point> = Vec::new();
        for (index, line) in self.trace.iter().enumerate().skip(self.first_command()) {
            let (header, command) = (header(line), command(line));
            let number = index as u64 + 1;
            let request = sent.get(index).map_or("?", |sent| &sent.request).to_owned();
            let is_chunk = command == READ_BINARY && !is_first_chunk(line);
            match points.last_mut() {
                Some(Point::Apdu { last, command: before, .. })
                    if is_chunk && *before == READ_BINARY && *last + 1 == number =>
                {
                    *last = number;
                }
                _ => points.push(Point::Apdu { number, last: number, header, command, request }),
            }
        }
        points
    }

    /// The requests of the session to which the commands belong, in the order of the commands.
    fn sent(&self) -> Vec<Sent> {
        let mut sent = Vec::new();
        let mut request = String::new();
        for text in self.kiosk() {
            if text.contains("card asked") {
                request = value(text, "request").unwrap_or_default();
            } else if is_command(text) {
                sent.push(Sent { request: request.clone() });
            }
        }
        sent
    }

    fn requests(&self) -> Vec<Point> {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        let mut points = Vec::new();
        for line in self.lines.iter().filter(|line| line.process == "central-service") {
            let Some(operation) = value(&line.text, "operation") else { continue };
            if !line.text.contains("answered") {
                continue;
            }
            let Some((_, path)) = PATHS.iter().find(|(name, _)| *name == operation) else {
                continue;
            };
            let count = counts.entry(path).or_default();
            *count += 1;
            let is_earlier = self.journey == Journey::Settling && *path != "/outcome";
            if !is_earlier {
                points.push(Point::Request { path: (*path).to_owned(), occurrence: *count });
            }
        }
        points
    }

    /// What the probe said, with the how-manieth of its name.
    fn steps(&self) -> Vec<(String, u32)> {
        let mut counts: HashMap<String, u32> = HashMap::new();
        let mut is_ours = self.journey != Journey::Settling;
        let mut steps = Vec::new();
        for text in self.kiosk() {
            is_ours |= value(text, "state").is_some_and(|state| state == "Settling");
            let Some(step) = text.strip_prefix("probe: ") else { continue };
            let count = counts.entry(step.to_owned()).or_default();
            *count += 1;
            // A kill around a journal effect is one around its write.
            if is_ours && !step.starts_with("effect journal") {
                steps.push((step.to_owned(), *count));
            }
        }
        steps
    }

    fn states(&self) -> Vec<Point> {
        let mut counts: HashMap<String, u32> = HashMap::new();
        let mut asked: HashMap<&str, u32> = HashMap::new();
        let (mut commands, mut hold) = (0_u64, Hold::Resident);
        let mut is_ours = self.journey != Journey::Settling;
        let mut states: Vec<(String, u32, Hold)> = Vec::new();
        for text in self.kiosk() {
            if is_command(text) {
                commands += 1;
            } else if let Some(step) = text.strip_prefix("probe: effect card ") {
                if step != "release" {
                    hold = Hold::Card { number: commands + 1 };
                }
            } else if let Some(step) = text.strip_prefix("probe: effect central ") {
                let Some((_, path)) = ASKED.iter().find(|(name, _)| *name == step) else {
                    continue;
                };
                let count = asked.entry(path).or_default();
                *count += 1;
                hold = Hold::Service { path: (*path).to_owned(), occurrence: *count };
            } else if let Some(name) = value(text, "state") {
                let count = counts.entry(name.clone()).or_default();
                *count += 1;
                is_ours |= name == "Settling";
                let hold = std::mem::replace(&mut hold, Hold::Resident);
                let hold = if name == ON_THE_SIDE { Hold::Resident } else { hold };
                let is_of_the_next = name == AT_REST && *count > 1;
                if is_ours && !is_of_the_next && name != "Exiting" {
                    states.push((name, *count, hold));
                }
            }
        }
        states
            .into_iter()
            .map(|(name, occurrence, hold)| {
                let (offers_cancel, offers_back) = match hold {
                    Hold::Resident => self.offered.get(&name).copied().unwrap_or_default(),
                    Hold::Card { .. } | Hold::Service { .. } => {
                        (CANCELLABLE.contains(&name.as_str()), false)
                    }
                };
                Point::State { name, occurrence, hold, offers_cancel, offers_back }
            })
            .collect()
    }
}

/// The resident reads while the service is asked behind the screen.
const ON_THE_SIDE: &str = "ShowingCheck";

/// Before the card is laid there, and again when the next resident may come.
const AT_REST: &str = "Idle";

/// Of the states that wait for card or service, those whose screen has *Cancel* (session::view):
/// they are too short to be looked at in the reference visit.
const CANCELLABLE: &[&str] = &[
    "ReadingCard",
    "CheckingCard",
    "Opening",
    "ReadingReceipt",
    "DeliveringReceipt",
    "Verifying",
    "Signing",
    "Granting",
    "Challenging",
    "Ticketing",
    "Presenting",
];

/// The operations of the service's log, and what tells their path from the others.
const PATHS: &[(&str, &str)] = &[
    ("open_session", "/v1/sessions"),
    ("post_receipt", "/v1/receipts"),
    ("post_proof", "/proof"),
    ("request_ticket", "/ticket"),
    ("post_outcome", "/outcome"),
    ("read_policy", "/v1/policy"),
    ("post_heartbeat", "/v1/heartbeat"),
];

/// The session's requests, likewise.
const ASKED: &[(&str, &str)] = &[
    ("open-session", "/v1/sessions"),
    ("deliver-receipt", "/v1/receipts"),
    ("prove", "/proof"),
    ("ticket", "/ticket"),
    ("report-outcome", "/outcome"),
];

/// At the end of a line of the card's trace: the answer never arrived.
const LOST: &str = " ----";

/// `00A4040C Nc=10` of `00A4040C Nc=10 Ne=0 9000`.
pub(super) fn header(line: &str) -> String {
    line.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// ISO/IEC 7816-4's name of a command in the card's trace.
fn command(line: &str) -> String {
    let name = match line.get(2..4) {
        Some("20") => "VERIFY",
        Some("2A") => "COMPUTE DIGITAL SIGNATURE",
        Some("2C") => "RESET RETRY COUNTER",
        Some("82") => "EXTERNAL AUTHENTICATE",
        Some("84") => "GET CHALLENGE",
        Some("86") => "GENERAL AUTHENTICATE",
        Some("88") => "INTERNAL AUTHENTICATE",
        Some("A4") => "SELECT",
        Some("B0") => READ_BINARY,
        Some("C0") => "GET RESPONSE",
        _ => "command",
    };
    let is_empty = line.contains(" Nc=0 ") && name == "VERIFY";
    match (line.get(..2), is_empty) {
        (Some("0C"), _) => format!("{name} protected"),
        (_, true) => format!("{name} empty"),
        _ => name.to_owned(),
    }
}

const READ_BINARY: &str = "READ BINARY";

/// READ BINARY from offset 0.
fn is_first_chunk(line: &str) -> bool {
    line.get(4..8) == Some("0000")
}

/// A command in the log of card-io (`channel.rs`).
fn is_command(text: &str) -> bool {
    text.contains("card_io::channel") && text.contains("command=")
}

/// The value of a field of a log line, `name="value"`.
pub(super) fn value(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{command, header, value};

    #[test]
    fn a_line_of_the_cards_trace_names_its_command() {
        assert_eq!(command("00200080 Nc=0 Ne=0 63C3"), "VERIFY empty");
        assert_eq!(command("0C2C029B Nc=45 Ne=256 9000"), "RESET RETRY COUNTER protected");
        assert_eq!(header("00A4040C Nc=10 Ne=0 9000"), "00A4040C Nc=10");
    }

    #[test]
    fn a_field_of_a_log_line_is_read_by_its_name() {
        let line = "INFO kiosk_app::driver: session state=\"Proving\"";
        assert_eq!(value(line, "state").as_deref(), Some("Proving"));
        assert_eq!(value(line, "tate"), None);
    }
}
