//! The smooth background of an image and its noise, on a grid of meshes.
//!
//! Each mesh gives a clipped mode and rms ([`super::mesh`]); meshes without data take the nearest
//! ones' values, a median filter removes meshes that bright objects spoil, and a bicubic spline
//! through the mesh centres gives the value at each pixel. Source: Bertin & Arnouts 1996, A&AS 117,
//! 393; the numbers follow SEP 1.4 (Barbary 2016, JOSS 1, 58) so that its maps are an oracle.

use super::mesh::{MeshValue, MeshWork};
use super::spline::MeshSpline;
use super::{DetectError, DetectSettings};
use crate::io::raster::Plane;
use crate::progress::{Progress, Silent};
use rayon::prelude::*;

/// An image's background level and noise.
#[derive(Debug, Clone)]
pub struct Background {
    /// Width of the image, pixels.
    pub width: usize,
    /// Height of the image, pixels.
    pub height: usize,
    /// Side of a mesh, pixels.
    pub mesh_px: usize,
    /// Meshes along x.
    pub mesh_columns: usize,
    /// Meshes along y.
    pub mesh_rows: usize,
    /// Median of the filtered meshes' levels, image units.
    pub global_level: f32,
    /// Median of the filtered meshes' rms, image units; 1 where no mesh has any noise.
    pub global_rms: f32,
    level: MeshSpline,
    rms: MeshSpline,
}

/// Measures the background of `image`, without the pixels that aren't finite or that `mask`
/// (`width * height`, true is bad) excludes.
///
/// # Errors
/// [`DetectError::Empty`] for an image without pixels, [`DetectError::MaskShape`],
/// [`DetectError::Setting`].
pub fn background(
    image: &Plane,
    mask: Option<&[bool]>,
    settings: &DetectSettings,
) -> Result<Background, DetectError> {
    background_with_progress(image, mask, settings, &Silent)
}

/// [`background`], telling how far it is, mesh row by mesh row.
///
/// # Errors
/// As [`background`], and [`DetectError::Cancelled`].
pub fn background_with_progress(
    image: &Plane,
    mask: Option<&[bool]>,
    settings: &DetectSettings,
    progress: &dyn Progress,
) -> Result<Background, DetectError> {
    settings.check()?;
    super::check_image(image)?;
    if let Some(mask) = mask
        && mask.len() != image.pixels.len()
    {
        return Err(DetectError::MaskShape {
            expected: image.pixels.len(),
            found: mask.len(),
        });
    }
    let (width, height, side) = (image.width, image.height, settings.mesh_px);
    let (columns, rows) = (width.div_ceil(side), height.div_ceil(side));
    progress.begin("background", Some(rows as u64));
    let mesh_rows: Vec<Vec<MeshValue>> = (0..rows)
        .into_par_iter()
        .map_init(MeshWork::default, |work, row| {
            if progress.cancelled() {
                return Err(DetectError::Cancelled);
            }
            let (y0, y1) = (row * side, (row * side + side).min(height));
            let values = (0..columns)
                .map(|column| {
                    let (x0, x1) = (column * side, (column * side + side).min(width));
                    let area = (x1 - x0) * (y1 - y0);
                    work.clear(area);
                    for y in y0..y1 {
                        let span = y * width + x0..y * width + x1;
                        work.add_row(&image.pixels[span.clone()], mask.map(|m| &m[span]));
                    }
                    work.estimate(area)
                })
                .collect();
            progress.advance(1);
            Ok(values)
        })
        .collect::<Result<_, _>>()?;
    let meshes = fill_gaps(&mesh_rows.concat(), columns);
    let (levels, rms) = median_filter(&meshes, columns, rows, settings.filter_mesh / 2);
    let global_level = median(&mut levels.clone());
    let mut global_rms = median(&mut rms.clone());
    if global_rms <= 0.0 {
        // More than half of the image is constant: what noise there is elsewhere counts.
        let mut positive: Vec<f32> = rms.iter().copied().filter(|r| *r > 0.0).collect();
        global_rms = if positive.is_empty() {
            1.0
        } else {
            median(&mut positive)
        };
    }
    Ok(Background {
        width,
        height,
        mesh_px: side,
        mesh_columns: columns,
        mesh_rows: rows,
        global_level,
        global_rms,
        level: MeshSpline::new(levels, columns, rows, side),
        rms: MeshSpline::new(rms, columns, rows, side),
    })
}

