// SPDX-License-Identifier: MIT OR Apache-2.0
//! What follows from the values of a section, in the words of whoever uses it.

use std::time::Duration;

use kiosk_session::{Limit, Limits};

use super::{CodeHash, FileRefused, Screen, Staff, SwitchKey, Times, Watchdog, read_file};

impl Screen {
    /// To a tenth: millimetres are whole.
    pub(super) fn has_square_pixels(&self) -> bool {
        let across = u64::from(self.width_px) * u64::from(self.height_mm);
        let down = u64::from(self.height_px) * u64::from(self.width_mm);
        across.abs_diff(down) * 10 <= across.max(down)
    }
}

impl Watchdog {
    /// How long the driver or the screen may stand still.
    #[must_use]
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

impl Staff {
    /// The unit's staff code: its own file's before the configuration's.
    ///
    /// # Errors
    /// When there is a file of its own that cannot be used.
    pub fn code(&self) -> Result<Option<CodeHash>, FileRefused> {
        let own = self.file.as_deref().map_or(Ok(None), read_file)?;
        Ok(own.or_else(|| self.code_hash.clone()))
    }

    /// The key-switch, where there is one.
    #[must_use]
    pub fn switch(&self) -> Option<SwitchKey> {
        SwitchKey::of(self.switch_device.as_deref(), self.switch_key)
    }
}

impl Times {
    /// As the session takes them.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.undivided().scaled_by(1.0 / f64::from(self.divided_by))
    }

    /// As they stand in the file.
    pub(crate) fn undivided(&self) -> Limits {
        let times = [
            (Limit::Idle, self.idle),
            (Limit::Warning, self.warning),
            (Limit::PutBack, self.put_back),
            (Limit::Settling, self.settling),
            (Limit::CardRequest, self.card_request),
            (Limit::CardWrite, self.card_write),
            (Limit::CentralRequest, self.central_request),
            (Limit::Reporting, self.reporting),
            (Limit::Ending, self.ending),
            (Limit::EndingUncertain, self.ending_uncertain),
            (Limit::TakeCard, self.take_card),
            (Limit::Reminder, self.reminder),
            (Limit::TicketInterval, self.ticket_interval),
            (Limit::StopNotice, self.stop_notice),
            (Limit::Cleaning, self.cleaning),
            (Limit::StaffTest, self.staff_test),
        ];
        times.into_iter().fold(Limits::default(), |limits, (limit, time)| {
            // The file's values passed these very bounds when they were read.
            limits.clone().with(limit, time).unwrap_or(limits)
        })
    }
}
