// SPDX-License-Identifier: MIT OR Apache-2.0
//! The last policy on the disk, with its ETag: one JSON file that is replaced whole. A file that
//! cannot be read is put aside for whoever wants to know why. Nothing of a person is in it.
//!
//! `version` rises only with a change that an older kiosk would misread; members that it does not
//! know it ignores, so that an image can be rolled back.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use backend_client::wire::{ETag, Policy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the last policy is kept.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
}

/// What is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No file: a new unit.
    Nothing,
    /// The last policy.
    Policy {
        /// Its mark.
        etag: Option<ETag>,
        /// The policy.
        policy: Box<Policy>,
        /// Members that this version cannot read.
        unread: Vec<String>,
    },
}

/// Why the cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    /// The file or its folder.
    #[error("{doing} the policy's cache {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no policy; it was put aside.
    #[error("the policy's cache was not readable; it lies in {}", aside.display())]
    Unreadable {
        /// Where it lies now.
        aside: PathBuf,
        /// What the decoder said.
        source: serde_json::Error,
    },
    /// A later release wrote it; it was put aside.
    #[error("the policy's cache is of version {version}; it lies in {}", aside.display())]
    Version {
        /// Where it lies now.
        aside: PathBuf,
        /// The version.
        version: u32,
    },
}

#[derive(Serialize, Deserialize)]
struct Row<P> {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<ETag>,
    policy: P,
}

impl Cache {
    pub(super) const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// What the last process left. What cannot be read is put aside.
    pub(super) fn load(&self) -> Result<Found, CacheError> {
        let text = match read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(source) => return Err(self.failed("reading", source)),
        };
        let row = match serde_json::from_slice::<Row<Value>>(&text) {
            Ok(row) => row,
            Err(source) => {
                return Err(CacheError::Unreadable { aside: self.put_aside()?, source });
            }
        };
        if row.version != VERSION {
            return Err(CacheError::Version { aside: self.put_aside()?, version: row.version });
        }
        match Policy::read(row.policy.to_string().as_bytes()) {
            Ok((policy, unread)) => Ok(Found::Policy {
                etag: row.etag,
                policy: Box::new(policy),
                unread: unread.into_iter().map(|(member, _)| member).collect(),
            }),
            Err(source) => Err(CacheError::Unreadable { aside: self.put_aside()?, source }),
        }
    }

    /// Replaces the file: after a power cut it is the old or the new one, whole.
    pub(super) fn keep(&self, etag: Option<&ETag>, policy: &Policy) -> Result<(), CacheError> {
        let row = Row { version: VERSION, etag: etag.cloned(), policy };
        let written = serde_json::to_vec(&row).map_err(io::Error::other);
        written.and_then(|text| self.replace(&text)).map_err(|it| self.failed("writing", it))
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let new = with_suffix(&self.path, ".new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    fn put_aside(&self) -> Result<PathBuf, CacheError> {
        let aside = with_suffix(&self.path, ".bad");
        fs::rename(&self.path, &aside).map_err(|it| self.failed("putting aside", it))?;
        Ok(aside)
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> CacheError {
        CacheError::File { doing, path: self.path.clone(), source }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut text)?;
    Ok(text)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Of the file's format.
const VERSION: u32 = 1;
/// Bytes; the link takes no answer over 256 KiB, and a file that is cut off is no JSON.
const LONGEST: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use backend_client::wire::Hours;

    use super::*;

    fn policy() -> Policy {
        let hours = serde_json::from_str::<Hours>(r#"{"opens":"07:00","closes":"22:00"}"#);
        Policy { hours: Some(hours.unwrap()), ..Policy::default() }
    }

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("policy.json"));
        (folder, cache)
    }

    #[test]
    fn what_was_kept_is_found_again_with_its_mark() {
        let (folder, cache) = cache();
        assert_eq!(cache.load().unwrap(), Found::Nothing);
        cache.keep(None, &Policy::default()).unwrap();
        let etag = Some(ETag("\"7\"".to_owned()));
        cache.keep(etag.as_ref(), &policy()).unwrap();
        let (policy, unread) = (Box::new(policy()), Vec::new());
        assert_eq!(cache.load().unwrap(), Found::Policy { etag, policy, unread });
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "nothing else is left there");
    }

    #[test]
    fn a_file_that_is_no_policy_is_put_aside() {
        let (_folder, cache) = cache();
        for text in ["", "{\"version\":1,\"poli", "{\"version\":1,\"policy\":[]}", "[]"] {
            fs::write(&cache.path, text).unwrap();
            let error = cache.load().unwrap_err();
            assert!(matches!(error, CacheError::Unreadable { .. }), "{text:?}: {error:?}");
            let aside = fs::read_to_string(with_suffix(&cache.path, ".bad")).unwrap();
            assert_eq!(aside, text);
            assert_eq!(cache.load().unwrap(), Found::Nothing, "the next start is a new one");
        }
    }

    #[test]
    fn a_later_releases_file_is_read_as_far_as_it_says_the_same() {
        let (_folder, cache) = cache();
        let text = r#"{"version":1,"etag":"\"9\"","colour":"blue","policy":
            {"hours":{"opens":"07:00","closes":"22:00"},"weather":"fine","services":["all"]}}"#;
        fs::write(&cache.path, text).unwrap();
        let Found::Policy { policy: found, unread, .. } = cache.load().unwrap() else { panic!() };
        assert_eq!((*found, unread), (policy(), vec!["services".to_owned()]));
        fs::write(&cache.path, text.replace("\"version\":1", "\"version\":2")).unwrap();
        assert!(matches!(cache.load(), Err(CacheError::Version { version: 2, .. })));
    }

    #[test]
    fn a_folder_that_is_not_there_is_said_and_harms_nothing() {
        let cache = Cache::at("/nowhere/policy.json".into());
        assert_eq!(cache.load().unwrap(), Found::Nothing);
        assert!(cache.keep(None, &policy()).is_err());
    }
}
