// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes as lower-case hexadecimal text, in the card's state file and on the command line.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// `bytes` as lower-case hexadecimal digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// The bytes that `text` spells, in either case; `None` where it is not whole hexadecimal bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// For `#[serde(with = "hex")]`.
pub(crate) fn serialize<S: Serializer>(
    bytes: impl AsRef<[u8]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(bytes.as_ref()))
}

/// For `#[serde(with = "hex")]`: a vector, or an array that the text must fill exactly.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<Vec<u8>>,
{
    let text = String::deserialize(deserializer)?;
    let bytes = decode(&text).ok_or_else(|| D::Error::custom("not hexadecimal bytes"))?;
    T::try_from(bytes).map_err(|_| D::Error::custom("wrong number of bytes"))
}
