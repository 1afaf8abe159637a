// SPDX-License-Identifier: MIT OR Apache-2.0
//! Is everything delivered? The kiosk's journal is not ours to read, so the kiosk is asked: at its
//! control socket, or, where none is configured, by the gauge `kiosk_outcomes_undelivered` of its
//! metrics file, which is as old as the file. Where there is no journal either, the kiosk has never
//! run.

use std::{fs, path::Path, time::Duration};

use kiosk_control::{Client, Lease};

use super::EnrolError;
use crate::link::EnrolmentConfig;

/// An answer of the kiosk is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long residents are kept away at most, in seconds; the lease ends with its connection.
const LEASE_SECONDS: u32 = 60;

/// As long as this is kept, no session begins, where the kiosk could be asked for it.
pub(super) struct Quiet(#[expect(dead_code, reason = "kept for what its end does")] Option<Client>);

/// Refuses while outcomes are undelivered, and where that cannot be known.
pub(super) fn all_delivered(enrolment: &EnrolmentConfig) -> Result<(), EnrolError> {
    match &enrolment.control {
        _ if has_never_run(enrolment) => Ok(()),
        Some(socket) => none_left(&mut ask(socket)?),
        None => told(enrolment),
    }
}

/// The same, and nothing can become undelivered until [`Quiet`] is dropped.
pub(super) fn all_delivered_and_quiet(enrolment: &EnrolmentConfig) -> Result<Quiet, EnrolError> {
    match &enrolment.control {
        _ if has_never_run(enrolment) => Ok(Quiet(None)),
        Some(socket) => {
            let mut kiosk = ask(socket)?;
            // First the lease: a session under way may yet leave an outcome.
            match kiosk.lease(true, LEASE_SECONDS)? {
                Lease::Granted { .. } => none_left(&mut kiosk).map(|()| Quiet(Some(kiosk))),
                Lease::Refused(refused) => Err(EnrolError::Busy { said: refused.said }),
            }
        }
        None => told(enrolment).map(|()| Quiet(None)),
    }
}

/// A journal that cannot be looked for may be there.
fn has_never_run(enrolment: &EnrolmentConfig) -> bool {
    matches!(enrolment.journal.try_exists(), Ok(false))
}

fn ask(socket: &Path) -> Result<Client, EnrolError> {
    Ok(Client::connect(socket, PATIENCE)?)
}

fn none_left(kiosk: &mut Client) -> Result<(), EnrolError> {
    match kiosk.status()?.undelivered {
        0 => Ok(()),
        count => Err(EnrolError::Undelivered { count }),
    }
}

fn told(enrolment: &EnrolmentConfig) -> Result<(), EnrolError> {
    let Some(metrics) = &enrolment.metrics else { return Err(EnrolError::NobodyToAsk) };
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
