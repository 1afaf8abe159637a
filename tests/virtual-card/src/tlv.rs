// SPDX-License-Identifier: MIT OR Apache-2.0
//! Data objects with one-byte tags and DER lengths, as far as secure messaging (profile, section
//! 5) and the dynamic authentication template (`7C`) need them.

/// One data object: its tag and its value.
pub(crate) type DataObject<'a> = (u8, &'a [u8]);

/// The data objects that fill `bytes`, or `None` where it is not DER TLV from end to end.
pub(crate) fn parse(mut bytes: &[u8]) -> Option<Vec<DataObject<'_>>> {
    let mut objects = Vec::new();
    while let [tag, rest @ ..] = bytes {
        let (length, rest) = length(rest)?;
        let (value, rest) = rest.split_at_checked(length)?;
        objects.push((*tag, value));
        bytes = rest;
    }
    Some(objects)
}

/// Appends the data object `tag` with `value`, which is shorter than 65,536 bytes.
pub(crate) fn push(bytes: &mut Vec<u8>, tag: u8, value: &[u8]) {
    bytes.push(tag);
    let [.., high, low] = value.len().to_be_bytes();
    match value.len() {
        0..=0x7F => bytes.push(low),
        0x80..=0xFF => bytes.extend([0x81, low]),
        _ => bytes.extend([0x82, high, low]),
    }
    bytes.extend(value);
}

/// A length in the shortest of its forms, as DER wants it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match *bytes {
        [short @ 0..=0x7F, ref rest @ ..] => Some((usize::from(short), rest)),
        [0x81, long @ 0x80..=0xFF, ref rest @ ..] => Some((usize::from(long), rest)),
        [0x82, high @ 1..=0xFF, low, ref rest @ ..] => {
            Some((usize::from(u16::from_be_bytes([high, low])), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_parsed_at_each_length_form() {
        for length in [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF] {
            let value = vec![0xA5; length];
            let mut bytes = Vec::new();
            push(&mut bytes, 0x87, &value);
            push(&mut bytes, 0x99, &[0x90, 0x00]);
            assert_eq!(parse(&bytes), Some(vec![(0x87, &value[..]), (0x99, &[0x90, 0x00][..])]));
        }
    }

    #[test]
    fn longer_than_needed_lengths_and_cut_values_are_not_der() {
        for bytes in [
            &[0x87, 0x81, 0x01, 0][..],
            &[0x87, 0x82, 0, 0x80][..],
            &[0x87, 0x80],
            &[0x87, 2, 0],
            &[0x87],
        ] {
            assert_eq!(parse(bytes), None, "{bytes:02X?}");
        }
    }
}
