// SPDX-License-Identifier: MIT OR Apache-2.0
//! The screen: shows a view of the session, one whole view at a time, through
//! the properties of the one global `Kiosk`, and tells what was touched. It
//! decides nothing and holds nothing of a person.

mod catalogue;
mod check;
mod code;
mod help_line;
mod information;
mod moment;
mod nowhere;
mod panel;
mod show;
mod touched;

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use kiosk_session::{Language, View, view};
#[cfg(feature = "headless")]
use slint::Model as _;
use slint::{ComponentHandle as _, PhysicalSize, Timer, TimerMode, Window};

pub(crate) use self::catalogue::Catalogue;
pub use self::information::Information;
pub use self::nowhere::NoScreen;
pub use self::panel::Panel;
pub use self::touched::Touched;
use crate::{frame::Frame, slip::Slip};
use kiosk_ui::{AppWindow, Kiosk};

/// The kiosk's one window. Lives on the thread that runs Slint's event loop.
pub struct Screen {
    window: AppWindow,
    concealing: Timer,
    density: f32,
    slip: RefCell<Option<Slip>>,
    information: RefCell<Option<Information>>,
    /// In which language it was told last.
    told_in: Cell<Option<Language>>,
}

impl Screen {
    /// Opens the window, laid out for `panel`. Its pages tell nothing of hours and help lines until
    /// [`Screen::inform`] says what.
    ///
    /// # Errors
    /// When there is no display to draw on, or the environment asks Slint for
    /// the text layout that drops every letter that is not Latin.
    pub fn open(panel: Panel) -> Result<Self, NoScreen> {
        if std::env::var_os(NO_SHAPING).is_some() {
            return Err(NoScreen::WithoutShaping { name: NO_SHAPING });
        }
        let window = AppWindow::new().map_err(NoScreen::from_platform)?;
        let kiosk = window.global::<Kiosk<'_>>();
        kiosk.set_pixels_per_mm(panel.density());
        kiosk.set_portrait(panel.is_portrait());
        kiosk.set_low(panel.is_low());
        kiosk.set_languages(touched::language_names());
        window.window().set_size(PhysicalSize::new(panel.width_px, panel.height_px));
        window.show().map_err(NoScreen::from_platform)?;
        Ok(Self {
            window,
            concealing: Timer::default(),
            density: panel.density(),
            slip: RefCell::default(),
            information: RefCell::default(),
            told_in: Cell::default(),
        })
    }

    /// Writes this line at the foot of every screen; nothing where it is empty.
    pub fn label(&self, text: &str) {
        self.window.global::<Kiosk<'_>>().set_unit_label(text.into());
    }

    /// Has `frame` drawn by the first frame that is. Call it before the event loop runs.
    pub(crate) fn tell_when_drawn(&self, frame: Frame) {
        self.window.global::<Kiosk<'_>>().on_when_drawn(move |ground| {
            frame.draw();
            ground
        });
    }

    /// Tells `sink` of every touch, on this thread. Only the last sink hears.
    pub fn on_touched(&self, sink: impl Fn(Touched) + 'static) {
        touched::connect(&self.window.global::<Kiosk<'_>>(), sink);
    }

    /// Shows a view, whole. A character that is shown is covered.
    pub fn show(&self, view: &View) {
        self.conceal();
        self.tell_in(view.language);
        let kiosk = self.window.global::<Kiosk<'_>>();
        show::show(&kiosk, view);
        let ending = match view.screen {
            view::Screen::Ending { ending, .. } => Some(ending),
            _ => None,
        };
        let mut slip = self.slip.borrow_mut();
        match (ending, &*slip) {
            (Some(ending), Some(slip)) => {
                show::set_slip(&kiosk, slip, ending, view.language, self.density);
            }
            _ => {
                show::clear_slip(&kiosk);
                *slip = None;
            }
        }
    }

    /// The slip of the ending that is shown next; it is forgotten with it.
    pub fn set_slip(&self, slip: Slip) {
        self.slip.replace(Some(slip));
    }

    /// What the pages tell beside the session, from now on.
    pub fn inform(&self, information: Information) {
        self.information.replace(Some(information));
        if let Some(language) = self.told_in.take() {
            self.tell_in(language);
        }
    }

    fn tell_in(&self, language: Language) {
        if self.told_in.replace(Some(language)) != Some(language)
            && let Some(information) = &*self.information.borrow()
        {
            information.tell(&self.window.global::<Kiosk<'_>>(), language);
        }
    }

    /// Shows the glyph of key `position` at one place of the PIN field, for
    /// [`REVEALED_FOR`]. Only the position enters Slint, and is overwritten.
    pub fn reveal(&self, place: u8, position: u8) {
        let kiosk = self.window.global::<Kiosk<'_>>();
        kiosk.set_revealed_place(place.into());
        kiosk.set_revealed_glyph(position.into());
        let window = self.window.as_weak();
        self.concealing.start(TimerMode::SingleShot, REVEALED_FOR, move || {
            if let Some(window) = window.upgrade() {
                cover(&window.global::<Kiosk<'_>>());
            }
        });
    }

    /// Covers the character that is shown.
    pub fn conceal(&self) {
        self.concealing.stop();
        cover(&self.window.global::<Kiosk<'_>>());
    }

    /// The window, to be touched and photographed.
    #[must_use]
    pub fn window(&self) -> &Window {
        self.window.window()
    }
}

fn cover(kiosk: &Kiosk<'_>) {
    kiosk.set_revealed_glyph(-1);
    kiosk.set_revealed_place(-1);
}

/// How long one character can be read.
pub const REVEALED_FOR: Duration = Duration::from_secs(2);

/// Slint's switch back to glyphs without shaping.
const NO_SHAPING: &str = "SLINT_SOFTWARE_RENDERER_PARLEY_DISABLED";

/// What tests and the played kiosk look for by accessible label.
#[cfg(feature = "headless")]
impl Screen {
    /// Turns the help to another of its pages, from 0; false where there is none.
    pub fn turn_help_to(&self, page: usize) -> bool {
        let kiosk = self.window.global::<Kiosk<'_>>();
        kiosk.set_help_page(i32::try_from(page).unwrap_or_default());
        page < kiosk.get_help_pages().row_count()
    }

    /// The component, as Slint's search by accessible label wants it.
    #[must_use]
    pub fn component(&self) -> &AppWindow {
        &self.window
    }
}
