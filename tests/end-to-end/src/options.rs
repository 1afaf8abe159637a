// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demo's command line, and by it the names of the visits.
//!
//! It uses clap and nothing of this package: `cargo xtask demo` reads the same file, so that it can
//! refuse an option, or list them, before it builds anything.

use std::{
    env,
    ffi::OsString,
    iter,
    path::{Path, PathBuf},
};

use clap::{CommandFactory, Parser, ValueEnum, error::ErrorKind};

/// Reset the signature PIN of a virtual card at a real kiosk, before your eyes.
///
/// Starts a private pcscd with a virtual reader, a virtual card, the reference service, kiosk-link
/// and the kiosk in a temporary folder, and ends and removes all of it. Never touches a real
/// reader.
///
/// With a display the kiosk's own window opens, you are the resident of the visit, and the terminal
/// becomes a desk that tells which PINs to type and takes commands. Without one, a resident plays
/// the kiosk through the labels on its screens; pictures and a transcript go to the folder of --out.
#[derive(Parser)]
#[command(name = "demo", bin_name = "cargo xtask demo", version, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub struct Options {
    /// Play without a display, also where there is one
    #[arg(long)]
    headless: bool,
    /// Language of the screens
    #[arg(long, value_enum, default_value_t = Language::Ja)]
    pub language: Language,
    /// Panel
    #[arg(long, value_enum, default_value_t = Size::Wide)]
    pub size: Size,
    /// Which visit
    #[arg(long, value_enum, default_value_t = Case::Locked)]
    pub case: Case,
    /// Where pictures and transcript of a visit without a display go: a new folder, an empty one,
    /// or that of an earlier demo [default: target/demo]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

const EXIT_CODES: &str = "\
Exit codes: 0 proven · 1 not proven · 2 could not be set up · 130 interrupted";

const OUT_AT_THE_DESK: &str = "\
--out is for a visit that is played without a display, of which pictures are kept: add --headless";

/// A language of the screens.
#[derive(Clone, Copy, ValueEnum)]
pub enum Language {
    /// 日本語
    Ja,
    /// English
    En,
}

/// A panel, by its pixels.
#[derive(Clone, Copy, ValueEnum)]
pub enum Size {
    /// 15 inches
    #[value(name = "1024x768")]
    Small,
    /// 15.6 inches
    #[value(name = "1920x1080")]
    Wide,
    /// 21.5 inches, upright
    #[value(name = "1080x1920")]
    Upright,
}

/// Which visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// The signature PIN is locked; the resident sets a new one
    Locked,
    /// The signature PIN is forgotten but not locked; the resident sets a new one
    Forgotten,
    /// No reservation was made in the phone app
    NoReservation,
    /// The reservation was made 25 hours ago
    Expired,
    /// The reservation was used on a visit just before
    Used,
    /// The signature certificate is revoked: the resident has moved
    Revoked,
    /// The 4-digit PIN is wrong once; the resident stops
    WrongPin,
    /// The 4-digit PIN is wrong three times and locked by that
    PinLocked,
    /// The card is lifted while the new PIN is typed, and not put back
    LiftedBeforeWriting,
    /// The card is lifted just after it took the new PIN, and put back
    LiftedWhileWriting,
    /// The card is lifted just before it took the new PIN, and put back
    LiftedJustBefore,
    /// The resident looks at the card first, without a PIN, and then sets a new one
    CheckMyCard,
    /// The card is lifted just after it took the new PIN; another day *Check my card* settles it
    SettledLater,
    /// A real card: this unit only looks at it
    RealCard,
    /// The card bears another citizen's certificate
    NotGenuine,
    /// The service cannot be reached when the resident comes
    ServiceGone,
    /// The service cannot be reached when the card has been written
    ServiceGoneAfterwards,
}

impl Options {
    /// Reads these words of a command line; prints the help, or why they cannot be used, and ends
    /// the process where there is no visit to play.
    #[must_use]
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Self {
        let name = Self::command().get_name().to_owned();
        let options = Self::parse_from(iter::once(name.into()).chain(words));
        if options.out.is_some() && !options.is_headless() {
            Self::command().error(ErrorKind::ArgumentConflict, OUT_AT_THE_DESK).exit();
        }
        options
    }

    /// Whether the visit is played without a display.
    #[must_use]
    pub fn is_headless(&self) -> bool {
        let has_display = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        self.headless || !["WAYLAND_DISPLAY", "DISPLAY"].into_iter().any(has_display)
    }

    /// Where pictures and transcript go.
    #[must_use]
    pub fn out(&self) -> &Path {
        self.out.as_deref().unwrap_or(Path::new("target/demo"))
    }
}
