// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was seen and done on a visit: the resident's side, which the judgement holds against what
//! card, service and journal say.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// An ending on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its key.
    pub key: String,
    /// The card held the new PIN when the ending was shown.
    pub has_new_pin: bool,
    /// It held it already when the card was laid there.
    pub had_new_pin: bool,
}

/// A resident's visits in one run.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// In their order.
    pub(super) endings: Vec<Shown>,
    /// What was read on the way, in words of the house.
    pub(super) sights: Vec<String>,
    /// Presses of OK on the pad for the PIN they know.
    pub(super) known_presses: u32,
    /// Of these, presses with a wrong PIN.
    pub(super) wrong_presses: u8,
    /// The new PIN was once repeated otherwise than it was typed.
    pub(super) has_repeated_wrongly: bool,
    /// Presses of *Set this PIN*.
    pub(super) new_presses: u32,
    /// The fault of a step happened.
    pub(super) is_fired: bool,
    /// Exit codes of the kiosk, which was started again each time; none of a kill.
    pub(super) exits: Vec<Option<i32>>,
    /// Where *Cancel* and *Back* were offered, by the state.
    pub(super) offered: HashMap<String, (bool, bool)>,
    /// What went on for too long.
    pub(super) wedged: Option<String>,
    /// The attract screen was seen at the end, the card being gone.
    pub(super) is_back_at_attract: bool,
}
