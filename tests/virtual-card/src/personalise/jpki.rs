// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of 公的個人認証AP: the public card map, and EF 00E0 and 00E1 of profile
//! `ref-eac-1`.

use std::collections::BTreeMap;

use rand::CryptoRng;
use rsa::pkcs8::EncodePrivateKey as _;

use super::{Order, certificates::Issued, reference};
use crate::{
    authorities::{Authorities, AuthorityError, builder_error},
    file::{Access, EfId, File, Files},
    reference::{PinKind, Reference},
    state::Kind,
};

/// EF 0006: 32 bytes of text, filled with spaces (the values from myna's `CheckCard`).
const TOKEN_INFO: usize = 32;
/// Known to exist and not known to what end (jsapdu's `constants.ts`).
const RESERVED: [u16; 8] = [0x0005, 0x0008, 0x0009, 0x0010, 0x0016, 0x0019, 0x001C, 0x001E];

pub(super) fn files(
    authorities: &Authorities,
    kind: Kind,
    issued: Issued,
) -> Result<Files, AuthorityError> {
    let mut files: Files = RESERVED.map(|id| (EfId(id), File::Reserved)).into();
    let mut add = |id, file| files.insert(EfId(id), file);
    if let Some(content) = issued.signature_certificate {
        let read = after(PinKind::DigitalSignature);
        add(0x0001, File::Transparent { read, content });
    }
    add(0x0002, free(authorities.digital_signature_certificate()));
    add(0x0006, free(token_info(kind)));
    let read = match kind {
        Kind::Phone => after(PinKind::UserAuthentication),
        _ => Access::Free,
    };
    add(0x000A, File::Transparent { read, content: issued.authentication_certificate });
    add(0x000B, free(authorities.user_authentication_certificate()));
    add(0x0017, signing_key(PinKind::UserAuthentication, &issued.authentication_key)?);
    add(0x0018, File::Pin(PinKind::UserAuthentication));
    add(0x001A, signing_key(PinKind::DigitalSignature, &issued.signature_key)?);
    add(0x001B, File::Pin(PinKind::DigitalSignature));
    if kind == Kind::IndividualNumber {
        add(0x00E0, free(issued.agreement_certificate));
        add(0x00E1, free(issued.attestation_certificate));
    }
    Ok(files)
}

pub(super) fn references(
    order: &Order,
    random: &mut impl CryptoRng,
) -> BTreeMap<PinKind, Reference> {
    let mut worn = |kind, value: &str, retries: Option<u8>| {
        let (kind, reference) = reference(kind, value, random);
        (kind, reference.with_retries_left(retries.unwrap_or(u8::MAX)))
    };
    BTreeMap::from([
        worn(
            PinKind::UserAuthentication,
            &order.user_authentication_pin,
            order.user_authentication_retries,
        ),
        worn(PinKind::DigitalSignature, &order.signature_pin, order.signature_retries),
    ])
}

fn token_info(kind: Kind) -> Vec<u8> {
    let token = match kind {
        Kind::Juki => "JPKIAPICCTOKEN",
        Kind::Phone => "JPKIAPGPSETOKEN",
        _ => "JPKIAPICCTOKEN2",
    };
    format!("{token:TOKEN_INFO$}").into_bytes()
}

fn signing_key(pin: PinKind, key: &rsa::PrivateKey) -> Result<File, AuthorityError> {
    let document = key.to_pkcs8_der().map_err(builder_error)?;
    Ok(File::SigningKey { sign: after(pin), key: document.as_bytes().to_vec() })
}

fn after(pin: PinKind) -> Access {
    Access::After(vec![pin])
}

fn free(content: Vec<u8>) -> File {
    File::Transparent { read: Access::Free, content }
}
