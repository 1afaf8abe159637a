// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk's configuration: one TOML file, read once at start.
//!
//! The table below is at once the structs, the check of each value and the
//! reference in `docs/configuration.md`. The link's address of the service, its
//! certificate and key are none of the kiosk's business: they are the link's.

mod authority;
mod code;
mod derived;
mod error;
mod file;
mod reference;
mod setting;
mod switch;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub use authority::AuthorityError;
#[cfg(test)]
pub(crate) use code::tests::cheap_hash;
pub use code::{CodeHash, FileRefused, HashRefused, Trivial, hash_code, read_file};
pub use error::{ConfigError, Position};
use file::{Fault, File};
pub use reference::reference;
use setting::{
    Clock, FullPath, Interval, Label, NoneOrFullPath, NoneOrHash, OneOf, Seconds, Setting, Tag,
    Texts, Uids, Whole, YesOrNo,
};
use switch::SWITCH_KEYS;
pub use switch::{KeyCode, SwitchKey};

use backend_client::wire::TimeOfDay;
use kiosk_session::{Language, Limit};

use tracing::Level;

use crate::telemetry::LogFormat;

/// A section of the file, for the check of names and for the reference.
struct Described {
    name: &'static str,
    meaning: &'static [&'static str],
    keys: &'static [DescribedKey],
}

/// A key of a section.
struct DescribedKey {
    name: &'static str,
    meaning: &'static [&'static str],
    kind: fn() -> String,
    default: fn() -> Option<String>,
}

