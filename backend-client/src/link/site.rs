// SPDX-License-Identifier: MIT OR Apache-2.0
//! The site file: what differs from unit to unit, in the vendor's words and under the vendor's
//! signature, on a data partition that others may write (docs/decisions/0030).
//!
//! It is read once, its signature is checked over the very bytes that were read, and only then is
//! any of it parsed.

mod error;
mod signature;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use reqwest::Url;
use serde::{Deserialize, Deserializer, de};

pub use error::SiteError;

use super::{Config, Origin, config};
use crate::wire::Identity;

/// Whose certificate this unit's is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitName {
    /// The store.
    pub store: String,
    /// The unit.
    pub unit: String,
}

/// What `new` needs of `[enrolment]` and the site file together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The service's enrolment port.
    pub url: Url,
    /// Whom it is to name.
    pub name: UnitName,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    #[serde(deserialize_with = "name")]
    store: String,
    #[serde(deserialize_with = "name")]
    unit: String,
    service: Option<Origin>,
    #[serde(default, deserialize_with = "roots")]
    roots: Option<String>,
    enrolment: Option<Origin>,
    /// For the kiosk: `kiosk-enrol staff-code` hands it on.
    #[serde(default, deserialize_with = "hash")]
    staff_code: Option<String>,
    /// To the last second of which day, in UTC, the unit writes report and outcomes to the partition
    /// that its installer reads: `kiosk-enrol hand-out` hands it on.
    #[serde(default, deserialize_with = "date")]
    hand_out_until: Option<Date>,
}

impl Config {
    /// The same with what the site file says, where `[site]` names one.
    ///
    /// # Errors
    ///
    /// [`SiteError`]
    pub fn with_site(mut self) -> Result<Self, SiteError> {
        let Some(site) = &self.site else { return Ok(self) };
        let bytes = signature::signed(&site.file, &site.key)?;
        let said = SiteFile::parse(&bytes, &site.file)?;
        if let Some(roots) = said.roots {
            self.service.roots = site.roots_folder.join(format!("{roots}.pem"));
        }
        if let Some(url) = said.service {
            self.service.url = url;
        }
        let name = UnitName { store: said.store, unit: said.unit };
        if let Some(enrolment) = &mut self.enrolment {
            enrolment.url = said.enrolment.or(enrolment.url.take());
            let UnitName { store, unit } = name.clone();
            let both =
                [(&mut enrolment.store, store, "store"), (&mut enrolment.unit, unit, "unit")];
            for (here, there, key) in both {
                let path = site.file.clone();
                match here {
                    Some(here) if *here != there => {
                        let (configured, signed) = (here.clone(), there);
                        return Err(SiteError::Differs { key, path, configured, signed });
                    }
                    here => *here = Some(there),
                }
            }
        }
        self.signed_name = Some(name);
        self.staff_code = said.staff_code;
        self.hand_out_until = said.hand_out_until;
        Ok(self)
    }

    /// Whether that is the unit of which the site file speaks; without one any is.
    ///
    /// # Errors
    ///
    /// [`SiteError::OfAnother`]
    pub fn is_of(&self, identity: &Identity) -> Result<(), SiteError> {
        let Identity { store, unit, .. } = identity;
        match (&self.signed_name, &self.site) {
            (Some(name), Some(site)) if (&name.store, &name.unit) != (store, unit) => {
                Err(SiteError::OfAnother {
                    path: site.file.clone(),
                    signed: format!("{}/{}", name.store, name.unit),
                    certified: format!("{store}/{unit}"),
                })
            }
            _ => Ok(()),
        }
    }

    /// Where this unit enrols, and as whom.
    ///
    /// # Errors
    ///
    /// [`SiteError::Unsaid`]
    pub fn invited(&self) -> Result<Invited, SiteError> {
        let enrolment = self.enrolment.as_ref();
        let said = |key, value: Option<String>| value.ok_or(SiteError::Unsaid { key });
        let url =
            enrolment.and_then(|it| it.url.clone()).ok_or(SiteError::Unsaid { key: "url" })?;
        let store = said("store", enrolment.and_then(|it| it.store.clone()))?;
        let unit = said("unit", enrolment.and_then(|it| it.unit.clone()))?;
        Ok(Invited { url: url.into(), name: UnitName { store, unit } })
    }
}

impl SiteFile {
    fn parse(bytes: &[u8], path: &Path) -> Result<Self, SiteError> {
        let content =
            |line, complaint| SiteError::Content { path: path.to_owned(), line, complaint };
        let text = str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            content(line, "not UTF-8".to_owned())
        })?;
        config::parse(text).map_err(|(line, complaint)| content(line, complaint))
    }
}

/// As the service takes it in a certificate's name.
fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if (1..=64).contains(&name.len()) && name.chars().all(is_allowed) {
        return Ok(name);
    }
    Err(de::Error::custom("no name of 1 to 64 letters, digits, dots, hyphens or underscores"))
}

/// The name becomes that of a file: nothing in it may lead out of the folder.
fn roots<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=64).contains(&name.len()) && name.chars().all(is_allowed) {
        return Ok(Some(name));
    }
    Err(de::Error::custom("roots is no name of 1 to 64 of a-z, 0-9 and `-`"))
}

/// Whether its cost will do is `kiosk`'s to say.
fn hash<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let hash = String::deserialize(deserializer)?;
    if hash.starts_with("$argon2id$") {
        return Ok(Some(hash));
    }
    Err(de::Error::custom("staff_code is no hash in the form $argon2id$..."))
}

/// In quotes: `toml` has dates of its own, which do not come as text.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let date = String::deserialize(deserializer)?;
    // Of a longer text the parser would take the day alone.
    let is_a_day = date.len() == "2026-12-31".len();
    match date.parse() {
        Ok(date) if is_a_day => Ok(Some(date)),
        _ => Err(de::Error::custom("hand_out_until is no day in the form \"2026-12-31\"")),
    }
}

/// The signature's place.
fn signature_of(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".sig");
    PathBuf::from(path)
}
