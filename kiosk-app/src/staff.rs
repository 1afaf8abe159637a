// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kiosk does for its staff page: the code and its tries, the key-switch, the last faults,
//! the wishes that are left for the system. What is decided is decided by the session.

mod desk;
mod faults;
mod key_switch;
mod pad;
mod release;
mod tries;
mod wishes;
mod worker;

pub(crate) use desk::{Desk, Staffing, tries_beside};
pub use desk::{Link, StaffFacts};
pub use faults::{Fault, LAST};
pub(crate) use key_switch::watch;
pub(crate) use pad::CodePad;
pub use release::Release;

/// How far an update is, as the update client told it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateState {
    /// What is being done.
    pub phase: UpdatePhase,
    /// The version it is about, where there is one.
    pub version: Option<String>,
    /// Of the phase, from 0 to 100, where that is known.
    pub percent: Option<u8>,
}

/// What the update client can be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdatePhase {
    /// Nothing.
    Idle,
    /// Fetching a bundle.
    Downloading,
    /// A bundle is there and checked.
    Ready,
    /// For the kiosk to be let go.
    Waiting,
    /// Writing the other slot.
    Installing,
    /// The new slot is being tried.
    Trying,
    /// The new slot is kept.
    Confirmed,
    /// The unit went back to the old slot.
    FellBack,
    /// The bundle was not taken.
    Refused,
}
