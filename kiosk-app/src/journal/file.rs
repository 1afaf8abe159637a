// SPDX-License-Identifier: MIT OR Apache-2.0
//! The journal's file: made for the kiosk's user alone, found whole or refused,
//! and begun anew.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use redb::{Database, DatabaseError, StorageError, backends::FileBackend};

/// For the kiosk's user alone; a new file's name is on the disk before anything relies on it.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            sync_folder_of(path)?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}

/// The database in this file; each page of it has the checksum that it was written with.
pub(super) fn database_in(file: File) -> Result<Database, DatabaseError> {
    let disk = FileBackend::new(file)?;
    #[cfg(feature = "headless")]
    let disk = crate::probe::Disk(disk);
    let mut database = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(disk)?;
    // After an orderly end redb believes the file unseen.
    if database.check_integrity()? {
        return Ok(database);
    }
    Err(StorageError::Corrupted("a page has not the checksum that it was written with".to_owned())
        .into())
}

/// Where a journal that is begun anew is made, before it takes the place of the one that is.
pub(super) fn path_of_next(journal: &Path) -> PathBuf {
    journal.with_extension("next")
}

/// Removes what a power cut left of beginning anew.
pub(super) fn remove_next(journal: &Path) -> io::Result<()> {
    match fs::remove_file(path_of_next(journal)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The next file, complete and on the disk, becomes the journal.
pub(super) fn put_next_in_place(journal: &Path) -> io::Result<()> {
    fs::rename(path_of_next(journal), journal)?;
    sync_folder_of(journal)
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    File::open(folder)?.sync_all()
}

/// A few rows at most are in the journal.
const CACHE_BYTES: usize = 1 << 20;
