// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whose keys sign the image: the vendor's, who names their folder, or a laboratory's own.
//!
//! A private key is a file of the folder or stays in a token (PKCS#11), by its URI (RFC 7512).

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::command::{Failure, target};

use super::{
    Kind,
    builder::Builder,
    place::{Place, failed, read},
};

/// What the folder must hold, and what for.
const NEEDED: &[(&str, &str)] = &[
    ("secure-boot.crt", "of secure-boot.key, enrolled in the firmware's db"),
    ("bundle.crt", "of bundle.key, for code signing"),
    ("bundle-ca.crt", "who vouches for that, kept by each unit"),
    ("overlay/etc/kiosk/card-ca.pem", "who signs the certificates of cards"),
    ("overlay/etc/kiosk-link/roots.pem", "who signs the central service's certificate"),
];

/// What it must hold to sign, or else in the place of each NAME.key a NAME.uri.
const PRIVATE: &[(&str, &str)] = &[
    ("secure-boot.key", "signs the kernels (PEM, RSA); or secure-boot.uri, a token's"),
    ("bundle.key", "signs updates (PEM); or bundle.uri, a token's"),
];

/// The environment of the tokens' module.
const MODULE: (&str, &str) = ("pkcs11.env", "PKCS11_MODULE_PATH=..., the module of the token");

/// The folder to sign with, or to build with where the steps do not sign; a release has none but the
/// vendor's.
pub(crate) fn find(kind: Kind, named: Option<&Path>, signs: bool) -> Result<PathBuf, Failure> {
    let Some(folder) = named else {
        return match kind {
            Kind::Lab => Ok(target().join("image/lab-keys")),
            Kind::Release => Err(Failure::setup(format!(
                "a release image is signed by its vendor, and no key comes with this project.\n\
                 Name the folder with `--keys FOLDER`; it holds\n{}\
                 or build an image for the laboratory with `--kind lab`.",
                listed(PRIVATE.iter().chain(NEEDED))
            ))),
        };
    };
    let folder =
        folder.canonicalize().map_err(|error| failed("opening the keys in", folder, &error))?;
    let holds = |name: &str| folder.join(name).is_file();
    let mut missing: Vec<_> = NEEDED.iter().filter(|(name, _)| !holds(name)).collect();
    if signs {
        missing.extend(PRIVATE.iter().filter(|(key, _)| !holds(key) && !holds(&uri_of(key))));
        let has_uri = PRIVATE.iter().any(|(key, _)| holds(&uri_of(key)));
        missing.extend((has_uri && !holds(MODULE.0)).then_some(&MODULE));
        check_uris(&folder)?;
    }
    if missing.is_empty() {
        return refuse_lab_keys(kind, folder);
    }
    Err(Failure::setup(format!("{} lacks\n{}", folder.display(), listed(missing.into_iter()))))
}

/// The file with the PIN, which is read when a step signs.
pub(crate) fn find_pin(file: &Path) -> Result<PathBuf, Failure> {
    file.canonicalize().map_err(|error| failed("opening the PIN in", file, &error))
}

/// `bundle.uri` for `bundle.key`.
fn uri_of(key: &str) -> String {
    key.replace(".key", ".uri")
}

/// One key a purpose; and a URI is on command lines, so that it must not hold the PIN.
fn check_uris(folder: &Path) -> Result<(), Failure> {
    for (key, _) in PRIVATE {
        let path = folder.join(uri_of(key));
        if !path.is_file() {
            continue;
        }
        if folder.join(key).is_file() {
            return Err(Failure::setup(format!(
                "{} has a {key} beside it: remove the one that is not to sign",
                path.display()
            )));
        }
        let text = read(&path)?;
        let uri = text.trim_end_matches('\n');
        let is_plain = uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains('?');
        if !uri.starts_with("pkcs11:") || !is_plain {
            return Err(Failure::setup(format!(
                "{} must be one line `pkcs11:...` (RFC 7512), without a query (`?`): the PIN is \
                 given with `--pin FILE`",
                path.display()
            )));
        }
    }
    Ok(())
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
    match PRIVATE.iter().chain(NEEDED).find(is_labs) {
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
        let message = find(Kind::Release, None, true).unwrap_err().to_string();
        for (name, _) in PRIVATE.iter().chain(NEEDED) {
            assert!(message.contains(name), "{message}");
        }
        assert!(message.contains("--kind lab"), "{message}");
    }

    #[test]
    fn a_folder_that_lacks_a_key_is_refused_by_the_keys_name() {
        let message = find(Kind::Lab, Some(Path::new("/proc/self")), true).unwrap_err().to_string();
        assert!(message.contains("secure-boot.key"), "{message}");
        let message =
            find(Kind::Lab, Some(Path::new("/proc/self")), false).unwrap_err().to_string();
        assert!(
            message.contains("\n  bundle.crt") && !message.contains("\n  bundle.key"),
            "{message}"
        );
    }

    /// A folder of a vendor with these files beside the needed ones.
    fn vendor(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = target().join("tmp/image-keys").join(name);
        let _ = fs::remove_dir_all(&folder);
        let public = NEEDED.iter().map(|(name, _)| (*name, "a vendor's"));
        for (name, text) in public.chain(files.iter().copied()) {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_key_may_stay_in_a_token_whose_module_is_named() {
        let uris = [("secure-boot.uri", "pkcs11:object=a\n"), ("bundle.uri", "pkcs11:object=b\n")];
        let folder = vendor("token", &uris);
        let message = find(Kind::Release, Some(&folder), true).unwrap_err().to_string();
        assert!(message.contains("pkcs11.env") && !message.contains("bundle"), "{message}");
        fs::write(folder.join("pkcs11.env"), "PKCS11_MODULE_PATH=/m.so\n").unwrap();
        assert!(find(Kind::Release, Some(&folder), true).is_ok());
        fs::write(folder.join("bundle.key"), "a key").unwrap();
        let message = find(Kind::Release, Some(&folder), true).unwrap_err().to_string();
        assert!(message.contains("bundle.uri has a bundle.key beside it"), "{message}");
    }

    #[test]
    fn a_pin_in_a_uri_is_refused_and_not_repeated() {
        for uri in ["pkcs11:object=a?pin-value=4711", "pkcs11:object=a\n4711\n", "4711"] {
            let folder = vendor("pin", &[("secure-boot.uri", uri), ("bundle.key", "k")]);
            let message = find(Kind::Release, Some(&folder), true).unwrap_err().to_string();
            assert!(message.contains("--pin") && !message.contains("4711"), "{message}");
        }
    }

    #[test]
    fn who_does_not_sign_needs_no_private_key() {
        let folder = vendor("public", &[]);
        assert!(find(Kind::Release, Some(&folder), false).is_ok());
        assert!(find(Kind::Release, Some(&folder), true).is_err());
    }
}
