// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration file of `kiosk-link`: strict TOML, a wrong key is named with its line.

mod certificate;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use reqwest::Url;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

pub use certificate::{CertificateConfig, SealedWith};

use super::site::UnitName;

/// The whole file. Its keys are explained in `deploy/link.toml` and by `kiosk-link --help`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The Unix socket to listen on.
    pub socket: PathBuf,
    /// Users that are listened to; the process's own where missing.
    #[serde(default, deserialize_with = "somebody")]
    pub allowed_uids: Option<Vec<u32>>,
    /// The other side.
    pub service: ServiceConfig,
    /// Our side.
    pub certificate: CertificateConfig,
    /// The vendor's word on who this unit is and whom it serves.
    pub site: Option<SiteConfig>,
    /// How our side is made, for `kiosk-enrol`.
    pub enrolment: Option<EnrolmentConfig>,
    /// What is told of it.
    #[serde(default)]
    pub log: LogConfig,
    /// The unit's name, once a site file said it.
    #[serde(skip)]
    pub(super) signed_name: Option<UnitName>,
    /// The hash of the staff code that the site file has, if it has one.
    #[serde(skip)]
    pub(crate) staff_code: Option<String>,
    /// The last day on which the unit hands out report and outcomes, if the site file has one.
    #[serde(skip)]
    pub(crate) hand_out_until: Option<jiff::civil::Date>,
}

/// `[service]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceConfig {
    /// Where the central service is.
    pub url: Origin,
    /// PEM file of the roots.
    pub roots: PathBuf,
}

/// `[site]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    /// The site file; its signature is beside it, with `.sig` at the end of its name.
    pub file: PathBuf,
    /// PEM file of the public key that signs site files.
    pub key: PathBuf,
    /// Folder of the roots that a site file may choose from.
    #[serde(default = "roots_folder")]
    pub roots_folder: PathBuf,
}

fn roots_folder() -> PathBuf {
    PathBuf::from("/etc/kiosk-link/roots.d")
}

/// `[enrolment]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentConfig {
    /// The service's enrolment port; the site file's, where it says one.
    pub url: Option<Origin>,
    /// The store; the site file's, where there is one.
    pub store: Option<String>,
    /// The unit; the site file's, where there is one.
    pub unit: Option<String>,
    /// Whether the key may be outside of a TPM, in a file or sealed.
    #[serde(default)]
    pub allow_key_without_tpm: bool,
    /// The kiosk's journal, which is not read.
    pub journal: PathBuf,
    /// The kiosk's metrics file.
    pub metrics: Option<PathBuf>,
    /// The kiosk's control socket, which is asked instead of the metrics file.
    pub control: Option<PathBuf>,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// One line of text or of JSON an event.
    pub format: LogFormat,
    /// Which events.
    pub filter: LogFilter,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// Directives of [`EnvFilter`] whose every bare word is a level. `EnvFilter` takes any other bare
/// word for a target, and a level with a typing mistake would silence the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct LogFilter(String);

/// `https://HOST[:PORT]` and nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(Url);

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file says something that it should not.
    #[error("{path}, line {line}: {complaint} (`{program} --help` describes every key)")]
    Content {
        /// Whose configuration it is.
        program: &'static str,
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong there. TOML's own message shows the line first, however long it is.
        complaint: String,
    },
}

impl Config {
    /// The configuration in that file; relative paths in it start at the file's folder.
    ///
    /// # Errors
    ///
    /// [`ConfigError`]
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let config = read::<Self>(path, "kiosk-link")?;
        Ok(config.below(path.parent().unwrap_or(Path::new(""))))
    }

    fn below(mut self, folder: &Path) -> Self {
        let paths = [&mut self.socket, &mut self.service.roots];
        let site = self.site.as_mut();
        let sites = site.map(|of| [&mut of.file, &mut of.key, &mut of.roots_folder]);
        let mut kiosks = Vec::new();
        if let Some(of) = self.enrolment.as_mut() {
            kiosks.push(&mut of.journal);
            kiosks.extend(of.metrics.as_mut().into_iter().chain(of.control.as_mut()));
        }
        for path in paths.into_iter().chain(sites.into_iter().flatten()).chain(kiosks) {
            *path = folder.join(&*path);
        }
        self.certificate.start_at(folder);
        self
    }
}

/// What that file says, for this program; paths in it are left as they are written.
///
/// # Errors
///
/// [`ConfigError`]
pub fn read<T: DeserializeOwned>(path: &Path, program: &'static str) -> Result<T, ConfigError> {
    let text = fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(&text).map_err(|(line, complaint)| ConfigError::Content {
        program,
        path: path.to_owned(),
        line,
        complaint,
    })
}

/// What a text says; else in which line, from 1, what is wrong.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, (usize, String)> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        (before.matches('\n').count() + 1, error.message().to_owned())
    })
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: LogFilter("info".to_owned()) }
    }
}

impl LogFilter {
    /// What `tracing_subscriber` takes.
    #[must_use]
    pub fn to_env_filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl TryFrom<String> for LogFilter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        EnvFilter::try_new(&text).map_err(|error| format!("log.filter is no filter: {error}"))?;
        let is_bare = |word: &&str| !word.contains(['=', '[']);
        for word in text.split(',').map(str::trim).filter(is_bare) {
            // The empty word would be read as `error`.
            if word.is_empty() || word.parse::<LevelFilter>().is_err() {
                return Err(format!(
                    "log.filter: `{word}` is no level; it is one of error, warn, info, debug, \
                     trace and off, or TARGET=LEVEL"
                ));
            }
        }
        Ok(Self(text))
    }
}

