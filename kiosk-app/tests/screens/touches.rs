// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a finger on a label does, as the session hears it.

use std::cell::RefCell;
use std::rc::Rc;

use kiosk_app::headless;
use kiosk_app::screen::{Panel, Screen, Touched};
use kiosk_app::staff::StaffFacts;
use kiosk_session::event::{Choice, Page};
use kiosk_session::staff::{Action, StaffPage, StaffTest, StaffTouch, Wish};
use kiosk_session::{Language, Touch, View};
use slint::LogicalPosition;

use crate::elements::Scene;
use crate::{stage, views};

/// Touches the control of this label, where it lies.
fn touch(screen: &Screen, label: &str) -> Vec<Touched> {
    let heard = Rc::new(RefCell::new(Vec::new()));
    screen.on_touched({
        let heard = Rc::clone(&heard);
        move |touched| heard.borrow_mut().push(touched)
    });
    let scene = Scene::of(screen, Panel::INCH_15_6, label.to_owned());
    let control = scene.controls.iter().find(|control| control.label == label);
    let area = control.unwrap_or_else(|| panic!("no control says {label:?}")).area;
    let middle = LogicalPosition::new(area.x + area.width / 2.0, area.y + area.height / 2.0);
    headless::touch(screen.window(), middle).expect("the window takes touches");
    heard.take()
}

fn view(name: &str) -> View {
    let views = views::every_view(Language::English);
    let found = views.into_iter().find(|(known, _)| known.ends_with(name));
    found.unwrap_or_else(|| panic!("no view {name}")).1
}

fn touched(name: &'static str, label: &'static str) -> Vec<Touched> {
    stage::run(move || {
        let screen = stage::open(Panel::INCH_15_6);
        views::show(&screen, name, &view(name));
        touch(&screen, label)
    })
}

#[test]
fn each_button_says_to_the_session_what_it_says_to_the_resident() {
    for (name, label, meant) in [
        ("-attract", "Language", Touch::Page(Page::Language)),
        ("-attract", "Hours", Touch::Page(Page::Hours)),
        ("-attract", "Help", Touch::Page(Page::Help)),
        ("-attract", "I forgot the 4 digits too", Touch::Page(Page::BothForgotten)),
        ("-language", "日本語", Touch::Language(Language::Japanese)),
        ("-language", "English", Touch::Language(Language::English)),
        ("-language", "Back", Touch::Page(Page::Attract)),
        ("-hours", "Back", Touch::Page(Page::Attract)),
        ("-choose", "Set a new signature PIN", Touch::Choose(Choice::SetNewPin)),
        ("-choose", "Check my card (no PIN needed)", Touch::Choose(Choice::CheckMyCard)),
        ("-choose", "Help", Touch::Choose(Choice::Help)),
        ("-choose", "Cancel", Touch::Cancel),
        ("help-in-session", "Back", Touch::Back),
        ("-beware", "Yes, go on", Touch::Continue),
        ("-beware", "Back", Touch::Back),
        ("-last-try", "I know it, go on", Touch::Continue),
        ("-warning-pad", "Yes, go on", Touch::MoreTime),
        ("-settling-put-back", "I need more time", Touch::MoreTime),
        ("-gone-done", "Finish", Touch::Dismiss),
        ("staff-code-empty", "Cancel", Touch::Cancel),
        ("staff-overview", "Faults", Touch::Staff(StaffTouch::Page(StaffPage::Faults))),
        ("staff-overview", "Tests", Touch::Staff(StaffTouch::Page(StaffPage::Tests))),
        ("staff-overview", "Cleaning", Touch::Staff(StaffTouch::Page(StaffPage::Cleaning))),
        ("staff-overview", "Actions", Touch::Staff(StaffTouch::Page(StaffPage::Actions))),
        ("staff-overview", "About", Touch::Staff(StaffTouch::Page(StaffPage::About))),
        ("staff-about", "Overview", Touch::Staff(StaffTouch::Page(StaffPage::Overview))),
        ("staff-overview", "日本語", Touch::Language(Language::Japanese)),
        ("staff-overview", "Finish", Touch::Dismiss),
        ("staff-tests", "Try the reader", Touch::Staff(StaffTouch::Test(StaffTest::Reader))),
        ("staff-tests", "Call it", Touch::Staff(StaffTouch::Test(StaffTest::Service))),
        ("staff-tests", "Touch them", Touch::Staff(StaffTouch::Test(StaffTest::Touch))),
        ("staff-tests", "Play the tone", Touch::Staff(StaffTouch::Test(StaffTest::Sound))),
        ("staff-touch-2", "The blue square", Touch::Staff(StaffTouch::Target)),
        ("staff-cleaning", "Lock the screen", Touch::Staff(StaffTouch::Clean)),
        ("staff-actions", "Restart the kiosk", act(Action::Restart)),
        ("staff-actions", "Restart the machine", act(Action::Wish(Wish::Reboot))),
        ("staff-actions", "Switch off", act(Action::Wish(Wish::PowerOff))),
        ("staff-actions", "Allow a USB stick", act(Action::Wish(Wish::UsbWindow))),
        ("staff-actions", "Install the update", act(Action::Wish(Wish::InstallNow))),
        ("staff-confirm-restart", "Back", Touch::Back),
        ("staff-confirm-restart", "Yes, do it", Touch::Continue),
    ] {
        assert_eq!(touched(name, label), [Touched::Session(meant)], "{label} on {name}");
    }
}

