// SPDX-License-Identifier: MIT OR Apache-2.0
//! The panel the kiosk has: its pixels and its millimetres. Everything on the
//! screen is laid out in millimetres, because a finger and an eye are.

/// A display with its touch layer, as it is mounted. Its pixels are square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panel {
    /// Columns of pixels.
    pub width_px: u32,
    /// Rows of pixels.
    pub height_px: u32,
    /// Width of the lit area in millimetres.
    pub width_mm: f32,
}

impl Panel {
    /// 15 inch, 4:3, 304 × 228 mm.
    pub const INCH_15: Self = Self { width_px: 1024, height_px: 768, width_mm: 304.0 };
    /// 15.6 inch, 16:9, 344 × 194 mm.
    pub const INCH_15_6: Self = Self { width_px: 1920, height_px: 1080, width_mm: 344.0 };
    /// 21.5 inch, mounted upright, 268 × 476 mm.
    pub const INCH_21_5: Self = Self { width_px: 1080, height_px: 1920, width_mm: 268.0 };

    /// The panels the screens are laid out and tested for, by their names on
    /// command lines and in file names.
    pub const NAMED: [(&str, Self); 3] =
        [("15", Self::INCH_15), ("15.6", Self::INCH_15_6), ("21.5-portrait", Self::INCH_21_5)];

    /// The panel of a name in [`Self::NAMED`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find_map(|(known, panel)| (known == name).then_some(panel))
    }

    /// Pixels a millimetre.
    #[must_use]
    pub fn density(self) -> f32 {
        self.width_px as f32 / self.width_mm
    }

    /// Whether it is so low that a title and a note share one line: under 210 mm.
    #[must_use]
    pub fn is_low(self) -> bool {
        !self.is_portrait() && (self.height_px as f32) < 210.0 * self.density()
    }

    /// Whether it stands upright.
    #[must_use]
    pub const fn is_portrait(self) -> bool {
        self.height_px > self.width_px
    }
}
