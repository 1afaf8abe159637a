// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the image's files lie: `target/image`, shared by all, and a folder for each kind and for the test's.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::command::{Failure, output, target};

/// The folders of one build.
pub(crate) struct Place {
    image: PathBuf,
    folder: &'static str,
    keys: PathBuf,
    pin: Option<PathBuf>,
}

impl Place {
    /// Makes the folders that are not there. `folder`, below `target/image`, is for this image alone; `pin`
    /// is the file with the PIN of the keys' token.
    pub(crate) fn new(
        folder: &'static str,
        keys: PathBuf,
        pin: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let place = Self { image: target().join("image"), folder, keys, pin };
        let own = place.own("");
        fs::create_dir_all(&own).map_err(|error| failed("making", &own, &error))?;
        Ok(place)
    }

    /// `target/image`.
    pub(crate) fn image(&self) -> &Path {
        &self.image
    }

    /// The Debian 13 root that everything runs in.
    pub(crate) fn builder(&self) -> PathBuf {
        self.image.join("builder")
    }

    /// A file that all images share.
    pub(crate) fn shared(&self, name: &str) -> PathBuf {
        self.image.join(name)
    }

    /// A file of this image.
    pub(crate) fn own(&self, name: &str) -> PathBuf {
        self.image.join(self.folder).join(name)
    }

    /// Its folder, as the builder sees it.
    pub(crate) fn seen(&self) -> String {
        format!("/image/{}", self.folder)
    }

    /// The folder with keys and the vendor's overlay.
    pub(crate) fn keys(&self) -> &Path {
        &self.keys
    }

    /// The file with the PIN of the token that signs.
    pub(crate) fn pin(&self) -> Option<&Path> {
        self.pin.as_deref()
    }

    /// Names what a step made, with its size; fails where it is not there.
    pub(crate) fn describe(&self, name: &str) -> Result<String, Failure> {
        let path = self.own(name);
        let path = path.canonicalize().map_err(|error| failed("finding", &path, &error))?;
        let disk_usage = output(Command::new("du").args(["-sm"]).arg(&path))?;
        let mib = disk_usage.split_whitespace().next().unwrap_or("?");
        Ok(format!("{} ({mib} MiB)", path.display()))
    }
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| failed("reading", path, &error))
}

/// Writes a text file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| failed("writing", path, &error))
}

/// What went wrong with a file.
pub(crate) fn failed(doing: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::setup(format!("{doing} {}: {error}", path.display()))
}
