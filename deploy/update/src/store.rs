// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client's folder: its memory in one file that is there whole or not at all, its bundles, and a
//! lock that keeps `run` and `stick` apart.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use backend_client::{error::Chain, files};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::{error::UpdateError, memory::Memory};

/// The folder, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    _lock: File,
}

/// What `confirm` found, for `run` and `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// Of which start.
    pub(crate) boot_id: String,
    /// Of which slot.
    pub(crate) slot: String,
    /// Whether the unit was well.
    pub(crate) is_well: bool,
    /// What was wrong; nothing of a person.
    pub(crate) said: String,
}

impl Store {
    /// Takes the folder, if no other has it.
    pub(crate) fn open(folder: &Path) -> Result<Self, UpdateError> {
        let path = folder.join("lock");
        let failed = |source| UpdateError::File { done: "opened", path: path.clone(), source };
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).write(true).mode(0o600);
        let lock = options.open(&path).map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                Err(UpdateError::Busy { folder: folder.to_owned() })
            }
            Err(errno) => Err(failed(errno.into())),
        }
    }

    /// What it remembers. A memory that this release cannot understand is put aside: a unit that
    /// never updates again would be worse than one that tries a bundle twice.
    pub(crate) fn memory(&self) -> Result<Memory, UpdateError> {
        match memory(&self.folder) {
            Err(error @ UpdateError::Memory { .. }) => {
                tracing::error!("put aside: {}", Chain(&error));
                let path = memory_path(&self.folder);
                fs::rename(&path, path.with_extension("unreadable")).map_err(|source| {
                    UpdateError::File { done: "put aside", path: path.clone(), source }
                })?;
                Ok(Memory::default())
            }
            remembered => remembered,
        }
    }

    /// Writes the memory down, before anything is done of it.
    pub(crate) fn save(&self, memory: &Memory) -> Result<(), UpdateError> {
        write(&memory_path(&self.folder), memory)
    }

    /// Where the bundle of this hash is, or will be.
    pub(crate) fn bundle(&self, sha256: &str) -> PathBuf {
        self.folder.join(format!("{sha256}.raucb"))
    }

    /// Removes all bundles and parts of bundles but this one's.
    pub(crate) fn forget_all_but(&self, sha256: Option<&str>) -> Result<(), UpdateError> {
        let failed = |path: &Path, source| {
            let path = path.to_owned();
            UpdateError::File { done: "removed", path, source }
        };
        let entries = fs::read_dir(&self.folder).map_err(|error| failed(&self.folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| failed(&self.folder, error))?.path();
            let is_bundle = path.extension().is_some_and(|end| end == "raucb" || end == "part");
            let is_kept =
                sha256.is_some() && path.file_stem().and_then(|stem| stem.to_str()) == sha256;
            if is_bundle && !is_kept {
                files::remove(&path).map_err(|error| failed(&path, error))?;
            }
        }
        Ok(())
    }
}

/// What that folder remembers; who only looks needs no lock.
pub(crate) fn memory(folder: &Path) -> Result<Memory, UpdateError> {
    Ok(read(&memory_path(folder))?.unwrap_or_default())
}

/// What `confirm` found last.
pub(crate) fn verdict(folder: &Path) -> Result<Option<Verdict>, UpdateError> {
    read(&folder.join("verdict.json"))
}

/// Writes down what `confirm` found.
pub(crate) fn save_verdict(folder: &Path, verdict: &Verdict) -> Result<(), UpdateError> {
    write(&folder.join("verdict.json"), verdict)
}

fn memory_path(folder: &Path) -> PathBuf {
    folder.join("memory.json")
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, UpdateError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(UpdateError::File { done: "read", path: path.to_owned(), source });
        }
    };
    let memory = serde_json::from_slice(&bytes);
    memory.map(Some).map_err(|source| UpdateError::Memory { path: path.to_owned(), source })
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), UpdateError> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|source| UpdateError::Memory { path: path.to_owned(), source })?;
    files::replace(path, &bytes, 0o600).map_err(|source| UpdateError::File {
        done: "written",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_comes_back_and_a_second_client_is_kept_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(memory(folder.path()).unwrap(), Memory::default());
        let kept = Memory { fallen: vec!["a".into()], ..Memory::default() };
        store.save(&kept).unwrap();
        assert_eq!(memory(folder.path()).unwrap(), kept);
        assert!(matches!(Store::open(folder.path()), Err(UpdateError::Busy { .. })));
        drop(store);
        assert!(Store::open(folder.path()).is_ok());
    }

    #[test]
    fn only_the_bundle_in_question_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for name in ["a.raucb", "b.part", "c.part", "memory.json"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        store.forget_all_but(Some("c")).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["c.part", "lock", "memory.json"]);
    }

    #[test]
    fn a_memory_that_cannot_be_understood_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("memory.json"), "{\"action\": 1}").unwrap();
        let error = memory(folder.path()).unwrap_err();
        assert!(error.to_string().contains("memory.json"), "{error}");
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.memory().unwrap(), Memory::default());
        assert!(folder.path().join("memory.unreadable").exists());
    }

    #[test]
    fn what_a_newer_release_added_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("memory.json"), r#"{"floor": "1.0.0", "new": 1}"#).unwrap();
        assert_eq!(memory(folder.path()).unwrap().floor, Some("1.0.0".parse().unwrap()));
    }
}
