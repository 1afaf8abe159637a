// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk check`: every part of the unit, with what to do. A running kiosk is asked; without one
//! the machine is looked at as far as that goes, and the rest is said not to have been checked.

use std::{fmt::Write as _, fs, path::Path};

use card_io::pcsc::{self, ReaderFilter};
use kiosk_control::{Check, CheckName, ControlError, Health};
use serde_json::json;

use super::{Client, Code, Done, Failure, client, json};
use crate::{
    Config, config,
    driver::DATA_LOCKED,
    sound::{self, Trial},
    surroundings::Surroundings,
    telemetry::Chain,
};

/// One line of the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    part: &'static str,
    verdict: Verdict,
    said: String,
    remedy: String,
}

impl Found {
    /// For a program.
    pub(super) fn as_value(&self) -> serde_json::Value {
        let Self { part, verdict, said, remedy } = self;
        json!({ "part": part, "verdict": verdict.as_str(), "said": said, "remedy": remedy })
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    Failed,
    /// It could not be, or not from here.
    Skipped,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "not checked",
        }
    }
}

pub(super) fn check(config: &Config, trial: Trial, as_json: bool) -> Result<Done, Failure> {
    let found = all(config, trial)?;
    let is_well = found.iter().all(|it| it.verdict != Verdict::Failed);
    let code = if is_well { Code::Well } else { Code::Unwell };
    let said = if as_json { as_value(&found) } else { in_words(&found) };
    Ok(Done { said, code })
}

/// Everything, of a kiosk that runs or of one that does not.
pub(super) fn all(config: &Config, trial: Trial) -> Result<Vec<Found>, Failure> {
    let health = match client(config).map(|mut client: Client| client.health()) {
        Ok(Ok(health)) => Some(health),
        Ok(Err(error)) => return Err(error.into()),
        Err(failure) if is_not_there(&failure) => None,
        Err(failure) => return Err(failure),
    };
    let mut found = match &health {
        Some(health) => by_the_kiosk(health),
        None => by_ourselves(config),
    };
    found.push(network(Path::new("/sys/class/net")));
    found.push(loudspeaker(&config.sound, trial));
    Ok(found)
}

fn is_not_there(failure: &Failure) -> bool {
    matches!(failure.error.downcast_ref(), Some(ControlError::NotThere { .. }))
}

fn by_the_kiosk(health: &Health) -> Vec<Found> {
    let found = health.checks.iter().map(|Check { name, ok, said, remedy }| Found {
        part: part(*name),
        verdict: if *ok { Verdict::Ok } else { Verdict::Failed },
        said: said.clone(),
        remedy: remedy.clone(),
    });
    found.collect()
}

const fn part(name: CheckName) -> &'static str {
    match name {
        CheckName::Frame => "screen",
        CheckName::Touch => "touch",
        CheckName::Reader => "reader",
        CheckName::Pcscd => "card service",
        CheckName::Certificate => "certificate",
        CheckName::Clock => "clock",
        CheckName::Service => "TLS",
        CheckName::Journal => "disk",
    }
}

fn by_ourselves(config: &Config) -> Vec<Found> {
    let machine = Surroundings::of(config);
    let failed = |part, said: String, remedy: &str| Found {
        part,
        verdict: Verdict::Failed,
        said,
        remedy: remedy.to_owned(),
    };
    let ok = |part, said: String| Found { part, verdict: Verdict::Ok, said, remedy: String::new() };
    let skipped = |part| Found {
        part,
        verdict: Verdict::Skipped,
        said: "the kiosk does not run".to_owned(),
        remedy: String::new(),
    };
    let reader = match pcsc::look(&ReaderFilter::starting_with(config.reader.names.clone())) {
        Ok(readers) => match readers.first() {
            Some((name, _)) => ok("reader", name.to_string()),
            None => failed("reader", "there is no reader".to_owned(), "plug the reader in anew"),
        },
        Err(error) => failed("reader", error.to_string(), "start pcscd.service, look at its log"),
    };
    let touch = match machine.pointers() {
        0 => failed("touch", "nothing to touch with".to_owned(), "plug the panel in anew"),
        count => ok("touch", format!("{count} found")),
    };
    let clock = match machine.is_clock_set() {
        true => ok("clock", "the clock is set".to_owned()),
        false => failed(
            "clock",
            format!("there is no {}", machine.clock_set_file().display()),
            "look at the network and at the time servers that the unit may reach",
        ),
    };
    let disk = match (machine.why_data_is_locked(), machine.room_for_the_journal()) {
        (Some(why), _) => {
            failed("disk", format!("the unit's data cannot be opened: {why}"), DATA_LOCKED)
        }
        (None, Ok(free)) => ok("disk", format!("{} MiB are free for the journal", free >> 20)),
        (None, Err(why)) => {
            failed("disk", format!("the journal: {why}"), "look at journal.path's disk")
        }
    };
    let kiosk = failed(
        "kiosk",
        "the kiosk does not run, or not with this control.socket".to_owned(),
        "systemctl start kiosk; then read its log",
    );
    vec![
        kiosk,
        reader,
        touch,
        clock,
        disk,
        skipped("screen"),
        skipped("certificate"),
        skipped("TLS"),
    ]
}

