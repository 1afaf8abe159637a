// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long a resident may think: the policy's wishes, within the session's bounds and never
//! below what the unit's configuration gives.

use std::time::Duration;

use backend_client::wire::TimeLimits;
use kiosk_session::{Limit, Limits};

/// The unit's own limits.
#[derive(Clone, Debug)]
pub(crate) struct UnitLimits {
    /// As configured, undivided.
    pub(crate) configured: Limits,
    /// For tests and demonstrations: all limits are divided by it.
    pub(crate) divided_by: u32,
}

impl UnitLimits {
    /// Those of a policy, whose wishes are within their bounds.
    pub(crate) fn with(&self, wishes: &TimeLimits) -> Limits {
        let wished =
            members(wishes).into_iter().filter_map(|(_, limit, wish)| Some((limit, wish?)));
        let whole = wished.fold(self.configured.clone(), |limits, (limit, seconds)| {
            let time = Duration::from_secs(seconds.into()).max(limits.of(limit));
            // Both are within the bounds of this limit.
            limits.clone().with(limit, time).unwrap_or(limits)
        });
        whole.scaled_by(1.0 / f64::from(self.divided_by))
    }
}

/// The members that are times, each with its limit.
pub(super) fn members(wishes: &TimeLimits) -> [(&'static str, Limit, Option<u32>); 6] {
    [
        ("idle_seconds", Limit::Idle, wishes.idle_seconds),
        ("warning_seconds", Limit::Warning, wishes.warning_seconds),
        ("put_back_seconds", Limit::PutBack, wishes.put_back_seconds),
        ("settling_seconds", Limit::Settling, wishes.settling_seconds),
        ("ending_seconds", Limit::Ending, wishes.ending_seconds),
        ("not_certain_seconds", Limit::EndingUncertain, wishes.not_certain_seconds),
    ]
}

/// Whether a wish is within the session's bounds.
pub(super) fn is_within_bounds(limit: Limit, seconds: u32) -> bool {
    (limit.least()..=limit.most()).contains(&Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(divided_by: u32) -> UnitLimits {
        UnitLimits { configured: Limits::default(), divided_by }
    }

    #[test]
    fn a_policy_gives_residents_more_time_and_never_less_than_the_unit() {
        let wishes =
            TimeLimits { idle_seconds: Some(120), ending_seconds: Some(20), ..Default::default() };
        let limits = unit(1).with(&wishes);
        assert_eq!(limits.of(Limit::Idle).as_secs(), 120);
        assert_eq!(limits.of(Limit::Ending), Limit::Ending.default());
        assert_eq!(limits.of(Limit::Warning), Limit::Warning.default());
    }

    #[test]
    fn a_divisor_shortens_a_policys_times_too() {
        let wishes = TimeLimits { idle_seconds: Some(120), ..Default::default() };
        assert_eq!(unit(10).with(&wishes).of(Limit::Idle).as_secs(), 12);
    }
}
