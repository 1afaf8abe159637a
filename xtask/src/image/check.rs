// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate: what the image's own programs say of it, that nothing of the laboratory is in a
//! release, and that the same input gives the same image.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::command::{Failure, root};

use super::{Kind, Work, builder::Builder, lock::Lock, manifest::sha256, place::failed};

/// Runs deploy/steps/check.sh, and compares the root with the overlays.
pub(crate) fn run(work: &Work) -> Result<String, Failure> {
    Builder::new(&work.place).script("check", &work.environment(&Lock::read()?))?;
    let image = files(&work.place.own("root"))?;
    let overlay = |name: &str| files(&root().join("deploy/overlay").join(name));
    let (mut common, lab) = (overlay("common")?, overlay("lab")?);
    common.extend(EXAMPLES.iter().map(|path| (PathBuf::from(path), Vec::new())));
    let wrong = match work.kind {
        Kind::Release => of_lab(&image, &lab, &common),
        Kind::Lab => lab.keys().filter(|path| !image.contains_key(*path)).cloned().collect(),
    };
    if wrong.is_empty() {
        let said = if work.kind == Kind::Lab { "is in it" } else { "is not in it" };
        return Ok(format!("units, firewall and signatures; the overlay `lab` {said}"));
    }
    let wrong: Vec<_> = wrong.iter().map(|path| path.display().to_string()).collect();
    let said = if work.kind == Kind::Lab { "lacks" } else { "holds" };
    let kind = work.kind.name();
    Err(Failure::refuted(format!("the {kind} image {said} of the overlay `lab`: {wrong:?}")))
}

/// Of every image, from the examples that stand in deploy/ itself.
const EXAMPLES: &[&str] =
    &["etc/kiosk/kiosk.toml", "etc/kiosk-link/link.toml", "etc/kiosk-update/update.toml"];

/// Unpacks and assembles once more, and compares with what was there.
pub(crate) fn again(work: &Work) -> Result<String, Failure> {
    let payload = || -> Result<Vec<String>, Failure> {
        COMPARED.iter().map(|name| sha256(&work.place.own(name))).collect()
    };
    let before = payload()?;
    for (step, made) in REPEATED {
        work.script(step, made)?;
    }
    let after = payload()?;
    let differing: Vec<_> = COMPARED
        .iter()
        .zip(before.iter().zip(&after))
        .filter_map(|(name, (before, after))| (before != after).then_some(name))
        .collect();
    if differing.is_empty() {
        return Ok(format!("the same a second time: {}", COMPARED.join(", ")));
    }
    Err(Failure::refuted(format!(
        "not the same a second time: {differing:?}; was deploy/ changed in between?"
    )))
}

/// From the packages on; the two programs are taken as they are.
const REPEATED: &[(&str, &str)] = &[
    ("base", "../base"),
    ("initrd", "../initrd.img"),
    ("root", "root"),
    ("verity", "root.img"),
    ("uki", "uki-a.efi"),
];

/// What must be the same, byte by byte.
const COMPARED: &[&str] =
    &["root.hash", "root.img", "uki-a.unsigned.efi", "uki-b.unsigned.efi", "dpkg-status"];

/// A file's or link's content, by its path from the root.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What of the laboratory's overlay is in the image: its content anywhere, its path where the
/// common overlay has none.
fn of_lab(image: &Files, lab: &Files, common: &Files) -> Vec<PathBuf> {
    let is_labs = |path: &&PathBuf| {
        let Some(content) = image.get(*path) else { return false };
        lab.get(*path).is_some_and(|of_lab| of_lab == content || !common.contains_key(*path))
            || lab.values().any(|of_lab| !of_lab.is_empty() && of_lab == content)
    };
    image.keys().filter(is_labs).cloned().collect()
}

/// Every file below a folder; links are not followed.
fn files(folder: &Path) -> Result<Files, Failure> {
    let mut all = Files::new();
    gather(folder, folder, &mut all).map_err(|error| failed("reading", folder, &error))?;
    Ok(all)
}

fn gather(top: &Path, folder: &Path, all: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        // Overlays are text; what is larger than any of it is none of it.
        let content = if kind.is_dir() {
            gather(top, &path, all)?;
            continue;
        } else if kind.is_symlink() {
            fs::read_link(&path)?.into_os_string().into_encoded_bytes()
        } else if kind.is_file() && entry.metadata()?.len() < LARGE {
            fs::read(&path)?
        } else {
            Vec::new()
        };
        all.insert(path.strip_prefix(top).unwrap_or(&path).to_owned(), content);
    }
    Ok(())
}

const LARGE: u64 = 1 << 18;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::place::read;

    fn files_of(files: &[(&str, &str)]) -> Files {
        files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_release_may_hold_the_common_file_of_a_path_that_both_have() {
        let lab = files_of(&[("etc/kiosk.toml", "LAB"), ("etc/serial.conf", "on")]);
        let common = files_of(&[("etc/kiosk.toml", "")]);
        assert!(of_lab(&files_of(&[("etc/kiosk.toml", "vendor")]), &lab, &common).is_empty());
    }

    #[test]
    fn a_release_may_hold_nothing_of_lab_neither_path_nor_content() {
        let lab = files_of(&[("etc/kiosk.toml", "LAB"), ("etc/serial.conf", "on")]);
        let common = files_of(&[("etc/kiosk.toml", "")]);
        let of_lab = |files: &[(&str, &str)]| of_lab(&files_of(files), &lab, &common).len();
        assert_eq!(of_lab(&[("etc/kiosk.toml", "LAB")]), 1);
        assert_eq!(of_lab(&[("etc/serial.conf", "off")]), 1);
        assert_eq!(of_lab(&[("usr/lib/elsewhere", "on")]), 1);
    }

    #[test]
    fn the_laboratorys_kiosk_differs_by_its_label_alone() {
        let common = read(&root().join("deploy/kiosk.toml")).unwrap();
        let lab = read(&root().join("deploy/overlay/lab/etc/kiosk/kiosk.toml")).unwrap();
        let unlabelled = lab.lines().filter(|line| !line.starts_with("label = "));
        assert!(unlabelled.eq(common.lines()));
    }

    #[test]
    fn the_overlay_of_the_laboratory_is_small_and_marks_the_screen() {
        let lab = files(&root().join("deploy/overlay/lab")).unwrap();
        assert!(lab.len() <= 5, "{:?}", lab.keys());
        let config = String::from_utf8_lossy(&lab[Path::new("etc/kiosk/kiosk.toml")]).into_owned();
        assert!(config.contains("label = \"LAB"), "{config}");
    }
}
