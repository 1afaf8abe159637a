// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration file: strict TOML with bounds. Its keys are explained in `deploy/update.toml`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use backend_client::link::{CertificateConfig, LogConfig, Origin, read};
use semver::Version;
use serde::{Deserialize, Deserializer, de};

use crate::error::UpdateError;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the memory and the bundles are kept.
    pub(crate) folder: PathBuf,
    /// The kiosk's control socket.
    pub(crate) control: PathBuf,
    /// The file that has the unit restarted when it appears.
    pub(crate) reboot: PathBuf,
    /// D-Bus address of the bus that RAUC is on; the system's where missing.
    pub(crate) bus: Option<String>,
    /// os-release(5) with IMAGE_VERSION.
    #[serde(default = "os_release")]
    pub(crate) os_release: PathBuf,
    /// The fleet server; none: sticks alone.
    pub(crate) server: Option<Server>,
    #[serde(default)]
    pub(crate) install: Install,
    #[serde(default)]
    pub(crate) confirm: Confirm,
    pub(crate) stick: Stick,
    #[serde(default)]
    pub(crate) log: LogConfig,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) url: Origin,
    pub(crate) tenant: String,
    /// File with the controller's id.
    pub(crate) controller_file: PathBuf,
    /// PEM file of the roots.
    pub(crate) roots: PathBuf,
    pub(crate) token: Option<Token>,
    pub(crate) certificate: Option<CertificateConfig>,
    /// Bounds of the server's polling sleep, in seconds.
    #[serde(default = "shortest_sleep", deserialize_with = "within::<_, 1, 3_600>")]
    pub(crate) shortest_sleep: u64,
    #[serde(default = "longest_sleep", deserialize_with = "within::<_, 1, 86_400>")]
    pub(crate) longest_sleep: u64,
    /// Largest bundle, in MiB.
    #[serde(default = "largest", deserialize_with = "within::<_, 1, 16_384>")]
    pub(crate) largest_mib: u64,
    /// Disk that a download leaves free, in MiB.
    #[serde(default = "spare", deserialize_with = "within::<_, 0, 16_384>")]
    pub(crate) spare_mib: u64,
}

/// `[server.token]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) file: PathBuf,
}

/// Whose a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TokenKind {
    /// This unit's.
    Target,
    /// That of all units behind a gateway.
    Gateway,
}

/// `[install]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Install {
    pub(crate) minimum_version: Option<Version>,
    pub(crate) allow_older: bool,
    /// Longest deferral of an urgent update, in hours.
    #[serde(deserialize_with = "within::<_, 0, 720>")]
    pub(crate) deferral_hours: u64,
    /// Between two requests for a lease, in seconds.
    #[serde(deserialize_with = "within::<_, 1, 3_600>")]
    pub(crate) ask_every: u64,
    /// Length of a lease, and the longest installation, in seconds.
    #[serde(deserialize_with = "within::<_, 60, 3_600>")]
    pub(crate) lease: u64,
}

/// `[confirm]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Confirm {
    /// How long every check must pass together, in seconds.
    #[serde(deserialize_with = "within::<_, 1, 3_600>")]
    pub(crate) steady: u64,
    /// Until when that must be reached, in seconds from the start of `confirm`.
    #[serde(deserialize_with = "within::<_, 1, 7_200>")]
    pub(crate) within: u64,
    /// Between two looks, in seconds.
    #[serde(deserialize_with = "within::<_, 1, 60>")]
    pub(crate) every: u64,
}

/// `[stick]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stick {
    /// Where it is mounted.
    pub(crate) path: PathBuf,
    /// How long a lease is asked for, in seconds.
    #[serde(default = "patience", deserialize_with = "within::<_, 0, 7_200>")]
    pub(crate) patience: u64,
}

