// SPDX-License-Identifier: MIT OR Apache-2.0
//! Visits that end before a PIN is asked for, and cards that get no PIN.

use end_to_end::{case::Case, prove};

#[test]
fn without_a_reservation_no_pin_is_asked_for() {
    prove::case(Case::NoReservation);
}

#[test]
fn an_expired_reservation_is_refused() {
    prove::case(Case::Expired);
}

#[test]
fn a_reservation_serves_once() {
    prove::case(Case::Used);
}

#[test]
fn a_revoked_signature_certificate_is_refused_before_a_pin_is_asked_for() {
    prove::case(Case::Revoked);
}

#[test]
fn a_real_card_is_sent_public_commands_alone() {
    prove::case(Case::RealCard);
}

#[test]
fn another_citizens_certificate_on_a_card_is_refused() {
    prove::case(Case::NotGenuine);
}
