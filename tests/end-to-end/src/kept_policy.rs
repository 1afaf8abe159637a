// SPDX-License-Identifier: MIT OR Apache-2.0
//! The policy that a kiosk keeps, signed by OpenSSL with a unit's key: the format of
//! docs/decisions/0033 once more, by other hands than `kiosk-link`'s.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    bench::Bench,
    failure::Failure,
    process::{ask, leashed},
    record::Record,
};

impl Bench {
    /// Where the kiosk keeps the last policy.
    #[must_use]
    pub fn policy_cache(&self) -> PathBuf {
        self.folder().join("policy").join("policy.json")
    }

    /// What lies there.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn kept_policies(&self) -> Result<Value, Failure> {
        let path = self.policy_cache();
        let text = fs::read(&path).map_err(Failure::file("reading", &path))?;
        serde_json::from_slice(&text)
            .map_err(|error| Failure::Refuted(format!("the kept policy is no JSON: {error}")))
    }

    /// Leaves these policies there, as an earlier process would.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep_policies(&self, policies: &[Value]) -> Result<(), Failure> {
        let kept = json!({ "version": 2, "policies": policies });
        self.keep_policy_file(&kept.to_string())
    }

    /// Leaves this text there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_policy_file(&self, text: &str) -> Result<(), Failure> {
        let path = self.policy_cache();
        fs::write(&path, text).map_err(Failure::file("writing", &path))
    }

    /// A policy without a mark, signed with the key that lies in that folder (`certificate.pem`,
    /// `key.pem`).
    ///
    /// # Errors
    /// When OpenSSL does not sign.
    pub fn sign_policy(&self, credentials: &Path, text: &str) -> Result<Value, Failure> {
        signed(credentials, text, self.record())
    }
}

fn signed(credentials: &Path, text: &str, record: &Record) -> Result<Value, Failure> {
    let openssl = |doing: &str, words: &[&str]| {
        ask(doing, leashed("openssl").args(words).current_dir(credentials), record)
    };
    let names = ["x509", "-in", "certificate.pem", "-noout", "-ext", "subjectAltName"];
    let names = openssl("reading the unit's name", &names)?;
    let name = names.lines().find_map(|line| line.trim().strip_prefix("URI:"));
    let name = name.ok_or_else(|| Failure::Refuted(format!("no unit is named in: {names}")))?;

    let mut message = b"kiosk-policy-v1\0".to_vec();
    for part in [name, "", text] {
        message.extend((part.len() as u64).to_be_bytes());
        message.extend(part.as_bytes());
    }
    let (message_file, signature_file) = ("policy.message", "policy.signature");
    let path = credentials.join(message_file);
    fs::write(&path, message).map_err(Failure::file("writing", &path))?;
    let words = ["dgst", "-sha256", "-sign", "key.pem", "-out", signature_file, message_file];
    openssl("signing a policy", &words)?;
    let public = ["pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "public.der"];
    openssl("reading the unit's public key", &public)?;

    let read = |name: &str| {
        let path = credentials.join(name);
        fs::read(&path).map_err(Failure::file("reading", &path))
    };
    let hash = Sha256::digest(read("public.der")?);
    let signed_by = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    let value = URL_SAFE_NO_PAD.encode(read(signature_file)?);
    Ok(json!({
        "document": { "text": text },
        "signature": { "signed_by": signed_by, "value": value },
    }))
}
