// SPDX-License-Identifier: MIT OR Apache-2.0
//! A policy as the service gave it, and the signature under which a kiosk may keep it
//! (docs/decisions/0033).
//!
//! `kiosk-link` signs what it received over mutual TLS, and nothing else; whoever keeps it asks
//! `kiosk-link` again before it is used. The text stays the service's own, byte for byte: that is
//! what is signed, and a later release may read more of it.

use serde::{Deserialize, Serialize};

use super::{ETag, KioskId, Opaque, Policy};

/// The policy in the service's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDocument {
    /// Its mark, to be sent with the next question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<ETag>,
    /// A JSON object, as it came.
    pub text: String,
}

impl PolicyDocument {
    /// [`Policy::read`] of its text.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`], when the text is no JSON object.
    pub fn read(&self) -> serde_json::Result<(Policy, Vec<(String, serde_json::Error)>)> {
        Policy::read(self.text.as_bytes())
    }
}

/// That a unit received a document from the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySignature {
    /// Whose key signed.
    pub signed_by: KioskId,
    /// What it signed with, in the form of its algorithm (ASN.1 for ECDSA).
    pub value: Opaque,
}

/// What is kept, and shown to `kiosk-link` before it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPolicy {
    /// What the service gave.
    pub document: PolicyDocument,
    /// That it was given to this unit.
    pub signature: PolicySignature,
}

impl KeptPolicy {
    /// By what it is named in the next question, where the service has marked it.
    #[must_use]
    pub fn known(&self) -> Option<KnownPolicy> {
        let signed_by = self.signature.signed_by;
        self.document.etag.clone().map(|etag| KnownPolicy { etag, signed_by })
    }
}

/// The policy that a kiosk has. One that another key signed is asked for anew, whole: only so it
/// gets a signature that will be vouched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPolicy {
    /// The service's mark of it.
    pub etag: ETag,
    /// Whose key signed it.
    pub signed_by: KioskId,
}

/// What `kiosk-link` says of a kept policy, without any network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vouch {
    /// This unit signed this very document, with the key that it has now.
    Signed,
    /// Something was changed, or another unit or a former key signed it.
    NotSigned,
}
