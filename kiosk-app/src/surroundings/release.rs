// SPDX-License-Identifier: MIT OR Apache-2.0
//! What runs here: the image and the slot it was started from, where there is an image.

use std::{fs, path::Path};

use kiosk_control::Image;

/// The image that the unit runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// `IMAGE_VERSION` of os-release(5).
    pub image: Option<String>,
    /// `rauc.slot=` of the kernel's command line.
    pub slot: Option<String>,
}

impl Release {
    /// Of the machine with this root.
    pub(crate) fn of(root: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let value = |text: &str| {
            Some(text.trim().trim_matches('"').to_owned()).filter(|text| !text.is_empty())
        };
        let release = read("etc/os-release");
        let image = release.lines().find_map(|line| line.strip_prefix("IMAGE_VERSION="));
        let command_line = read("proc/cmdline");
        let slot = command_line.split_whitespace().find_map(|it| it.strip_prefix("rauc.slot="));
        Self {
            image: image.and_then(value),
            slot: value(&read(TOLD)).or_else(|| slot.and_then(value)),
        }
    }

    /// For whoever asks over the control socket: none where no update's bootloader started it.
    pub(crate) fn booted(&self) -> Option<Image> {
        let slot = self.slot.clone()?;
        Some(Image { version: self.image.clone(), slot })
    }

    /// In one line, for the heartbeat.
    pub(crate) fn in_short(&self) -> Option<String> {
        let slot = self.slot.iter().map(|slot| format!(" (slot {slot})")).collect::<String>();
        self.image.as_ref().map(|image| format!("{image}{slot}"))
    }
}

/// Where kiosk-image.service tells the slot: the kiosk's sandbox hides the command line.
const TOLD: &str = "run/kiosk-image/slot";

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Release {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Release::of(root.path())
    }

    const OS_RELEASE: (&str, &str) =
        ("etc/os-release", "ID=debian\nIMAGE_ID=signature-pin-kiosk\nIMAGE_VERSION=\"1.2.3\"\n");
    const COMMAND_LINE: (&str, &str) = ("proc/cmdline", "roothash=ab rauc.slot=B quiet\n");

    #[test]
    fn image_and_slot_are_read_where_they_are_said() {
        let said = of(&[OS_RELEASE, COMMAND_LINE]);
        assert_eq!((said.image.as_deref(), said.slot.as_deref()), (Some("1.2.3"), Some("B")));
        assert_eq!(said.in_short().as_deref(), Some("1.2.3 (slot B)"));
        let told = ("run/kiosk-image/slot", "A\n");
        assert_eq!(of(&[told]).slot.as_deref(), Some("A"), "where the command line is hidden");
        assert_eq!(of(&[told, COMMAND_LINE]).slot.as_deref(), Some("A"));
        assert_eq!(of(&[("run/kiosk-image/slot", "\n"), COMMAND_LINE]).slot.as_deref(), Some("B"));
    }

    #[test]
    fn a_machine_that_was_not_started_from_a_slot_has_no_image_to_update() {
        let said = of(&[OS_RELEASE, ("proc/cmdline", "quiet ro\n")]);
        assert_eq!((said.booted(), said.in_short().as_deref()), (None, Some("1.2.3")));
        assert_eq!(of(&[("etc/os-release", "IMAGE_VERSION=\n")]), Release::default());
        assert_eq!(Release::of(Path::new("/nowhere")), Release::default());
        let slot_alone = of(&[COMMAND_LINE]);
        assert_eq!(slot_alone.booted().map(|image| image.version), Some(None));
        assert_eq!(slot_alone.in_short(), None);
    }
}
