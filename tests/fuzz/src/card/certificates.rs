// SPDX-License-Identifier: MIT OR Apache-2.0
//! Certificates as a card may hold them: 00E0 and 00E1 under the card authority, 000A for its
//! dates; and the authority's own, which comes from a file.

use card_io::jpki::validity;
use card_io::reset::{CardAuthority, CardIdentity};

use super::LAB;
use crate::input::Input;

/// Key-agreement certificate, attestation certificate (each the specimen's where empty), and the
/// rest as a certificate by itself.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let or_own = |piece: Option<&[u8]>, own: &[u8]| match piece {
        Some(piece) if !piece.is_empty() => piece.to_vec(),
        _ => own.to_vec(),
    };
    let own = LAB.identity();
    let agreement = or_own(input.piece(), own.key_agreement_certificate());
    let attestation = or_own(input.piece(), own.attestation_certificate());
    let alone = input.rest();
    if let Ok(identity) =
        CardIdentity::verify(agreement.clone(), attestation.clone(), &LAB.authority)
    {
        // Nobody else signs under this authority: what holds is the specimen's, byte for byte.
        assert_eq!(identity.card_id(), own.card_id(), "a card that was never made is genuine");
        assert_eq!(agreement, own.key_agreement_certificate());
        assert_eq!(attestation, own.attestation_certificate());
    }
    for certificate in [&agreement[..], &attestation, alone] {
        if let Ok(validity) = validity(certificate) {
            let _ = validity.not_after.duration_since(validity.not_before);
        }
    }
    let _ = CardAuthority::from_der(alone);
    let _ = CardAuthority::from_pem(alone);
}
