// SPDX-License-Identifier: MIT OR Apache-2.0
//! The 4-digit PIN that the resident knows, or does not: one try a press of OK and no more.

use end_to_end::{case::Case, prove};

#[test]
fn a_wrong_pin_costs_exactly_one_try() {
    prove::case(Case::WrongPin);
}

#[test]
fn the_third_wrong_pin_locks_it_after_a_warning() {
    prove::case(Case::PinLocked);
}
