// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card is lifted at the worst moments.

use end_to_end::{case::Case, prove};

#[test]
fn a_card_lifted_before_writing_is_as_it_was() {
    prove::case(Case::LiftedBeforeWriting);
}

#[test]
fn a_card_lifted_just_after_the_write_is_settled_to_done_by_its_receipt() {
    prove::case(Case::LiftedWhileWriting);
}

#[test]
fn a_card_lifted_just_before_the_write_is_settled_to_not_done_by_its_receipt() {
    prove::case(Case::LiftedJustBefore);
}
