// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether there is something to touch the screen with, by what the kernel says of its input
//! devices. Nothing is opened.

use std::{fs, path::Path};

use crate::config::Pointer;

/// How many of them the folder of input devices (`/sys/class/input`) knows.
pub(super) fn count(wanted: Pointer, folder: &Path) -> usize {
    let Ok(devices) = fs::read_dir(folder) else { return 0 };
    devices
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("event"))
        .filter(|entry| is(wanted, &entry.path().join("device")))
        .count()
}

fn is(wanted: Pointer, device: &Path) -> bool {
    let has = |file: &str, bit| {
        fs::read_to_string(device.join(file)).is_ok_and(|mask| has_bit(&mask, bit))
    };
    match wanted {
        Pointer::Touch => {
            let is_positioned =
                has("capabilities/abs", ABS_X) || has("capabilities/abs", ABS_MT_POSITION_X);
            // As udev tells a panel from a touchpad and a pen (systemd's input_id): old panels do not
            // say that they are direct.
            let is_touched = has("capabilities/key", BTN_TOUCH)
                && !NO_PANEL.iter().any(|key| has("capabilities/key", *key));
            is_positioned && (is_touched || has("properties", INPUT_PROP_DIRECT))
        }
        Pointer::Mouse => has("capabilities/rel", REL_X) && has("capabilities/key", BTN_LEFT),
    }
}

/// The kernel's mask: words of 64 bits in hexadecimal, the highest first.
fn has_bit(mask: &str, bit: usize) -> bool {
    let word = mask.split_whitespace().rev().nth(bit / 64);
    let word = word.and_then(|word| u64::from_str_radix(word, 16).ok()).unwrap_or_default();
    word >> (bit % 64) & 1 == 1
}

// linux/input-event-codes.h
const INPUT_PROP_DIRECT: usize = 0x01;
const ABS_X: usize = 0x00;
const ABS_MT_POSITION_X: usize = 0x35;
const REL_X: usize = 0x00;
const BTN_LEFT: usize = 0x110;
const BTN_TOUCH: usize = 0x14A;
/// Left button, pen, finger on a pad, stylus.
const NO_PANEL: [usize; 4] = [BTN_LEFT, 0x140, 0x145, 0x14B];

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(devices: &[(&str, [&str; 4])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, [properties, abs, rel, key]) in devices {
            let device = folder.path().join(name).join("device");
            fs::create_dir_all(device.join("capabilities")).unwrap();
            fs::write(device.join("properties"), properties).unwrap();
            for (file, mask) in [("abs", abs), ("rel", rel), ("key", key)] {
                fs::write(device.join("capabilities").join(file), format!("{mask}\n")).unwrap();
            }
        }
        folder
    }

    // As Linux writes them: of a panel, an old one, a touchpad, QEMU's tablet (no panel: it has
    // buttons), a mouse and a keyboard.
    const PANEL: [&str; 4] = ["2", "260800000000003", "0", "400 0 0 0 0 0"];
    const OLD_PANEL: [&str; 4] = ["0", "3", "0", "400 0 0 0 0 0"];
    const TOUCHPAD: [&str; 4] = ["5", "660800011000003", "0", "e520 10000 0 0 0 0"];
    const TABLET: [&str; 4] = ["0", "3", "100", "1f0000 0 0 0 0"];
    const MOUSE: [&str; 4] = ["0", "0", "143", "1f0000 0 0 0 0"];
    const KEYBOARD: [&str; 4] =
        ["0", "0", "0", "402000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"];

    #[test]
    fn panels_are_told_from_everything_else() {
        let machine = machine(&[
            ("event0", KEYBOARD),
            ("event1", PANEL),
            ("event2", MOUSE),
            ("event3", OLD_PANEL),
            ("event4", TABLET),
            ("event5", TOUCHPAD),
            ("mouse0", PANEL),
        ]);
        assert_eq!(count(Pointer::Touch, machine.path()), 2);
        assert_eq!(count(Pointer::Mouse, machine.path()), 1);
    }

    #[test]
    fn where_nothing_can_be_read_there_is_nothing() {
        assert_eq!(count(Pointer::Touch, Path::new("/nowhere")), 0);
        let machine = machine(&[("event0", ["", "x", " ", "ffffffffffffffffff"])]);
        assert_eq!(count(Pointer::Touch, machine.path()), 0);
        assert_eq!(count(Pointer::Mouse, machine.path()), 0);
    }
}
