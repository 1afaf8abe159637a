// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[certificate]`: our chain, and where its key is: in one place, or in a TPM where the unit has one
//! and else sealed.

mod token;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use self::token::{TokenTable, sealed_credential};
use crate::tls::{CredentialSource, KeySource, MadeToken, PinSource, Pkcs11Source};

/// `[certificate]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "CertificateTable")]
pub struct CertificateConfig {
    /// PEM file of the kiosk's certificate and those above it.
    pub chain: PathBuf,
    /// With what a key or a PIN is sealed.
    pub sealed_with: SealedWith,
    places: Places,
}

/// Where the key may be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Places {
    One(KeySource),
    /// On the token where its device is, else in the credential.
    Two {
        token: Box<Pkcs11Source>,
        credential: Box<CredentialSource>,
    },
}

/// The keys that systemd-creds(1) seals with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealedWith {
    /// The TPM and the system's own key where there is a TPM, else that key alone.
    #[default]
    Auto,
    /// The system's own key, in a file that root alone may read.
    Host,
    /// The TPM.
    Tpm2,
    /// Both, or not at all.
    #[serde(rename = "host+tpm2")]
    HostAndTpm2,
}

impl SealedWith {
    /// As `systemd-creds --with-key=` takes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Host => "host",
            Self::Tpm2 => "tpm2",
            Self::HostAndTpm2 => "host+tpm2",
        }
    }
}

/// `[certificate]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateTable {
    chain: PathBuf,
    key: Option<PathBuf>,
    credential: Option<String>,
    sealed: Option<PathBuf>,
    #[serde(default)]
    sealed_with: Option<SealedWith>,
    pkcs11: Option<TokenTable>,
}

impl TryFrom<CertificateTable> for CertificateConfig {
    type Error = &'static str;

    fn try_from(table: CertificateTable) -> Result<Self, Self::Error> {
        let CertificateTable { chain, key, credential, sealed, sealed_with, pkcs11 } = table;
        let token = pkcs11.map(Pkcs11Source::try_from).transpose()?;
        let credential = match (credential, sealed) {
            (Some(name), Some(sealed)) => Some(sealed_credential(name, sealed)?),
            (Some(_), None) => {
                return Err("certificate has `credential` without `sealed`, its file");
            }
            (None, Some(_)) => {
                return Err("certificate has `sealed` without `credential`, its name");
            }
            (None, None) => None,
        };
        let places = match (key, credential, token) {
            (Some(path), None, None) => Places::One(KeySource::File(path)),
            (None, Some(credential), None) => {
                Places::One(KeySource::Credential(Box::new(credential)))
            }
            (None, None, Some(token)) => Places::One(KeySource::Pkcs11(Box::new(token))),
            (None, Some(credential), Some(token)) => both(token, credential)?,
            (None, None, None) => {
                return Err("certificate has neither `key`, a file, nor `credential`, a sealed \
                            one, nor `pkcs11`, a token");
            }
            (Some(_), ..) => {
                return Err("certificate has `key` beside `credential` or `pkcs11`; a key in a \
                            file is in one place only");
            }
        };
        let config = Self { chain, sealed_with: sealed_with.unwrap_or_default(), places };
        if sealed_with.is_some() && config.made().0.is_empty() {
            return Err("certificate has `sealed_with` without a `credential` that it seals");
        }
        config.checked()
    }
}

fn both(token: Pkcs11Source, credential: CredentialSource) -> Result<Places, &'static str> {
    if token.device.is_none() || !matches!(token.pin, PinSource::Made(_)) {
        return Err("certificate has both `credential` and `pkcs11`: then pkcs11 needs `device`, \
                    which says whether the unit has a TPM, and `store`, the token that \
                    kiosk-enrol makes there");
    }
    Ok(Places::Two { token: Box::new(token), credential: Box::new(credential) })
}

impl CertificateConfig {
    /// Where this unit's private key is.
    ///
    /// Where it may be in two places, what was made decides, and the TPM only as long as nothing was:
    /// an enrolled unit whose TPM is gone has no key, and not another one.
    #[must_use]
    pub fn key_source(&self) -> KeySource {
        match &self.places {
            Places::One(source) => source.clone(),
            Places::Two { token, credential } if is_on_token(token, credential) => {
                KeySource::Pkcs11(token.clone())
            }
            Places::Two { credential, .. } => KeySource::Credential(credential.clone()),
        }
    }

    /// Has its relative paths start at that folder.
    pub fn start_at(&mut self, folder: &Path) {
        let mut paths = vec![&mut self.chain];
        match &mut self.places {
            Places::One(KeySource::File(path)) => paths.push(path),
            Places::One(KeySource::Credential(credential)) => paths.push(&mut credential.sealed),
            Places::One(KeySource::Pkcs11(token)) => paths.extend(paths_of(token)),
            Places::Two { token, credential } => {
                paths.push(&mut credential.sealed);
                paths.extend(paths_of(token));
            }
        }
        for path in paths {
            *path = folder.join(&*path);
        }
    }

    /// The sealed files, which `kiosk-enrol` makes; and the folder that it empties.
    fn made(&self) -> (Vec<&CredentialSource>, Option<&Path>) {
        let (credential, token) = match &self.places {
            Places::One(KeySource::File(_)) => (None, None),
            Places::One(KeySource::Credential(credential)) => (Some(credential), None),
            Places::One(KeySource::Pkcs11(token)) => (None, Some(token)),
            Places::Two { token, credential } => (Some(credential), Some(token)),
        };
        let made = token.and_then(|token| made_token(token));
        let sealed = credential.map(AsRef::as_ref).into_iter().chain(made.map(|made| &made.pin));
        (sealed.collect(), made.map(|made| made.store.as_path()))
    }

