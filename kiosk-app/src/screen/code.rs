// SPDX-License-Identifier: MIT OR Apache-2.0
//! The QR code of a slip, drawn black on white in whole pixels: a module that is
//! sometimes three pixels wide and sometimes four is what phones stumble over.

use qrcode::{Color, EcLevel, QrCode, Version, bits::Bits, types::QrResult};
use slint::{Image, Rgb8Pixel, SharedPixelBuffer};

/// Draws the code of `text`, at least [`LEAST_SIDE_MM`] wide without its margin on a panel of so
/// many pixels a millimetre. None for more text than a code holds, which no slip has.
pub(super) fn draw(text: &str, pixels_per_mm: f32) -> Option<Image> {
    let code = (1..=LARGEST).find_map(|version| encode(text, version).ok())?;
    let modules = code.width();
    let module = (LEAST_SIDE_MM * pixels_per_mm / modules as f32).ceil().max(2.0) as usize;
    let side = (modules + 2 * QUIET_ZONE) * module;
    let pixels = u32::try_from(side).ok()?;
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(pixels, pixels);
    let place = |at: usize| (at / module).checked_sub(QUIET_ZONE).filter(|it| *it < modules);
    for (index, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let is_dark = match (place(index % side), place(index / side)) {
            (Some(x), Some(y)) => code[(x, y)] == Color::Dark,
            _ => false,
        };
        *pixel = if is_dark { BLACK } else { WHITE };
    }
    Some(Image::from_rgb8(buffer))
}

/// As bytes, and declared to be UTF-8: left to itself the encoder takes some of them for Shift JIS.
fn encode(text: &str, version: i16) -> QrResult<QrCode> {
    let mut bits = Bits::new(Version::Normal(version));
    bits.push_eci_designator(UTF_8)?;
    bits.push_byte_data(text.as_bytes())?;
    bits.push_terminator(EcLevel::M)?;
    QrCode::with_bits(bits, EcLevel::M)
}

/// What a phone at arm's length reads with ease: half a millimetre a module and more.
const LEAST_SIDE_MM: f32 = 30.0;
/// White modules around (ISO/IEC 18004, 5.3.8).
const QUIET_ZONE: usize = 4;
/// The largest version of a code.
const LARGEST: i16 = 40;
/// The character set's number in an extended channel interpretation (AIM ITS/04-023).
const UTF_8: u32 = 26;
const BLACK: Rgb8Pixel = Rgb8Pixel { r: 0, g: 0, b: 0 };
const WHITE: Rgb8Pixel = Rgb8Pixel { r: 255, g: 255, b: 255 };
