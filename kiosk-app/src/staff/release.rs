// SPDX-License-Identifier: MIT OR Apache-2.0
//! What runs here: the image and the slot it was started from, where there is an image.

use std::fs;

/// The image that the unit runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// `IMAGE_VERSION` of os-release(5).
    pub image: Option<String>,
    /// `rauc.slot=` of the kernel's command line, where the kiosk may see it.
    pub slot: Option<String>,
}

impl Release {
    /// Of this machine.
    pub(crate) fn read() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self::of(&read("/etc/os-release"), &read("/proc/cmdline"))
    }

    fn of(os_release: &str, command_line: &str) -> Self {
        let value =
            |text: &str| Some(text.trim_matches('"').to_owned()).filter(|it| !it.is_empty());
        let image = os_release.lines().find_map(|line| line.strip_prefix("IMAGE_VERSION="));
        let slot = command_line.split_whitespace().find_map(|it| it.strip_prefix("rauc.slot="));
        Self { image: image.and_then(value), slot: slot.and_then(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_and_slot_are_read_where_they_are_said() {
        let said = Release::of(
            "ID=debian\nIMAGE_ID=signature-pin-kiosk\nIMAGE_VERSION=\"1.2.3\"\n",
            "roothash=ab rauc.slot=B quiet\n",
        );
        assert_eq!((said.image.as_deref(), said.slot.as_deref()), (Some("1.2.3"), Some("B")));
        assert_eq!(Release::of("ID=debian\n", "quiet\n"), Release::default());
        assert_eq!(Release::of("IMAGE_VERSION=\n", "").image, None);
    }
}
