// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[certificate]`: our chain, and the one place where its key is.

use std::path::PathBuf;

use serde::Deserialize;

use crate::tls::{CredentialSource, KeySource, Pkcs11Source};

/// `[certificate]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "CertificateTable")]
pub struct CertificateConfig {
    /// PEM file of the kiosk's certificate and those above it.
    pub chain: PathBuf,
    /// The file with the secret: the private key in PEM, the key as it is sealed, or the PIN of the
    /// token that holds it.
    pub key: PathBuf,
    /// The name of the credential; none where the key is not sealed.
    pub credential: Option<String>,
    /// With what the key is sealed.
    pub sealed_with: SealedWith,
    /// The token; none where the key is in the file.
    pub pkcs11: Option<Pkcs11Source>,
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
    pkcs11: Option<Pkcs11Source>,
}

impl TryFrom<CertificateTable> for CertificateConfig {
    type Error = &'static str;

    fn try_from(table: CertificateTable) -> Result<Self, Self::Error> {
        let CertificateTable { chain, key, credential, sealed, sealed_with, pkcs11 } = table;
        if credential.is_none() && (sealed.is_some() || sealed_with.is_some()) {
            return Err("certificate has `sealed` or `sealed_with` without `credential`, its name");
        }
        let key = match (key, &credential, &pkcs11) {
            (Some(path), None, None) => path,
            (None, Some(name), None) if !is_a_name(name) => {
                return Err("certificate.credential is no name of letters, digits, `-`, `_`, `.`");
            }
            (None, Some(_), None) => {
                sealed.ok_or("certificate has `credential` without `sealed`, its file")?
            }
            (None, None, Some(source)) => source.pin_file.clone(),
            (None, None, None) => {
                return Err("certificate has neither `key`, a file, nor `credential`, a sealed \
                            one, nor `pkcs11`, a token");
            }
            _ => {
                return Err("certificate has two of `key`, `credential` and `pkcs11`; the key is \
                            in one place only");
            }
        };
        let sealed_with = sealed_with.unwrap_or_default();
        Ok(Self { chain, key, credential, sealed_with, pkcs11 })
    }
}

/// The name becomes that of a file in the credentials' folder.
fn is_a_name(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_allowed)
}

impl CertificateConfig {
    /// Where the private key is.
    #[must_use]
    pub fn key_source(&self) -> KeySource {
        let path = self.key.clone();
        match (self.credential.clone(), self.pkcs11.clone()) {
            (Some(name), _) => {
                KeySource::Credential(Box::new(CredentialSource { name, sealed: path }))
            }
            (None, Some(source)) => {
                KeySource::Pkcs11(Box::new(Pkcs11Source { pin_file: path, ..source }))
            }
            (None, None) => KeySource::File(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
