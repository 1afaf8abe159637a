// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bundle onto the disk: never more than was announced, never into the spare room, from where an
//! earlier try was cut off, and under its name only when its SHA-256 is right and it is on the disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use backend_client::files::sync_folder;
use reqwest::{Method, Response, header};
use ring::digest::{Context, SHA256};

use super::{DdiError, Fleet};
use crate::bundle::{Artifact, Source};

/// How a download ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// The file is there, whole and right.
    Whole,
    /// All of it came, and it is not what was announced; it is gone again.
    Spoilt,
}

impl Fleet {
    /// Fetches what is missing of this artifact; `progress` is called with percents.
    pub(crate) async fn fetch(
        &self,
        artifact: &Artifact,
        path: &Path,
        mut progress: impl FnMut(u8),
    ) -> Result<Fetched, DdiError> {
        if path.exists() {
            return Ok(Fetched::Whole);
        }
        let part = path.with_extension("part");
        let mut have = fs::metadata(&part).map_or(0, |found| found.len());
        if have > artifact.size {
            fs::remove_file(&part).map_err(DdiError::Disk)?;
            have = 0;
        }
        self.room_for(artifact.size - have, path)?;
        if have < artifact.size {
            let mut response = self.open(artifact, have).await?;
            let mut file = opened(&part, &response, &mut have)?;
            while let Some(more) = response.chunk().await.map_err(DdiError::Unreachable)? {
                have += more.len() as u64;
                if have > artifact.size {
                    drop(file);
                    fs::remove_file(&part).map_err(DdiError::Disk)?;
                    return Err(DdiError::TooLong { size: artifact.size });
                }
                file.write_all(&more).map_err(DdiError::Disk)?;
                progress(percent(have, artifact.size));
            }
            file.sync_all().map_err(DdiError::Disk)?;
        }
        if have == artifact.size {
            return settle(&part, path, &artifact.sha256).map_err(DdiError::Disk);
        }
        Err(DdiError::Short { have, size: artifact.size })
    }

    async fn open(&self, artifact: &Artifact, have: u64) -> Result<Response, DdiError> {
        let Source::Server(href) = &artifact.source else {
            return Err(DdiError::Malformed { what: "a link" });
        };
        let mut request = self.request(Method::GET, self.own(href)?);
        if have > 0 {
            request = request.header(header::RANGE, format!("bytes={have}-"));
        }
        super::checked(request.send().await.map_err(DdiError::Unreachable)?)
    }

    fn room_for(&self, needed: u64, path: &Path) -> Result<(), DdiError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let disk = rustix::fs::statvfs(folder).map_err(|errno| DdiError::Disk(errno.into()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < needed.saturating_add(self.spare) {
            return Err(DdiError::Space { needed, free, spare: self.spare });
        }
        Ok(())
    }
}

/// The file to go on with: a server that does not know ranges sends it all again.
fn opened(part: &Path, response: &Response, have: &mut u64) -> Result<File, DdiError> {
    if *have > 0 && response.status().as_u16() == 206 {
        let range = response.headers().get(header::CONTENT_RANGE);
        let range = range.and_then(|range| range.to_str().ok()).unwrap_or_default();
        if !range.starts_with(&format!("bytes {have}-")) {
            return Err(DdiError::Malformed { what: "the rest of the file" });
        }
    } else {
        *have = 0;
    }
    let mut options = OpenOptions::new();
    let options = options.create(true).write(true).mode(0o644);
    let options = if *have > 0 { options.append(true) } else { options.truncate(true) };
    options.open(part).map_err(DdiError::Disk)
}

fn settle(part: &Path, path: &Path, sha256: &str) -> io::Result<Fetched> {
    if hash_of(part)? != sha256 {
        fs::remove_file(part)?;
        return Ok(Fetched::Spoilt);
    }
    fs::rename(part, path)?;
    sync_folder(path)?;
    Ok(Fetched::Whole)
}

/// SHA-256 of a file, in lower-case hexadecimal digits.
pub(crate) fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => context.update(buffer.get(..count).unwrap_or_default()),
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn percent(have: u64, size: u64) -> u8 {
    u8::try_from(have.saturating_mul(100) / size.max(1)).unwrap_or(100)
}
