// SPDX-License-Identifier: MIT OR Apache-2.0
//! The key-switch of the staff page, as the configuration names it.

use std::path::{Path, PathBuf};

/// A key of an input device, by its number in linux/input-event-codes.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCode(pub u16);

/// The keys that a key-switch may send, by their names in linux/input-event-codes.h: none that a
/// keyboard has for typing.
pub(super) const SWITCH_KEYS: &[(&str, KeyCode)] = &[
    ("KEY_PROG1", KeyCode(148)),
    ("KEY_PROG2", KeyCode(149)),
    ("KEY_PROG3", KeyCode(202)),
    ("KEY_PROG4", KeyCode(203)),
    ("KEY_F13", KeyCode(183)),
    ("KEY_F14", KeyCode(184)),
    ("KEY_F15", KeyCode(185)),
    ("KEY_F16", KeyCode(186)),
];

/// Where the key-switch is, and which of its keys it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchKey {
    /// Its device.
    pub device: PathBuf,
    /// Its key.
    pub key: KeyCode,
}

impl SwitchKey {
    /// Where a device and its key were given.
    #[must_use]
    pub fn of(device: Option<&Path>, key: KeyCode) -> Option<Self> {
        device.map(|device| Self { device: device.to_owned(), key })
    }
}
