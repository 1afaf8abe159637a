// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes that only the card's side and the service understand.
//!
//! On the wire they are base64url without padding (RFC 4648, section 5).
//! Certificates and receipts identify a person, so `Debug` shows a length alone.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Certificates, receipts, tickets, signatures: carried, never looked into.
#[derive(Clone, PartialEq, Eq)]
pub struct Opaque(Vec<u8>);

impl Opaque {
    /// The bytes, for whoever can decode them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes themselves.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for Opaque {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Opaque {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opaque({} bytes)", self.0.len())
    }
}

impl Serialize for Opaque {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Opaque {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The decoder's own message would quote a character of the text.
        let bytes = URL_SAFE_NO_PAD.decode(text);
        bytes.map(Self).map_err(|_| D::Error::custom("not base64url without padding"))
    }
}

/// The 32 bytes over which the card signs its receipt, drawn by the service for one session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 32]);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(*)")
    }
}

impl Serialize for Nonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Opaque::deserialize(deserializer)?.0;
        let length = bytes.len();
        let fixed = <[u8; 32]>::try_from(bytes);
        fixed.map(Self).map_err(|_| D::Error::custom(format!("a nonce of {length} bytes, not 32")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_cross_as_base64url_without_padding() {
        let bytes = Opaque::from(vec![0xFB, 0xFF, 0xFE, 0x01]);
        assert_eq!(serde_json::to_string(&bytes).unwrap(), r#""-__-AQ""#);
        assert_eq!(serde_json::from_str::<Opaque>(r#""-__-AQ""#).unwrap(), bytes);
    }

    #[test]
    fn padding_and_the_other_alphabet_are_refused_without_quoting_the_text() {
        for text in [r#""-__-AQ==""#, r#""+//+AQ""#, r#""secret!""#] {
            let message = serde_json::from_str::<Opaque>(text).unwrap_err().to_string();
            assert!(message.starts_with("not base64url without padding"), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn what_identifies_a_person_does_not_print() {
        let certificate = Opaque::from(b"TARO".to_vec());
        assert_eq!(format!("{certificate:?}"), "Opaque(4 bytes)");
        assert_eq!(format!("{:?}", Nonce([7; 32])), "Nonce(*)");
    }

    #[test]
    fn a_nonce_has_32_bytes() {
        let short = serde_json::from_str::<Nonce>(r#""AQID""#).unwrap_err().to_string();
        assert!(short.starts_with("a nonce of 3 bytes, not 32"), "{short}");
    }
}
