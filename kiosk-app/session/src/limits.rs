// SPDX-License-Identifier: MIT OR Apache-2.0
//! The session's times: data with bounds, one table, which the configuration and its reference
//! are made from.
//!
//! A resident's limits may be raised at will but not cut below what WCAG 2.2.1 asks (20 s of
//! warning, one touch to go on, as often as wanted); a request's limits bound how long a hung
//! reader or service can hold a screen.

use core::time::Duration;

/// One of the session's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Without a touch, until the warning comes up.
    Idle,
    /// How long the warning stays before the session ends.
    Warning,
    /// To put back a card that was lifted while a PIN is typed.
    PutBack,
    /// To put back a card that was lifted while it was written.
    Settling,
    /// Each request to the card but the write.
    CardRequest,
    /// The write, with receipt and read-back.
    CardWrite,
    /// Each request to the service; above the link's own 5 s, which should answer first.
    CentralRequest,
    /// For the service to acknowledge an outcome, before it is left to the journal.
    Reporting,
    /// An ending, after the card is gone.
    Ending,
    /// An ending that leaves the resident uncertain, after which a warning follows.
    EndingUncertain,
    /// "Take your card", until the first reminder.
    TakeCard,
    /// Between reminders.
    Reminder,
    /// Between two ticket requests of one session (central-api.md, order and states).
    TicketInterval,
    /// An ending that is shown while the process is asked to stop.
    StopNotice,
    /// The screen's lock for cleaning.
    Cleaning,
    /// Each test of the staff page, and the check of a staff code.
    StaffTest,
}

struct Row {
    name: &'static str,
    default_seconds: u64,
    least_seconds: u64,
    most_seconds: u64,
}

impl Limit {
    /// Every limit, in the order of the session.
    pub const ALL: [Self; 16] = [
        Self::Idle,
        Self::Warning,
        Self::PutBack,
        Self::Settling,
        Self::CardRequest,
        Self::CardWrite,
        Self::CentralRequest,
        Self::Reporting,
        Self::Ending,
        Self::EndingUncertain,
        Self::TakeCard,
        Self::Reminder,
        Self::TicketInterval,
        Self::StopNotice,
        Self::Cleaning,
        Self::StaffTest,
    ];

    /// Its key in the configuration.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What it is when nothing is configured.
    pub const fn default(self) -> Duration {
        Duration::from_secs(self.row().default_seconds)
    }

    /// The least that may be configured.
    pub const fn least(self) -> Duration {
        Duration::from_secs(self.row().least_seconds)
    }

    /// The most that may be configured.
    pub const fn most(self) -> Duration {
        Duration::from_secs(self.row().most_seconds)
    }

    /// The limit of a key, as in [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }

    const fn row(self) -> Row {
        let (name, default_seconds, least_seconds, most_seconds) = match self {
            Self::Idle => ("idle", 60, 20, 600),
            Self::Warning => ("warning", 20, 20, 120),
            Self::PutBack => ("put_back", 20, 20, 120),
            Self::Settling => ("settling", 60, 40, 600),
            Self::CardRequest => ("card_request", 15, 5, 60),
            Self::CardWrite => ("card_write", 30, 10, 120),
            Self::CentralRequest => ("central_request", 8, 6, 60),
            Self::Reporting => ("reporting", 5, 1, 30),
            Self::Ending => ("ending", 30, 20, 300),
            Self::EndingUncertain => ("ending_uncertain", 60, 40, 600),
            Self::TakeCard => ("take_card", 120, 20, 600),
            Self::Reminder => ("reminder", 60, 20, 600),
            Self::TicketInterval => ("ticket_interval", 11, 11, 60),
            Self::StopNotice => ("stop_notice", 10, 3, 30),
            Self::Cleaning => ("cleaning", 30, 10, 120),
            Self::StaffTest => ("staff_test", 30, 10, 120),
        };
        Row { name, default_seconds, least_seconds, most_seconds }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// A configured time outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// Which one; its bounds are [`Limit::least`] and [`Limit::most`].
    pub limit: Limit,
    /// What was asked for.
    pub asked: Duration,
}

impl core::fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (name, asked) = (self.limit.name(), self.asked.as_secs());
        let (least, most) = (self.limit.least().as_secs(), self.limit.most().as_secs());
        write!(f, "limit {name} is {asked} s, which is not within {least} to {most} s")
    }
}

impl core::error::Error for OutOfBounds {}

/// All limits of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    times: [Duration; Limit::ALL.len()],
}

impl Default for Limits {
    fn default() -> Self {
        Self { times: Limit::ALL.map(Limit::default) }
    }
}

impl Limits {
    /// Reminders to take the card, one each [`Limit::Reminder`], before the kiosk falls silent.
    pub const REMINDERS: u8 = 10;

    /// These limits with one changed.
    pub fn with(mut self, limit: Limit, time: Duration) -> Result<Self, OutOfBounds> {
        if !(limit.least()..=limit.most()).contains(&time) {
            return Err(OutOfBounds { limit, asked: time });
        }
        self.times[limit.index()] = time;
        Ok(self)
    }

    /// All limits stretched or squeezed alike, bounds or not: for tests, which have no minute.
    #[must_use]
    pub fn scaled_by(&self, factor: f64) -> Self {
        Self { times: self.times.map(|time| time.mul_f64(factor)) }
    }

    /// The time of one limit.
    pub const fn of(&self, limit: Limit) -> Duration {
        self.times[limit.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_stands_at_its_own_place_and_within_its_bounds() {
        let limits = Limits::default();
        for limit in Limit::ALL {
            assert_eq!(limits.of(limit), limit.default(), "{}", limit.name());
            assert_eq!(Limit::from_name(limit.name()), Some(limit));
            assert!(limits.clone().with(limit, limit.default()).is_ok(), "{}", limit.name());
        }
    }

    #[test]
    fn a_time_outside_its_bounds_is_refused_by_name() {
        let refused = Limits::default().with(Limit::Warning, Duration::from_secs(19));
        let refused = refused.expect_err("below what WCAG asks");
        assert_eq!(refused.limit, Limit::Warning);
        assert_eq!(
            alloc::format!("{refused}"),
            "limit warning is 19 s, which is not within 20 to 120 s"
        );
    }
}
