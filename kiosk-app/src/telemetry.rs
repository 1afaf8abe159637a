// SPDX-License-Identifier: MIT OR Apache-2.0
//! Log lines on standard error: codes, lengths and durations, never a PIN, a
//! name, a certificate or any opaque bytes. What may not be logged has no
//! `Debug` that shows it; this file only chooses the form.

pub(crate) use backend_client::error::{Chain, ForeignChain};
use tracing::Level;
use tracing_subscriber::{EnvFilter, fmt as lines};

use crate::config;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for a collector.
    Json,
}

/// Starts logging for the whole process. A second call (two kiosks in one test
/// process) changes nothing.
pub(crate) fn start(log: &config::Log) {
    let lines = lines().with_env_filter(filter(log.level)).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}

/// Our own crates at the chosen level. What others write (a window system, a
/// font library) tells an operator little, and was never read with a PIN in mind.
fn filter(level: Level) -> EnvFilter {
    let ours = ["kiosk_app", "kiosk_session", "card_io", "backend_client"];
    ours.iter().fold(EnvFilter::new("warn"), |filter, name| {
        match format!("{name}={level}").parse() {
            Ok(directive) => filter.add_directive(directive),
            Err(_) => filter,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_crates_follow_the_chosen_level() {
        let filter = filter(Level::TRACE).to_string();
        assert!(filter.contains("card_io=trace") && filter.contains("warn"), "{filter}");
        assert_eq!(filter.matches("trace").count(), 4, "{filter}");
    }
}
