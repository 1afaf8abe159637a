// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a token's key cannot be used; each says what to do, where something can be done.

use std::{io, path::PathBuf};

use cryptoki::error::Error as CryptokiError;

/// Why a token's key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs11Error {
    /// No such library, or none of PKCS#11.
    #[error("the PKCS#11 module {module} cannot be loaded; install it, or correct `module`")]
    Module {
        /// The library.
        module: PathBuf,
        /// What the loader or the module said.
        source: CryptokiError,
    },
    /// What the token is in.
    #[error(
        "the key is on the token `{token}` in {device}, and {device} is not there: switch the TPM on \
         in the firmware; where it is gone for good, `kiosk-enrol reset` and enrol anew"
    )]
    NoDevice {
        /// The label.
        token: String,
        /// The device.
        device: PathBuf,
    },
    /// No token of this name.
    #[error("no token of the module has the label `{token}`; there are: {found}")]
    NoToken {
        /// The label.
        token: String,
        /// The labels that there are.
        found: String,
    },
    /// Two, and no way to choose.
    #[error("{what} with the label `{label}` is there more than once; rename one of them")]
    Ambiguous {
        /// The token, or the key.
        what: &'static str,
        /// The label.
        label: String,
    },
    /// The file of the PIN.
    #[error("the PIN file {path} cannot be read")]
    PinFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Someone else may read it.
    #[error(
        "the PIN file {path} may be read or written by others (mode {mode:04o}); make it its \
         owner's alone: chmod 0600 {path}"
    )]
    PinReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// systemd gave no such credential.
    #[error(
        "systemd gave no credential `{name}`, the token's PIN: if {sealed} is missing, run \
         `kiosk-enrol seal` as root; if it is there, name it in the unit (LoadCredentialEncrypted=)"
    )]
    NoPin {
        /// Its name.
        name: String,
        /// The file in which it is sealed.
        sealed: PathBuf,
    },
    /// The token did not take the PIN.
    #[error(
        "the token `{token}` refused the PIN of {pin_file}; it was tried once and is not tried \
         again: correct the file, then log in once by hand"
    )]
    WrongPin {
        /// The token.
        token: String,
        /// Where the PIN came from.
        pin_file: PathBuf,
    },
    /// Wrong PINs were tried, so that this one is not.
    #[error(
        "the token `{token}` counts wrong PINs, so that none is tried: correct the PIN file, then \
         log in once by hand (pkcs11-tool --module {module} --token-label {token} --login \
         --list-objects)"
    )]
    WrongPinBefore {
        /// The token.
        token: String,
        /// The module.
        module: PathBuf,
    },
    /// The token takes no PIN any more.
    #[error("the user PIN of the token `{token}` is locked; its SO must set a new one")]
    PinLocked {
        /// The token.
        token: String,
    },
    /// No key pair of this name.
    #[error(
        "the token `{token}` has no P-256 key pair with the label `{label}`; kiosk-enrol makes one"
    )]
    NoKey {
        /// The token.
        token: String,
        /// The key.
        label: String,
    },
    /// The folder in which the module should keep the token that is made.
    #[error("the token's folder {path} cannot be {done}")]
    Store {
        /// As in "cannot be emptied".
        done: &'static str,
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The module keeps it elsewhere.
    #[error(
        "the module has the token `{token}` already, or keeps it elsewhere than in {store}: its \
         environment must name that folder (tpm2-pkcs11: TPM2_PKCS11_STORE)"
    )]
    Elsewhere {
        /// The label.
        token: String,
        /// The folder.
        store: PathBuf,
    },
    /// No place for a new one.
    #[error("the module has no token `{token}` and no slot in which one could be made")]
    NoSlot {
        /// The label.
        token: String,
    },
    /// No random PIN.
    #[error("no PIN can be made")]
    NoRandom,
    /// Anything else that the token did not do.
    #[error("the token `{token}` did not {doing}")]
    Token {
        /// The token.
        token: String,
        /// What it should have done.
        doing: &'static str,
        /// What the module said.
        source: CryptokiError,
    },
}
