// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an operator does, one file each subject: set the service up, keep the register, close and
//! open, look, settle. All of it works while `serve` runs, on the same database, and each change
//! leaves its audit line.

pub mod close;
pub mod export;
pub mod init;
pub mod invite;
pub mod issue;
pub mod list;
pub mod register;
pub mod revoke;
pub mod settle;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ring::rand::SystemRandom;

use crate::card_id::CardId;
use crate::certificates::{Authorities, Authority, CertificateError};
use crate::clock::Clock;
use crate::directory::Directory;
use crate::policy::{PolicyError, PolicyFile};
use crate::service::Service;
use crate::signer::{FileSigner, KeyFileError, KeyNumber};
use crate::store::{Store, StoreError};

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Nothing there.
    #[error("{0} is not a service's folder; make one with `central-service init`")]
    NotADirectory(PathBuf),
    /// Something there already.
    #[error("{0} is not empty; init writes into a new folder only")]
    NotEmpty(PathBuf),
    /// A file.
    #[error("could not {doing} {path}")]
    File {
        /// As in "could not write".
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Making a key or a certificate.
    #[error("could not make the {what}")]
    Issue {
        /// Of what.
        what: &'static str,
        /// What rcgen said.
        source: rcgen::Error,
    },
    /// A certificate, a CRL.
    #[error("{what} is not accepted")]
    Certificate {
        /// Whose.
        what: &'static str,
        /// Why.
        source: CertificateError,
    },
    /// `CITIZEN.json`.
    #[error("{path} is not a citizen's file as `virtual-card personalise` writes it")]
    Citizen {
        /// Which file.
        path: PathBuf,
        /// Line, column and what is wrong.
        source: serde_json::Error,
    },
    /// A name that cannot stand in a URN.
    #[error("store and unit are 1 to 64 letters, digits, dots, hyphens or underscores each")]
    NotAName,
    /// An IP address or DNS name that is none.
    #[error("{0} is neither an IP address nor a DNS name")]
    NotAHost(String),
    /// No such row.
    #[error("the register has no card {0}; enter it with `central-service register`")]
    NoCard(CardId),
    /// No such row.
    #[error("no kiosk of this name is known: {0}; `central-service list --units` shows them")]
    NoUnit(String),
    /// A unit that may get no certificate.
    #[error("{0} is revoked; a unit that is to serve again gets another name")]
    RevokedUnit(String),
    /// The system's random numbers.
    #[error("there are no random numbers")]
    Random,
    /// No such row, or one that needs no settling.
    #[error("reservation {0} is not one that waits to be settled")]
    NothingToSettle(String),
    /// The card has none.
    #[error("card {0} has no signature certificate")]
    NoSignatureCertificate(CardId),
    /// An older list.
    #[error("the list of {list} is not newer than the one of {known} that was imported")]
    OldList {
        /// When this one was made.
        list: Timestamp,
        /// When the imported one was made.
        known: Timestamp,
    },
    /// The past.
    #[error("{0} is over already")]
    Over(Timestamp),
    /// The policy file.
    #[error("the policy cannot be used")]
    Policy(#[from] PolicyError),
    /// A ticket key.
    #[error("the ticket key cannot be used")]
    TicketKey(#[from] KeyFileError),
    /// The database.
    #[error("the database did not do as told")]
    Store(#[from] StoreError),
}

/// Opens the database of `DIR`.
pub async fn open_store(directory: &Directory) -> Result<Store, AdminError> {
    if !directory.database().is_file() {
        return Err(AdminError::NotADirectory(directory.root().to_owned()));
    }
    Ok(Store::open(&directory.database(), false).await?)
}

/// Opens everything that `serve` needs.
pub async fn open_service(
    directory: &Directory,
    clock: Clock,
    ticket_key: KeyNumber,
) -> Result<Service, AdminError> {
    let store = open_store(directory).await?;
    let key_path = directory.ticket_key(ticket_key.as_byte());
    Ok(Service {
        store,
        clock,
        authorities: authorities(directory)?,
        policy: PolicyFile::open(&directory.policy())?,
        signer: Box::new(FileSigner::read(&key_path, ticket_key)?),
        kiosk_issuer: issue::KioskIssuer::read(directory)?,
        random: SystemRandom::new(),
    })
}

/// Reads the CA certificates of `DIR`.
pub fn authorities(directory: &Directory) -> Result<Authorities, AdminError> {
    let read = |what, path: PathBuf| {
        Authority::read(&path).map_err(|source| AdminError::Certificate { what, source })
    };
    Ok(Authorities {
        card: read("the card CA", directory.card_ca())?,
        user_authentication: read(
            "the user-authentication CA",
            directory.user_authentication_ca(),
        )?,
        digital_signature: read("the digital-signature CA", directory.digital_signature_ca())?,
    })
}

/// Writes a file that everyone may read.
fn write_public(path: &Path, contents: &str) -> Result<(), AdminError> {
    write(path, contents, 0o644)
}

/// Writes a file that its owner alone may read.
fn write_secret(path: &Path, contents: &str) -> Result<(), AdminError> {
    write(path, contents, 0o600)
}

fn write(path: &Path, contents: &str, mode: u32) -> Result<(), AdminError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let failed = |source| AdminError::File { doing: "write", path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    file.write_all(contents.as_bytes()).map_err(failed)
}

/// Reads a file of the command line.
fn read(path: &Path) -> Result<Vec<u8>, AdminError> {
    let failed = |source| AdminError::File { doing: "read", path: path.to_owned(), source };
    std::fs::read(path).map_err(failed)
}