const fn act(action: Action) -> Touch {
    Touch::Staff(StaffTouch::Act(action))
}

/// Touches the upper right corner of a view, where no control lies.
fn touched_in_the_corner(name: &'static str, has_code: bool) -> Vec<Touched> {
    stage::run(move || {
        let screen = stage::open(Panel::INCH_15_6);
        let (view, facts) = (view(name), views::staff_facts("whole"));
        screen.inform_staff(StaffFacts { has_code, ..facts });
        screen.show(&view);
        let heard = Rc::new(RefCell::new(Vec::new()));
        screen.on_touched({
            let heard = Rc::clone(&heard);
            move |touched| heard.borrow_mut().push(touched)
        });
        let right = Panel::INCH_15_6.width_px as f32;
        headless::touch(screen.window(), LogicalPosition::new(right - 20.0, 20.0))
            .expect("the window takes touches");
        heard.take()
    })
}

#[test]
fn the_corner_is_there_at_rest_alone_and_only_with_a_code_to_ask_for() {
    for name in ["-attract", "-help", "-closed", "-not-offered", "-out-of-service-reader-gone"] {
        assert_eq!(touched_in_the_corner(name, true), [Touched::Corner], "{name}");
        assert_eq!(touched_in_the_corner(name, false), [], "{name} without a code");
    }
    for name in ["-left-behind", "-choose", "-proof-pad", "-working-writing", "-gone-done"] {
        assert_eq!(touched_in_the_corner(name, true), [], "{name}");
    }
}

#[test]
fn whoever_has_the_screen_read_aloud_does_not_meet_the_corner() {
    let controls = stage::run(|| {
        let screen = stage::open(Panel::INCH_15_6);
        screen.inform_staff(views::staff_facts("whole"));
        screen.show(&view("-attract"));
        let scene = Scene::of(&screen, Panel::INCH_15_6, String::new());
        scene.controls.into_iter().map(|control| control.label).collect::<Vec<_>>()
    });
    assert_eq!(controls, ["Language", "Hours", "Help", "I forgot the 4 digits too"]);
}

#[test]
fn keys_tell_their_position_and_nothing_else() {
    // As `pad::KEYS` has them.
    for (position, key) in ('0'..='9').chain('A'..='Z').enumerate() {
        let heard = stage::run(move || {
            let screen = stage::open(Panel::INCH_15);
            screen.show(&view("-new-pad"));
            touch_key(&screen, key)
        });
        assert_eq!(heard, [Touched::Key(u8::try_from(position).expect("36 keys"))], "{key}");
    }
}

fn touch_key(screen: &Screen, key: char) -> Vec<Touched> {
    touch(screen, &key.to_string())
}

#[test]
fn a_pad_that_is_not_complete_cannot_be_submitted() {
    assert_eq!(touched("-new-pad", "OK"), []);
    assert_eq!(touched("-new-pad-good", "OK"), [Touched::Submit]);
    assert_eq!(touched("-proof-pad", "OK"), []);
    assert_eq!(touched("-proof-pad-full", "OK"), [Touched::Submit]);
    assert_eq!(touched("-new-pad-good", "Delete"), [Touched::Delete]);
}

#[test]
fn show_goes_from_one_character_to_the_next() {
    let heard = stage::run(|| {
        let screen = stage::open(Panel::INCH_15_6);
        screen.show(&view("-new-pad-good"));
        let label = "Show one character at a time";
        let first = touch(&screen, label);
        screen.reveal(0, 20);
        let second = touch(&screen, label);
        screen.reveal(7, 3);
        [first, second, touch(&screen, label)].concat()
    });
    assert_eq!(heard, [Touched::Reveal(0), Touched::Reveal(1), Touched::Reveal(0)]);
}

/// The glyph is gone with the next view, whatever it is.
#[test]
fn a_shown_character_is_covered_by_the_next_view() {
    let (shown, covered) = stage::run(|| {
        let screen = stage::open(Panel::INCH_15_6);
        let count = |screen: &Screen| {
            let scene = Scene::of(screen, Panel::INCH_15_6, String::new());
            scene.texts.iter().filter(|text| text.words == "K").count()
        };
        screen.show(&view("-new-pad-good"));
        screen.reveal(2, 20);
        let shown = count(&screen);
        screen.show(&view("-new-pad-good"));
        (shown, count(&screen))
    });
    assert_eq!((shown, covered), (2, 1), "the key K stays, its copy in the field goes");
}

#[test]
fn the_language_of_the_view_is_the_language_of_the_screen() {
    let labels = stage::run(|| {
        let screen = stage::open(Panel::INCH_15);
        [Language::Japanese, Language::English, Language::Japanese].map(|language| {
            screen.show(&View { language, ..view("-choose") });
            let scene = Scene::of(&screen, Panel::INCH_15, String::new());
            scene.controls.iter().any(|control| control.label == "取りやめる")
        })
    });
    assert_eq!(labels, [true, false, true]);
}
