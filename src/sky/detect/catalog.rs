//! Detections as a catalogue: columns with units, UCDs and descriptions.

use super::{DetectError, Source};
use crate::io::catalog::table::{Table, field};
use arrow::array::{ArrayRef, Float32Array, Float64Array, Int32Array};
use arrow::datatypes::{DataType, Field};
use std::sync::Arc;

/// One row a source, in their order. Pixel coordinates are zero-based with the centre of the first
/// pixel at (0, 0), as in [`Plane`](crate::io::raster::Plane); angles are in degrees from +x towards
/// +y; fluxes are in the image's unit, which the image's header may name.
///
/// # Errors
/// [`DetectError::Table`], which only a fault in this function can cause.
pub fn catalog_columns(sources: &[Source]) -> Result<Table, DetectError> {
    let f64s = |name, unit, ucd, what, of: &dyn Fn(&Source) -> f64| -> (Field, ArrayRef) {
        let values: Float64Array = sources
            .iter()
            .map(|s| Some(of(s)).filter(|v| !v.is_nan()))
            .collect();
        (field(name, DataType::Float64, unit, ucd, what), Arc::new(values))
    };
    let f32s = |name, unit, ucd, what, of: &dyn Fn(&Source) -> f32| -> (Field, ArrayRef) {
        let values: Float32Array = sources
            .iter()
            .map(|s| Some(of(s)).filter(|v| !v.is_nan()))
            .collect();
        (field(name, DataType::Float32, unit, ucd, what), Arc::new(values))
    };
    let ints = |name, unit, ucd, what, of: &dyn Fn(&Source) -> u32| -> (Field, ArrayRef) {
        let values: Int32Array = sources.iter().map(|s| i32::try_from(of(s)).ok()).collect();
        (field(name, DataType::Int32, unit, ucd, what), Arc::new(values))
    };
    let size = "phys.angSize;src";
    let columns = vec![
        f64s(
            "x",
            "pix",
            "pos.cartesian.x;instr.det;meta.main",
            "Barycentre along x, zero-based",
            &|s| s.x,
        ),
        f64s(
            "y",
            "pix",
            "pos.cartesian.y;instr.det;meta.main",
            "Barycentre along y, zero-based",
            &|s| s.y,
        ),
        f64s(
            "x_err",
            "pix",
            "stat.error;pos.cartesian.x",
            "Error of x from the noise",
            &|s| s.x2_err.max(0.0).sqrt(),
        ),
        f64s(
            "y_err",
            "pix",
            "stat.error;pos.cartesian.y",
            "Error of y from the noise",
            &|s| s.y2_err.max(0.0).sqrt(),
        ),
        f64s(
            "flux",
            "",
            "phot.flux;arith.diff",
            "Isophotal flux above the background",
            &|s| s.flux,
        ),
        f64s(
            "flux_err",
            "",
            "stat.error;phot.flux",
            "Error of flux from the noise",
            &|s| s.flux_err,
        ),
        f64s("snr", "", "stat.snr", "flux / flux_err", &|s| s.snr),
        f64s("kron_flux", "", "phot.flux", "Flux within 2.5 Kron radii", &|s| {
            s.kron_flux
        }),
        f64s(
            "kron_flux_err",
            "",
            "stat.error;phot.flux",
            "Error of kron_flux from the noise",
            &|s| s.kron_flux_err,
        ),
        f64s(
            "kron_radius",
            "",
            "stat.value",
            "Kron radius in units of a and b",
            &|s| s.kron_radius,
        ),
        f64s(
            "half_light_radius",
            "pix",
            "phys.angSize;src;stat.median",
            "Radius of the circle with half of kron_flux",
            &|s| s.half_light_radius_px,
        ),
        f64s(
            "a",
            "pix",
            "phys.angSize.smajAxis",
            "Semi-major axis, rms",
            &|s| s.a,
        ),
        f64s(
            "b",
            "pix",
            "phys.angSize.sminAxis",
            "Semi-minor axis, rms",
            &|s| s.b,
        ),
        f64s(
            "theta",
            "deg",
            "pos.posAng;instr.det",
            "Angle of the major axis from +x towards +y",
            &|s| s.theta_rad.to_degrees(),
        ),
        f64s(
            "ellipticity",
            "",
            "src.ellipticity",
            "1 - b / a",
            &Source::ellipticity,
        ),
        f32s(
            "peak",
            "",
            "phot.flux;stat.max",
            "Brightest pixel above the background",
            &|s| s.peak,
        ),
        f32s(
            "threshold",
            "",
            "instr.sensitivity;stat.min",
            "Detection threshold",
            &|s| s.threshold,
        ),
        ints("npix", "pix", size, "Pixels above the threshold", &|s| s.npix),
        ints(
            "x_peak",
            "pix",
            "pos.cartesian.x;instr.det;stat.max",
            "Column of the peak",
            &|s| s.x_peak,
        ),
        ints(
            "y_peak",
            "pix",
            "pos.cartesian.y;instr.det;stat.max",
            "Row of the peak",
            &|s| s.y_peak,
        ),
        ints(
            "xmin",
            "pix",
            "pos.cartesian.x;instr.det;stat.min",
            "First column",
            &|s| s.xmin,
        ),
        ints(
            "xmax",
            "pix",
            "pos.cartesian.x;instr.det;stat.max",
            "Last column",
            &|s| s.xmax,
        ),
        ints(
            "ymin",
            "pix",
            "pos.cartesian.y;instr.det;stat.min",
            "First row",
            &|s| s.ymin,
        ),
        ints(
            "ymax",
            "pix",
            "pos.cartesian.y;instr.det;stat.max",
            "Last row",
            &|s| s.ymax,
        ),
        ints(
            "flags",
            "",
            "meta.code.qual",
            "Sum of 1 deblended, 2 at the edge, 4 deblending overflow, 8 point or line, 16 aperture at the \
             edge, 32 masked pixels, 64 aperture without data, 128 no positive Kron moment",
            &|s| s.flag.into(),
        ),
    ];
    Ok(Table::new(columns)?)
}