/// Makes of one table the structs, their reading and their description.
macro_rules! sections {
    ($(
        $(#[doc = $section_meaning:literal])+
        $section:ident: $Section:ident {$(
            $(#[doc = $meaning:literal])+
            $key:ident: $Value:ty = $setting:expr $(, or $default:literal)?;
        )+}
    )+) => {
        $(
            $(#[doc = $section_meaning])+
            #[derive(Clone, Debug)]
            pub struct $Section {$(
                $(#[doc = $meaning])+
                pub $key: $Value,
            )+}

            impl $Section {
                fn read(file: &File<'_>) -> Result<Self, Fault> {
                    let section = stringify!($section);
                    Ok(Self {$(
                        $key: file.read(section, stringify!($key), &$setting, default!($($default)?))?,
                    )+})
                }
            }
        )+

        /// What the file says, every value within its bounds.
        #[derive(Clone, Debug)]
        pub struct Config {$(
            $(#[doc = $section_meaning])+
            pub $section: $Section,
        )+}

        impl Config {
            fn read(file: &File<'_>) -> Result<Self, Fault> {
                Ok(Self {$($section: $Section::read(file)?,)+})
            }
        }

        static SECTIONS: &[Described] = &[$(Described {
            name: stringify!($section),
            meaning: &[$($section_meaning),+],
            keys: &[$(DescribedKey {
                name: stringify!($key),
                meaning: &[$($meaning),+],
                kind: || $setting.describe(),
                default: || default!($($default)?).map(str::to_owned).or_else(|| $setting.fallback()),
            }),+],
        }),+];
    };
}

macro_rules! default {
    () => {
        None::<&str>
    };
    ($default:literal) => {
        Some($default)
    };
}

sections! {
    /// The card reader.
    reader: Reader {
        /// Readers to use: those whose PC/SC name begins with one of these texts
        /// (`pcsc_scan -r` shows the names). With an empty list every reader is
        /// used. Cards on two of them at once are more than one card.
        names: Vec<String> = Texts { at_most: 8 }, or "[]";
    }
    /// The card profile and whom it trusts.
    card: Card {
        /// Must be given, as a reminder to whoever installs the unit: this
        /// build speaks `ref-eac-1` alone, which is simulated. A real card is
        /// sent nothing but public commands.
        profile: Profile = OneOf(PROFILES);
        /// Certificate (PEM) of the authority that signs the cards' own
        /// certificates, EF 00E0 and 00E1. A card that is not under it is not genuine.
        certificate_authority: PathBuf = FullPath;
    }
    /// The process `kiosk-link`, which holds the certificate and the network.
    link: Link {
        /// The Unix socket on which `kiosk-link` listens.
        socket: PathBuf = FullPath, or "\"/run/kiosk-link/link.sock\"";
    }
    /// The socket by which the update client and the operators' commands ask the kiosk
    /// (docs/control.md).
    control: Control {
        /// Where the kiosk listens. Its folder must be there. Empty: it does not, and is not updated
        /// by itself.
        socket: Option<PathBuf> = NoneOrFullPath, or "\"\"";
        /// Who may ask besides root: user numbers, as the kernel gives them of the peer.
        allowed_uids: Vec<u32> = Uids { at_most: 8 }, or "[]";
    }
    /// The unit's clock. The kiosk never sets it.
    clock: UnitClock {
        /// Whether nobody is served with a clock that is not set: a ticket is judged by its time,
        /// and a certificate too.
        must_be_set: bool = YesOrNo, or "false";
        /// A file that is there once the clock is set. The kiosk's sandbox hides the kernel's own
        /// word from it; systemd-timesyncd makes the file of the default, and the image's
        /// kiosk-clock.service makes one for chrony.
        set_file: PathBuf = FullPath, or "\"/run/systemd/timesync/synchronized\"";
    }
    /// The disk on which this unit keeps its records. The kiosk never opens it.
    data: Data {
        /// A file that is there while it cannot be opened, with the reason in its first line. The
        /// unit then serves nobody (K-443): what it knows of its residents' cards is on that disk.
        locked_file: PathBuf = FullPath, or "\"/run/kiosk-data/locked\"";
    }
    /// Outcomes that the service has not yet acknowledged.
    journal: Journal {
        /// The journal's file. It is made where there is none; its folder must
        /// be on a disk that outlives a power cut.
        path: PathBuf = FullPath, or "\"/var/lib/kiosk/journal.redb\"";
    }
    /// The screen.
    screen: Screen {
        /// Width of the panel as the resident sees it.
        width_px: u32 = Whole { from: 320, to: 7680, unit: "pixels" }, or "1920";
        /// Height of the panel as the resident sees it.
        height_px: u32 = Whole { from: 320, to: 7680, unit: "pixels" }, or "1080";
        /// Width of the panel's picture: the size of a pixel decides how large a
        /// key is drawn to be as large as a finger.
        width_mm: u32 = Whole { from: 60, to: 2000, unit: "millimetres" }, or "344";
        /// Height of the panel's picture. Pixels are square: a panel that would
        /// not have such is refused, because two numbers were swapped.
        height_mm: u32 = Whole { from: 60, to: 2000, unit: "millimetres" }, or "194";
        /// What the screen is touched with. Without it the unit is not healthy: see docs/control.md.
        pointer: Pointer = OneOf(POINTERS), or "\"touch\"";
        /// Language of the attract screen until a resident chooses another.
        language: Language = Tag, or "\"ja\"";
        /// A line at the foot of every screen, to tell a unit of a laboratory from one in
        /// service. Empty: no line.
        label: String = Label { at_most: 60 }, or "\"\"";
    }
    /// Hours of the store, in Japan's time. Sessions begin only within them and
    /// within the hours of the service's policy (06:30 to 23:00 until it gives others).
    hours: Hours {
        /// When sessions may begin here.
        opens: TimeOfDay = Clock, or "\"00:00\"";
        /// When no session may begin here any more. Equal to `opens`: the store
        /// sets no hours of its own.
        closes: TimeOfDay = Clock, or "\"00:00\"";
    }
    /// The service's policy: hours, maintenance, notices, help lines, time limits.
    policy: PolicySource {
        /// The last policy, kept for a start without the service, with the unit's
        /// signature. It is made where there is none; one that cannot be read, or
        /// that kiosk-link does not vouch for, is put aside as `.bad`.
        cache: PathBuf = FullPath, or "\"/var/lib/kiosk/policy.json\"";
        /// How often the service is asked for it.
        every: Duration = Interval { from: 1, to: 3_600 }, or "60";
    }
    /// How long the kiosk waits: for residents, and for what hangs. The policy may
    /// give residents more time than this, within the same bounds, never less.
    limits: Times {
        /// Without a touch, until "are you still there?" comes up.
        idle: Duration = Seconds(Limit::Idle);
        /// How long that question stays before the session ends.
        warning: Duration = Seconds(Limit::Warning);
        /// To put back a card that was lifted while a PIN is typed.
        put_back: Duration = Seconds(Limit::PutBack);
        /// To put back a card that was lifted while it was written.
        settling: Duration = Seconds(Limit::Settling);
        /// Each request to the card but the write.
        card_request: Duration = Seconds(Limit::CardRequest);
        /// The write, with receipt and read-back.
        card_write: Duration = Seconds(Limit::CardWrite);
        /// Each request to the service; the link gives up after 5 seconds by itself.
        central_request: Duration = Seconds(Limit::CentralRequest);
        /// For the service to acknowledge an outcome while the resident waits.
        reporting: Duration = Seconds(Limit::Reporting);
        /// How long an ending stays after the card is gone.
        ending: Duration = Seconds(Limit::Ending);
        /// The same, for an ending that leaves the resident uncertain.
        ending_uncertain: Duration = Seconds(Limit::EndingUncertain);
        /// "Take your card", until the first reminder.
        take_card: Duration = Seconds(Limit::TakeCard);
        /// Between reminders.
        reminder: Duration = Seconds(Limit::Reminder);
        /// Between two requests for a ticket in one session.
        ticket_interval: Duration = Seconds(Limit::TicketInterval);
        /// How long an ending is still shown when the process is asked to stop.
        stop_notice: Duration = Seconds(Limit::StopNotice);
        /// How long the screen takes no touch while it is cleaned.
        cleaning: Duration = Seconds(Limit::Cleaning);
        /// Each test of the staff page, and the check of a staff code.
        staff_test: Duration = Seconds(Limit::StaffTest);
        /// All of these are divided by it. For tests and demonstrations, which
        /// have no minute; 1 in service.
        divided_by: u32 = Whole { from: 1, to: 100, unit: "" }, or "1";
    }
    /// What ends the process, to be started again, when a part of it stands still.
    watchdog: Watchdog {
        /// How long the driver or the screen may stand still. A hung card request has its own limits:
        /// `limits.card_request` and `limits.card_write`.
        seconds: u32 = Whole { from: 2, to: 10, unit: "seconds" }, or "10";
    }
    /// The staff page: its code, its key-switch, what it asks of the system.
    staff: Staff {
        /// Hash of the staff code, as `kiosk staff-code` prints it, for units that have no file of
        /// their own. Empty: none.
        code_hash: Option<CodeHash> = NoneOrHash, or "\"\"";
        /// The unit's own file with such a hash in one line; lines that begin with `#` are passed
        /// over. Where it is there, it counts and `code_hash` does not. Without either the corner of
        /// the screen leads nowhere. Empty: no file.
        file: Option<PathBuf> = NoneOrFullPath, or "\"\"";
        /// The input device of a key-switch, by a name that a udev rule gives it. Empty: none.
        switch_device: Option<PathBuf> = NoneOrFullPath, or "\"\"";
        /// Its key, by its name in linux/input-event-codes.h. Turning it opens the page without a code.
        switch_key: KeyCode = OneOf(SWITCH_KEYS), or "\"KEY_PROG1\"";
        /// The folder in which wishes are left for the system: `reboot`, `power-off`, `usb-window`,
        /// `install-now`, and of its own accord `restart-readers`.
        wishes: PathBuf = FullPath, or "\"/run/kiosk/wishes\"";
        /// Where whoever stands at the unit gets its source, as the GPL asks: an address, shown as
        /// text and as a QR code. Empty: the page says that the operator gives it.
        source: String = Label { at_most: 200 }, or "\"\"";
    }
    /// The loudspeaker. So far it is heard at the sound test alone: the staff page's and
    /// `kiosk check --tone`.
    sound: Sound {
        /// ALSA's name of the playback device, such as `plughw:0` for the first one of the first
        /// card, which changes rate and channels where it must and is opened for the tone alone.
        /// Empty: the unit has no loudspeaker.
        device: String = Label { at_most: 200 }, or "\"\"";
        /// Loudness of the tone. The device's own controls are opened to where they change nothing.
        volume: u32 = Whole { from: 1, to: 100, unit: "percent" }, or "30";
    }
    /// Log lines on standard error. They hold codes, never a PIN, a name or a certificate.
    log: Log {
        /// `text` for people, `json` for a collector.
        format: LogFormat = OneOf(LOG_FORMATS), or "\"text\"";
        /// The least grave level that is written.
        level: Level = OneOf(LOG_LEVELS), or "\"info\"";
    }
    /// What the unit has counted since it started, as Prometheus text: sessions, endings and codes
    /// for staff by their names in docs/operating.md, anomalies, outcomes not yet delivered.
    metrics: Metrics {
        /// The file, for a textfile collector beside the kiosk, which has no network; its name
        /// must end in `.prom` for node_exporter. It is replaced whole at each change, so a folder
        /// in memory is best, such as `/run/kiosk`. Empty: no file.
        path: Option<PathBuf> = NoneOrFullPath, or "\"\"";
        /// A Unix socket that answers `GET /metrics` (HTTP/1.1) with the same, for root and
        /// `control.allowed_uids`. Empty: no socket.
        socket: Option<PathBuf> = NoneOrFullPath, or "\"\"";
    }
}

impl Config {
    /// Reads and checks the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], whose text names the file, the line and the column.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|fault| {
            let position = fault.span.map(|span| Position::of(span.start, &text));
            ConfigError::Refused { path: path.to_owned(), position, what: fault.what }
        })
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let config = Self::read(&File::parse(text, SECTIONS)?)?;
        if config.screen.has_square_pixels() {
            Ok(config)
        } else {
            let what = "screen: width and height give no square pixels; are two of them swapped?";
            Err(Fault { span: None, what: what.to_owned() })
        }
    }
}

/// What the screen is touched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// A touch panel.
    Touch,
    /// A mouse, at a unit for trials.
    Mouse,
}

/// The card profiles that this build speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The published, simulated profile `ref-eac-1`.
    SimulatedRefEac1,
}

const PROFILES: &[(&str, Profile)] = &[("ref-eac-1", Profile::SimulatedRefEac1)];
const POINTERS: &[(&str, Pointer)] = &[("touch", Pointer::Touch), ("mouse", Pointer::Mouse)];
const LOG_FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];
const LOG_LEVELS: &[(&str, Level)] = &[
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
    ("trace", Level::TRACE),
];

#[cfg(test)]
mod tests;
