// SPDX-License-Identifier: MIT OR Apache-2.0
//! `/metrics`: Prometheus text. Requests are counted here; the reservations, sessions and tickets
//! are read from the database when asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::store::{Connection, StoreError};

/// What was answered so far.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    answers: Arc<Mutex<BTreeMap<(&'static str, u16), Answers>>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Answers {
    count: u64,
    seconds: f64,
}

/// What `/metrics` reads from the database.
const GAUGES: &str = "
    SELECT 'reservations', state, COUNT(*) FROM reservations
    WHERE superseded_by IS NULL GROUP BY state
    UNION ALL
    SELECT 'tickets', COALESCE(settled, 'unresolved'), COUNT(*) FROM tickets GROUP BY settled
    UNION ALL
    SELECT 'sessions', COALESCE(result, 'running'), COUNT(*) FROM sessions GROUP BY result
    UNION ALL
    SELECT 'units', CASE WHEN revoked_at IS NULL THEN 'authorised' ELSE 'revoked' END, COUNT(*)
    FROM units GROUP BY revoked_at IS NULL
    UNION ALL
    SELECT 'audit_lines', 'all', COUNT(*) FROM audit";

impl Metrics {
    /// Counts one answer.
    pub fn count(&self, operation: &'static str, status: u16, elapsed: Duration) {
        // A poisoned lock holds counts all the same.
        let mut answers = self.answers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let answers = answers.entry((operation, status)).or_default();
        answers.count += 1;
        answers.seconds += elapsed.as_secs_f64();
    }

    /// Everything as Prometheus text.
    pub async fn text(&self, connection: &mut Connection) -> Result<String, StoreError> {
        let mut text = self.answered();
        let gauges: Vec<(String, String, i64)> =
            sqlx::query_as(GAUGES).fetch_all(connection).await?;
        let mut last = String::new();
        for (name, state, value) in gauges {
            if name != last {
                let _ = writeln!(text, "# TYPE central_{name} gauge");
                last.clone_from(&name);
            }
            let _ = writeln!(text, "central_{name}{{state=\"{state}\"}} {value}");
        }
        Ok(text)
    }

    /// Writing to a `String` cannot fail.
    fn answered(&self) -> String {
        let answers = self.answers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut text = String::from(
            "# HELP central_request_duration_seconds Time from a request's arrival to its answer\n\
             # TYPE central_request_duration_seconds summary\n",
        );
        for ((operation, status), Answers { count, seconds }) in answers.iter() {
            let labels = format!("{{operation=\"{operation}\",status=\"{status}\"}}");
            let _ = writeln!(text, "central_request_duration_seconds_count{labels} {count}");
            let _ = writeln!(text, "central_request_duration_seconds_sum{labels} {seconds:.6}");
        }
        text
    }
}
