// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that are there whole or not at all, also after a power cut.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// Writes a file in place of the one before, if any.
///
/// # Errors
///
/// What the system said; the file before is still there, whole.
pub fn replace(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    // What an attempt that was cut off left might have another mode.
    gone(Path::new(&beside))?;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(&beside)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

/// Removes a file, if it is there.
///
/// # Errors
///
/// What the system said.
pub fn remove(path: &Path) -> io::Result<()> {
    gone(path).and_then(|()| sync_folder(path))
}

/// Has the name of a file outlive a power cut.
///
/// # Errors
///
/// What the system said.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    // The folder of a bare name is the empty path, and stands for where we are.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
