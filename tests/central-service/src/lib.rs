// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reference central service: the other end of `docs/central-api.yaml`, for tests, for
//! demonstrations and for those who implement the real one. It is not the national service.
//!
//! Read in this order: [`wire`] and [`problem`] (what is said), [`reservation`] and [`settlement`]
//! (what is decided, pure), [`service`] (the operations), [`store`] (where it is kept), [`server`]
//! (how it is reached), [`admin`] (what an operator does). [`profile`] holds the card's bytes,
//! [`signer`] the seam to an HSM. No line is shared with the kiosk or the virtual card.

pub mod admin;
pub mod card_id;
pub mod certificates;
pub mod clock;
pub mod directory;
pub mod enrolment;
pub mod identity;
pub mod policy;
pub mod problem;
pub mod profile;
pub mod reservation;
pub mod server;
pub mod service;
pub mod settlement;
pub mod signer;
pub mod store;
pub mod wire;
