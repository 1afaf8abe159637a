// SPDX-License-Identifier: MIT OR Apache-2.0
//! The main job: a new signature PIN, from the touch to the card and back.

use end_to_end::{
    album::Album,
    bench::Setting,
    case::Case,
    kiosk::{Panel, Window},
    prove,
    words::Language,
};

#[test]
fn a_locked_signature_pin_is_set_anew() {
    prove::case(Case::Locked);
}

#[test]
fn a_forgotten_signature_pin_is_set_anew() {
    prove::case(Case::Forgotten);
}

#[test]
fn the_whole_visit_is_made_in_english_on_an_upright_panel() {
    let setting =
        Setting { language: Language::English, panel: Panel::UPRIGHT, ..Setting::default() };
    prove::with(setting, |bench| Case::Locked.play(bench, &mut Album::none()));
}

#[test]
fn the_kiosk_does_its_whole_job_in_a_network_namespace_with_nothing_in_it() {
    let setting = Setting { window: Window::MemoryWithoutNetwork, ..Setting::default() };
    prove::with(setting, |bench| Case::Locked.play(bench, &mut Album::none()));
}
