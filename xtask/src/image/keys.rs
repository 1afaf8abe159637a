// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whose keys sign the image: the vendor's, who names their folder, or a laboratory's own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::command::{Failure, target};

use super::{
    Kind,
    builder::Builder,
    place::{Place, failed},
};

/// What the folder must hold, and what for.
const NEEDED: &[(&str, &str)] = &[
    ("secure-boot.key", "signs the kernels (PEM, RSA)"),
    ("secure-boot.crt", "its certificate, enrolled in the firmware's db"),
    ("bundle.key", "signs updates (PEM)"),
    ("bundle.crt", "its certificate, for code signing"),
    ("bundle-ca.crt", "who vouches for that, kept by each unit"),
    ("overlay/etc/kiosk/card-ca.pem", "who signs the certificates of cards"),
    ("overlay/etc/kiosk-link/roots.pem", "who signs the central service's certificate"),
];

/// The folder to sign with; a release has none but the vendor's.
pub(crate) fn find(kind: Kind, named: Option<&Path>) -> Result<PathBuf, Failure> {
    let Some(folder) = named else {
        return match kind {
            Kind::Lab => Ok(target().join("image/lab-keys")),
            Kind::Release => Err(Failure::setup(format!(
                "a release image is signed by its vendor, and no key comes with this project.\n\
                 Name the folder with `--keys FOLDER`; it holds\n{}\
                 or build an image for the laboratory with `--kind lab`.",
                listed(NEEDED.iter())
            ))),
        };
    };
    let folder =
        folder.canonicalize().map_err(|error| failed("opening the keys in", folder, &error))?;
    let missing: Vec<_> = NEEDED.iter().filter(|(name, _)| !folder.join(name).is_file()).collect();
    if missing.is_empty() {
        return refuse_lab_keys(kind, folder);
    }
    Err(Failure::setup(format!("{} lacks\n{}", folder.display(), listed(missing.into_iter()))))
}

/// Makes the laboratory's keys where there are none yet.
pub(crate) fn ensure_lab(place: &Place) -> Result<(), Failure> {
    if place.keys() != target().join("image/lab-keys") || place.keys().join("bundle.crt").is_file()
    {
        return Ok(());
    }
    eprintln!("image: making keys for the laboratory in {}", place.keys().display());
    fs::create_dir_all(place.keys()).map_err(|error| failed("making", place.keys(), &error))?;
    Builder::new(place).script("keys", &[])
}

/// The laboratory's keys are worth nothing, in whichever folder they lie.
fn refuse_lab_keys(kind: Kind, folder: PathBuf) -> Result<PathBuf, Failure> {
    let lab = target().join("image/lab-keys");
    let is_labs = |(name, _): &&(&str, &str)| {
        let content = |folder: &Path| fs::read(folder.join(name)).ok();
        content(&lab).is_some() && content(&lab) == content(&folder)
    };
    match NEEDED.iter().find(is_labs) {
        Some((name, _)) if kind == Kind::Release => Err(Failure::setup(format!(
            "{} is the laboratory's: a release is not signed with it",
            folder.join(name).display()
        ))),
        _ => Ok(folder),
    }
}

fn listed<'a>(needed: impl Iterator<Item = &'a (&'a str, &'a str)>) -> String {
    needed.map(|(name, purpose)| format!("  {name:<34} {purpose}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_without_keys_is_told_what_the_folder_holds() {
        let message = find(Kind::Release, None).unwrap_err().to_string();
        for (name, _) in NEEDED {
            assert!(message.contains(name), "{message}");
        }
        assert!(message.contains("--kind lab"), "{message}");
    }

    #[test]
    fn a_folder_that_lacks_a_key_is_refused_by_the_keys_name() {
        let message = find(Kind::Lab, Some(Path::new("/proc/self"))).unwrap_err().to_string();
        assert!(message.contains("secure-boot.key"), "{message}");
    }
}
