// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[certificate.pkcs11]`, and what is sealed.

use std::path::PathBuf;

use serde::Deserialize;

use crate::tls::{CredentialSource, MadeToken, PinSource, Pkcs11Source};

/// `[certificate.pkcs11]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenTable {
    module: PathBuf,
    token: String,
    label: String,
    pin_file: Option<PathBuf>,
    credential: Option<String>,
    sealed: Option<PathBuf>,
    store: Option<PathBuf>,
    device: Option<PathBuf>,
}

impl TryFrom<TokenTable> for Pkcs11Source {
    type Error = &'static str;

    fn try_from(table: TokenTable) -> Result<Self, Self::Error> {
        let TokenTable { module, token, label, pin_file, credential, sealed, store, device } =
            table;
        let pin = match (pin_file, credential, sealed, store) {
            (Some(path), None, None, None) => PinSource::File(path),
            (None, Some(name), Some(sealed), Some(store)) => {
                PinSource::Made(MadeToken { pin: sealed_credential(name, sealed)?, store })
            }
            _ => {
                return Err(
                    "certificate.pkcs11 has either `pin_file`, for a token that is there, or \
                            `credential`, `sealed` and `store`, for one that kiosk-enrol makes",
                );
            }
        };
        // C_InitToken takes 32 bytes and no more (PKCS#11 3.0 section 5.5.7).
        if !(1..=LONGEST_LABEL).contains(&token.len()) {
            return Err("certificate.pkcs11.token is no label of a token: 1 to 32 bytes");
        }
        Ok(Self { module, token, label, pin, device })
    }
}

const LONGEST_LABEL: usize = 32;

/// A credential and the file in which it is sealed. The name becomes that of a file in the
/// credentials' folder.
pub(super) fn sealed_credential(
    name: String,
    sealed: PathBuf,
) -> Result<CredentialSource, &'static str> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_name = (1..=64).contains(&name.len()) && !name.starts_with('.');
    if is_name && name.chars().all(is_allowed) {
        return Ok(CredentialSource { name, sealed });
    }
    Err("`credential` is no name of letters, digits, `-`, `_`, `.`")
}
