// SPDX-License-Identifier: MIT OR Apache-2.0
//! *Check my card*: what it says of each card, and how it settles what nobody knew.

use end_to_end::{
    album::Album,
    bench::Setting,
    case::{Case, check},
    kiosk::Panel,
    prove,
    words::Language,
};

#[test]
fn each_card_is_told_whether_this_store_can_help() {
    prove::with(Setting::default(), |bench| check::advises_each(bench, &mut Album::none()));
}

#[test]
fn each_card_is_told_so_in_english_on_an_upright_panel() {
    let setting =
        Setting { language: Language::English, panel: Panel::UPRIGHT, ..Setting::default() };
    prove::with(setting, |bench| check::advises_each(bench, &mut Album::none()));
}

#[test]
fn after_a_look_the_new_pin_is_set_on_the_same_visit() {
    prove::case(Case::CheckMyCard);
}

#[test]
fn a_reset_that_nobody_knew_of_is_settled_to_done_on_another_day() {
    prove::case(Case::SettledLater);
}

#[test]
fn a_reset_that_nobody_knew_of_is_settled_to_not_done_on_another_day() {
    prove::with(Case::SettledLater.setting(), |bench| {
        check::settled_to_not_done(bench, &mut Album::none())
    });
}

#[test]
fn without_the_service_the_screen_says_what_the_card_says() {
    prove::with(Case::SettledLater.setting(), |bench| {
        check::says_it_without_the_service(bench, &mut Album::none())
    });
}
