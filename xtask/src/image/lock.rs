// SPDX-License-Identifier: MIT OR Apache-2.0
//! `deploy/packages.lock`: each package of the image by name, version and hash, and the second at
//! which all times in the image are clamped.

use std::{path::PathBuf, process::Command};

use crate::command::{Failure, output, root};

use super::{Work, builder::Builder, place};

/// The lock, as it stands in the repository.
#[derive(Debug)]
pub(crate) struct Lock {
    /// The file.
    pub(crate) text: String,
    /// Seconds since 1970 when it was made: nothing in the image is younger.
    pub(crate) epoch: u64,
    /// In the order of their names.
    pub(crate) packages: Vec<Package>,
}

/// One package of Debian.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version, with the epoch where it has one.
    pub(crate) version: String,
    /// Of its .deb, in hexadecimal.
    pub(crate) sha256: String,
}

impl Lock {
    /// Reads the lock of this repository.
    pub(crate) fn read() -> Result<Self, Failure> {
        Self::parse(place::read(&path())?)
            .map_err(|what| Failure::setup(format!("deploy/packages.lock: {what}")))
    }

    fn parse(text: String) -> Result<Self, String> {
        let epoch = text
            .lines()
            .find_map(|line| line.strip_prefix("# epoch="))
            .and_then(|number| number.parse().ok())
            .ok_or("no line `# epoch=SECONDS`")?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
        let packages = lines
            .map(|(number, line)| {
                Package::of_line(line)
                    .ok_or_else(|| format!("line {}: expected name=version=sha256", number + 1))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if packages.is_sorted_by(|one, next| one.name < next.name) {
            return Ok(Self { epoch, packages, text });
        }
        Err("the packages are not in the order of their names, each once".to_owned())
    }
}

impl Package {
    fn of_line(line: &str) -> Option<Self> {
        let [name, version, sha256] = line.split('=').collect::<Vec<_>>().try_into().ok()?;
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hash && !name.is_empty() && !version.is_empty()).then(|| Self {
            name: name.to_owned(),
            version: version.to_owned(),
            sha256: sha256.to_owned(),
        })
    }

    /// From a line of `apt-get --print-uris`: `'URI' name_version_arch.deb SIZE SHA256:hash`.
    fn of_uri(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().skip(1);
        let file = words.next()?.strip_suffix(".deb")?;
        let sha256 = words.nth(1)?.strip_prefix("SHA256:")?;
        let mut parts = file.split('_');
        let (name, version) = (parts.next()?, parts.next()?.replace("%3a", ":"));
        Self::of_line(&format!("{name}={version}={sha256}"))
    }

    fn line(&self) -> String {
        format!("{}={}={}\n", self.name, self.version, self.sha256)
    }
}

/// Asks apt what packages.list comes to today and writes it down.
pub(crate) fn refresh(work: &Work) -> Result<String, Failure> {
    let mut command = Builder::new(&work.place).command("lock", &[])?;
    let mut packages: Vec<_> = output(&mut command)?.lines().filter_map(Package::of_uri).collect();
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    if packages.is_empty() {
        return Err(Failure::setup("apt named no package: see above"));
    }
    let now = output(Command::new("date").arg("+%s"))?;
    let now = now.trim();
    let lines: String = packages.iter().map(Package::line).collect();
    place::write(&path(), &format!("{HEADER}# epoch={now}\n{lines}"))?;
    Ok(format!("deploy/packages.lock, {} packages: look at its diff", packages.len()))
}

fn path() -> PathBuf {
    root().join("deploy/packages.lock")
}

const HEADER: &str =
    "# Made by `cargo xtask image lock`: name=version=sha256 of the .deb. Do not edit.\n";

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "8c27c342230503b73dfde629642c3b352e87b554e06d60cf58772f236a305ceb";

    #[test]
    fn the_committed_lock_can_be_read() {
        let lock = Lock::read().unwrap();
        assert!(lock.packages.iter().any(|package| package.name == "pcscd"));
        assert!(lock.packages.iter().all(|package| package.name != "openssh-server"));
    }

    #[test]
    fn what_apt_prints_becomes_a_line_that_is_read_back() {
        let uri =
            format!("'http://x/zlib1g_1.3_amd64.deb' zlib1g_1%3a1.3+b1_amd64.deb 9 SHA256:{HASH}");
        let package = Package::of_uri(&uri).unwrap();
        assert_eq!((&*package.name, &*package.version), ("zlib1g", "1:1.3+b1"));
        assert_eq!(Package::of_line(package.line().trim()), Some(package));
    }

    #[test]
    fn a_line_that_is_cut_short_is_named() {
        let refused = |text: &str| Lock::parse(text.to_owned()).unwrap_err();
        assert!(refused("# epoch=1\nbash=5.2\n").contains("line 2"));
        assert!(refused("# epoch=1\nbash=5.2=abc\n").contains("line 2"));
        assert!(refused(&format!("bash=5.2={HASH}\n")).contains("epoch"));
        assert!(refused(&format!("# epoch=1\nb=1={HASH}\na=1={HASH}\n")).contains("order"));
    }
}