impl Config {
    /// The configuration in that file; relative paths in it start at the file's folder.
    pub(crate) fn read(path: &Path) -> Result<Self, UpdateError> {
        let mut config = read::<Self>(path, "kiosk-update")?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let own = [
            &mut config.folder,
            &mut config.control,
            &mut config.reboot,
            &mut config.os_release,
            &mut config.stick.path,
        ];
        let server = config.server.as_mut();
        let servers = server.map(|server| {
            let token = server.token.as_mut().map(|token| &mut token.file);
            if let Some(own) = server.certificate.as_mut() {
                own.start_at(folder);
            }
            [&mut server.controller_file, &mut server.roots].into_iter().chain(token)
        });
        for path in own.into_iter().chain(servers.into_iter().flatten()) {
            *path = folder.join(&*path);
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), UpdateError> {
        if self.confirm.steady > self.confirm.within {
            return Err(UpdateError::Contradiction("confirm.steady is more than confirm.within"));
        }
        let Some(server) = &self.server else { return Ok(()) };
        if server.shortest_sleep > server.longest_sleep {
            let what = "server.shortest_sleep is more than server.longest_sleep";
            return Err(UpdateError::Contradiction(what));
        }
        if server.token.is_none() && server.certificate.is_none() {
            let what = "the server knows units by [server.token] or [server.certificate]; give one";
            return Err(UpdateError::Contradiction(what));
        }
        Ok(())
    }
}

impl Install {
    /// How long a lease lasts.
    pub(crate) const fn lease(&self) -> Duration {
        Duration::from_secs(self.lease)
    }
}

impl Default for Install {
    fn default() -> Self {
        Self {
            minimum_version: None,
            allow_older: false,
            deferral_hours: 72,
            ask_every: 60,
            lease: 3_600,
        }
    }
}

impl Default for Confirm {
    fn default() -> Self {
        Self { steady: 60, within: 600, every: 5 }
    }
}

fn within<'de, D: Deserializer<'de>, const LEAST: u64, const MOST: u64>(
    deserializer: D,
) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if (LEAST..=MOST).contains(&number) {
        return Ok(number);
    }
    Err(de::Error::custom(format!("{number} is not within {LEAST} and {MOST}")))
}

fn os_release() -> PathBuf {
    "/usr/lib/os-release".into()
}

const fn shortest_sleep() -> u64 {
    30
}

const fn longest_sleep() -> u64 {
    3_600
}

const fn largest() -> u64 {
    1_024
}

const fn spare() -> u64 {
    32
}

const fn patience() -> u64 {
    600
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, UpdateError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("update.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path)
    }

    fn complaint(text: &str) -> String {
        let error = read(text).unwrap_err();
        backend_client::error::Chain(&error).to_string()
    }

    const LEAST: &str = "folder = \"f\"\ncontrol = \"c\"\nreboot = \"r\"\n[stick]\npath = \"s\"\n";

    const SERVER: &str = "[server]\nurl = \"https://fleet.example\"\ntenant = \"t\"\n\
                          controller_file = \"c\"\nroots = \"r\"\n";

    #[test]
    fn the_example_in_deploy_is_a_configuration_with_every_key() {
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../update.toml");
        let config = Config::read(Path::new(example)).unwrap();
        assert_eq!(config.folder, Path::new("/var/lib/kiosk-update"));
        assert_eq!(config.confirm.steady, 60);
        let text = std::fs::read_to_string(example).unwrap();
        for key in [
            "bus",
            "os_release",
            "url",
            "tenant",
            "controller_file",
            "roots",
            "kind",
            "file",
            "shortest_sleep",
            "longest_sleep",
            "largest_mib",
            "spare_mib",
            "minimum_version",
            "allow_older",
            "deferral_hours",
            "ask_every",
            "lease",
            "steady",
            "within",
            "every",
            "path",
            "patience",
            "chain",
            "key",
            "format",
            "filter",
        ] {
            assert!(text.contains(&format!("{key} = ")), "{key} is not explained");
        }
    }

    #[test]
    fn a_unit_without_a_fleet_server_is_fine_and_one_without_a_name_is_not() {
        assert!(read(LEAST).unwrap().server.is_none());
        let nameless = complaint(&format!("{LEAST}{SERVER}"));
        assert!(nameless.contains("[server.token] or [server.certificate]"), "{nameless}");
        let named = format!("{LEAST}{SERVER}[server.token]\nkind = \"target\"\nfile = \"t\"\n");
        let server = read(&named).unwrap().server.unwrap();
        assert!(server.token.unwrap().file.is_absolute());
    }

    #[test]
    fn what_is_out_of_bounds_or_unknown_is_refused_with_its_line() {
        let wrong = complaint(&format!("{LEAST}[install]\ndeferral_hours = 721\n"));
        assert!(wrong.contains("line 7") && wrong.contains("not within 0 and 720"), "{wrong}");
        let unknown = complaint(&format!("{LEAST}[confirm]\nsteady_seconds = 1\n"));
        assert!(unknown.contains("`steady_seconds`"), "{unknown}");
        let contradiction = complaint(&format!("{LEAST}[confirm]\nsteady = 601\n"));
        assert!(contradiction.contains("more than confirm.within"), "{contradiction}");
    }
}
