// SPDX-License-Identifier: MIT OR Apache-2.0
//! Applications and their elementary files: what a card consists of, as data.
//!
//! The card's code knows file *kinds*; which files there are is decided at personalisation.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::Error as _};

use crate::{hex, reference::PinKind};

/// An application of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Application {
    /// Empty; that it is there says that the card is a simulated one (profile, section 1).
    Marker,
    /// 公的個人認証AP.
    Jpki,
    /// 券面事項入力補助AP.
    InputSupport,
}

impl Application {
    /// All that a card may have.
    pub(crate) const ALL: [Self; 3] = [Self::Marker, Self::Jpki, Self::InputSupport];

    /// The application identifier that SELECT names.
    pub fn aid(self) -> &'static [u8] {
        match self {
            Self::Marker => b"\xF0jpki-ref1",
            Self::Jpki => b"\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01",
            Self::InputSupport => b"\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08",
        }
    }
}

/// A two-byte file identifier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EfId(pub u16);

impl EfId {
    /// The file that a short EF identifier names: files of this card have one where their
    /// identifier is 0001 to 001E.
    pub(crate) fn from_short(short_id: u8) -> Self {
        Self(u16::from(short_id))
    }
}

/// A file and whatever it holds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum File {
    /// Bytes for READ BINARY.
    Transparent {
        read: Access,
        #[serde(with = "hex")]
        content: Vec<u8>,
    },
    /// Reference data for VERIFY.
    Pin(PinKind),
    /// An RSA private key (PKCS#8 DER) for COMPUTE DIGITAL SIGNATURE.
    SigningKey {
        sign: Access,
        #[serde(with = "hex")]
        key: Vec<u8>,
    },
    /// A file that the real card is known to have and whose content is not public.
    Reserved,
}

/// What must be true before a file is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    Free,
    /// Any of these PINs is in the verified state.
    After(Vec<PinKind>),
}

/// The files of one application.
pub(crate) type Files = BTreeMap<EfId, File>;

impl fmt::Display for EfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for EfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EfId({self})")
    }
}

impl FromStr for EfId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u16::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for EfId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EfId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