/// A list with nobody in it would serve nobody.
fn somebody<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u32>>, D::Error> {
    let uids = Vec::deserialize(deserializer)?;
    if uids.is_empty() {
        let what = "allowed_uids is empty, so nobody would be served; name the kiosk's user, \
                    or leave the key out for kiosk-link's own";
        return Err(de::Error::custom(what));
    }
    Ok(Some(uids))
}

impl TryFrom<String> for Origin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let url = Url::parse(&text).map_err(|_| "no URL; it has the form https://HOST[:PORT]")?;
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match url.scheme() {
            "https" if is_bare => Ok(Self(url)),
            "https" => Err("more than https://HOST[:PORT]"),
            _ => Err("not https"),
        }
    }
}

impl From<Origin> for Url {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::{KeySource, PinSource};

    const LEAST: &str = r#"
socket = "link.sock"
[service]
url = "https://central.example:8443"
roots = "/etc/kiosk/roots.pem"
[certificate]
chain = "certificate.pem"
key = "key.pem"
"#;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link.toml");
        fs::write(&path, text).unwrap();
        Config::read(&path)
            .inspect(|config| assert_eq!(config.socket, folder.path().join("link.sock")))
    }

    fn complaint(text: &str) -> String {
        let Err(error @ ConfigError::Content { .. }) = read(text) else {
            panic!("nothing was complained about in {text}");
        };
        error.to_string()
    }

    #[test]
    fn what_is_missing_has_a_default_and_relative_paths_start_at_the_file() {
        let config = read(LEAST).unwrap();
        assert_eq!(
            config.log,
            LogConfig { format: LogFormat::Text, filter: LogFilter("info".into()) }
        );
        assert_eq!(config.allowed_uids, None);
        assert_eq!(config.service.roots, Path::new("/etc/kiosk/roots.pem"));
    }

    #[test]
    fn the_example_in_deploy_is_a_configuration() {
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/link.toml");
        let config = Config::read(Path::new(example)).unwrap();
        assert_eq!(config.socket, Path::new("/run/kiosk-link/link.sock"));
        assert_eq!(config.allowed_uids, Some(vec![961]));
        assert_eq!(config.log.format, LogFormat::Json);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_name_and_its_line() {
        let section = complaint(&LEAST.replace("roots", "rots"));
        assert!(section.contains("line 5") && section.contains("`rots`"), "{section}");
        let top = complaint(&LEAST.replace("socket", "sokcet"));
        assert!(top.contains("line 2") && top.contains("`sokcet`"), "{top}");
    }

    #[test]
    fn the_key_is_in_one_place_a_file_a_credential_or_a_token() {
        let token = "[certificate.pkcs11]\nmodule = \"/m.so\"\ntoken = \"t\"\nlabel = \"l\"\n\
                     pin_file = \"pin\"\n";
        let sealed = "credential = \"kiosk-link-key\"\nsealed = \"key.cred\"\n";
        for both in [format!("{LEAST}{token}"), format!("{LEAST}{sealed}")] {
            let both = complaint(&both);
            assert!(both.contains("one place only"), "{both}");
        }
        let without_key = LEAST.replace("key = \"key.pem\"\n", "");
        let both = complaint(&format!("{without_key}{sealed}{token}"));
        assert!(both.contains("needs `device`"), "{both}");
        assert!(complaint(&without_key).contains("neither `key`"));
        let config = read(&format!("{without_key}{token}")).unwrap();
        let KeySource::Pkcs11(source) = config.certificate.key_source() else { panic!("a file") };
        let PinSource::File(pin) = source.pin else { panic!("a credential") };
        assert!(pin.is_absolute() && pin.ends_with("pin"));
        let config = read(&format!("{without_key}{sealed}")).unwrap();
        let KeySource::Credential(source) = config.certificate.key_source() else { panic!() };
        assert_eq!(source.name, "kiosk-link-key");
        assert!(source.sealed.is_absolute() && source.sealed.ends_with("key.cred"));
    }

    #[test]
    fn a_level_with_a_typing_mistake_is_no_filter() {
        for filter in ["inof", "info,hyepr", "", "info,", "backend_client=inof", "[call"] {
            let complaint = complaint(&format!("{LEAST}[log]\nfilter = \"{filter}\"\n"));
            assert!(complaint.contains("log.filter"), "{filter}: {complaint}");
            assert!(complaint.contains("line 10"), "{complaint}");
        }
        for filter in ["INFO", "off", "warn,backend_client=debug", "warn,[call{a=1}]=trace"] {
            let read = read(&format!("{LEAST}[log]\nfilter = \"{filter}\"\n"));
            assert_eq!(read.unwrap().log.filter, LogFilter(filter.into()));
        }
    }

    #[test]
    fn a_list_of_users_with_nobody_in_it_is_refused() {
        let complaint = complaint(&format!("allowed_uids = []\n{LEAST}"));
        assert!(complaint.contains("allowed_uids is empty"), "{complaint}");
        assert!(complaint.contains("line 1"), "{complaint}");
    }

    #[test]
    fn a_long_line_does_not_hide_what_is_wrong_with_it() {
        let long = format!("{LEAST}[log]\nfilter = \"{}inof\"\n", "info,".repeat(100));
        let complaint = complaint(&long);
        assert!(complaint.contains("line 10: log.filter: `inof` is no level"), "{complaint}");
    }

    #[test]
    fn only_a_bare_https_origin_is_a_service() {
        for (url, complaint_about_it) in [
            ("http://central.example", "not https"),
            ("https://central.example/v1", "more than"),
            ("https://kiosk:secret@central.example", "more than"),
            ("central.example", "no URL"),
        ] {
            let complaint = complaint(&LEAST.replace("https://central.example:8443", url));
            assert!(complaint.contains(complaint_about_it), "{url}: {complaint}");
            assert!(complaint.contains("line 4"), "{complaint}");
        }
    }
}
