// SPDX-License-Identifier: MIT OR Apache-2.0
//! The crates that are linked into the programs, with the hashes of Cargo.lock.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    command::{Failure, cargo, output, root},
    tree::DEVICE,
};

use super::place;

/// One crate of the programs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Crate {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// As its manifest says; empty where it does not.
    pub(crate) licence: String,
    /// Of its archive; none for our own.
    pub(crate) sha256: Option<String>,
}

/// All of them, by name.
pub(crate) fn linked() -> Result<Vec<Crate>, Failure> {
    let hashes = hashes(&place::read(&root().join("Cargo.lock"))?);
    let mut lines = BTreeSet::new();
    for package in ["backend-client", "kiosk-app", "kiosk-update"] {
        let mut command = cargo();
        command.args(["tree", "--locked", "--edges", "normal", "--prefix", "none"]);
        command.args(["--format", "{p}|{l}", "--package", package]);
        if package == "kiosk-app" {
            command.args(DEVICE);
        }
        lines.extend(output(&mut command)?.lines().map(str::to_owned));
    }
    Ok(lines.iter().filter_map(|line| of_line(line, &hashes)).collect())
}

/// A line such as `serde v1.0.1 (proc-macro)|MIT OR Apache-2.0`, or one that ends in ` (*)`.
fn of_line(line: &str, hashes: &BTreeMap<(String, String), String>) -> Option<Crate> {
    let (package, licence) = line.split_once('|')?;
    let mut words = package.split_whitespace();
    let (name, version) = (words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned());
    if licence.ends_with("(*)") {
        return None;
    }
    let sha256 = hashes.get(&(name.clone(), version.clone())).cloned();
    Some(Crate { name, version, licence: licence.to_owned(), sha256 })
}

/// Name and version to checksum, from the text of Cargo.lock.
fn hashes(text: &str) -> BTreeMap<(String, String), String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
        line.and_then(|rest| rest.strip_suffix('"')).map(str::to_owned)
    };
    text.split("[[package]]")
        .filter_map(|package| {
            let key = (value(package, "name")?, value(package, "version")?);
            Some((key, value(package, "checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"clap\"\nversion = \"4.6.1\"\n\
        source = \"registry\"\nchecksum = \"ab12\"\n\n[[package]]\nname = \"xtask\"\nversion = \"0.1.0\"\n";

    #[test]
    fn a_crate_has_the_hash_of_its_lock_and_our_own_has_none() {
        let hashes = hashes(LOCK);
        let clap = of_line("clap v4.6.1|MIT OR Apache-2.0", &hashes).unwrap();
        assert_eq!(clap.sha256.as_deref(), Some("ab12"));
        let own = of_line("xtask v0.1.0 (/src/xtask)|MIT", &hashes).unwrap();
        assert_eq!((own.sha256, &*own.version), (None, "0.1.0"));
    }

    #[test]
    fn a_crate_that_was_told_before_is_not_told_again() {
        assert_eq!(of_line("clap v4.6.1|MIT (*)", &hashes(LOCK)), None);
    }
}
