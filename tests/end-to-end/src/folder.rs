// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one temporary folder of a bench, removed however the bench ends.
//!
//! A janitor, a shell in a process group of its own, holds the reading end of a pipe whose
//! writing end only the bench holds: when the bench ends, by return, panic, Ctrl-C or SIGKILL,
//! the pipe closes and the janitor removes the folder.

use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::failure::Failure;

/// A folder that lives as long as the value, or as the process.
pub(crate) struct Folder {
    path: PathBuf,
    /// None for a folder that stays.
    janitor: Option<Child>,
}

/// A process that is being killed may still write while the folder is emptied: once more, then.
const JANITOR: &str = r#"
trap '' HUP INT TERM
cat > /dev/null
for round in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf -- "$1" 2> /dev/null && exit
done
rm -rf -- "$1"
"#;

impl Folder {
    /// Makes the folder. Others may pass through it (pcscd runs as `nobody` and reads its
    /// configuration there) but not list it.
    pub(crate) fn new() -> Result<Self, Failure> {
        let path = tempfile::Builder::new()
            .prefix("kiosk-bench-")
            .permissions(PermissionsExt::from_mode(0o711))
            .tempdir()
            .map_err(Failure::system("making a temporary folder"))?
            .keep();
        let janitor = Command::new("sh")
            .args(["-c", JANITOR, "janitor"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(Failure::system("starting the shell that removes the folder at the end"))?;
        Ok(Self { path, janitor: Some(janitor) })
    }

    /// One that is there already, and stays.
    pub(crate) fn kept(path: &Path) -> Self {
        Self { path: path.to_owned(), janitor: None }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder in it that only this user may enter; made if absent.
    pub(crate) fn private(&self, name: &str) -> Result<PathBuf, Failure> {
        self.subfolder(name, 0o700)
    }

    /// A folder in it that everyone may read; made if absent.
    pub(crate) fn public(&self, name: &str) -> Result<PathBuf, Failure> {
        self.subfolder(name, 0o755)
    }

    fn subfolder(&self, name: &str, mode: u32) -> Result<PathBuf, Failure> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path)
            .and_then(|()| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)))
            .map_err(Failure::file("making the folder", &path))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Closing its input is the signal; `wait` does that first.
        let Some(janitor) = &mut self.janitor else { return };
        drop(janitor.stdin.take());
        if let Err(error) = janitor.wait() {
            eprintln!("{} may be left: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn a_dropped_folder_is_gone_with_all_that_is_in_it() {
        let folder = Folder::new().unwrap();
        let path = folder.path().to_owned();
        std::fs::write(folder.private("inner").unwrap().join("file"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
