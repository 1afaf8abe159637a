// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that their owner alone may read: keys and PINs.

use std::{
    env,
    fs::File,
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use zeroize::Zeroizing;

/// What is in the file, or, where others may read or write it, its permission bits.
///
/// systemd lets a service read its credentials by an access list: the group's bits then show the
/// list's mask, not what a group may do. In the folder of credentials, which is the service's alone,
/// they are left out of account.
pub(super) fn read(path: &Path) -> io::Result<Result<Zeroizing<Vec<u8>>, u32>> {
    // One open file for both questions, so that no other can take its place in between.
    let mut file = File::open(path)?;
    let mode = file.metadata()?.mode() & 0o777;
    let folder = env::var_os("CREDENTIALS_DIRECTORY");
    let is_credential = folder.is_some_and(|folder| path.parent() == Some(Path::new(&folder)));
    if mode & (if is_credential { 0o037 } else { 0o077 }) != 0 {
        return Ok(Err(mode));
    }
    let mut contents = Zeroizing::new(Vec::new());
    file.read_to_end(&mut contents)?;
    Ok(Ok(contents))
}
