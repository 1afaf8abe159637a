// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files of 券面事項入力補助AP: what public clients read of it.
//!
//! Its PIN opens everything; reference number A opens the Individual Number, B the four
//! attributes. Files whose content is not public are there and cannot be read.

use rand::CryptoRng;

use super::{Order, reference};
use crate::{
    file::{Access, EfId, File, Files},
    reference::{PinKind, Reference},
};

const INDIVIDUAL_NUMBER: u16 = 0xFF10;
const FOUR_ATTRIBUTES: u16 = 0xFF20;
const OFFSETS: u16 = 0xDF21;
/// A number that is nobody's: its check digit would be 8.
const NUMBER: &str = "123456789012";
/// Birth date (YYMMDD), year of expiry, security code.
const REFERENCE_NUMBER_B: &str = "00010120300000";
/// Name, address, date of birth, sex: DF22 to DF25.
const ATTRIBUTES: [(u16, &str); 4] = [
    (0xDF22, "見本　券面"),
    (0xDF23, "架空県見本市試験町一丁目１番１号"),
    (0xDF24, "20000101"),
    (0xDF25, "1"),
];

const RESERVED: [u16; 11] =
    [0x0003, 0x0004, 0x0005, 0x0006, 0x0007, 0x0008, 0x0010, 0x0012, 0x0013, 0x001C, 0x001E];

pub(super) fn files() -> Files {
    let mut files: Files = RESERVED.map(|id| (EfId(id), File::Reserved)).into();
    let readable = |number, content| {
        let read = Access::After(vec![PinKind::InputSupport, number]);
        File::Transparent { read, content }
    };
    files.extend([
        (EfId(0x0001), readable(PinKind::ReferenceNumberA, individual_number())),
        (EfId(0x0002), readable(PinKind::ReferenceNumberB, four_attributes())),
        (EfId(0x0011), File::Pin(PinKind::InputSupport)),
        (EfId(0x0014), File::Pin(PinKind::ReferenceNumberA)),
        (EfId(0x0015), File::Pin(PinKind::ReferenceNumberB)),
    ]);
    files
}

/// The PIN is the user-authentication PIN: most residents choose the same four digits twice.
pub(super) fn references(order: &Order, random: &mut impl CryptoRng) -> [(PinKind, Reference); 3] {
    [
        reference(PinKind::InputSupport, &order.user_authentication_pin, random),
        reference(PinKind::ReferenceNumberA, NUMBER, random),
        reference(PinKind::ReferenceNumberB, REFERENCE_NUMBER_B, random),
    ]
}

fn individual_number() -> Vec<u8> {
    object(INDIVIDUAL_NUMBER, NUMBER.as_bytes())
}

/// The attributes, after a table of where in the file each begins.
fn four_attributes() -> Vec<u8> {
    let attributes = ATTRIBUTES.map(|(tag, text)| object(tag, text.as_bytes()));
    let table = object(OFFSETS, &[0; 2 * ATTRIBUTES.len()]);
    let length: usize = table.len() + attributes.iter().map(Vec::len).sum::<usize>();
    let mut offset = object(FOUR_ATTRIBUTES, &vec![0; length]).len() - length + table.len();
    let mut offsets = Vec::new();
    for attribute in &attributes {
        let [.., high, low] = offset.to_be_bytes();
        offsets.extend([high, low]);
        offset += attribute.len();
    }
    let table = object(OFFSETS, &offsets);
    object(FOUR_ATTRIBUTES, &[table, attributes.concat()].concat())
}

/// A BER-TLV data object with a two-byte tag.
fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let [first, second] = tag.to_be_bytes();
    let mut bytes = vec![first];
    crate::tlv::push(&mut bytes, second, value);
    bytes
}
