// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service is away when it is needed.

use end_to_end::{case::Case, prove};

#[test]
fn without_the_service_nothing_begins() {
    prove::case(Case::ServiceGone);
}

#[test]
fn an_outcome_reaches_the_service_when_it_is_back() {
    prove::case(Case::ServiceGoneAfterwards);
}
