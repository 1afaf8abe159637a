// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file of the control socket: made, taken over from a process that died.
//!
//! A lock beside it (`<socket>.lock`) tells a socket that someone listens on from one that was left
//! behind: only the holder of the lock may remove the socket.

use std::{
    ffi::OsString,
    fs::{self, File, Permissions, TryLockError},
    io,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

/// Whoever can reach the folder may connect; who may ask is decided by the user that the kernel
/// gives of the peer.
const MODE: u32 = 0o666;

/// A listening socket.
#[derive(Debug)]
pub(super) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    _lock: File,
}

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    /// Another process serves it.
    #[error("another kiosk serves the control socket {path}")]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// There is nowhere to put it.
    #[error(
        "the folder of the control socket {path} does not exist; make it, as systemd's \
         RuntimeDirectory= does"
    )]
    NoFolder {
        /// The socket.
        path: PathBuf,
    },
    /// A file of another kind lies in its place; it is not removed.
    #[error("{path} is there and is no socket; it stays, so give another path (control.socket)")]
    NoSocket {
        /// The file.
        path: PathBuf,
    },
    /// The system said no.
    #[error("the control socket {path} cannot be {step}")]
    Io {
        /// The socket.
        path: PathBuf,
        /// What was being done.
        step: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl ControlSocket {
    /// Listens there, in place of a socket that a dead process left.
    pub(super) fn bind(path: &Path) -> Result<Self, SocketError> {
        let failed = |step| move |source| SocketError::Io { path: path.to_owned(), step, source };
        let lock = File::create(beside(path)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SocketError::NoFolder { path: path.to_owned() },
            _ => failed("locked")(error),
        })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SocketError::InUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed("locked")(source)),
        }
        match fs::symlink_metadata(path) {
            Ok(left) if left.file_type().is_socket() => {
                fs::remove_file(path).map_err(failed("taken over"))?;
            }
            Ok(_) => return Err(SocketError::NoSocket { path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("examined")(error)),
        }
        let listener = UnixListener::bind(path).map_err(failed("made"))?;
        fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(failed("opened"))?;
        Ok(Self { listener, path: path.to_owned(), _lock: lock })
    }

    pub(super) fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().map(|(stream, _)| stream)
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // The lock is still held, so the file is ours. One that stays is taken over at the next
        // start.
        let _ = fs::remove_file(&self.path);
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut lock = OsString::from(path);
    lock.push(".lock");
    lock.into()
}
