//! Which pixels are above the threshold, and which of them hang together.
//!
//! Rows are smoothed and thresholded in strips, in parallel. What is kept of an image are runs of
//! neighbouring pixels above the threshold; a union–find over the runs of adjoining rows, diagonal
//! neighbours included, gives the connected components.

mod strip;
mod union;

pub(super) use union::find;

use super::DetectError;
use super::noise::NoiseRows;
use super::settings::{DetectSettings, Kernel};
use crate::io::raster::Plane;
use crate::progress::Progress;
use rayon::prelude::*;
use strip::{Strip, matched_strip, plain_strip};
use union::connect;

/// Rows a worker takes at a time.
pub(super) const STRIP_ROWS: usize = 64;

/// Neighbouring pixels of one row, all above the threshold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) y: u32,
    /// First column.
    pub(super) x0: u32,
    /// One past the last column.
    pub(super) x1: u32,
    /// Where the run's pixels start in its strip's values.
    first: u32,
}

/// One pixel of a component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) x: u32,
    pub(super) y: u32,
    /// Value above the background, image units.
    pub(super) value: f32,
    /// The same, smoothed.
    pub(super) smooth: f32,
    /// Noise, image units; 0 where the pixel itself has no data.
    pub(super) rms: f32,
}

/// All components of an image.
pub(super) struct Components {
    strips: Vec<Strip>,
    runs: Vec<Run>,
    /// Component `i` has the runs `members[starts[i]..starts[i + 1]]`.
    starts: Vec<usize>,
    members: Vec<u32>,
    constant_rms: f32,
}

/// Finds the components of `subtracted` (the `original` without its background, 0 where there is no
/// data) that have at least `min_area_px` pixels above the threshold, ordered by their last pixel.
pub(super) fn components(
    subtracted: &Plane,
    original: &Plane,
    noise: &NoiseRows<'_>,
    settings: &DetectSettings,
    kernel: Option<&Kernel>,
    progress: &dyn Progress,
) -> Result<Components, DetectError> {
    let height = subtracted.height;
    progress.begin("finding", Some(height as u64));
    let strips: Vec<Strip> = (0..height.div_ceil(STRIP_ROWS))
        .into_par_iter()
        .map(|i| {
            if progress.cancelled() {
                return Err(DetectError::Cancelled);
            }
            let rows = i * STRIP_ROWS..(i * STRIP_ROWS + STRIP_ROWS).min(height);
            progress.advance(rows.len() as u64);
            Ok(match (noise.constant(), kernel) {
                (Some(rms), _) => plain_strip(subtracted, kernel, rows, |_, row| {
                    row.fill(settings.threshold_sigma * rms);
                }),
                (None, Some(kernel)) if settings.matched_filter => matched_strip(
                    subtracted,
                    original,
                    noise,
                    kernel,
                    rows,
                    settings.threshold_sigma,
                ),
                (None, _) => {
                    let mut strip = plain_strip(subtracted, kernel, rows, |y, row| {
                        noise.row(y, row);
                        for r in row {
                            *r = if *r > 0.0 {
                                *r * settings.threshold_sigma
                            } else {
                                f32::INFINITY
                            };
                        }
                    });
                    strip.add_rms(original, noise);
                    strip
                }
            })
        })
        .collect::<Result<_, _>>()?;
    let runs: Vec<Run> = strips.iter().flat_map(|s| s.runs.iter().copied()).collect();
    let (starts, members) = connect(&runs, settings.min_area_px);
    Ok(Components {
        strips,
        runs,
        starts,
        members,
        constant_rms: noise.constant().unwrap_or(0.0),
    })
}

impl Components {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The pixels of component `i`, row by row, into `out`.
    pub(super) fn members_of(&self, i: usize, subtracted: &Plane, out: &mut Vec<Member>) {
        out.clear();
        for &r in &self.members[self.starts[i]..self.starts[i + 1]] {
            let run = self.runs[r as usize];
            let strip = &self.strips[run.y as usize / STRIP_ROWS];
            let row = subtracted.row(run.y as usize);
            for (offset, x) in (run.x0..run.x1).enumerate() {
                let at = run.first as usize + offset;
                out.push(Member {
                    x,
                    y: run.y,
                    value: row[x as usize],
                    smooth: strip.smooth[at],
                    rms: strip.rms.get(at).copied().unwrap_or(self.constant_rms),
                });
            }
        }
    }
}
