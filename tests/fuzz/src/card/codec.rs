// SPDX-License-Identifier: MIT OR Apache-2.0
//! The codec of ISO/IEC 7816-4: what it reads it writes back, and what it cannot read it refuses.

use card_io::iso7816::tlv::{self, Lengths, TlvReader};
use card_io::iso7816::{ByteWriter, CommandApdu, ResponseApdu};

/// The first byte chooses what the rest is.
pub fn run(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 4 {
        0 => command(bytes),
        1 => response(bytes),
        2 => objects(bytes, Lengths::Ber, 0),
        _ => objects(bytes, Lengths::Der, 0),
    }
}

fn command(bytes: &[u8]) {
    let Ok(command) = CommandApdu::parse(bytes) else { return };
    let encoded = command.to_bytes();
    let again = CommandApdu::parse(&encoded);
    assert!(again.is_ok_and(|again| again == command), "a command changes when it is written");
    let mut small = [0; 16];
    assert!(command.encode(&mut small).is_err() || encoded.len() <= small.len());
}

fn response(bytes: &[u8]) {
    let Some(response) = ResponseApdu::parse(bytes) else {
        return assert!(bytes.len() < 2, "an answer with a status word is refused");
    };
    assert_eq!(response.data.len() + 2, bytes.len());
    let status = response.status;
    let answers_more = status.bytes_available().or(status.right_length());
    assert!(answers_more.is_none_or(|length| (1..=256).contains(&length)));
    assert!(status.retries_left().is_none_or(|left| left <= 15));
    assert!(!status.is_checking_error() || status.is_error());
}

fn objects(bytes: &[u8], lengths: Lengths, depth: usize) {
    let announced = tlv::encoded_length(bytes);
    let mut reader = TlvReader::new(bytes, lengths);
    let mut taken = 0;
    while let Ok(Some(object)) = reader.next_object() {
        if taken == 0 {
            assert_eq!(announced, Ok(object.encoded.len()), "the head tells another length");
        }
        taken += object.encoded.len();
        assert!(object.encoded.ends_with(object.value));
        if lengths == Lengths::Der {
            written_back(object.tag, object.value, object.encoded);
        }
        let is_constructed = object.encoded.first().is_some_and(|tag| tag & 0x20 != 0);
        if is_constructed && depth < 8 {
            objects(object.value, lengths, depth + 1);
        }
    }
    assert!(taken <= bytes.len());
}

/// DER has one form for each object, and it is the one that is written.
fn written_back(tag: u32, value: &[u8], encoded: &[u8]) {
    let mut room = vec![0; encoded.len()];
    let mut writer = ByteWriter::new(&mut room);
    let written = tlv::write(&mut writer, tag, value);
    assert!(written.is_ok(), "an object needs more room than it came in");
    // A tag of leading zeros (00 as a number) has no form of its own to be compared.
    if tag != 0 && encoded.first() != Some(&0) {
        assert_eq!(writer.finish(), encoded, "an object changes when it is written");
    }
}
