// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the process ends: one code a cause, so that whoever started it (systemd,
//! the bench) knows whether to start it again or to call for staff.

use std::process::ExitCode;

/// Why the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Asked to stop (SIGTERM, SIGINT, the window closed), and everything is written down.
    Orderly,
    /// The configuration cannot be used. Starting again changes nothing.
    Configuration,
    /// Memory could not be locked or the process not hardened, or the
    /// environment holds a variable that must not be set.
    Unprotected,
    /// The journal cannot be opened or written. Sessions would lose their outcome.
    Journal,
    /// There is no screen, or it stopped.
    Screen,
    /// A worker hangs and was given up, with the outcome in the journal; or the system had no
    /// thread, or no signal handler, to start with. Start again.
    Restart,
    /// A fault in the program itself. Start again.
    Panic,
    /// The driver stood still, and the watchdog ended the process. Start again.
    DriverWedged,
    /// The screen stood still, and the watchdog ended the process. Start again.
    ScreenWedged,
}

impl Exit {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 9] = [
        Self::Orderly,
        Self::Configuration,
        Self::Unprotected,
        Self::Journal,
        Self::Screen,
        Self::Restart,
        Self::Panic,
        Self::DriverWedged,
        Self::ScreenWedged,
    ];

    /// The exit code, after sysexits.h, and beyond it where that has no word. 2 is left to the command line's own refusals.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Orderly => 0,
            Self::Configuration => 78,
            Self::Unprotected => 71,
            Self::Journal => 74,
            Self::Screen => 69,
            Self::Restart => 75,
            Self::Panic => 70,
            Self::DriverWedged => 80,
            Self::ScreenWedged => 81,
        }
    }

    /// What `--help` and the reference say of it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Orderly => "stopped as asked; everything is written down",
            Self::Configuration => "the configuration cannot be used",
            Self::Unprotected => "memory cannot be locked, or the environment is refused",
            Self::Journal => "the journal cannot be opened or written",
            Self::Screen => "there is no screen, or it stopped",
            Self::Restart => "a worker hung and was given up, or could not be started: start again",
            Self::Panic => "a fault in the program: start again",
            Self::DriverWedged => "the driver stood still: start again",
            Self::ScreenWedged => "the screen stood still: start again",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
