//! Which pixels are above the threshold, and which of them hang together.
//!
//! Rows are smoothed and thresholded in strips, in parallel. What is kept of an image are runs of
//! neighbouring pixels above the threshold; a union–find over the runs of adjoining rows, diagonal
//! neighbours included, gives the connected components.

use super::DetectError;
use super::convolve::{matched_row, smooth_at, smooth_row};
use super::noise::NoiseRows;
use super::settings::{DetectSettings, Kernel};
use crate::io::raster::Plane;
use crate::progress::Progress;
use rayon::prelude::*;

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

/// What a strip of rows has above the threshold.
#[derive(Default)]
struct Strip {
    runs: Vec<Run>,
    /// Smoothed values, run after run.
    smooth: Vec<f32>,
    /// rms, run after run; empty where it is the same everywhere.
    rms: Vec<f32>,
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

impl Strip {
    /// Adds the runs of a row where `above` is positive.
    fn add_runs(&mut self, y: usize, above: &[f32]) {
        let mut x = 0;
        while let Some(skip) = above[x..].iter().position(|a| *a > 0.0) {
            let x0 = x + skip;
            let length = above[x0..].iter().position(|a| *a <= 0.0 || a.is_nan());
            let x1 = length.map_or(above.len(), |l| x0 + l);
            let first = self.runs.last().map_or(0, |r| r.first + (r.x1 - r.x0));
            self.runs.push(Run {
                y: y as u32,
                x0: x0 as u32,
                x1: x1 as u32,
                first,
            });
            x = x1;
        }
    }

    /// Adds the noise of the pixels found.
    fn add_rms(&mut self, original: &Plane, noise: &NoiseRows<'_>) {
        let mut row = vec![0.0; original.width];
        let mut current = None;
        for run in &self.runs {
            let y = run.y as usize;
            if current != Some(y) {
                noise.row(y, &mut row);
                current = Some(y);
            }
            let pixels = original.row(y);
            self.rms.extend(
                (run.x0 as usize..run.x1 as usize).map(|x| if pixels[x].is_finite() { row[x] } else { 0.0 }),
            );
        }
    }
}

/// Thresholds smoothed (or, without a kernel, plain) values; `threshold_row` gives the thresholds.
fn plain_strip(
    image: &Plane,
    kernel: Option<&Kernel>,
    rows: std::ops::Range<usize>,
    threshold_row: impl Fn(usize, &mut [f32]),
) -> Strip {
    let mut strip = Strip::default();
    let mut smooth = vec![0.0_f32; image.width];
    let mut above = vec![0.0_f32; image.width];
    for y in rows {
        match kernel {
            Some(kernel) => smooth_row(y, image.height, kernel, |r| image.row(r), &mut smooth),
            None => smooth.copy_from_slice(image.row(y)),
        }
        threshold_row(y, &mut above);
        for (a, &s) in above.iter_mut().zip(&smooth) {
            *a = if s > *a { 1.0 } else { 0.0 };
        }
        let before = strip.runs.len();
        strip.add_runs(y, &above);
        for run in &strip.runs[before..] {
            strip
                .smooth
                .extend_from_slice(&smooth[run.x0 as usize..run.x1 as usize]);
        }
    }
    strip
}

/// Thresholds the matched filter. The smoothed values, which are what is measured, are computed
/// for the pixels found only.
fn matched_strip(
    image: &Plane,
    original: &Plane,
    noise: &NoiseRows<'_>,
    kernel: &Kernel,
    rows: std::ops::Range<usize>,
    threshold_sigma: f32,
) -> Strip {
    let width = image.width;
    let first = rows.start.saturating_sub(kernel.height / 2);
    let last = (rows.end + kernel.height).min(image.height);
    // 1/variance and value/variance of the strip's rows and of those the kernel reaches.
    let mut inverse = vec![0.0_f32; width * (last - first)];
    let mut weighted = vec![0.0_f32; width * (last - first)];
    for y in first..last {
        let span = (y - first) * width..(y - first + 1) * width;
        let inverse = &mut inverse[span.clone()];
        noise.row(y, inverse);
        for (v, p) in inverse.iter_mut().zip(original.row(y)) {
            *v = if *v > 0.0 && p.is_finite() {
                1.0 / (*v * *v)
            } else {
                0.0
            };
        }
        for ((w, &v), &f) in weighted[span].iter_mut().zip(&*inverse).zip(image.row(y)) {
            *w = v * f;
        }
    }
    let mut strip = Strip::default();
    let mut numerator = vec![0.0_f32; width];
    let mut denominator = vec![0.0_f32; width];
    for y in rows {
        let row = |of: &'_ [f32], r: usize| -> std::ops::Range<usize> {
            debug_assert!(!of.is_empty());
            (r - first) * width..(r - first + 1) * width
        };
        matched_row(
            y,
            image.height,
            kernel,
            false,
            |r| &weighted[row(&weighted, r)],
            &mut numerator,
        );
        matched_row(
            y,
            image.height,
            kernel,
            true,
            |r| &inverse[row(&inverse, r)],
            &mut denominator,
        );
        for (n, &d) in numerator.iter_mut().zip(&denominator) {
            *n -= threshold_sigma * d.sqrt();
        }
        let before = strip.runs.len();
        strip.add_runs(y, &numerator);
        for run in &strip.runs[before..] {
            for x in run.x0 as usize..run.x1 as usize {
                let v = inverse[(y - first) * width + x];
                strip.rms.push(if v > 0.0 { 1.0 / v.sqrt() } else { 0.0 });
                strip
                    .smooth
                    .push(smooth_at(&image.pixels, width, image.height, kernel, x, y));
            }
        }
    }
    strip
}

