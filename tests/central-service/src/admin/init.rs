// SPDX-License-Identifier: MIT OR Apache-2.0
//! `init`: makes `DIR` with everything that a service needs, and the files that others take from
//! it: `kiosk/` for the first kiosk, `ticket/key-*.pub.pem` for the cards.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rcgen::{KeyPair, SanType};

use super::issue::{self, NewKiosk};
use super::{AdminError, read, write_public, write_secret};
use crate::certificates::Authority;
use crate::directory::Directory;
use crate::identity;
use crate::policy::Policy;
use crate::store::Store;

/// What `init` is told.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Certificate of the CA that issues 00E0 and 00E1.
    pub card_ca: PathBuf,
    /// Certificate of the CA that issues 000A.
    pub user_authentication_ca: PathBuf,
    /// Certificate of the CA that issues 0001.
    pub digital_signature_ca: PathBuf,
    /// The first kiosk.
    pub kiosk: NewKiosk,
    /// Names in the server's certificate; none: localhost and 127.0.0.1.
    pub hosts: Vec<String>,
    /// A policy without closing hours, for tests.
    pub always_open: bool,
}

/// Makes the folder; the URN of its first kiosk. Everything that was given is looked at before
/// anything is made, so that a second attempt finds the folder as the first one did.
pub async fn init(
    directory: &Directory,
    plan: &Plan,
    now: Timestamp,
) -> Result<String, AdminError> {
    let names = names(&plan.hosts)?;
    identity::urn(&plan.kiosk.store, &plan.kiosk.unit).ok_or(AdminError::NotAName)?;
    let authorities = given_authorities(directory, plan)?;
    empty(directory.root())?;
    for (kept, certificate) in &authorities {
        write_public(kept, certificate)?;
    }
    issue::authority(&directory.server_ca(), "Reference central service CA", now)?;
    issue::server(directory, names, now)?;
    issue::authority(&directory.kiosk_ca(), "Reference kiosk CA", now)?;
    ticket_keys(directory)?;
    write_public(&directory.policy(), &Policy::default_file(plan.always_open))?;
    // SQLite makes its files for everyone to read; beside an empty one of ours it keeps our mode.
    write_secret(&directory.database(), "")?;
    let store = Store::open(&directory.database(), true).await?;
    let urn = issue::kiosk(directory, &store, &plan.kiosk, &directory.kiosk(), now).await?;
    store.close().await;
    Ok(urn)
}

/// The certificates of the given CAs, and where their copies go.
fn given_authorities(
    directory: &Directory,
    plan: &Plan,
) -> Result<Vec<(PathBuf, String)>, AdminError> {
    let mut authorities = Vec::new();
    for (given, kept, what) in [
        (&plan.card_ca, directory.card_ca(), "the card CA"),
        (
            &plan.user_authentication_ca,
            directory.user_authentication_ca(),
            "the user-authentication CA",
        ),
        (&plan.digital_signature_ca, directory.digital_signature_ca(), "the digital-signature CA"),
    ] {
        Authority::read(given).map_err(|source| AdminError::Certificate { what, source })?;
        authorities.push((kept, String::from_utf8_lossy(&read(given)?).into_owned()));
    }
    Ok(authorities)
}

/// Two, so that the service can roll over; every card knows both.
fn ticket_keys(directory: &Directory) -> Result<(), AdminError> {
    for number in [1, 2] {
        let failed = |source| AdminError::Issue { what: "ticket key", source };
        let key = KeyPair::generate().map_err(failed)?;
        write_secret(&directory.ticket_key(number), &key.serialize_pem())?;
        write_public(&directory.ticket_public_key(number), &key.public_key_pem())?;
    }
    Ok(())
}

fn empty(folder: &Path) -> Result<(), AdminError> {
    let failed = |doing| move |source| AdminError::File { doing, path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed("make"))?;
    let mut entries = std::fs::read_dir(folder).map_err(failed("look into"))?;
    if entries.next().is_some() {
        return Err(AdminError::NotEmpty(folder.to_owned()));
    }
    Ok(())
}

fn names(hosts: &[String]) -> Result<Vec<SanType>, AdminError> {
    let local = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let hosts = if hosts.is_empty() { &local } else { hosts };
    let name = |host: &String| match host.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => host
            .as_str()
            .try_into()
            .map(SanType::DnsName)
            .map_err(|_| AdminError::NotAHost(host.clone())),
    };
    hosts.iter().map(name).collect()
}
