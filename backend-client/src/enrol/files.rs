// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of an identity, whole or not at all; what goes wrong with them, in enrolment's words.

use std::path::Path;

use super::EnrolError;
use crate::files;

/// Writes a file in place of the one before, if any.
pub(super) fn replace(path: &Path, contents: &[u8], mode: u32) -> Result<(), EnrolError> {
    let failed = |source| EnrolError::File { done: "written", path: path.to_owned(), source };
    files::replace(path, contents, mode).map_err(failed)
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), EnrolError> {
    let failed = |source| EnrolError::File { done: "removed", path: path.to_owned(), source };
    files::remove(path).map_err(failed)
}