/// Joins runs that touch, also by a corner. Gives the components of at least `min_area` pixels as
/// lists of runs: where each list starts, and the lists; ordered by their last run.
fn connect(runs: &[Run], min_area: usize) -> (Vec<usize>, Vec<u32>) {
    let mut parent: Vec<u32> = (0..runs.len() as u32).collect();
    let mut above = 0;
    for (i, run) in runs.iter().enumerate() {
        while above < i && runs[above].y + 1 < run.y {
            above += 1;
        }
        // Runs of the row above that end before this one starts can't meet later ones either.
        while above < i && runs[above].y + 1 == run.y && runs[above].x1 < run.x0 {
            above += 1;
        }
        let mut j = above;
        while j < i && runs[j].y + 1 == run.y && runs[j].x0 <= run.x1 {
            join(&mut parent, i as u32, j as u32);
            j += 1;
        }
    }
    let mut area = vec![0_u64; runs.len()];
    let mut last = vec![0_u32; runs.len()];
    let mut count = vec![0_u32; runs.len()];
    for (i, run) in runs.iter().enumerate() {
        let root = find(&mut parent, i as u32) as usize;
        area[root] += u64::from(run.x1 - run.x0);
        last[root] = i as u32;
        count[root] += 1;
    }
    let mut roots: Vec<u32> = (0..runs.len())
        .filter(|&r| parent[r] == r as u32 && area[r] >= min_area as u64)
        .map(|r| r as u32)
        .collect();
    roots.sort_unstable_by_key(|&r| last[r as usize]);
    let mut starts = Vec::with_capacity(roots.len() + 1);
    let mut total = 0_usize;
    // From here on `area` is where the root's next run goes.
    area.fill(u64::MAX);
    for &root in &roots {
        starts.push(total);
        area[root as usize] = total as u64;
        total += count[root as usize] as usize;
    }
    starts.push(total);
    let mut members = vec![0_u32; total];
    for i in 0..runs.len() as u32 {
        let next = &mut area[parent[i as usize] as usize];
        if *next != u64::MAX {
            members[*next as usize] = i;
            *next += 1;
        }
    }
    (starts, members)
}

/// The root of `i`, with the way to it shortened.
pub(super) fn find(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        let up = parent[parent[i as usize] as usize];
        parent[i as usize] = up;
        i = up;
    }
    i
}

/// Joins two sets; the smaller number becomes the root.
fn join(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parent, a), find(parent, b));
    parent[a.max(b) as usize] = a.min(b);
}
