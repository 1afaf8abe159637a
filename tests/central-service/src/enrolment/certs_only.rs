// SPDX-License-Identifier: MIT OR Apache-2.0
//! The certs-only message that EST answers with: a SignedData without content and without signers
//! (RFC 5652 section 5.1, RFC 5272 section 4.1), and its base64 (RFC 8951 section 3.2).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// id-signedData, 1.2.840.113549.1.7.2.
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];

/// id-data, 1.2.840.113549.1.7.1.
const DATA: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];

/// CMSVersion 1: certificates alone.
const VERSION_1: [u8; 3] = [0x02, 0x01, 0x01];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xA0;

/// Letters a line.
const LINE: usize = 64;

/// The message with these certificates, in DER.
pub fn der(certificates: &[&[u8]]) -> Vec<u8> {
    let digest_algorithms = tlv(SET, &[]);
    let content = tlv(SEQUENCE, &DATA);
    let certificates = tlv(CONTEXT_0, &certificates.concat());
    let signers = tlv(SET, &[]);
    let parts = [&VERSION_1, &digest_algorithms[..], &content, &certificates, &signers];
    let signed_data = tlv(SEQUENCE, &parts.concat());
    tlv(SEQUENCE, &[&SIGNED_DATA, &tlv(CONTEXT_0, &signed_data)[..]].concat())
}

/// The same in base64, in lines that every decoder takes.
pub fn base64(certificates: &[&[u8]]) -> String {
    let mut text = BASE64_STANDARD.encode(der(certificates));
    let mut end = text.len();
    while end > 0 {
        text.insert(end, '\n');
        end = (end - 1) / LINE * LINE;
    }
    text
}

/// One element; lengths in the fewest octets (X.690 section 10.1).
fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    match u8::try_from(contents.len()) {
        Ok(short @ 0..=0x7F) => element.push(short),
        _ => {
            let length = contents.len().to_be_bytes();
            let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            element.push(0x80 | length.len() as u8);
            element.extend(length);
        }
    }
    element.extend_from_slice(contents);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_without_certificates_is_the_known_one() {
        let empty = [
            &[0x30, 0x25][..],
            &SIGNED_DATA,
            &[0xA0, 0x18, 0x30, 0x16, 0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0B],
            &DATA,
            &[0xA0, 0x00, 0x31, 0x00],
        ];
        assert_eq!(der(&[]), empty.concat());
    }

    #[test]
    fn long_lengths_have_as_few_octets_as_can_be() {
        assert_eq!(tlv(0x04, &[0; 0x80])[..3], [0x04, 0x81, 0x80]);
        assert_eq!(tlv(0x04, &[0; 0x100])[..4], [0x04, 0x82, 0x01, 0x00]);
    }

    #[test]
    fn no_line_is_longer_than_64_letters() {
        let text = base64(&[&[0x30; 100]]);
        assert!(text.ends_with('\n') && text.lines().all(|line| (1..=LINE).contains(&line.len())));
        let joined = text.replace('\n', "");
        assert_eq!(BASE64_STANDARD.decode(joined).unwrap(), der(&[&[0x30; 100]]));
    }
}
