// SPDX-License-Identifier: MIT OR Apache-2.0
//! The certificate policy (RFC 5280 section 4.2.1.4) of keys that are not in a TPM.

use x509_cert::{Certificate, der::asn1::ObjectIdentifier};

/// certificatePolicies.
pub(crate) const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");

/// certificatePolicies with the one policy
/// 2.25.125861234765567197095205892160646199624 (docs/decisions/0020).
pub(crate) const WITHOUT_TPM: [u8; 26] = [
    0x30, 0x18, 0x30, 0x16, 0x06, 0x14, 0x69, 0x81, 0xBD, 0xAF, 0xFE, 0xFE, 0xAD, 0xE2, 0xF2, 0xAF,
    0xE1, 0x8B, 0xD3, 0x9A, 0xF4, 0xD1, 0xBC, 0xDA, 0xF2, 0x48,
];

/// Whether a certificate says that its key is not in a TPM.
pub(super) fn says_without_tpm(certificate: &Certificate) -> bool {
    let oid = WITHOUT_TPM.split_at(4).1;
    let extensions = certificate.tbs_certificate().extensions().map(Vec::as_slice);
    let mut policies = extensions.unwrap_or_default().iter();
    policies.any(|extension| {
        extension.extn_id == CERTIFICATE_POLICIES
            && extension.extn_value.as_bytes().windows(oid.len()).any(|bytes| bytes == oid)
    })
}
