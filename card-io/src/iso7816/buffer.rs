// SPDX-License-Identifier: MIT OR Apache-2.0
//! A cursor over a caller's bytes. Commands that hold a PIN are built in a
//! locked page of the caller's, never in a `Vec` that may move and leave a copy.

use thiserror::Error;

/// Appends to a borrowed slice of fixed size.
pub struct ByteWriter<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

/// The slice has no room for what was to be appended; nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the buffer is too small for the command")]
pub struct BufferFull;

impl<'b> ByteWriter<'b> {
    /// Starts at the beginning of `buffer`.
    pub fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), BufferFull> {
        let end = self.length.checked_add(bytes.len()).ok_or(BufferFull)?;
        self.buffer.get_mut(self.length..end).ok_or(BufferFull)?.copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }

    /// Everything appended so far, to be worked on in place.
    pub fn written(&mut self) -> &mut [u8] {
        self.buffer.get_mut(..self.length).unwrap_or_default()
    }

    /// Everything appended, for as long as the buffer was borrowed.
    pub fn finish(self) -> &'b [u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_leaves_the_buffer_as_it_was() {
        let mut bytes = [0; 3];
        let mut writer = ByteWriter::new(&mut bytes);
        writer.push(&[1, 2]).unwrap();
        assert_eq!(writer.push(&[3, 4]), Err(BufferFull));
        writer.push(&[3]).unwrap();
        assert_eq!(writer.finish(), [1, 2, 3]);
    }
}
