// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names and numbers of the applications and files that this crate touches.
//! None of it is published by the issuer; each line names the public client
//! that it was read from. Nothing else on a card is ever selected or tried.

/// An application identifier (ISO/IEC 7816-4 clause 12.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aid(pub &'static [u8]);

/// An elementary file's two-byte identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EfId(pub u16);

/// 公的個人認証AP, the JPKI application (OpenSC jpki.h).
pub const JPKI_AP: Aid = Aid(&[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01]);

/// 券面事項入力補助AP, the card-entry input support application (myna src/text.rs).
pub const INPUT_SUPPORT_AP: Aid =
    Aid(&[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08]);

/// The signature certificate; to be read only after VERIFY of its PIN (OpenSC
/// pkcs15-jpki.c). Absent when the card has none.
pub const SIGNATURE_CERTIFICATE: EfId = EfId(0x0001);
/// The certificate of the authority that issued the signature certificate.
pub const SIGNATURE_CA_CERTIFICATE: EfId = EfId(0x0002);
/// Token information: 32 bytes of ASCII, padded (myna `CheckCard`).
pub const TOKEN_INFO: EfId = EfId(0x0006);
/// The user-authentication certificate, free to read.
pub const AUTHENTICATION_CERTIFICATE: EfId = EfId(0x000A);
/// The certificate of the authority that issued the user-authentication one.
pub const AUTHENTICATION_CA_CERTIFICATE: EfId = EfId(0x000B);
/// RSA-2048 key of the user-authentication certificate.
pub const AUTHENTICATION_KEY: EfId = EfId(0x0017);
/// PIN of the user-authentication certificate.
pub const AUTHENTICATION_PIN: EfId = EfId(0x0018);
/// RSA-2048 key of the signature certificate.
pub const SIGNATURE_KEY: EfId = EfId(0x001A);
/// PIN of the signature certificate.
pub const SIGNATURE_PIN: EfId = EfId(0x001B);

/// In the input support application: its 4-digit PIN (myna src/text.rs).
pub const INPUT_SUPPORT_PIN: EfId = EfId(0x0011);

/// Bytes of the token information file.
pub const TOKEN_INFO_LENGTH: usize = 0x20;

/// Bytes of a signature by either key: RSA-2048.
pub const SIGNATURE_LENGTH: usize = 256;
