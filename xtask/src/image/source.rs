// SPDX-License-Identifier: MIT OR Apache-2.0
//! The corresponding source: the project as it is committed, and everything it is built from. What
//! cannot be had is known by name: an image may be built without, but not handed on.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::command::{Failure, root, run};

use super::{
    Work,
    lock::Lock,
    place::{Place, failed, read},
};

/// What `target/image/source` holds of the image's source, and what it lacks.
#[derive(Debug)]
pub(crate) struct Sources {
    /// How many source packages of Debian the image is made of.
    wanted: usize,
    /// Those that are not there, as `name=version`; `crates` for the crates.
    missing: Vec<String>,
}

/// Gathers what is not there yet.
pub(crate) fn gather(work: &Work) -> Result<Sources, Failure> {
    let folder = work.place.shared("source");
    fs::create_dir_all(&folder).map_err(|error| failed("making", &folder, &error))?;
    let mut archive = Command::new("git");
    archive.current_dir(root()).args(["archive", "--format=tar.gz", "--output"]);
    run(archive.arg(folder.join("project.tar.gz")).arg("HEAD"))?;
    work.script("source", "../source")?;
    let gathered = Sources::read(&work.place, &Lock::read()?);
    gathered.ok_or_else(|| Failure::setup("the base is of another lock: run the step `base` first"))
}

impl Sources {
    /// What was gathered for this lock, if anything was.
    pub(crate) fn read(place: &Place, lock: &Lock) -> Option<Self> {
        let text = |name: &str| read(&place.shared("source").join(name)).ok();
        (text("lock")? == lock.text).then_some(())?;
        Some(Self::of(&text("debian.list")?, &text("missing")?))
    }

    fn of(wanted: &str, missing: &str) -> Self {
        let missing = missing.lines().map(str::to_owned).collect();
        Self { wanted: wanted.lines().count(), missing }
    }

    /// What must be done before an image of this is handed on; nothing if all is there.
    pub(crate) fn lack(&self) -> Option<String> {
        let Self { wanted, missing } = self;
        (!missing.is_empty()).then(|| {
            format!(
                "THE SOURCE IS NOT WHOLE, so that this image must not be handed on: {} of {wanted} \
                 are missing, listed in target/image/source/missing.\n\
                 Put them into target/image/source/debian, from another mirror or \
                 snapshot.debian.org, then run the steps `source manifest` again with the same \
                 options",
                missing.len(),
            )
        })
    }

    /// For the manifest, which claims no more than there is.
    pub(crate) fn told(gathered: Option<&Self>) -> Value {
        match gathered {
            None => json!({ "is_whole": false, "gathered": false }),
            Some(Self { wanted, missing }) => json!({
                "is_whole": missing.is_empty(),
                "gathered": true,
                "debian_packages": wanted,
                "missing": missing,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_to_people_and_in_the_manifest() {
        let some = Sources::of("acl=1\napt=2\nbash=3\n", "acl=1\napt=2\n");
        assert!(some.lack().unwrap().contains("2 of 3"));
        let told = Sources::told(Some(&some));
        assert_eq!(told["is_whole"], false);
        assert_eq!(told["missing"], json!(["acl=1", "apt=2"]));
    }

    #[test]
    fn only_a_whole_source_is_called_whole() {
        let all = Sources::of("acl=1\napt=2\n", "");
        assert_eq!(all.lack(), None);
        assert_eq!(Sources::told(Some(&all))["is_whole"], true);
        assert_eq!(Sources::told(None)["is_whole"], false);
    }
}
