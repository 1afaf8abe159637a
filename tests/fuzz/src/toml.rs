// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk.toml` and `link.toml` as an operator may write them: they are read, or refused with the
//! line at fault.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use backend_client::link;
use backend_client::tls::{KeySource, PinSource};
use reqwest::Url;
use tempfile::TempDir;

use crate::config::{Config, ConfigError};

static FOLDER: LazyLock<Option<TempDir>> = LazyLock::new(|| tempfile::tempdir().ok());

/// The bytes of `kiosk.toml`.
pub fn run(data: &[u8]) {
    let path = written("kiosk", data);
    let text = std::str::from_utf8(data);
    match Config::load(&path) {
        Ok(config) => {
            let _ = config.limits.limits();
            assert!(text.is_ok());
        }
        Err(ConfigError::Unreadable { .. }) => assert!(text.is_err(), "text that cannot be read"),
        Err(ConfigError::Refused { position, what, .. }) => {
            assert!(!what.is_empty());
            let lines = text.unwrap_or_default().matches('\n').count() + 1;
            match position {
                Some(position) => {
                    assert!((1..=lines).contains(&position.line), "line {}", position.line);
                    assert!(position.column >= 1);
                }
                // What is not there is nowhere, and neither is what two lines say together.
                None => assert!(
                    what.contains("missing") || what.contains("square pixels"),
                    "no line is named: {what}"
                ),
            }
        }
    }
}

/// The bytes of `link.toml`.
pub fn link(data: &[u8]) {
    let path = written("link", data);
    let text = std::str::from_utf8(data);
    match link::Config::read(&path) {
        Ok(config) => {
            assert!(text.is_ok());
            usable(config);
        }
        Err(link::ConfigError::Read { .. }) => assert!(text.is_err(), "text that cannot be read"),
        Err(link::ConfigError::Content { line, complaint, .. }) => {
            let lines = text.unwrap_or_default().matches('\n').count() + 1;
            assert!((1..=lines).contains(&line), "line {line} of {lines}");
            assert!(!complaint.is_empty());
        }
    }
}

/// What `kiosk-link` relies on from here on.
fn usable(config: link::Config) {
    let _ = config.log.filter.to_env_filter();
    assert!(config.allowed_uids.is_none_or(|uids| !uids.is_empty()), "nobody is served");
    let (service, certificate) = (config.service, config.certificate);
    let key = match certificate.key_source() {
        KeySource::File(path) => path,
        KeySource::Credential(credential) => credential.sealed,
        KeySource::Pkcs11(token) => match token.pin {
            PinSource::File(path) => path,
            PinSource::Made(made) => made.store,
        },
    };
    for path in [config.socket, service.roots, certificate.chain, key] {
        assert!(path.is_absolute(), "{} depends on where it is started", path.display());
    }
    let url: Url = service.url.into();
    let is_origin = url.scheme() == "https" && url.host_str().is_some_and(|host| !host.is_empty());
    assert!(is_origin && url.path() == "/" && url.query().is_none(), "{url}");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
}

#[expect(clippy::expect_used, reason = "a fuzzer without a temporary folder can do nothing")]
fn written(name: &str, data: &[u8]) -> PathBuf {
    let folder = FOLDER.as_ref().expect("a temporary folder");
    let path = folder.path().join(format!("{name}-{:?}.toml", std::thread::current().id()));
    fs::write(&path, data).expect("a temporary file");
    path
}
