// SPDX-License-Identifier: MIT OR Apache-2.0
//! The QR code of a slip, as a phone reads it from the picture of the screen.

use kiosk_app::endings::Row;
use kiosk_app::headless::Picture;
use kiosk_app::screen::Panel;
use kiosk_session::ending::{Doubt, UnitFault};
use kiosk_session::{Ending, View};
use rqrr::PreparedImage;

use crate::{stage, views};

/// A code read from a picture.
struct Read {
    text: String,
    side_mm: f32,
}

/// Every code on the screen with this ending, on this panel.
fn codes(panel: Panel, name: &str, view: &View) -> Vec<Read> {
    let screen = stage::open(panel);
    views::show(&screen, name, view);
    let Picture { width, height, rgb } = Picture::of(screen.window()).expect("a picture");
    let grey = |x: usize, y: usize| rgb[(y * width as usize + x) * 3 + 1];
    let mut image = PreparedImage::prepare_from_greyscale(width as usize, height as usize, grey);
    let density = width as f32 / panel.width_mm;
    let read = image.detect_grids().into_iter().map(|grid| {
        let [from, to, ..] = grid.bounds;
        let side = ((to.x - from.x) as f32).hypot((to.y - from.y) as f32);
        let (_, text) = grid.decode().expect("a code that can be read");
        Read { text, side_mm: side / density }
    });
    read.collect()
}

fn views_of(endings: &'static [Ending]) -> Vec<(Panel, String, View, Ending)> {
    let mut found = Vec::new();
    for (_, panel) in Panel::NAMED {
        for language in views::LANGUAGES {
            for (name, view) in views::every_view(language) {
                let kiosk_session::Screen::Ending { ending, .. } = view.screen else { continue };
                if endings.contains(&ending) {
                    found.push((panel, name, view, ending));
                }
            }
        }
    }
    found
}

const WITH_A_SLIP: &[Ending] = &[
    Ending::NotCertain(Doubt::CardLifted),
    Ending::NotCertain(Doubt::ReadBack),
    Ending::ServiceUnreachable,
    Ending::UnitFault(UnitFault::TicketUnfit),
];

#[test]
fn a_slip_can_be_read_from_every_panel_and_holds_its_four_facts_alone() {
    stage::run(|| {
        let views = views_of(WITH_A_SLIP);
        assert!(views.len() >= WITH_A_SLIP.len() * 6);
        for (panel, name, view, ending) in views {
            let read = codes(panel, &name, &view);
            let [code] = &read[..] else { panic!("{} codes on {name}", read.len()) };
            // The text is made of the slip (time, unit, number) and the ending's row, and so is
            // known to the letter: nothing else can be in it.
            assert_eq!(code.text, views::slip().text(Row::of(ending), view.language), "{name}");
            assert_eq!(code.text.lines().count(), 5, "{}", code.text);
            assert!(code.side_mm >= 29.5, "{name}: {} mm", code.side_mm);
        }
    });
}

#[test]
fn where_nobody_has_to_look_there_is_no_code() {
    const WITHOUT: &[Ending] = &[Ending::Done, Ending::Cancelled, Ending::CardSuspended];
    stage::run(|| {
        for (panel, name, view, _) in views_of(WITHOUT) {
            assert!(codes(panel, &name, &view).is_empty(), "{name}");
        }
    });
}

#[test]
fn a_slip_is_forgotten_with_its_ending() {
    stage::run(|| {
        let screen = stage::open(Panel::INCH_15_6);
        let named = |part: &str| {
            let views = views::every_view(kiosk_session::Language::English);
            views.into_iter().find(|(name, _)| name.contains(part)).expect("a view")
        };
        let (name, ending) = named("gone-not-certain");
        views::show(&screen, &name, &ending);
        screen.show(&named("attract").1);
        screen.show(&ending);
        let Picture { width, height, rgb } = Picture::of(screen.window()).expect("a picture");
        let grey = |x: usize, y: usize| rgb[(y * width as usize + x) * 3 + 1];
        let mut image =
            PreparedImage::prepare_from_greyscale(width as usize, height as usize, grey);
        assert!(image.detect_grids().is_empty(), "the last resident's slip is shown to the next");
    });
}
