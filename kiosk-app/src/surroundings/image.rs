// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which image was booted: the slot from the kernel's command line, the version from os-release.

use std::{fs, path::Path};

use kiosk_control::Image;

/// None where the machine was not booted from a slot.
pub(super) fn booted(root: &Path) -> Option<Image> {
    let command_line = fs::read_to_string(root.join("proc/cmdline")).ok()?;
    let slot = command_line.split_whitespace().find_map(|word| word.strip_prefix("rauc.slot="))?;
    let release = fs::read_to_string(root.join("etc/os-release")).unwrap_or_default();
    let version = release.lines().find_map(|line| line.strip_prefix("IMAGE_VERSION="));
    let version = version.map(|version| version.trim_matches('"').to_owned());
    Some(Image { version, slot: slot.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn booted_with(command_line: &str, release: &str) -> Option<Image> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [("proc/cmdline", command_line), ("etc/os-release", release)] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        booted(root.path())
    }

    #[test]
    fn slot_and_version_are_read_where_they_stand() {
        let image = booted_with("quiet rauc.slot=B ro\n", "NAME=x\nIMAGE_VERSION=\"1.2\"\n");
        assert_eq!(image, Some(Image { version: Some("1.2".to_owned()), slot: "B".to_owned() }));
        let image = booted_with("rauc.slot=A", "NAME=x\n");
        assert_eq!(image, Some(Image { version: None, slot: "A".to_owned() }));
    }

    #[test]
    fn a_machine_that_was_not_booted_from_a_slot_has_no_image() {
        assert_eq!(booted_with("quiet ro", "IMAGE_VERSION=7\n"), None);
        assert_eq!(booted(Path::new("/nowhere")), None);
    }
}
