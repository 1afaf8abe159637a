// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every screen, in each language, on each panel, as it is laid out without a
//! display: no word is cut, every control has a name and the size of a finger,
//! one action is the first, and there is a way out.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "screens/elements.rs"]
mod elements;
#[path = "screens/slips.rs"]
mod slips;
#[path = "screens/stage.rs"]
mod stage;
#[path = "screens/touches.rs"]
mod touches;
#[path = "screens/views.rs"]
mod views;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use elements::{Control, Scene};
use kiosk_app::screen::Panel;
use kiosk_session::view::Screen;
use kiosk_session::{Ending, Language, View};

/// What is wrong on the screens, by panel, language and name: all of it at once.
#[derive(Default)]
struct Complaints(Vec<String>);

impl Complaints {
    fn add(&mut self, scene: &Scene, what: String) {
        self.0.push(format!("{}: {what}", scene.name));
    }

    #[track_caller]
    fn assert_none(self) {
        assert!(self.0.is_empty(), "{} complaints:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// Looks at every scene; they are laid out once, for all tests.
#[track_caller]
fn on_every_scene(check: impl Fn(&Scene, &View, &mut Complaints)) {
    static SCENES: OnceLock<Vec<(Scene, View)>> = OnceLock::new();
    let mut complaints = Complaints::default();
    for (scene, view) in SCENES.get_or_init(|| stage::run(every_scene)) {
        check(scene, view, &mut complaints);
    }
    complaints.assert_none();
}

fn every_scene() -> Vec<(Scene, View)> {
    let mut scenes = Vec::new();
    for (panel_name, panel) in Panel::NAMED {
        let screen = stage::open(panel);
        for language in views::LANGUAGES {
            for (name, view) in views::every_view(language) {
                views::show(&screen, &name, &view);
                let name = format!("{panel_name} {} {name}", language.tag());
                scenes.push((Scene::of(&screen, panel, name), view));
            }
        }
    }
    scenes
}

#[test]
fn no_word_is_cut_or_covered() {
    on_every_scene(|scene, _, complaints| {
        for text in &scene.texts {
            let (needs, has) = (&text.needs, &text.area);
            if needs.width > has.width + 0.5 || needs.height > has.height + 0.5 {
                complaints.add(scene, format!("{:?} needs {needs:?}, has {has:?}", text.words));
            }
            if !scene.panel_area().holds(has) {
                complaints.add(scene, format!("{:?} leaves the panel: {has:?}", text.words));
            }
        }
        for (index, text) in scene.texts.iter().enumerate() {
            for other in
                scene.texts[index + 1..].iter().filter(|other| other.area.meets(&text.area))
            {
                complaints.add(scene, format!("{:?} lies over {:?}", other.words, text.words));
            }
            for control in scene.controls.iter().filter(|control| control.area.meets(&text.area)) {
                if !control.area.holds(&text.area) {
                    complaints
                        .add(scene, format!("{:?} lies over {:?}", control.label, text.words));
                }
            }
        }
    });
}

/// A Japanese line that breaks in the middle of a word looks careless, so its writer breaks it.
#[test]
fn japanese_lines_break_where_their_writer_broke_them() {
    on_every_scene(|scene, view, complaints| {
        if view.language != Language::Japanese {
            return;
        }
        // A policy's texts are written for no width.
        let ours = scene.texts.iter().filter(|text| !views::is_of_the_policy(&text.words));
        for text in ours.filter(|text| text.one_line > text.area.width + 0.5) {
            complaints.add(scene, format!("{:?} is broken by its width", text.words));
        }
    });
}

#[test]
fn every_control_has_a_name_and_the_size_of_a_finger() {
    on_every_scene(|scene, _, complaints| {
        for Control { label, area, .. } in &scene.controls {
            if label.trim().is_empty() {
                complaints.add(scene, format!("a control without a label at {area:?}"));
            }
            let (width, height) = (area.width / scene.density, area.height / scene.density);
            if width < 20.0 || height < 20.0 {
                complaints.add(scene, format!("{label:?} is {width:.1} × {height:.1} mm"));
            }
            if !scene.panel_area().holds(area) {
                complaints.add(scene, format!("{label:?} leaves the panel: {area:?}"));
            }
        }
        for (index, control) in scene.controls.iter().enumerate() {
            let others = scene.controls[index + 1..].iter();
            for other in others.filter(|other| other.area.meets(&control.area)) {
                complaints.add(scene, format!("{:?} lies over {:?}", other.label, control.label));
            }
        }
    });
}

#[test]
fn on_an_upright_panel_all_that_is_touched_lies_in_the_lower_two_thirds() {
    on_every_scene(|scene, _, complaints| {
        let panel = scene.panel_area();
        if panel.height < panel.width {
            return;
        }
        for Control { label, area, .. } in &scene.controls {
            if area.y < panel.height / 3.0 {
                complaints.add(scene, format!("{label:?} begins at {}", area.y));
            }
        }
    });
}

#[test]
fn exactly_one_action_is_the_first() {
    on_every_scene(|scene, view, complaints| {
        let nothing_to_do = matches!(
            view.screen,
            Screen::Closed { .. }
                | Screen::NotOffered
                | Screen::OutOfService { .. }
                | Screen::Leased
                | Screen::Stopped
        );
        let wanted = usize::from(!nothing_to_do);
        if scene.primary.len() != wanted {
            complaints.add(scene, format!("{:?} are marked as the first", scene.primary));
        }
    });
}

#[test]
fn there_is_a_way_out_wherever_the_session_offers_one() {
    on_every_scene(|scene, view, complaints| {
        let label = |english: &'static str, japanese: &'static str| match view.language {
            Language::Japanese => japanese,
            _ => english,
        };
        let mut wanted = BTreeSet::new();
        if view.may.cancel {
            wanted.insert(label("Cancel", "取りやめる"));
        }
        if view.may.go_back && view.warning_seconds.is_none() {
            wanted.insert(label("Back", "戻る"));
        }
        if view.may.dismiss {
            wanted.insert(label("Finish", "終わる"));
        }
        for wanted in wanted {
            let is_there = |control: &Control| control.label == wanted && control.enabled;
            if !scene.controls.iter().any(is_there) {
                complaints.add(scene, format!("there is no {wanted:?}"));
            }
        }
    });
}

#[test]
fn every_word_is_set_in_the_kiosks_own_fonts() {
    on_every_scene(|scene, _, complaints| {
        for text in &scene.texts {
            let is_own = ["Noto Sans JP Kiosk", "Noto Sans Mono Kiosk"].contains(&&*text.family);
            if !is_own || ![400, 700].contains(&text.weight) {
                complaints.add(scene, format!("{:?}: {} {}", text.words, text.family, text.weight));
            }
        }
    });
}

#[test]
fn no_screen_is_a_wall_of_text() {
    on_every_scene(|scene, view, complaints| {
        let ends = ['。', '.'];
        let sentences: usize = scene
            .texts
            .iter()
            .map(|text| text.words.matches(|c| ends.contains(&c)).count())
            .sum::<usize>();
        // Two in each of an ending's parts at most, and one more while the card may be put back.
        let most = match view.screen {
            Screen::Ending { may_put_back: true, .. } => 6,
            Screen::Ending { .. } => 5,
            _ => 4,
        };
        if sentences > most {
            complaints.add(scene, format!("{sentences} sentences"));
        }
    });
}

/// Whoever asked too often reads when it may be tried again, not when the machine opens.
#[test]
fn a_moment_is_labelled_by_what_begins_then() {
    on_every_scene(|scene, view, complaints| {
        let Screen::Ending { ending, .. } = view.screen else { return };
        let (japanese, english) = match ending {
            Ending::TicketLimit { .. } => ("次に試せる日時", "You can try again from"),
            Ending::ServiceClosed { .. } => ("次に使える日時", "Open again from"),
            _ => return,
        };
        let label = if view.language == Language::Japanese { japanese } else { english };
        if !scene.texts.iter().any(|text| text.words == label) {
            complaints.add(scene, format!("there is no {label:?}"));
        }
    });
}

#[test]
fn there_is_a_view_of_every_ending() {
    let seen: BTreeSet<_> = views::every_ending().into_iter().map(|(key, _)| key).collect();
    assert_eq!(seen, Ending::ALL_KEYS.iter().copied().collect());
    for (key, ending) in views::every_ending() {
        assert_eq!(kiosk_app::endings::Row::of(ending).card, ending.card_changed(), "{key}");
    }
}
