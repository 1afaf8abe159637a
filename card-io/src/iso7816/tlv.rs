// SPDX-License-Identifier: MIT OR Apache-2.0
//! BER-TLV data objects (ISO/IEC 7816-4 clause 6.3; ITU-T X.690). Definite
//! lengths only. Where a protocol says DER, [`Lengths::Der`] refuses any length
//! that could have been written shorter.

use thiserror::Error;

use super::{BufferFull, ByteWriter};

/// How strictly length fields are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lengths {
    /// Leading zeros and needlessly long forms are read.
    Ber,
    /// Only the shortest form of each length is read.
    Der,
}

/// One data object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The tag's bytes as one number: `0x87`, `0x7C`, `0xFF20`.
    pub tag: u32,
    /// The value field.
    pub value: &'a [u8],
    /// The whole object: tag, length and value as they came.
    pub encoded: &'a [u8],
}

/// Bytes that are no sequence of data objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a BER-TLV data object")]
pub struct MalformedTlv;

/// Takes data objects off the front of a slice, one by one.
#[derive(Debug, Clone)]
pub struct TlvReader<'a> {
    rest: &'a [u8],
    lengths: Lengths,
}

impl<'a> TlvReader<'a> {
    /// Reads `bytes` with the given strictness.
    pub const fn new(bytes: &'a [u8], lengths: Lengths) -> Self {
        Self { rest: bytes, lengths }
    }

    /// The next object; `None` at the end.
    pub fn next_object(&mut self) -> Result<Option<Tlv<'a>>, MalformedTlv> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (tag, after_tag) = take_tag(self.rest)?;
        let (length, after_length) = take_length(after_tag, self.lengths)?;
        let (value, rest) = after_length.split_at_checked(length).ok_or(MalformedTlv)?;
        let (encoded, _) =
            self.rest.split_at_checked(self.rest.len() - rest.len()).ok_or(MalformedTlv)?;
        self.rest = rest;
        Ok(Some(Tlv { tag, value, encoded }))
    }

    /// The next object, which has to have `tag`.
    pub fn expect_object(&mut self, tag: u32) -> Result<Tlv<'a>, MalformedTlv> {
        self.next_object()?.filter(|object| object.tag == tag).ok_or(MalformedTlv)
    }

    /// Holds when nothing is left over.
    pub const fn finish(self) -> Result<(), MalformedTlv> {
        if self.rest.is_empty() { Ok(()) } else { Err(MalformedTlv) }
    }
}

/// The length in bytes of the object that starts with `head`, tag and length
/// fields included: the first bytes of a file tell how much of it to read.
pub fn encoded_length(head: &[u8]) -> Result<usize, MalformedTlv> {
    let (_, after_tag) = take_tag(head)?;
    let (length, after_length) = take_length(after_tag, Lengths::Ber)?;
    (head.len() - after_length.len()).checked_add(length).ok_or(MalformedTlv)
}

/// Appends an object with the shortest length field.
pub fn write(writer: &mut ByteWriter<'_>, tag: u32, value: &[u8]) -> Result<(), BufferFull> {
    write_head(writer, tag, value.len())?;
    writer.push(value)
}

/// Appends tag and length alone; `length` bytes of value are to follow.
pub fn write_head(writer: &mut ByteWriter<'_>, tag: u32, length: usize) -> Result<(), BufferFull> {
    push_without_leading_zeros(writer, &tag.to_be_bytes())?;
    let length = u32::try_from(length).map_err(|_| BufferFull)?;
    let size = 4 - (length.leading_zeros() / 8).min(3);
    if length >= 0x80 {
        writer.push(&[0x80 | u8::try_from(size).map_err(|_| BufferFull)?])?;
    }
    push_without_leading_zeros(writer, &length.to_be_bytes())
}

fn push_without_leading_zeros(
    writer: &mut ByteWriter<'_>,
    bytes: &[u8; 4],
) -> Result<(), BufferFull> {
    let zeros = bytes.iter().take(3).take_while(|&&byte| byte == 0).count();
    writer.push(bytes.get(zeros..).unwrap_or_default())
}

