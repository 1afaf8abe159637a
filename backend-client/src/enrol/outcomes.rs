// SPDX-License-Identifier: MIT OR Apache-2.0
//! Is everything delivered? The kiosk's journal is not ours to read, so its own count is: the gauge
//! `kiosk_outcomes_undelivered` of its metrics file. Where there is no journal either, the kiosk has
//! never run.

use std::fs;

use super::EnrolError;
use crate::link::EnrolmentConfig;

/// Refuses while outcomes are undelivered, and where that cannot be known.
pub(super) fn all_delivered(enrolment: &EnrolmentConfig) -> Result<(), EnrolError> {
    let EnrolmentConfig { journal, metrics, .. } = enrolment;
    // A journal that cannot be looked for may be there.
    if matches!(journal.try_exists(), Ok(false)) {
        return Ok(());
    }
    let told = fs::read_to_string(metrics).ok().as_deref().and_then(undelivered);
    match told {
        Some(0) => Ok(()),
        Some(count) => Err(EnrolError::Undelivered { count }),
        None => Err(EnrolError::UnknownOutcomes { metrics: metrics.clone() }),
    }
}

fn undelivered(page: &str) -> Option<u64> {
    let mut lines = page.lines().map(|line| line.split_once(' '));
    let (_, value) = lines.find_map(|line| line.filter(|(name, _)| *name == GAUGE))?;
    value.trim().parse().ok()
}

const GAUGE: &str = "kiosk_outcomes_undelivered";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kiosks_own_count_is_read() {
        let page = "# TYPE kiosk_outcomes_undelivered gauge\nkiosk_outcomes_undelivered 3\n";
        assert_eq!(undelivered(page), Some(3));
        for page in ["", "kiosk_outcomes_undelivered_more 0\n", "kiosk_outcomes_undelivered x\n"] {
            assert_eq!(undelivered(page), None, "{page}");
        }
    }
}
