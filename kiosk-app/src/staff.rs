// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kiosk does for its staff page: the code and its tries, the key-switch, the wishes that are
//! left for the system. What is decided is decided by the session.

mod desk;
mod key_switch;
mod pad;
mod tries;
mod wishes;
mod worker;

pub(crate) use desk::{Desk, Staffing, tries_beside};
pub use desk::{Link, StaffFacts};
pub(crate) use key_switch::watch;
pub(crate) use pad::CodePad;

pub use crate::{faults::Fault, surroundings::Release};