fn take_tag(bytes: &[u8]) -> Result<(u32, &[u8]), MalformedTlv> {
    let (&first, mut rest) = bytes.split_first().ok_or(MalformedTlv)?;
    let mut tag = u32::from(first);
    if first & 0x1F != 0x1F {
        return Ok((tag, rest));
    }
    // A tag of up to four bytes; the standard's own go no further than three.
    for _ in 0..3 {
        let (&next, after) = rest.split_first().ok_or(MalformedTlv)?;
        tag = tag << 8 | u32::from(next);
        rest = after;
        if next & 0x80 == 0 {
            return Ok((tag, rest));
        }
    }
    Err(MalformedTlv)
}

fn take_length(bytes: &[u8], lengths: Lengths) -> Result<(usize, &[u8]), MalformedTlv> {
    let (&first, rest) = bytes.split_first().ok_or(MalformedTlv)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let size = usize::from(first & 0x7F);
    if !(1..=4).contains(&size) {
        return Err(MalformedTlv);
    }
    let (digits, rest) = rest.split_at_checked(size).ok_or(MalformedTlv)?;
    let length = digits.iter().fold(0_usize, |length, &digit| length << 8 | usize::from(digit));
    let is_shortest = length >= 0x80 && digits.first() != Some(&0);
    if lengths == Lengths::Der && !is_shortest {
        return Err(MalformedTlv);
    }
    Ok((length, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(tag: u32, value: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; value.len() + 9];
        let mut writer = ByteWriter::new(&mut buffer);
        write(&mut writer, tag, value).unwrap();
        writer.finish().to_vec()
    }

    #[test]
    fn objects_have_their_golden_bytes() {
        assert_eq!(written(0x99, &[0x90, 0x00]), [0x99, 0x02, 0x90, 0x00]);
        assert_eq!(written(0xFF20, &[]), [0xFF, 0x20, 0x00]);
        assert_eq!(written(0x87, &[0; 0x7F])[..2], [0x87, 0x7F]);
        assert_eq!(written(0x87, &[0; 0x80])[..3], [0x87, 0x81, 0x80]);
        assert_eq!(written(0x30, &[0; 0x100])[..4], [0x30, 0x82, 0x01, 0x00]);
    }

    #[test]
    fn der_refuses_a_length_that_could_be_shorter() {
        for bytes in [&[0x99, 0x81, 0x02, 0x90, 0x00][..], &[0x99, 0x82, 0x00, 0x02, 0x90, 0x00]] {
            assert_eq!(TlvReader::new(bytes, Lengths::Der).next_object(), Err(MalformedTlv));
            let object = TlvReader::new(bytes, Lengths::Ber).next_object().unwrap().unwrap();
            assert_eq!(object.value, [0x90, 0x00]);
        }
    }

    #[test]
    fn an_indefinite_or_cut_off_length_is_refused() {
        for bytes in [&[0x30, 0x80][..], &[0x30], &[0x30, 0x82, 0x01], &[0x30, 0x02, 0x00], &[0x1F]]
        {
            assert_eq!(TlvReader::new(bytes, Lengths::Ber).next_object(), Err(MalformedTlv));
        }
    }

    #[test]
    fn the_head_of_a_file_tells_its_length() {
        assert_eq!(encoded_length(&[0x30, 0x82, 0x05, 0x10, 0x30]), Ok(0x514));
        assert_eq!(encoded_length(&[0x30, 0x82]), Err(MalformedTlv));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_der(
            tag in prop_oneof![0x40..=0x5E_u32, Just(0x7F49), Just(0xDF21)],
            value in proptest::collection::vec(any::<u8>(), 0..700),
        ) {
            let bytes = written(tag, &value);
            let mut reader = TlvReader::new(&bytes, Lengths::Der);
            let object = reader.expect_object(tag).unwrap();
            prop_assert_eq!(object.value, &value[..]);
            prop_assert_eq!(object.encoded, &bytes[..]);
            prop_assert_eq!(encoded_length(&bytes), Ok(bytes.len()));
            prop_assert!(reader.finish().is_ok());
        }

        #[test]
        fn any_bytes_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            for lengths in [Lengths::Ber, Lengths::Der] {
                let mut reader = TlvReader::new(&bytes, lengths);
                while let Ok(Some(_)) = reader.next_object() {}
            }
            let _ = encoded_length(&bytes);
        }
    }
}
