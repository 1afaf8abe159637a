// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bundle, and whether it may be installed here.
//!
//! Versions are Semantic Versioning 2.0.0, compared by its precedence (clause 11): `1.2.0-rc.1` is
//! older than `1.2.0`, what follows a `+` does not count. RAUC itself verifies who signed.

use std::{cmp::Ordering, path::PathBuf};

use semver::Version;
use serde::{Deserialize, Serialize};

/// A file that is to be a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Artifact {
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub(crate) sha256: String,
    /// In bytes.
    pub(crate) size: u64,
    /// Where it comes from.
    pub(crate) source: Source,
}

/// Where a bundle comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// This address of the fleet server.
    Server(String),
    /// This file, on a stick.
    File(PathBuf),
}

impl Artifact {
    /// In the place of a file that an offer does not name.
    pub(crate) const fn unknown() -> Self {
        Self { sha256: String::new(), size: 0, source: Source::Server(String::new()) }
    }
}

/// What RAUC says of a bundle that it vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bundle {
    /// For which units.
    pub(crate) compatible: String,
    /// Its version.
    pub(crate) version: Version,
    /// Nothing older than this installs once it is confirmed (`[meta.kiosk] minimum-version=`).
    pub(crate) minimum_version: Option<Version>,
}

/// Which bundles may be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standard {
    /// RAUC's `compatible` of this unit.
    pub(crate) compatible: String,
    /// What runs.
    pub(crate) running: Version,
    /// Whether something older than what runs may be installed.
    pub(crate) allow_older: bool,
    /// The verified image's own minimum.
    pub(crate) minimum: Option<Version>,
}

/// Why a bundle may not be installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// It is for other units.
    #[error("the bundle is for {found}, this unit is {wanted}")]
    Compatible {
        /// The bundle's.
        found: String,
        /// The unit's.
        wanted: String,
    },
    /// It is older than what must never run again.
    #[error("version {version} is older than the minimum {minimum}")]
    BelowMinimum {
        /// The bundle's.
        version: Version,
        /// The higher of image's and memory's.
        minimum: Version,
    },
    /// It is older than what runs.
    #[error("version {version} is older than {running}, which runs; `allow_older` is not set")]
    Older {
        /// The bundle's.
        version: Version,
        /// The unit's.
        running: Version,
    },
    /// It was tried here.
    #[error("this bundle was tried here before, and the unit fell back")]
    FellBackBefore,
}

impl Standard {
    /// Whether this bundle may be installed, with the raised minimum `floor`.
    pub(crate) fn judge(&self, bundle: &Bundle, floor: Option<&Version>) -> Result<(), Unfit> {
        let version = || bundle.version.clone();
        if bundle.compatible != self.compatible {
            let (found, wanted) = (bundle.compatible.clone(), self.compatible.clone());
            return Err(Unfit::Compatible { found, wanted });
        }
        let minimum = [self.minimum.as_ref(), floor].into_iter().flatten();
        if let Some(minimum) = minimum.max_by(|a, b| a.cmp_precedence(b))
            && is_older(&bundle.version, minimum)
        {
            return Err(Unfit::BelowMinimum { version: version(), minimum: minimum.clone() });
        }
        if is_older(&bundle.version, &self.running) && !self.allow_older {
            return Err(Unfit::Older { version: version(), running: self.running.clone() });
        }
        Ok(())
    }
}

/// Whether `a` comes before `b`.
pub(crate) fn is_older(a: &Version, b: &Version) -> bool {
    a.cmp_precedence(b) == Ordering::Less
}

/// Whether this is a SHA-256 as DDI writes it; it becomes a file's name.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(running: &str) -> Standard {
        Standard {
            compatible: "kiosk".into(),
            running: running.parse().unwrap(),
            allow_older: false,
            minimum: None,
        }
    }

    fn bundle(version: &str) -> Bundle {
        Bundle {
            compatible: "kiosk".into(),
            version: version.parse().unwrap(),
            minimum_version: None,
        }
    }

    #[test]
    fn the_same_and_the_newer_install_and_the_older_does_not() {
        let unit = standard("1.2.0");
        assert_eq!(unit.judge(&bundle("1.2.0"), None), Ok(()));
        assert_eq!(unit.judge(&bundle("1.10.0"), None), Ok(()));
        for older in ["1.1.9", "1.2.0-rc.1"] {
            assert!(matches!(unit.judge(&bundle(older), None), Err(Unfit::Older { .. })));
        }
        assert_eq!(unit.judge(&bundle("1.2.0+2"), None), Ok(()));
        assert_eq!(standard("1.2.0+9").judge(&bundle("1.2.0+2"), None), Ok(()));
    }

    #[test]
    fn neither_minimum_can_be_passed_by_allowing_older_ones() {
        let image = Some("1.1.0".parse().unwrap());
        let unit = Standard { allow_older: true, minimum: image, ..standard("2.0.0") };
        assert_eq!(unit.judge(&bundle("1.1.0"), None), Ok(()));
        let refusal = unit.judge(&bundle("1.0.9"), None).unwrap_err();
        assert!(refusal.to_string().contains("minimum 1.1.0"), "{refusal}");
        let floor = "1.5.0".parse().unwrap();
        let refusal = unit.judge(&bundle("1.4.0"), Some(&floor)).unwrap_err();
        assert!(refusal.to_string().contains("minimum 1.5.0"), "{refusal}");
    }

    #[test]
    fn a_bundle_for_other_units_is_refused_first() {
        let other = Bundle { compatible: "vending".into(), ..bundle("9.0.0") };
        assert!(matches!(standard("1.0.0").judge(&other, None), Err(Unfit::Compatible { .. })));
    }
}
