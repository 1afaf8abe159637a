// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the callbacks of the screens to the words of the session, and the
//! languages that can be chosen.

use std::rc::Rc;

use kiosk_session::event::{Choice, Page};
use kiosk_session::{Language, Touch};
use slint::{ComponentHandle as _, ModelRc, SharedString, VecModel};

use super::{catalogue::Catalogue, staff};
use kiosk_ui::{AppWindow, Kiosk, Touch as Button};

/// What was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// Anything but the pad; for the session.
    Session(Touch),
    /// A key that types, by its position in `pad::KEYS`. It goes to the locked
    /// page and nowhere else.
    Key(u8),
    /// The pad's delete key.
    Delete,
    /// The pad's OK.
    Submit,
    /// Show the character at this place: see [`Screen::reveal`](super::Screen::reveal).
    Reveal(u8),
    /// The corner that leads to the staff code.
    Corner,
}

/// What can be chosen, each with its name in its own words: those with a
/// catalogue.
const OFFERED: [(Language, &str); 2] =
    [(Language::Japanese, "日本語"), (Language::English, "English")];

/// The other of the two, to be switched to: its place among [`language_names`].
pub(super) fn other_language(language: Language) -> i32 {
    let shown = Catalogue::of(language);
    let other = OFFERED.iter().position(|(offered, _)| Catalogue::of(*offered) != shown);
    other.and_then(|place| i32::try_from(place).ok()).unwrap_or_default()
}

pub(super) fn language_names() -> ModelRc<SharedString> {
    let names: Vec<SharedString> = OFFERED.iter().map(|(_, name)| (*name).into()).collect();
    Rc::new(VecModel::from(names)).into()
}

pub(super) fn connect(window: &AppWindow, sink: impl Fn(Touched) + 'static) {
    let kiosk = window.global::<Kiosk<'_>>();
    let sink = Rc::new(sink);
    staff::connect(&window.global(), &sink);
    kiosk.on_touched({
        let sink = Rc::clone(&sink);
        move |button| sink(meaning(button))
    });
    kiosk.on_language_chosen({
        let sink = Rc::clone(&sink);
        move |index| {
            let offered = usize::try_from(index).ok().and_then(|index| OFFERED.get(index));
            if let Some((language, _)) = offered {
                sink(Touched::Session(Touch::Language(*language)));
            }
        }
    });
    kiosk.on_key({
        let sink = Rc::clone(&sink);
        move |position| told(position, Touched::Key, &*sink)
    });
    kiosk.on_reveal(move |place| told(place, Touched::Reveal, &*sink));
}

fn told(number: i32, touched: impl FnOnce(u8) -> Touched, sink: &impl Fn(Touched)) {
    if let Ok(number) = u8::try_from(number) {
        sink(touched(number));
    }
}

fn meaning(button: Button) -> Touched {
    let touch = match button {
        Button::Attract => Touch::Page(Page::Attract),
        Button::Language => Touch::Page(Page::Language),
        Button::Hours => Touch::Page(Page::Hours),
        Button::Help => Touch::Page(Page::Help),
        Button::BothForgotten => Touch::Page(Page::BothForgotten),
        Button::SetNewPin => Touch::Choose(Choice::SetNewPin),
        Button::CheckMyCard => Touch::Choose(Choice::CheckMyCard),
        Button::HelpInSession => Touch::Choose(Choice::Help),
        Button::GoOn => Touch::Continue,
        Button::Back => Touch::Back,
        Button::Cancel => Touch::Cancel,
        Button::MoreTime => Touch::MoreTime,
        Button::Dismiss => Touch::Dismiss,
        Button::Delete => return Touched::Delete,
        Button::Submit => return Touched::Submit,
    };
    Touched::Session(touch)
}
