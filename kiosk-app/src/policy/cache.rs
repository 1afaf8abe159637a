// SPDX-License-Identifier: MIT OR Apache-2.0
//! The last policy on the disk, as the service gave it and under this unit's signature: one JSON file
//! that is replaced whole. A file that cannot be read is put aside for whoever wants to know why.
//! Nothing of a person is in it.
//!
//! Whether a signature holds is for `kiosk-link` to say. `version` rises only with a change that an
//! older kiosk would misread: one that knows version 1 alone, which was not signed, puts this file
//! aside and asks the service. Members that are not known are ignored, so that an image can be rolled
//! back.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use backend_client::{relay::MAX_FRAME, wire::KeptPolicy};
use serde::{Deserialize, Serialize, de::Error as _};

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
    /// The file of a release that signed nothing: it is left to that release, and not used.
    Unsigned,
    /// What was kept, at least one, in the order in which it came.
    Kept(Vec<KeptPolicy>),
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
    /// It is not what this unit signed; it was put aside.
    #[error("the policy's cache is not signed by this unit and its key; it lies in {}", aside.display())]
    NotSigned {
        /// Where it lies now.
        aside: PathBuf,
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
    policies: P,
}

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
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
        match parse(&text) {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(version)) => Err(CacheError::Version { aside: self.put_aside()?, version }),
            Err(source) => Err(CacheError::Unreadable { aside: self.put_aside()?, source }),
        }
    }

    /// What was loaded is not signed: it is put aside too.
    pub(super) fn refuse(&self) -> CacheError {
        match self.put_aside() {
            Ok(aside) => CacheError::NotSigned { aside },
            Err(error) => error,
        }
    }

    /// Replaces the file: after a power cut it is the old or the new one, whole.
    pub(super) fn keep(&self, policies: &[KeptPolicy]) -> Result<(), CacheError> {
        let row = Row { version: VERSION, policies };
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

/// What the file holds, or of which later version it is.
fn parse(text: &[u8]) -> serde_json::Result<Result<Found, u32>> {
    match serde_json::from_slice::<Versioned>(text)?.version {
        UNSIGNED_VERSION => return Ok(Ok(Found::Unsigned)),
        VERSION => {}
        version => return Ok(Err(version)),
    }
    let policies = serde_json::from_slice::<Row<Vec<KeptPolicy>>>(text)?.policies;
    if policies.is_empty() {
        return Err(serde_json::Error::custom("no policy"));
    }
    for kept in &policies {
        kept.document.read()?;
    }
    Ok(Ok(Found::Kept(policies)))
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
const VERSION: u32 = 2;
/// Without signatures.
const UNSIGNED_VERSION: u32 = 1;
/// Bytes; two policies, each of which came in a frame. A file that is cut off is no JSON.
const LONGEST: u64 = 2 * MAX_FRAME as u64;

#[cfg(test)]
mod tests {
    use backend_client::wire::{ETag, KioskId, PolicyDocument, PolicySignature};

    use super::*;

    fn kept(text: &str) -> KeptPolicy {
        let etag = Some(ETag("\"7\"".to_owned()));
        let document = PolicyDocument { etag, text: text.to_owned() };
        let signature = PolicySignature { signed_by: KioskId([1; 16]), value: vec![2; 70].into() };
        KeptPolicy { document, signature }
    }

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("policy.json"));
        (folder, cache)
    }

    #[test]
    fn what_was_kept_is_found_again_letter_by_letter() {
        let (folder, cache) = cache();
        assert_eq!(cache.load().unwrap(), Found::Nothing);
        cache.keep(&[kept("{}")]).unwrap();
        let both = vec![kept("{ \"services\": [1.0] }"), kept("{\"b\":1,\"a\":1}\n")];
        cache.keep(&both).unwrap();
        assert_eq!(cache.load().unwrap(), Found::Kept(both));
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "nothing else is left there");
    }

    #[test]
    fn a_file_that_is_no_signed_policy_is_put_aside() {
        let (_folder, cache) = cache();
        let whole = serde_json::to_string(&Row { version: 2, policies: [kept("{}")] }).unwrap();
        for text in [
            "",
            "[]",
            "{\"version\":2,\"poli",
            "{\"version\":2,\"policies\":[]}",
            &whole.replace("{}", "[]"),
            &whole.replace("\"signature\"", "\"sign\""),
            &whole.replace("AgIC", "++++"),
        ] {
            assert_ne!(text, whole);
            fs::write(&cache.path, text).unwrap();
            let error = cache.load().unwrap_err();
            assert!(matches!(error, CacheError::Unreadable { .. }), "{text:?}: {error:?}");
            let aside = fs::read_to_string(with_suffix(&cache.path, ".bad")).unwrap();
            assert_eq!(aside, text);
            assert_eq!(cache.load().unwrap(), Found::Nothing, "the next start is a new one");
        }
    }

    #[test]
    fn what_nobody_signed_is_left_to_the_release_that_wrote_it() {
        let (_folder, cache) = cache();
        let text = r#"{"version":1,"etag":"\"9\"","policy":{"services":[]}}"#;
        fs::write(&cache.path, text).unwrap();
        assert_eq!(cache.load().unwrap(), Found::Unsigned);
        assert_eq!(fs::read_to_string(&cache.path).unwrap(), text);
    }

    #[test]
    fn a_later_releases_file_is_read_as_far_as_it_says_the_same() {
        let (_folder, cache) = cache();
        cache.keep(&[kept("{}")]).unwrap();
        let text = fs::read_to_string(&cache.path).unwrap();
        let text = text.replace("\"version\":2", "\"version\":2,\"colour\":\"blue\"");
        fs::write(&cache.path, &text).unwrap();
        assert_eq!(cache.load().unwrap(), Found::Kept(vec![kept("{}")]));
        fs::write(&cache.path, text.replace("\"version\":2", "\"version\":3")).unwrap();
        assert!(matches!(cache.load(), Err(CacheError::Version { version: 3, .. })));
    }

    #[test]
    fn what_is_refused_is_put_aside() {
        let (_folder, cache) = cache();
        cache.keep(&[kept("{}")]).unwrap();
        assert!(matches!(cache.refuse(), CacheError::NotSigned { .. }));
        assert_eq!(cache.load().unwrap(), Found::Nothing);
        assert!(with_suffix(&cache.path, ".bad").exists());
        assert!(matches!(cache.refuse(), CacheError::File { .. }), "there is nothing any more");
    }

    #[test]
    fn a_folder_that_is_not_there_is_said_and_harms_nothing() {
        let cache = Cache::at("/nowhere/policy.json".into());
        assert_eq!(cache.load().unwrap(), Found::Nothing);
        assert!(cache.keep(&[kept("{}")]).is_err());
    }
}
