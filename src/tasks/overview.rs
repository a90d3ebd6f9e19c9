//! A large image seen whole: reduced strip by strip, so that it is never in memory at once.

use crate::io::fits::FitsFile;
use crate::io::fits::HduKind;
use crate::io::raster::{Origin, Plane};
use crate::sky::cutout::{Cutout, CutoutFlags};
use std::path::Path;

/// Pixels read at a time.
const STRIP_PIXELS: usize = 1 << 22;

/// One plane of an image reduced by means of whole blocks to at most `side` pixels a side.
pub fn overview(path: &Path, hdu: usize, plane: usize, side: usize) -> Result<Cutout, String> {
    let mut file = FitsFile::open(path).map_err(|e| e.to_string())?;
    let (width, height) = match file.hdus().get(hdu).map(|h| &h.kind) {
        Some(HduKind::Image { shape, .. }) if shape.len() >= 2 => (shape[0], shape[1]),
        _ => return Err(format!("{}: HDU {hdu} is no image", path.display())),
    };
    let block = width.max(height).div_ceil(side.max(1)).max(1);
    let (out_w, out_h) = (width.div_ceil(block), height.div_ceil(block));
    let mut small = Plane::filled(out_w, out_h, f32::NAN);
    // Whole rows of blocks at a time.
    let rows = (STRIP_PIXELS / width.max(1) / block).max(1);
    for first in (0..out_h).step_by(rows) {
        let y0 = first * block;
        let h = (rows * block).min(height - y0);
        let strip = file
            .read_window(hdu, plane, 0, y0, width, h)
            .map_err(|e| e.to_string())?;
        for by in first..(first + rows).min(out_h) {
            let (ya, yb) = (by * block - y0, ((by + 1) * block - y0).min(h));
            for bx in 0..out_w {
                let (xa, xb) = (bx * block, ((bx + 1) * block).min(width));
                let (mut sum, mut n) = (0.0f64, 0u32);
                for y in ya..yb {
                    for v in &strip.row(y)[xa..xb] {
                        if v.is_finite() {
                            sum += f64::from(*v);
                            n += 1;
                        }
                    }
                }
                if n > 0 {
                    small.row_mut(by)[bx] = (sum / f64::from(n)) as f32;
                }
            }
        }
    }
    Ok(Cutout {
        bands: vec![small],
        band_names: vec!["overview".into()],
        origin: Origin::BottomLeft,
        is_picture: false,
        pixel_scale_arcsec: None,
        flags: CutoutFlags(0),
    })
}
