//! The line below the picture: where the cursor is and what is there.

use crate::app::columns::number;
use crate::display::pyramid::Scene;
use crate::sky::coords::{SkyFrame, format_position};

/// What is at a zero-based pixel position: FITS pixel, sky, values (`None`: being read).
pub fn status_text(scene: &Scene, [x, y]: [f64; 2], values: Option<Option<Vec<f32>>>) -> String {
    let mut parts = vec![format!("x {:.1}  y {:.1} (FITS, from 1)", x + 1.0, y + 1.0)];
    if let Some(wcs) = scene.wcs() {
        match wcs.icrs_from_pixel(x, y) {
            Some((ra, dec)) => {
                parts.push(format_position(ra, dec, 1));
                parts.push(format!("{ra:.5}° {dec:+.5}°"));
                if wcs.frame() == SkyFrame::Galactic
                    && let Some((l, b)) = wcs.sky_from_pixel(x, y)
                {
                    parts.push(format!("l {l:.5}° b {b:+.5}°"));
                }
            }
            // A frame without relation to the ICRS: its own numbers, by its own names.
            None => {
                if let Some((lon, lat)) = wcs.sky_from_pixel(x, y) {
                    let (a, b) = wcs.axis_names();
                    parts.push(format!("{a} {lon:.5}° {b} {lat:+.5}°"));
                }
            }
        }
    }
    match values {
        None => {}
        Some(None) => parts.push("reading…".to_owned()),
        Some(Some(values)) => {
            for (band, value) in scene.bands().zip(values) {
                let value = if value.is_finite() {
                    number(f64::from(value))
                } else {
                    "no value".to_owned()
                };
                parts.push(
                    format!("{} {value} {}", band.name, band.unit)
                        .trim_end()
                        .to_owned(),
                );
            }
        }
    }
    // A name stays beside its value where the line breaks.
    for part in &mut parts {
        *part = part.replace(' ', "\u{a0}");
    }
    parts.join("\u{a0}\u{a0}·  ")
}