    fn checked(self) -> Result<Self, &'static str> {
        let (sealed, store) = self.made();
        if store.is_some_and(|store| store.file_name().is_none()) {
            return Err("certificate.pkcs11.store is no folder of its own");
        }
        let is_inside = |path: &Path| store.is_some_and(|store| path.starts_with(store));
        if is_inside(&self.chain) || sealed.iter().any(|of| is_inside(&of.sealed)) {
            return Err(
                "certificate.pkcs11.store is emptied for a new token, and holds other files",
            );
        }
        match sealed.as_slice() {
            [key, pin] if key.name == pin.name || key.sealed == pin.sealed => {
                Err("certificate and certificate.pkcs11 have the same `credential` or `sealed`")
            }
            _ => Ok(self),
        }
    }
}

const fn made_token(token: &Pkcs11Source) -> Option<&MadeToken> {
    match &token.pin {
        PinSource::Made(made) => Some(made),
        PinSource::File(_) => None,
    }
}

fn is_on_token(token: &Pkcs11Source, credential: &CredentialSource) -> bool {
    let is_made = made_token(token).is_some_and(|made| made.pin.sealed.exists());
    let is_there = token.device.as_ref().is_some_and(|device| device.exists());
    is_made || (is_there && !credential.sealed.exists())
}

fn paths_of(token: &mut Pkcs11Source) -> Vec<&mut PathBuf> {
    let mut paths = Vec::from_iter(&mut token.device);
    match &mut token.pin {
        PinSource::File(path) => paths.push(path),
        PinSource::Made(made) => paths.extend([&mut made.pin.sealed, &mut made.store]),
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: &str = "[pkcs11]\nmodule = \"/m.so\"\ntoken = \"t\"\nlabel = \"l\"\n\
                        credential = \"pin\"\nsealed = \"pin.cred\"\nstore = \"tpm2\"\n";
    const SEALED: &str = "credential = \"key\"\nsealed = \"key.cred\"\n";

    fn complaint(lines: &str) -> String {
        let text = format!("chain = \"certificate.pem\"\n{lines}");
        toml::from_str::<CertificateConfig>(&text).unwrap_err().to_string()
    }

    #[test]
    fn a_credential_needs_its_sealed_file_and_a_name_that_is_no_path() {
        let half = complaint("credential = \"kiosk-link-key\"\n");
        assert!(half.contains("`sealed`"), "{half}");
        for lines in ["sealed = \"key.cred\"\n", "sealed_with = \"host\"\n"] {
            let half = complaint(&format!("key = \"key.pem\"\n{lines}"));
            assert!(half.contains("`credential`"), "{half}");
        }
        for name in ["../key", "", "a/b", ".key"] {
            let complaint = complaint(&format!("credential = {name:?}\nsealed = \"key.cred\"\n"));
            assert!(complaint.contains("no name"), "{name}: {complaint}");
        }
    }

    #[test]
    fn a_token_that_is_made_is_described_whole_and_what_is_emptied_holds_nothing_else() {
        for line in ["credential = \"pin\"\n", "sealed = \"pin.cred\"\n", "store = \"tpm2\"\n"] {
            let part = complaint(&MADE.replace(line, ""));
            assert!(part.contains("either `pin_file`"), "{part}");
        }
        let three = complaint(&format!("{MADE}pin_file = \"pin\"\n"));
        assert!(three.contains("either `pin_file`"), "{three}");
        let long = complaint(&MADE.replace("\"t\"", &format!("{:?}", "t".repeat(33))));
        assert!(long.contains("1 to 32 bytes"), "{long}");
        for store in ["", ".", "a/..", "/"] {
            let none = complaint(&MADE.replace("\"tpm2\"", &format!("{store:?}")));
            assert!(none.contains("no folder of its own"), "{none}");
        }
        let holds = complaint(&MADE.replace("\"pin.cred\"", "\"tpm2/pin.cred\""));
        assert!(holds.contains("holds other files"), "{holds}");
    }

    #[test]
    fn two_places_have_a_device_to_choose_by_and_two_names() {
        let nothing_to_choose_by = complaint(&format!("{SEALED}{MADE}"));
        assert!(nothing_to_choose_by.contains("needs `device`"), "{nothing_to_choose_by}");
        let device = "device = \"/dev/tpmrm0\"\n";
        for sealed in [SEALED.replace("\"key\"", "\"pin\""), SEALED.replace("key.cred", "pin.cred")]
        {
            let same = complaint(&format!("{sealed}{MADE}{device}"));
            assert!(same.contains("the same"), "{same}");
        }
        let both = format!("chain = \"c\"\n{SEALED}{MADE}{device}");
        assert!(toml::from_str::<CertificateConfig>(&both).is_ok());
    }

    #[test]
    fn what_seals_is_named_as_systemd_creds_names_it() {
        for name in ["auto", "host", "tpm2", "host+tpm2"] {
            let lines = format!(
                "chain = \"c\"\ncredential = \"k\"\nsealed = \"s\"\nsealed_with = {name:?}\n"
            );
            let config: CertificateConfig = toml::from_str(&lines).unwrap();
            assert_eq!(config.sealed_with.as_str(), name);
        }
    }
}
