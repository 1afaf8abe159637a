// SPDX-License-Identifier: MIT OR Apache-2.0
//! The card's keys, read from its state once, when the card is made.

use std::collections::BTreeMap;

use p256::ecdsa;
use rsa::{pkcs1v15, pkcs8::DecodePrivateKey as _, sha2::Sha256};

use crate::{
    file::{Application, EfId, File},
    state::{CardState, ProfileKeys, StateError},
};

/// A key that signs whatever DigestInfo it is given.
pub(super) type RsaSigningKey = pkcs1v15::SigningKey<Sha256>;

pub(super) struct Keys {
    pub(super) signing: BTreeMap<(Application, EfId), RsaSigningKey>,
    pub(super) profile: Option<Profile>,
}

/// What only cards of `ref-eac-1` have.
pub(super) struct Profile {
    pub(super) card_id: [u8; 16],
    pub(super) agreement: p256::SecretKey,
    pub(super) attestation: ecdsa::SigningKey,
    pub(super) ticket: Vec<ecdsa::VerifyingKey>,
}

impl Keys {
    pub(super) fn of(state: &CardState) -> Result<Self, StateError> {
        let mut signing = BTreeMap::new();
        for (&application, files) in &state.applications {
            for (&id, file) in files {
                match file {
                    File::SigningKey { key, .. } => {
                        signing.insert((application, id), rsa_key(key)?);
                    }
                    File::Pin(pin) if !state.memory.references.contains_key(pin) => {
                        return Err(StateError::Unusable { what: "PIN file" });
                    }
                    _ => {}
                }
            }
        }
        let profile = state.profile.as_ref().map(Profile::of).transpose()?;
        Ok(Self { signing, profile })
    }
}

impl Profile {
    fn of(keys: &ProfileKeys) -> Result<Self, StateError> {
        let unusable = |what| move |_| StateError::Unusable { what };
        Ok(Self {
            card_id: keys.card_id,
            agreement: p256::SecretKey::from_slice(&keys.agreement_key)
                .map_err(unusable("key-agreement key"))?,
            attestation: ecdsa::SigningKey::from_slice(&keys.attestation_key)
                .map_err(|_| StateError::Unusable { what: "attestation key" })?,
            ticket: keys
                .ticket_keys
                .iter()
                .map(|key| ecdsa::VerifyingKey::from_sec1_bytes(&key.0))
                .collect::<Result<_, _>>()
                .map_err(|_| StateError::Unusable { what: "ticket key" })?,
        })
    }
}

fn rsa_key(pkcs8: &[u8]) -> Result<RsaSigningKey, StateError> {
    rsa::PrivateKey::from_pkcs8_der(pkcs8)
        .map(pkcs1v15::SigningKey::new_unprefixed)
        .map_err(|_| StateError::Unusable { what: "RSA key" })
}