/// The loudspeaker, by ourselves even where the kiosk runs: it opens the device for a test alone.
fn loudspeaker(sound: &config::Sound, trial: Trial) -> Found {
    let device = &sound.device;
    let (verdict, said, remedy) = match (sound::try_out(sound, trial), trial) {
        (None, _) => (Verdict::Skipped, "the unit has no loudspeaker: sound.device".to_owned(), ""),
        (Some(Ok(())), Trial::Open) => (Verdict::Ok, format!("{device} can be opened"), ""),
        (Some(Ok(())), Trial::Tone) => {
            let said =
                format!("{device} has played the tone; whether it is heard only people know");
            (Verdict::Ok, said, "")
        }
        (Some(Err(error)), _) => (Verdict::Failed, Chain(&error).to_string(), NO_SOUND),
    };
    Found { part: "sound", verdict, said, remedy: remedy.to_owned() }
}

const NO_SOUND: &str =
    "compare sound.device with /proc/asound/cards; look at the loudspeaker's cable";

/// Whether any interface but the loopback has its cable.
fn network(folder: &Path) -> Found {
    let interfaces = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let up: Vec<_> = interfaces
        .filter(|entry| entry.file_name() != "lo")
        .filter(|entry| {
            fs::read_to_string(entry.path().join("operstate")).is_ok_and(|it| it.trim() == "up")
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    match up.is_empty() {
        true => Found {
            part: "network",
            verdict: Verdict::Failed,
            said: "no network interface is up".to_owned(),
            remedy: "look at the cable and at the shop's switch".to_owned(),
        },
        false => Found {
            part: "network",
            verdict: Verdict::Ok,
            said: format!("up: {}", up.join(", ")),
            remedy: String::new(),
        },
    }
}

fn in_words(found: &[Found]) -> String {
    let mut text = String::new();
    for Found { part, verdict, said, remedy } in found {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{part:<13}{:<12} {said}", verdict.as_str());
        if !remedy.is_empty() {
            let _ = writeln!(text, "{:<26}-> {remedy}", "");
        }
    }
    text
}

fn as_value(found: &[Found]) -> String {
    let checks: Vec<_> = found.iter().map(Found::as_value).collect();
    json(&json!({ "checks": checks }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_there_when_an_interface_other_than_the_loopback_is_up() {
        let folder = tempfile::tempdir().unwrap();
        let interface = |name: &str, state: &str| {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("operstate"), state).unwrap();
        };
        interface("lo", "up\n");
        interface("eth0", "down\n");
        assert_eq!(network(folder.path()).verdict, Verdict::Failed);
        interface("eth1", "up\n");
        assert_eq!(network(folder.path()).said, "up: eth1");
        assert_eq!(network(Path::new("/nowhere")).verdict, Verdict::Failed);
    }

    #[test]
    fn every_check_of_the_kiosk_has_its_part_and_its_remedy_a_line() {
        let checks = CheckName::ALL.map(|name| Check {
            name,
            ok: name != CheckName::Reader,
            said: "said".to_owned(),
            remedy: if name == CheckName::Reader { "plug it in" } else { "" }.to_owned(),
        });
        let found = by_the_kiosk(&Health { checks: checks.into() });
        let text = in_words(&found);
        assert_eq!(text.lines().count(), CheckName::ALL.len() + 1, "{text}");
        assert!(text.contains("reader       failed       said\n"), "{text}");
        assert!(text.contains("-> plug it in"), "{text}");
        assert!(as_value(&found).contains("\"verdict\": \"failed\""));
    }
}
