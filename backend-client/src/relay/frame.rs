// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames: four bytes of length, big-endian, and that many bytes of JSON.

use serde::{Serialize, de::DeserializeOwned};

/// Longest body of a frame, in bytes. The longest answer of the service that is read has 256 KiB
/// of JSON; an envelope comes on top, and what it takes to quote a policy.
pub const MAX_FRAME: usize = 512 * 1024;

/// Size of the length before each body, in bytes.
pub(crate) const HEADER: usize = 4;

/// Bytes on the socket that are no frame of ours.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Longer than any message of ours.
    #[error("a frame of {length} bytes, more than {MAX_FRAME}")]
    TooLong {
        /// What the sender announced or would have to send.
        length: usize,
    },
    /// The body is no message of this version.
    #[error("the frame holds no message of this version")]
    Unreadable(#[source] serde_json::Error),
}

/// A whole frame, length and body, ready to be sent.
pub(crate) fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = vec![0; HEADER];
    serde_json::to_writer(&mut frame, message).map_err(FrameError::Unreadable)?;
    let length = frame.len() - HEADER;
    match u32::try_from(length) {
        Ok(announced) if length <= MAX_FRAME => {
            frame[..HEADER].copy_from_slice(&announced.to_be_bytes());
            Ok(frame)
        }
        _ => Err(FrameError::TooLong { length }),
    }
}

/// How many bytes of body follow this header.
pub(crate) fn length(header: [u8; HEADER]) -> Result<usize, FrameError> {
    let announced = u32::from_be_bytes(header);
    match usize::try_from(announced) {
        Ok(length) if length <= MAX_FRAME => Ok(length),
        _ => Err(FrameError::TooLong { length: usize::try_from(announced).unwrap_or(usize::MAX) }),
    }
}

/// The message in a frame's body.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    serde_json::from_slice(body).map_err(FrameError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_its_length_and_its_json() {
        assert_eq!(encode(&"ab").unwrap(), b"\0\0\0\x04\"ab\"");
        assert_eq!(length([0, 0, 0, 4]).unwrap(), 4);
        assert_eq!(decode::<String>(b"\"ab\"").unwrap(), "ab");
    }

    #[test]
    fn a_frame_that_is_too_long_is_refused_at_both_ends() {
        let text = "a".repeat(MAX_FRAME - 2);
        assert_eq!(encode(&text).unwrap().len(), HEADER + MAX_FRAME);
        assert!(matches!(encode(&format!("{text}a")), Err(FrameError::TooLong { .. })));
        assert!(matches!(length([0xFF; 4]), Err(FrameError::TooLong { .. })));
    }
}
