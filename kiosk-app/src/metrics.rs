// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the unit has counted since it started, as Prometheus text in a file: the
//! process that knows a PIN has no network to be asked over. Endings, codes for
//! staff and anomalies are counted by their names; there is no person in it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use kiosk_session::{Ending, effect::Anomaly};
use tracing::{info, warn};

use crate::endings::{Row, StaffRow};

/// The counts, and the file that shows them.
#[derive(Debug)]
pub(crate) struct Metrics {
    path: Option<PathBuf>,
    sessions: u64,
    endings: BTreeMap<&'static str, u64>,
    staff: BTreeMap<&'static str, u64>,
    anomalies: BTreeMap<&'static str, u64>,
    readers_restarted: u64,
    undelivered: usize,
    is_news: bool,
    is_failing: bool,
}

impl Metrics {
    /// Nothing has happened yet. Without a path the counts are kept and shown nowhere.
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            sessions: 0,
            endings: BTreeMap::new(),
            staff: BTreeMap::new(),
            anomalies: ANOMALIES.iter().map(|kind| (*kind, 0)).collect(),
            readers_restarted: 0,
            undelivered: 0,
            is_news: true,
            is_failing: false,
        }
    }

    /// A card was laid on the reader to begin.
    pub(crate) fn begin_session(&mut self) {
        self.sessions += 1;
        self.is_news = true;
    }

    /// A session came to this ending.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.count(|it| &mut it.endings, ending.key());
    }

    /// Staff were given this code, of no session.
    pub(crate) fn call_staff(&mut self, key: &'static str) {
        self.count(|it| &mut it.staff, key);
    }

    /// Something that should later be found.
    pub(crate) fn note(&mut self, anomaly: Anomaly) {
        self.count(|it| &mut it.anomalies, kind(anomaly));
    }

    /// The smart-card service hung, and its restart was asked for.
    pub(crate) fn restart_readers(&mut self) {
        self.readers_restarted += 1;
        self.is_news = true;
    }

    /// So many outcomes the service has not yet acknowledged.
    pub(crate) fn hold(&mut self, undelivered: usize) {
        self.is_news |= self.undelivered != undelivered;
        self.undelivered = undelivered;
    }

    /// Writes the file, if there is something new to say. A disk that fails is reported once and
    /// tried again with the next news: counting is never in a resident's way.
    pub(crate) fn publish(&mut self) {
        if !std::mem::take(&mut self.is_news) {
            return;
        }
        let Some(path) = &self.path else { return };
        match (replace(path, &self.text()), self.is_failing) {
            (Ok(()), true) => {
                info!(path = %path.display(), "the metrics are written again");
                self.is_failing = false;
            }
            (Err(error), false) => {
                warn!(path = %path.display(), %error, "the metrics cannot be written");
                self.is_failing = true;
            }
            (Ok(()), false) | (Err(_), true) => {}
        }
    }

    fn count(
        &mut self,
        family: impl FnOnce(&mut Self) -> &mut BTreeMap<&'static str, u64>,
        name: &'static str,
    ) {
        *family(self).entry(name).or_default() += 1;
        self.is_news = true;
    }

    /// Prometheus' text format 0.0.4. Every ending stands there from the start: a counter that
    /// comes into being with 1 has no increase.
    pub(crate) fn text(&self) -> String {
        let mut page = Page::default();
        page.family("kiosk_sessions_total", "counter", "Cards laid on the reader to begin.");
        page.sample("kiosk_sessions_total", &[], self.sessions);
        page.family(ENDINGS, "counter", "Sessions, by how they ended.");
        for (key, code) in Row::all().iter().map(|row| (row.key.as_str(), row.code.as_str())) {
            let count = self.endings.get(key).copied().unwrap_or_default();
            page.sample(ENDINGS, &[("ending", key), ("code", code)], count);
        }
        page.family(STAFF, "counter", "Codes shown to staff outside any session.");
        for (key, code) in StaffRow::all().iter().map(|row| (row.key.as_str(), row.code.as_str())) {
            let count = self.staff.get(key).copied().unwrap_or_default();
            page.sample(STAFF, &[("key", key), ("code", code)], count);
        }
        page.family("kiosk_anomalies_total", "counter", "What should not happen, by kind.");
        for (kind, count) in &self.anomalies {
            page.sample("kiosk_anomalies_total", &[("kind", *kind)], *count);
        }
        let restarts = "kiosk_readers_restarts_total";
        page.family(restarts, "counter", "Restarts asked for of a smart-card service that hung.");
        page.sample(restarts, &[], self.readers_restarted);
        let undelivered = "kiosk_outcomes_undelivered";
        page.family(undelivered, "gauge", "Outcomes the service has not yet acknowledged.");
        page.sample(undelivered, &[], self.undelivered as u64);
        page.0
    }
}

/// The page as it grows.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                format!("{label}=\"{value}\"")
            })
            .collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

/// A reader sees the old page or the new one, never half of one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A collector reads what ends in `.prom` and leaves this alone.
    let fresh = path.with_extension("new");
    fs::write(&fresh, text)?;
    fs::rename(&fresh, path)
}

