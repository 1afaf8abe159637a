// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a person reads who made a mistake in the file, and that the example and
//! the reference are what the code says.

use kiosk_session::Limits;

use super::*;

/// The least that a file must say.
const LEAST: &str = "[card]\nprofile = \"ref-eac-1\"\ncertificate_authority = \"/ca.pem\"\n";

fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kiosk.toml");
    std::fs::write(&path, text).unwrap();
    let message = Config::load(&path).unwrap_err().to_string();
    message.replace(&path.display().to_string(), "kiosk.toml")
}

#[test]
fn the_least_file_is_taken_with_the_defaults() {
    let config = Config::parse(LEAST).unwrap();
    assert_eq!(config.screen.language, Language::Japanese);
    assert_eq!(config.hours.opens, config.hours.closes, "no hours of its own");
    assert_eq!(config.policy.every.as_secs(), 60);
    assert_eq!(config.limits.limits(), Limits::default());
    assert_eq!(config.log.level, Level::INFO);
    assert_eq!(config.metrics.path, None);
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_what_was_meant() {
    let text = format!("{LEAST}[link]\nsokcet = \"/run/link.sock\"\n");
    assert_eq!(refusal(&text), "kiosk.toml:5:1: unknown key `sokcet`; the nearest is `socket`");
    let text = format!("{LEAST}\n  [sreen]\n");
    assert_eq!(refusal(&text), "kiosk.toml:5:4: unknown section `sreen`; the nearest is `screen`");
}

#[test]
fn a_value_out_of_its_bounds_is_refused_with_the_bounds() {
    let text = format!("{LEAST}[limits]\nwarning = 19\n");
    assert_eq!(
        refusal(&text),
        "kiosk.toml:5:11: limits.warning: expected a whole number of seconds from 20 to 120"
    );
    let text = format!("{LEAST}[screen]\nlanguage = \"klingon\"\n");
    assert!(
        refusal(&text).starts_with("kiosk.toml:5:12: screen.language: expected one of `\"ja\"`")
    );
}

#[test]
fn a_value_of_another_kind_is_refused() {
    for (line, place) in [
        ("[reader]\nnames = \"ACS\"", "kiosk.toml:5:9: reader.names: expected a list"),
        ("[hours]\nopens = \"6:30\"", "kiosk.toml:5:9: hours.opens: expected a time of day"),
        (
            "[journal]\npath = \"journal.redb\"",
            "kiosk.toml:5:8: journal.path: expected a full path",
        ),
        ("[metrics]\npath = \"x.prom\"", "kiosk.toml:5:8: metrics.path: expected a full path"),
        ("[log]\nlevel = 3", "kiosk.toml:5:9: log.level: expected one of"),
        ("link = 1", "kiosk.toml:4:1: unknown key `link`"),
    ] {
        let message = refusal(&format!("{LEAST}{line}\n"));
        assert!(message.starts_with(place), "{message}");
    }
}

#[test]
fn what_must_be_given_is_named_when_it_is_missing() {
    let message = refusal("[card]\nprofile = \"ref-eac-1\"\n");
    assert!(
        message.contains("card.certificate_authority: missing; expected a full path"),
        "{message}"
    );
    assert!(refusal("").contains("card.profile: missing"));
}

#[test]
fn a_text_that_is_no_toml_is_refused_with_its_place() {
    let message = refusal(&format!("{LEAST}[link\n"));
    assert!(message.starts_with("kiosk.toml:4:"), "{message}");
}

#[test]
fn a_panel_that_was_turned_only_half_is_refused() {
    let text = format!("{LEAST}[screen]\nwidth_px = 1080\nheight_px = 1920\n");
    assert!(refusal(&text).contains("are two of them swapped?"));
    let text = format!("{text}width_mm = 268\nheight_mm = 476\n");
    assert!(Config::parse(&text).is_ok());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Path::new("/nowhere/kiosk.toml")).unwrap_err();
    assert_eq!(error.to_string(), "reading the configuration /nowhere/kiosk.toml");
}

#[test]
fn a_divisor_shortens_every_limit() {
    let config = Config::parse(&format!("{LEAST}[limits]\nidle = 100\ndivided_by = 10\n")).unwrap();
    let limits = config.limits.limits();
    assert_eq!(limits.of(Limit::Idle), Duration::from_secs(10));
    assert_eq!(limits.of(Limit::Warning), Duration::from_secs(2));
}

#[test]
fn each_limit_has_its_key() {
    let keys: Vec<_> =
        SECTIONS.iter().find(|it| it.name == "limits").unwrap().keys.iter().collect();
    for limit in Limit::ALL {
        assert!(keys.iter().any(|key| key.name == limit.name()), "{} has none", limit.name());
    }
}

#[test]
fn every_default_passes_its_own_check() {
    // The defaults are read whenever a file leaves a key out: with the least file, all of them.
    Config::parse(LEAST).unwrap();
}

#[test]
fn the_example_is_a_file_that_the_kiosk_takes() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/kiosk.toml");
    let text = std::fs::read_to_string(example).expect("deploy/kiosk.toml is there");
    let config = Config::parse(&text).map_err(|fault| fault.what).unwrap();
    assert_eq!(config.limits.limits(), Limits::default(), "the example is for service");
}

#[test]
fn the_reference_in_docs_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, reference()).expect("docs/ can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == reference(), "docs/configuration.md is old: BLESS=1 cargo test writes it");
}
