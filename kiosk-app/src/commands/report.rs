// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk report`: one JSON file for whoever helps from afar. Only what is listed in it is in it:
//! nothing is swept up by the way, so that nothing of a person can be.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{Client, Done, Failure, check, client, journal, json, write_new};
use crate::{Config, central_worker::software, sound::Trial, surroundings::Release};

/// Writes the bundle and says what it holds. A kiosk that does not run is part of the finding.
pub(super) fn write(config: &Config, file: &Path) -> Result<Done, Failure> {
    let bundle = bundle(config);
    write_new(file, &json(&bundle))?;
    let held: Vec<_> = PARTS.iter().map(|(name, what)| format!("  {name:<10}{what}\n")).collect();
    let said = format!("written to {}; it holds\n{}{NOT_IN_IT}", file.display(), held.concat());
    Ok(Done::well(said))
}

fn bundle(config: &Config) -> Value {
    let mut kiosk = client(config);
    let holds: Vec<_> =
        PARTS.iter().map(|(name, what)| json!({ "part": name, "what": what })).collect();
    json!({
        "format": "kiosk-report-1",
        "holds": holds,
        "does_not_hold": NOT_IN_IT.trim_end(),
        "software": software(),
        "system": system(Path::new("/")),
        "status": asked(&mut kiosk, |kiosk| kiosk.status().map(|it| json!(it))),
        "health": asked(&mut kiosk, |kiosk| kiosk.health().map(|it| json!(it))),
        "metrics": asked(&mut kiosk, |kiosk| kiosk.metrics().map(|it| json!(it))),
        "check": check::all(config, Trial::Open).map_or_else(|failure| refused(&*failure.error), |found| {
            found.iter().map(check::Found::as_value).collect()
        }),
        "journal": journal::undelivered(&config.journal.path).map_or_else(
            |failure| refused(&*failure.error),
            |outcomes| json!({ "undelivered": outcomes.len() }),
        ),
        "settings": settings(config),
    })
}

fn asked(
    kiosk: &mut Result<Client, Failure>,
    ask: impl FnOnce(&mut Client) -> Result<Value, kiosk_control::ControlError>,
) -> Value {
    match kiosk {
        Ok(kiosk) => ask(kiosk).unwrap_or_else(|error| refused(&error)),
        Err(failure) => refused(&*failure.error),
    }
}

fn refused(error: &(dyn std::error::Error + 'static)) -> Value {
    json!({ "not_known": crate::telemetry::Chain(error).to_string() })
}

/// Of the system by name: never a whole file that might hold more one day.
fn system(root: &Path) -> Value {
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let release = text("etc/os-release");
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let Release { image, slot } = Release::of(root);
    json!({
        "name": name.map(|name| name.trim_matches('"')),
        "image": image,
        "kernel": text("proc/sys/kernel/osrelease").trim(),
        "running_for_seconds": text("proc/uptime").split('.').next(),
        "slot": slot,
    })
}

fn settings(config: &Config) -> Value {
    let screen = &config.screen;
    json!({
        "reader.names": config.reader.names,
        "screen": [screen.width_px, screen.height_px, screen.width_mm, screen.height_mm],
        "screen.label": screen.label,
        "screen.language": screen.language.tag(),
        "clock.must_be_set": config.clock.must_be_set,
        "limits.divided_by": config.limits.divided_by,
        "watchdog.seconds": config.watchdog.seconds,
        "log.level": config.log.level.as_str(),
    })
}

/// What is in it, part by part.
const PARTS: &[(&str, &str)] = &[
    ("software", "this program's version"),
    ("system", "the system's name, image, slot and kernel, and for how long it runs"),
    ("status", "what `kiosk status` says: state, fault codes with times, reader, link, clock"),
    ("health", "what the kiosk's own checks find"),
    ("metrics", "how many sessions and endings there were since the kiosk started, by code"),
    ("check", "what `kiosk check` finds"),
    ("journal", "how many outcomes are undelivered, where the kiosk is stopped; none of them"),
    ("settings", "of the configuration: reader, screen, clock, limits, watchdog, log level"),
];

const NOT_IN_IT: &str = "\
No PIN, no name, no number or certificate of a card, no session, no log, no key and no picture of
the screen is in it.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> Config {
        let file = folder.join("kiosk.toml");
        let text = format!(
            "[card]\nprofile = \"ref-eac-1\"\ncertificate_authority = \"/ca.pem\"\n\
             [journal]\npath = {:?}\n[control]\nsocket = {:?}\n",
            folder.join("journal.redb"),
            folder.join("control.sock"),
        );
        fs::write(&file, text).unwrap();
        Config::load(&file).unwrap()
    }

    #[test]
    fn it_holds_what_it_lists_and_nothing_else_even_without_a_kiosk() {
        let folder = tempfile::tempdir().unwrap();
        let bundle = bundle(&config(folder.path()));
        let mut parts: Vec<_> = bundle.as_object().unwrap().keys().map(String::as_str).collect();
        parts.retain(|part| !["format", "holds", "does_not_hold"].contains(part));
        let mut listed: Vec<_> = PARTS.iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        assert_eq!(parts, listed);
        let why = bundle["status"]["not_known"].as_str().unwrap();
        assert!(why.contains("does kiosk run"), "{why}");
        assert_eq!(bundle["journal"]["undelivered"], 0);
    }

    #[test]
    fn it_is_for_its_owner_alone_and_writes_over_nothing() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (config, file) = (config(folder.path()), folder.path().join("report.json"));
        let done = write(&config, &file).unwrap();
        assert!(done.said.contains("settings") && done.said.contains("No PIN"), "{}", done.said);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        serde_json::from_str::<Value>(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(write(&config, &file).unwrap_err().code, super::super::Code::File);
    }
}
