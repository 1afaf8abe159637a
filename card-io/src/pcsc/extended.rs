// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether a reader takes extended length fields: PC/SC part 10, features of a
//! reader (clause 2.2) and its TLV properties (clause 2.6.14). A reader that
//! says nothing gets short commands.

use ::pcsc::{Card, ctl_code};

/// Asks the reader that the card lies on.
pub(super) fn reader_can(card: &Card) -> bool {
    let mut buffer = [0; ANSWER_LENGTH];
    let features = card.control(ctl_code(GET_FEATURE_REQUEST), &[], &mut buffer);
    let Some(control_code) = features.ok().and_then(tlv_properties_control_code) else {
        return false;
    };
    let mut buffer = [0; ANSWER_LENGTH];
    let properties = card.control(control_code.into(), &[], &mut buffer);
    properties.ok().and_then(longest_apdu_data).is_some_and(|length| length >= ENOUGH)
}

/// From the feature list: the control code for the TLV properties, big-endian.
fn tlv_properties_control_code(features: &[u8]) -> Option<u32> {
    value_of(FEATURE_GET_TLV_PROPERTIES, features).map(u32::from_be_bytes)
}

/// `dwMaxAPDUDataSize`, little-endian; 0 for short APDUs only.
fn longest_apdu_data(properties: &[u8]) -> Option<u32> {
    value_of(PROPERTY_MAX_APDU_DATA_SIZE, properties).map(u32::from_le_bytes)
}

/// The four bytes under a one-byte tag with a one-byte length.
fn value_of(wanted: u8, mut list: &[u8]) -> Option<[u8; 4]> {
    while let [tag, length, rest @ ..] = list {
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        if *tag == wanted {
            return value.try_into().ok();
        }
        list = rest;
    }
    None
}

/// `CM_IOCTL_GET_FEATURE_REQUEST`.
const GET_FEATURE_REQUEST: ::pcsc::ffi::DWORD = 3400;
const FEATURE_GET_TLV_PROPERTIES: u8 = 0x12;
const PROPERTY_MAX_APDU_DATA_SIZE: u8 = 0x0A;
const ANSWER_LENGTH: usize = 264;
/// As much as one extended READ BINARY asks for.
const ENOUGH: u32 = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_with_extended_length_is_recognised_by_its_properties() {
        let features = [0x06, 0x04, 0x42, 0x33, 0x00, 0x06, 0x12, 0x04, 0x42, 0x33, 0x00, 0x12];
        assert_eq!(tlv_properties_control_code(&features), Some(0x4233_0012));
        let properties = [0x01, 0x02, 0x00, 0x00, 0x0A, 0x04, 0x00, 0x00, 0x01, 0x00];
        assert_eq!(longest_apdu_data(&properties), Some(65_536));
    }

    #[test]
    fn a_reader_that_does_not_say_so_has_none() {
        assert_eq!(tlv_properties_control_code(&[0x06, 0x04, 0x42, 0x33, 0x00, 0x06]), None);
        assert_eq!(longest_apdu_data(&[0x0A, 0x09, 0x00]), None);
        assert_eq!(longest_apdu_data(&[]), None);
    }
}
