// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk status`: what the running kiosk says of itself, for people.

use std::fmt::Write as _;

use kiosk_control::{Client, State, Status};
use serde_json::json;

use super::{Code, Done, Failure, json};

/// Unwell where a fault keeps the kiosk from its work.
pub(super) fn say(client: &mut Client, as_json: bool) -> Result<Done, Failure> {
    let status = client.status()?;
    let is_well = status.fault.is_none() && status.state != State::OutOfService;
    let code = if is_well { Code::Well } else { Code::Unwell };
    let said = if as_json { json(&json!(status)) } else { in_words(&status) };
    Ok(Done { said, code })
}

/// A line for each thing.
pub(super) fn in_words(status: &Status) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<13}{value}");
    };
    line("state", status.state.as_str().to_owned());
    line("software", status.software.clone());
    if let Some(image) = &status.image {
        let version = image.version.as_deref().unwrap_or("without a version");
        line("image", format!("{version}, slot {}", image.slot));
    }
    line("running for", duration(status.since));
    match &status.fault {
        Some(fault) => line("fault", format!("{} for {}", fault.code, duration(fault.since))),
        None => line("fault", "none".to_owned()),
    }
    for fault in &status.last_faults {
        line("", format!("{} at {}", fault.code, fault.at));
    }
    line("reader", status.reader.clone().unwrap_or_else(|| "none".to_owned()));
    line("card", if status.card_present { "on the reader" } else { "none" }.to_owned());
    line("undelivered", format!("{} outcomes", status.undelivered));
    let link = &status.link;
    line("service", if link.reachable { "reachable" } else { "not reached" }.to_owned());
    line("unit", link.unit.clone().unwrap_or_else(|| "not known yet".to_owned()));
    if let Some(id) = &link.kiosk_id {
        line("kiosk id", id.clone());
    }
    if let Some(days) = link.certificate_days_left {
        line("certificate", format!("{days} days left"));
    }
    if let Some(is_without) = link.key_without_tpm {
        line("key", if is_without { "NOT in a TPM" } else { "in a TPM" }.to_owned());
    }
    let offset = status.clock.offset_ms;
    let offset = offset.map_or_else(String::new, |ms| format!(", {ms} ms ahead of the service's"));
    line("clock", format!("{}{offset}", if status.clock.set { "set" } else { "not set" }));
    if let Some(update) = &status.update {
        let version = update.version.as_deref().unwrap_or_default();
        let percent = update.percent.map_or_else(String::new, |percent| format!(" {percent} %"));
        line("update", format!("{} {version}{percent} {}", update.phase.as_str(), update.said));
    }
    line("screen", if status.frame_drawn { "drawn" } else { "not drawn yet" }.to_owned());
    text
}

fn duration(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, ..) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use kiosk_control::{Clock, Fault, Image, LastFault, Link, Phase, Update};

    use super::*;

    #[test]
    fn every_fact_has_its_line() {
        let status = Status {
            software: "0.1.0".to_owned(),
            image: Some(Image { version: None, slot: "B".to_owned() }),
            since: 90_061,
            state: State::OutOfService,
            card_present: false,
            reader: Some("a reader".to_owned()),
            fault: Some(Fault { code: "K-402".to_owned(), since: 61 }),
            last_faults: vec![LastFault {
                code: "K-402".to_owned(),
                at: "2026-07-01T09:00:00Z".to_owned(),
            }],
            undelivered: 2,
            link: Link {
                certificate_days_left: Some(30),
                key_without_tpm: Some(true),
                ..Link::default()
            },
            clock: Clock { set: true, offset_ms: Some(-3) },
            update: Some(Update {
                phase: Phase::Waiting,
                version: Some("2".to_owned()),
                said: "for the night".to_owned(),
                percent: None,
            }),
            frame_drawn: true,
        };
        let text = in_words(&status);
        for line in [
            "state        out-of-service",
            "image        without a version, slot B",
            "running for  1 d 1 h",
            "fault        K-402 for 1 min 1 s",
            "             K-402 at 2026-07-01T09:00:00Z",
            "undelivered  2 outcomes",
            "service      not reached",
            "certificate  30 days left",
            "key          NOT in a TPM",
            "clock        set, -3 ms ahead of the service's",
            "update       waiting 2 for the night",
            "screen       drawn",
        ] {
            assert!(text.lines().any(|said| said == line), "no {line:?} in\n{text}");
        }
    }
}
