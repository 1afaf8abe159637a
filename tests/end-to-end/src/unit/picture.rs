// SPDX-License-Identifier: MIT OR Apache-2.0
//! A screen as a picture, and how much two of them differ.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Pixels of 8 bit RGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Width and height in pixels.
    pub size: (u32, u32),
    rgb: Vec<u8>,
}

/// Two shades closer than this are taken for one: a panel of 16 bits has fewer.
const SHADE: u8 = 24;

impl Picture {
    /// Reads a PNG file.
    ///
    /// # Errors
    /// When it is not there or no PNG of 8 bit colours.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let unreadable = |error: png::DecodingError| Failure::System {
            doing: format!("reading the picture {}", path.display()),
            source: std::io::Error::other(error),
        };
        let file = File::open(path).map_err(Failure::file("opening", path))?;
        let mut decoder = png::Decoder::new(BufReader::new(file));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().map_err(unreadable)?;
        let mut bytes = vec![0; reader.output_buffer_size().unwrap_or_default()];
        let info = reader.next_frame(&mut bytes).map_err(unreadable)?;
        let channels = info.color_type.samples();
        if channels < 3 {
            return Err(Failure::Refuted(format!("{} is not in colours", path.display())));
        }
        bytes.truncate(info.buffer_size());
        let rgb = bytes.chunks_exact(channels).flat_map(|pixel| pixel[..3].to_vec()).collect();
        Ok(Self { size: (info.width, info.height), rgb })
    }

    /// The part of the pixels that differ, from 0 to 1; 1 for pictures of other sizes.
    #[must_use]
    pub fn difference(&self, other: &Self) -> f64 {
        if self.size != other.size || self.rgb.is_empty() {
            return 1.0;
        }
        let differs = |(one, other): &(&[u8], &[u8])| {
            one.iter().zip(*other).any(|(&one, &other)| one.abs_diff(other) > SHADE)
        };
        let pixels = self.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3));
        let differing = pixels.filter(differs).count();
        differing as f64 / (self.rgb.len() / 3) as f64
    }

    /// Whether most of it is black, as under the firmware's and the kernel's words.
    #[must_use]
    pub fn is_dark(&self) -> bool {
        let pixels = self.rgb.chunks_exact(3);
        let dark = pixels.filter(|pixel| pixel.iter().all(|&shade| shade < 2 * SHADE)).count();
        dark * 2 > self.rgb.len() / 3
    }
}

/// Keeps a copy of a picture under another name.
///
/// # Errors
/// When it cannot be copied.
pub fn keep(from: &Path, folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let to = folder.join(format!("{name}.png"));
    std::fs::copy(from, &to).map_err(Failure::file("keeping a picture as", &to))?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::Picture;

    fn picture(pixels: &[[u8; 3]]) -> Picture {
        Picture { size: (pixels.len() as u32, 1), rgb: pixels.concat() }
    }

    #[test]
    fn the_difference_is_the_part_of_the_pixels_that_differ_to_the_eye() {
        let grey = picture(&[[100, 100, 100]; 4]);
        let mut other = [[100, 100, 110]; 4];
        other[0] = [100, 200, 100];
        assert_eq!(grey.difference(&picture(&other)), 0.25);
        assert_eq!(grey.difference(&grey), 0.0);
        assert_eq!(grey.difference(&picture(&[[100, 100, 100]; 5])), 1.0);
    }

    #[test]
    fn a_console_is_dark_and_a_page_is_not() {
        let mut console = vec![[0, 0, 0]; 400];
        console[..40].fill([200, 200, 200]);
        assert!(picture(&console).is_dark());
        let mut page = vec![[250, 250, 250]; 400];
        page[..40].fill([0, 0, 0]);
        assert!(!picture(&page).is_dark());
    }
}
