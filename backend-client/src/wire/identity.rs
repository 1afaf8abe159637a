// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who this kiosk is, which only the holder of the certificate knows.
//!
//! The service takes the kiosk's identity from the client certificate alone;
//! so does the kiosk, which hears it from `kiosk-link`.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What the client certificate says of this kiosk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// In the proof's transcript and in every ticket.
    pub kiosk_id: KioskId,
    /// Third part of the SAN `urn:kiosk:<store>:<unit>`.
    pub unit: String,
    /// Second part of it.
    pub store: String,
    /// End of the certificate's validity.
    pub certificate_not_after: Timestamp,
    /// The certificate says that its key is not in a TPM (docs/decisions/0020).
    pub key_without_tpm: bool,
}

/// First 16 bytes of SHA-256 over the DER SubjectPublicKeyInfo of the client certificate.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KioskId(pub [u8; 16]);

impl fmt::Display for KioskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KioskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KioskId({self})")
    }
}

impl Serialize for KioskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KioskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refused = || D::Error::custom("a kiosk_id is 32 lower-case hex digits");
        if text.len() != 32 || text.bytes().any(|c| !matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(refused());
        }
        u128::from_str_radix(&text, 16).map(|id| Self(id.to_be_bytes())).map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kiosk_id_is_32_lower_case_hex_digits() {
        let id = KioskId(*b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff");
        let json = r#""000102030405060708090a0b0c0d0eff""#;
        assert_eq!(serde_json::to_string(&id).unwrap(), json);
        assert_eq!(serde_json::from_str::<KioskId>(json).unwrap(), id);
        for unfit in [
            r#""00""#,
            r#""000102030405060708090A0B0C0D0EFF""#,
            r#""+00102030405060708090a0b0c0d0eff""#,
        ] {
            assert!(serde_json::from_str::<KioskId>(unfit).is_err(), "{unfit}");
        }
    }
}
