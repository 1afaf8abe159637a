// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine's disk, as a server of the NBD protocol: what was written and not flushed is lost
//! in part when the power is cut, as with a disk that has a cache of its own.
//!
//! Of the protocol (github.com/NetworkBlockDevice/nbd, doc/proto.md) it has fixed newstyle
//! negotiation and simple replies: read, write, flush, FUA, disconnect.

mod cache;
mod protocol;

use std::{
    fs::{self, File},
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
};

use self::{cache::Cache, protocol::Ended};
use crate::failure::Failure;

/// A disk in its file, served at a socket to one machine at a time.
pub struct Disk {
    file: PathBuf,
    socket: PathBuf,
}

/// A disk that is in a machine. Ends with it.
pub struct Served {
    server: JoinHandle<Result<Loss, std::io::Error>>,
}

/// What a power cut did to a disk's cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Sectors of 512 bytes that had been written and not flushed.
    pub unflushed: u64,
    /// How many of them never reached the disk.
    pub lost: u64,
}

impl Disk {
    /// A new disk with the content of `image`, at `file`; served at `file` with `.sock`.
    ///
    /// # Errors
    /// When the image cannot be copied.
    pub fn of(image: &Path, file: &Path) -> Result<Self, Failure> {
        copy(image, file)?;
        Ok(Self::at(file))
    }

    /// The disk that lies at `file` from earlier.
    #[must_use]
    pub fn at(file: &Path) -> Self {
        Self { file: file.to_owned(), socket: file.with_extension("sock") }
    }

    /// Where it is served.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Its file; not to be touched while it is served.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Another disk with the same content.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn copied_to(&self, file: &Path) -> Result<Self, Failure> {
        Self::of(&self.file, file)
    }

    /// Serves it to one machine, until that is off. `seed` decides which half of what is not
    /// flushed is lost if the power is cut.
    ///
    /// # Errors
    /// When file or socket cannot be opened.
    pub fn serve(&self, seed: u64) -> Result<Served, Failure> {
        let opening = || Failure::file("opening the disk", &self.file);
        let file = File::options().read(true).write(true).open(&self.file).map_err(opening())?;
        let size = file.metadata().map_err(opening())?.len();
        let _ = fs::remove_file(&self.socket);
        let listener = UnixListener::bind(&self.socket)
            .map_err(Failure::file("serving the disk at", &self.socket))?;
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept()?;
            let mut cache = Cache::over(file, size);
            match protocol::serve(stream, &mut cache)? {
                Ended::Orderly => cache.flush().map(|()| Loss::default()),
                Ended::Cut => cache.lose(seed),
            }
        });
        Ok(Served { server })
    }
}

impl Served {
    /// Waits until the machine is off, and tells what was lost.
    ///
    /// # Errors
    /// When the disk could not be read or written.
    pub fn end(self) -> Result<Loss, Failure> {
        let ended =
            self.server.join().map_err(|_| Failure::Refuted("the disk broke".to_owned()))?;
        ended.map_err(Failure::system("serving the disk"))
    }
}

/// Copies a file, holes as holes, or a folder.
///
/// # Errors
/// When `cp` refuses.
pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut command = std::process::Command::new("cp");
    command.args(["--recursive", "--sparse=always"]).arg(from).arg(to);
    let status = command.status().map_err(Failure::system("starting cp"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Refuted(format!("{} could not be copied to {}", from.display(), to.display())))
}
