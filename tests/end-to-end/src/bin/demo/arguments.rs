// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the command line's words are on the bench.

use end_to_end::{
    kiosk::Panel,
    options::{self, Size},
    words,
};

pub(crate) const fn language(language: options::Language) -> words::Language {
    match language {
        options::Language::Ja => words::Language::Japanese,
        options::Language::En => words::Language::English,
    }
}

pub(crate) const fn panel(size: Size) -> Panel {
    match size {
        Size::Small => Panel::SMALL,
        Size::Wide => Panel::WIDE,
        Size::Upright => Panel::UPRIGHT,
    }
}