const fn kind(anomaly: Anomaly) -> &'static str {
    match anomaly {
        Anomaly::UnexpectedReply { .. } => "unexpected-reply",
        Anomaly::UnexpectedSubmission { .. } => "unexpected-submission",
        Anomaly::CardWorkerStuck { .. } => "card-worker-stuck",
        Anomaly::CentralOverrun { .. } => "central-overrun",
        Anomaly::JournalFailed { .. } => "journal-failed",
        Anomaly::OutcomeLeftToJournal => "outcome-left-to-journal",
        Anomaly::TicketRefused => "ticket-refused",
        Anomaly::ReadBackFailed => "read-back-failed",
        Anomaly::CardLeftBehind => "card-left-behind",
        Anomaly::LeftCardGone => "left-card-gone",
    }
}

const ANOMALIES: [&str; 10] = [
    "unexpected-reply",
    "unexpected-submission",
    "card-worker-stuck",
    "central-overrun",
    "journal-failed",
    "outcome-left-to-journal",
    "ticket-refused",
    "read-back-failed",
    "card-left-behind",
    "left-card-gone",
];

/// The name of the counter of endings, as the operators' manual gives it.
pub(crate) const ENDINGS: &str = "kiosk_endings_total";
/// The name of the counter of codes that belong to no session.
pub(crate) const STAFF: &str = "kiosk_staff_codes_total";

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'t>(text: &'t str, start: &str) -> &'t str {
        text.lines().find(|line| line.starts_with(start)).unwrap_or("no such line")
    }

    #[test]
    fn everything_stands_at_nought_before_anything_happened() {
        let text = Metrics::new(None).text();
        for key in Ending::ALL_KEYS {
            let start = format!("{ENDINGS}{{ending=\"{key}\",");
            assert!(line(&text, &start).ends_with(" 0"), "{key}: {text}");
        }
        assert_eq!(
            line(&text, STAFF),
            r#"kiosk_staff_codes_total{key="journal-failed",code="K-405"} 0"#
        );
        assert_eq!(text.matches("kiosk_anomalies_total{").count(), ANOMALIES.len());
    }

    #[test]
    fn what_happened_is_counted_under_its_name() {
        let mut metrics = Metrics::new(None);
        metrics.begin_session();
        metrics.end(Ending::Done);
        metrics.end(Ending::Done);
        metrics.call_staff(StaffRow::LEFT_BEHIND);
        metrics.note(Anomaly::TicketRefused);
        metrics.restart_readers();
        metrics.hold(3);
        let text = metrics.text();
        for expected in [
            "kiosk_sessions_total 1",
            r#"kiosk_endings_total{ending="done",code="C-100"} 2"#,
            r#"kiosk_staff_codes_total{key="left-behind",code="K-430"} 1"#,
            r#"kiosk_anomalies_total{kind="ticket-refused"} 1"#,
            "kiosk_readers_restarts_total 1",
            "kiosk_outcomes_undelivered 3",
        ] {
            assert!(text.lines().any(|line| line == expected), "no {expected} in {text}");
        }
    }

    #[test]
    fn every_sample_follows_its_type_and_no_anomaly_is_without_a_line() {
        let mut metrics = Metrics::new(None);
        for anomaly in [
            Anomaly::UnexpectedReply { state: "" },
            Anomaly::UnexpectedSubmission { state: "" },
            Anomaly::CardWorkerStuck { state: "" },
            Anomaly::CentralOverrun { state: "" },
            Anomaly::JournalFailed { state: "" },
            Anomaly::OutcomeLeftToJournal,
            Anomaly::TicketRefused,
            Anomaly::ReadBackFailed,
            Anomaly::CardLeftBehind,
            Anomaly::LeftCardGone,
        ] {
            metrics.note(anomaly);
        }
        assert!(metrics.anomalies.values().all(|count| *count == 1), "{:?}", metrics.anomalies);
        let mut family = "";
        let text = metrics.text();
        for line in text.lines() {
            if let Some(described) = line.strip_prefix("# TYPE ") {
                family = described.split(' ').next().unwrap_or_default();
            } else if !line.starts_with('#') {
                assert!(line.starts_with(family), "{line} stands under {family}");
            }
        }
    }

    #[test]
    fn what_would_break_a_line_is_escaped() {
        let mut page = Page::default();
        page.family("a", "gauge", "two\nlines \\");
        page.sample("a", &[("b", "\"x\"\n\\")], 1);
        assert_eq!(
            page.0,
            "# HELP a two\\nlines \\\\\n# TYPE a gauge\na{b=\"\\\"x\\\"\\n\\\\\"} 1\n"
        );
    }

    #[test]
    fn the_file_is_replaced_whole_and_only_when_there_is_news() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kiosk.prom");
        let mut metrics = Metrics::new(Some(path.clone()));
        metrics.publish();
        assert_eq!(fs::read_to_string(&path).unwrap(), metrics.text());
        fs::remove_file(&path).unwrap();
        metrics.hold(0);
        metrics.publish();
        assert!(!path.exists(), "there was nothing new to say");
        metrics.end(Ending::Cancelled);
        metrics.publish();
        assert_eq!(fs::read_to_string(&path).unwrap(), metrics.text());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
    }

    #[test]
    fn a_folder_that_is_not_there_stops_nothing_and_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/kiosk.prom");
        let mut metrics = Metrics::new(Some(path.clone()));
        metrics.publish();
        fs::create_dir(folder.path().join("run")).unwrap();
        metrics.end(Ending::Done);
        metrics.publish();
        assert!(path.exists());
    }
}
