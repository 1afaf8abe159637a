// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the commands write: results to standard output, logs and errors to standard error.

use std::error::Error;
use std::fmt::Arguments;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use central_service::admin::list::{ListedReservation, ListedUnit};
use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// RUST_LOG, else warnings; requests at `info`.
pub(crate) fn log_to_standard_error() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// The whole chain of causes, and exit code 1.
pub(crate) fn failed(error: &dyn Error) -> ExitCode {
    let mut text = format!("central-service: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::FAILURE
}

/// One line; a reader that went away is no reason to fail.
pub(crate) fn say(line: Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Text that ends its own lines.
pub(crate) fn text(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// One line of JSON, at once.
pub(crate) fn json_line(value: &impl Serialize) {
    let mut out = std::io::stdout().lock();
    let _ = serde_json::to_writer(&mut out, value);
    let _ = writeln!(out);
    let _ = out.flush();
}

pub(crate) fn reservations(reservations: &[ListedReservation], as_json: bool) {
    if as_json {
        return json_line(&reservations);
    }
    if reservations.is_empty() {
        return say(format_args!("no reservations"));
    }
    say(format_args!(
        "{:36}  {:32}  {:10}  {:20}  {:7}  OUTCOME",
        "RESERVATION", "CARD", "STATE", "UNTIL", "RECEIPT"
    ));
    for listed in reservations {
        let receipt = if listed.receipt_verified { "yes" } else { "no" };
        let outcome = listed.last_outcome.as_deref().unwrap_or("-");
        let mut notes = String::new();
        for (is_so, note) in [
            (listed.is_expired, " (expired)"),
            (listed.is_superseded, " (superseded)"),
            (listed.target != "signature", " (for the other PIN)"),
        ] {
            notes.push_str(if is_so { note } else { "" });
        }
        let until = listed.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        say(format_args!(
            "{:36}  {:32}  {:10}  {until:20}  {receipt:7}  {outcome}{notes}",
            listed.reservation_id, listed.card_id, listed.state
        ));
    }
}

pub(crate) fn units(units: &[ListedUnit], as_json: bool) {
    if as_json {
        return json_line(&units);
    }
    for listed in units {
        let standing = if listed.revoked_at.is_some() { "revoked" } else { "authorised" };
        let heartbeat = listed.heartbeat.as_ref().map_or("no heartbeat yet", |text| text.get());
        let at = listed.heartbeat_at.map(|at| format!("{at} ")).unwrap_or_default();
        say(format_args!("{}  {standing}  {at}{heartbeat}", listed.unit));
    }
}