impl Background {
    /// The filtered meshes' levels, row-major, `mesh_columns * mesh_rows`.
    pub fn mesh_levels(&self) -> &[f32] {
        self.level.nodes()
    }

    /// The filtered meshes' rms, row-major, `mesh_columns * mesh_rows`.
    pub fn mesh_rms(&self) -> &[f32] {
        self.rms.nodes()
    }

    /// Writes the level of row `y` into `out`, which has the image's width.
    pub fn level_row(&self, y: usize, out: &mut [f32]) {
        self.level.row(y, out);
    }

    /// Writes the rms of row `y` into `out`, which has the image's width. Where the spline
    /// undershoots zero, or the image is constant, the global rms stands in.
    pub fn rms_row(&self, y: usize, out: &mut [f32]) {
        self.rms.row(y, out);
        for r in out {
            if *r <= 0.0 {
                *r = self.global_rms;
            }
        }
    }

    /// The level at every pixel.
    pub fn level_plane(&self) -> Plane {
        self.plane_of(|y, out| self.level_row(y, out))
    }

    /// The rms at every pixel.
    pub fn rms_plane(&self) -> Plane {
        self.plane_of(|y, out| self.rms_row(y, out))
    }

    fn plane_of(&self, row: impl Fn(usize, &mut [f32]) + Sync) -> Plane {
        let mut plane = Plane::filled(self.width, self.height, 0.0);
        plane
            .pixels
            .par_chunks_mut(self.width.max(1))
            .enumerate()
            .for_each(|(y, out)| row(y, out));
        plane
    }
}

/// Meshes without data take the value of the nearest mesh with data, the mean of several equally
/// near ones; with no data at all the level is 0 and the rms 1.
fn fill_gaps(meshes: &[MeshValue], columns: usize) -> Vec<(f32, f32)> {
    let valid: Vec<(usize, usize, (f32, f32))> = meshes
        .iter()
        .enumerate()
        .filter_map(|(i, m)| m.map(|v| (i % columns, i / columns, v)))
        .collect();
    meshes
        .par_iter()
        .enumerate()
        .map(|(i, mesh)| {
            if let Some(value) = mesh {
                return *value;
            }
            let (x, y) = (i % columns, i / columns);
            let (mut nearest, mut level, mut rms, mut count) = (usize::MAX, 0.0, 0.0, 0_u32);
            for &(vx, vy, value) in &valid {
                let squared = vx.abs_diff(x).pow(2) + vy.abs_diff(y).pow(2);
                if squared < nearest {
                    (nearest, level, rms, count) = (squared, value.0, value.1, 1);
                } else if squared == nearest {
                    level += value.0;
                    rms += value.1;
                    count += 1;
                }
            }
            if count == 0 {
                (0.0, 1.0)
            } else {
                (level / count as f32, rms / count as f32)
            }
        })
        .collect()
}

/// Median of levels and of rms over a window of `half` meshes to each side; near an edge the window
/// shrinks evenly on both sides, so that a gradient isn't flattened.
fn median_filter(meshes: &[(f32, f32)], columns: usize, rows: usize, half: usize) -> (Vec<f32>, Vec<f32>) {
    let mut levels = Vec::with_capacity(meshes.len());
    let mut noise = Vec::with_capacity(meshes.len());
    let mut window = Vec::new();
    for y in 0..rows {
        let hy = half.min(y).min(rows - 1 - y);
        for x in 0..columns {
            let hx = half.min(x).min(columns - 1 - x);
            for (of, out) in [(0, &mut levels), (1, &mut noise)] {
                window.clear();
                for wy in y - hy..=y + hy {
                    let row = &meshes[wy * columns + x - hx..=wy * columns + x + hx];
                    window.extend(row.iter().map(|m| if of == 0 { m.0 } else { m.1 }));
                }
                out.push(median(&mut window));
            }
        }
    }
    (levels, noise)
}

/// The median; the mean of the middle two of an even number; 0 of none.
pub(super) fn median(values: &mut [f32]) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    let n = values.len();
    match n {
        0 => 0.0,
        _ if n % 2 == 1 => values[n / 2],
        _ => ((f64::from(values[n / 2 - 1]) + f64::from(values[n / 2])) / 2.0) as f32,
    }
}
