// SPDX-License-Identifier: MIT OR Apache-2.0
//! A secret that is sealed by systemd-creds(1) before any disk has it: a new key, or the PIN of the
//! token on which `new` makes the key. The host's key is root's to read, so this runs as root, in a
//! unit without network and without a PKCS#11 module; all else of an enrolment does not.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use super::{EnrolError, files, key};
use crate::{
    link::{Config, EnrolmentConfig},
    tls::{CredentialSource, KeySource, MadeToken, PinSource},
};

/// By its full path: this runs as root.
const PROGRAM: &str = "/usr/bin/systemd-creds";

/// Letters of its complaint that are shown.
const MOST_WORDS: usize = 400;

/// What is sealed.
enum Secret {
    Key(CredentialSource),
    Pin(MadeToken),
}

/// Makes and seals a key or a PIN, where there is to be one and there is none.
pub(super) fn seal(config: &Config, enrolment: &EnrolmentConfig) -> Result<String, EnrolError> {
    let secret = match config.certificate.key_source() {
        KeySource::Credential(source) => Secret::Key(*source),
        KeySource::Pkcs11(token) => {
            token.is_there()?;
            match token.pin {
                PinSource::Made(made) => Secret::Pin(made),
                PinSource::File(_) => {
                    return Ok("nothing to seal: the token's PIN is in a file".to_owned());
                }
            }
        }
        KeySource::File(_) => return Ok("nothing to seal: the key is no credential".to_owned()),
    };
    let (Secret::Key(source) | Secret::Pin(MadeToken { pin: source, .. })) = &secret;
    let sealed = source.sealed.display();
    if source.sealed.exists() {
        return Ok(format!("{sealed} is there already"));
    }
    let chain = &config.certificate.chain;
    if chain.exists() {
        // Its key is gone, and another would not fit it.
        return Err(EnrolError::Enrolled { chain: chain.clone() });
    }
    let with = config.certificate.sealed_with.as_str();
    match &secret {
        Secret::Key(_) if !enrolment.allow_key_without_tpm => Err(EnrolError::KeyWithoutTpm),
        Secret::Key(source) => {
            encrypt("key", &key::new_pem()?, source, with)?;
            Ok(format!("a new key is sealed in {sealed}; it will not be in a TPM"))
        }
        Secret::Pin(made) => {
            // A token that was made for another PIN is of no use.
            made.renounce()?;
            encrypt("PIN", &MadeToken::new_pin()?, &made.pin, with)?;
            Ok(format!("a new PIN is sealed in {sealed}; the key will be made on its token"))
        }
    }
}

fn encrypt(
    what: &'static str,
    secret: &str,
    source: &CredentialSource,
    with: &str,
) -> Result<(), EnrolError> {
    let mut child = Command::new(PROGRAM)
        .arg("encrypt")
        .arg(format!("--name={}", source.name))
        .arg(format!("--with-key={with}"))
        .args(["-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| EnrolError::NoSealer { program: PROGRAM, source })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that gave up says why, below.
        let _ = stdin.write_all(secret.as_bytes());
    }
    let output = child.wait_with_output();
    let output = output.map_err(|source| EnrolError::NoSealer { program: PROGRAM, source })?;
    if !output.status.success() || output.stdout.is_empty() {
        let words = String::from_utf8_lossy(&output.stderr);
        let said = words.trim().replace('\n', "; ").chars().take(MOST_WORDS).collect();
        return Err(EnrolError::Unsealed { what, program: PROGRAM, said });
    }
    files::replace(&source.sealed, &output.stdout, 0o600)
}
