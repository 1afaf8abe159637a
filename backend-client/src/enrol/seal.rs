// SPDX-License-Identifier: MIT OR Apache-2.0
//! A new key that is sealed by systemd-creds(1) before any disk has it. The host's key is root's to
//! read, so this runs as root, in a unit without network; all else of an enrolment does not.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use super::{EnrolError, files, key};
use crate::{
    link::{Config, EnrolmentConfig},
    tls::KeySource,
};

/// By its full path: this runs as root.
const PROGRAM: &str = "/usr/bin/systemd-creds";

/// Letters of its complaint that are shown.
const MOST_WORDS: usize = 400;

/// Makes and seals a key, where the key is to be a credential and there is none.
pub(super) fn seal(config: &Config, enrolment: &EnrolmentConfig) -> Result<String, EnrolError> {
    let KeySource::Credential(source) = config.certificate.key_source() else {
        return Ok("nothing to seal: the key is no credential".to_owned());
    };
    let sealed = source.sealed.display();
    if source.sealed.exists() {
        return Ok(format!("{sealed} is there already"));
    }
    let chain = &config.certificate.chain;
    if chain.exists() {
        // Its key is gone, and another would not fit it.
        return Err(EnrolError::Enrolled { chain: chain.clone() });
    }
    if !enrolment.allow_key_without_tpm {
        return Err(EnrolError::KeyWithoutTpm);
    }
    let pem = key::new_pem()?;
    let mut child = Command::new(PROGRAM)
        .arg("encrypt")
        .arg(format!("--name={}", source.name))
        .arg(format!("--with-key={}", config.certificate.sealed_with.as_str()))
        .args(["-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| EnrolError::NoSealer { program: PROGRAM, source })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that gave up says why, below.
        let _ = stdin.write_all(pem.as_bytes());
    }
    let output = child.wait_with_output();
    let output = output.map_err(|source| EnrolError::NoSealer { program: PROGRAM, source })?;
    if !output.status.success() || output.stdout.is_empty() {
        let words = String::from_utf8_lossy(&output.stderr);
        let said = words.trim().replace('\n', "; ").chars().take(MOST_WORDS).collect();
        return Err(EnrolError::Unsealed { program: PROGRAM, said });
    }
    files::replace(&source.sealed, &output.stdout, 0o600)?;
    Ok(format!("a new key is sealed in {sealed}"))
}
