// SPDX-License-Identifier: MIT OR Apache-2.0
//! What this unit runs: image version, and the kernel's number of this start.

use std::{fs, path::Path};

use semver::Version;

use crate::error::UpdateError;

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// IMAGE_VERSION of an os-release file (os-release(5)).
pub(crate) fn image_version(path: &Path) -> Result<Version, UpdateError> {
    let text = read(path)?;
    let value = text.lines().find_map(|line| line.strip_prefix("IMAGE_VERSION="));
    let value = value.map(|value| value.trim_matches(['"', '\'']));
    let version = value.and_then(|value| Version::parse(value).ok());
    version.ok_or_else(|| UpdateError::NoVersion { path: path.to_owned() })
}

/// Another one at each start.
pub(crate) fn boot_id() -> Result<String, UpdateError> {
    Ok(read(Path::new(BOOT_ID))?.trim().to_owned())
}

fn read(path: &Path) -> Result<String, UpdateError> {
    let failed = |source| UpdateError::File { done: "read", path: path.to_owned(), source };
    fs::read_to_string(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_version_is_read_quoted_or_not_and_missed_where_missing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, version) in [
            ("NAME=Debian\nIMAGE_VERSION=1.2.3\n", Some("1.2.3")),
            ("IMAGE_VERSION=\"1.2.3-rc.1\"\n", Some("1.2.3-rc.1")),
            ("IMAGE_VERSION=12\n", None),
            ("NAME=Debian\n", None),
        ] {
            fs::write(file.path(), text).unwrap();
            let found = image_version(file.path()).ok().map(|version| version.to_string());
            assert_eq!(found.as_deref(), version, "{text}");
        }
    }
}
