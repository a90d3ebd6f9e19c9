//! One rectangle of pixel values, the currency between reading, cutting out, drawing and measuring.

/// A two-dimensional image of `f32` values, row-major, **row 0 first as stored in its file**.
///
/// In a FITS file row 0 is the bottom of the sky picture; in a PNG or JPEG it is the top
/// (see [`Origin`]). `NaN` marks a pixel without a value: blank, masked or outside the detector.
/// Pixel coordinates are zero-based with the centre of the first pixel at (0, 0), so FITS
/// pixel coordinates are these plus one.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Pixels along x (NAXIS1).
    pub width: usize,
    /// Pixels along y (NAXIS2).
    pub height: usize,
    /// `width * height` values; pixel (x, y) is at `y * width + x`.
    pub pixels: Vec<f32>,
}

/// Where row 0 of a [`Plane`] is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// FITS: row 0 is the bottom row.
    #[default]
    BottomLeft,
    /// PNG, JPEG, TIFF: row 0 is the top row.
    TopLeft,
}

impl Plane {
    /// A plane with every pixel set to `value`.
    pub fn filled(width: usize, height: usize, value: f32) -> Self {
        Self {
            width,
            height,
            pixels: vec![value; width * height],
        }
    }

    /// Wraps `pixels`, which must hold `width * height` values.
    ///
    /// # Panics
    /// If the length does not match: that is a programming error, never a property of a file.
    pub fn from_pixels(width: usize, height: usize, pixels: Vec<f32>) -> Self {
        assert_eq!(
            pixels.len(),
            width * height,
            "a plane of {width}x{height} needs that many pixels"
        );
        Self {
            width,
            height,
            pixels,
        }
    }

    /// The value at (x, y), or `None` outside.
    pub fn get(&self, x: usize, y: usize) -> Option<f32> {
        (x < self.width && y < self.height).then(|| self.pixels[y * self.width + x])
    }

    /// Row `y`, `width` values.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.pixels[y * self.width..(y + 1) * self.width]
    }

    /// Row `y`, `width` values, to write to.
    pub fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.pixels[y * self.width..(y + 1) * self.width]
    }
}
