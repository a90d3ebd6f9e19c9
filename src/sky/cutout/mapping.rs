//! From one band's pixels to another's, fast: the exact way through the sky at nine points, a
//! quadratic surface between them, and a check that the surface is right.

use crate::vectorised::vectorised;

/// How pixels and the sky belong together; stands for a world coordinate system.
///
/// Pixels are zero-based with centres at integers, sky coordinates are degrees.
pub trait PixelMap: Sync {
    /// Longitude and latitude of a pixel, `None` where the projection has no sky.
    fn sky_from_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)>;
    /// The pixel of a position, `None` where the projection does not reach.
    fn pixel_from_sky(&self, lon: f64, lat: f64) -> Option<(f64, f64)>;
    /// Side of a pixel at the reference point, in seconds of arc.
    fn pixel_scale_arcsec(&self) -> Option<f64>;
}

/// The map of an image without celestial coordinates, such as a PNG.
#[derive(Debug, Clone, Copy, Default)]
pub struct PixelsOnly;

impl PixelMap for PixelsOnly {
    fn sky_from_pixel(&self, _x: f64, _y: f64) -> Option<(f64, f64)> {
        None
    }

    fn pixel_from_sky(&self, _lon: f64, _lat: f64) -> Option<(f64, f64)> {
        None
    }

    fn pixel_scale_arcsec(&self) -> Option<f64> {
        None
    }
}

/// How far the quadratic surface may be from the exact map at the points between its nodes, in
/// pixels; beyond, every pixel takes the exact way.
const TOLERANCE_PX: f64 = 1e-3;

/// Offsets closer to whole pixels than this are whole: WCS inverses are good to about as much,
/// and a shift so small changes no pixel by more than its rounding.
const SAME_GRID_PX: f64 = 1e-5;

/// The output grid: `side` x `side` pixels, `pitch` reference pixels apart, the first at (x0, y0).
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub x0: f64,
    pub y0: f64,
    pub pitch: f64,
    pub side: usize,
}

impl Grid {
    /// Reference pixel of the grid's (i, j), which may be fractional.
    fn reference(&self, i: f64, j: f64) -> (f64, f64) {
        (self.x0 + i * self.pitch, self.y0 + j * self.pitch)
    }
}

/// A position for every pixel of a grid, row by row; both axes apart, so that several are computed at once.
pub(super) struct Positions {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
}

/// Where a grid's pixels lie in a band.
pub(super) enum Mapping {
    /// The band's pixel is the reference band's plus whole pixels.
    Shift { dx: f64, dy: f64 },
    /// Positions for every grid pixel; NaN where there is none. `step_i` and `step_j` are the band
    /// pixels moved for one grid pixel at the centre.
    Positions {
        positions: Positions,
        step_i: (f64, f64),
        step_j: (f64, f64),
    },
}

impl Mapping {
    /// From the reference band's grid through the sky into another band.
    pub fn through_sky(grid: Grid, reference: &dyn PixelMap, band: &dyn PixelMap) -> Self {
        let exact = |i: f64, j: f64| -> Option<(f64, f64)> {
            let (x, y) = grid.reference(i, j);
            let (lon, lat) = reference.sky_from_pixel(x, y)?;
            let (x, y) = band.pixel_from_sky(lon, lat)?;
            (x.is_finite() && y.is_finite()).then_some((x, y))
        };
        let last = (grid.side - 1) as f64;
        // A grid of one pixel has its nodes around it, half a pixel away.
        let half = if grid.side == 1 { 0.5 } else { last / 2.0 };
        let surface = Surface::through(&exact, last / 2.0, half);
        if let Some(surface) = &surface
            && let Some((dx, dy)) = surface.whole_shift(&grid)
        {
            return Self::Shift { dx, dy };
        }
        let centre = last / 2.0;
        let step = |di: f64, dj: f64| match (exact(centre + di, centre + dj), exact(centre - di, centre - dj))
        {
            (Some(a), Some(b)) => (a.0 - b.0, a.1 - b.1),
            _ => (1.0, 1.0),
        };
        let positions = match surface.filter(|s| s.is_right(&exact)) {
            Some(surface) => surface.positions(grid.side),
            None => {
                let (x, y) = (0..grid.side)
                    .flat_map(|j| (0..grid.side).map(move |i| (i as f64, j as f64)))
                    .map(|(i, j)| exact(i, j).unwrap_or((f64::NAN, f64::NAN)))
                    .unzip();
                Positions { x, y }
            }
        };
        Self::Positions {
            positions,
            step_i: step(0.5, 0.0),
            step_j: step(0.0, 0.5),
        }
    }
}

/// A surface of second degree in both directions through 3 x 3 exact positions.
struct Surface {
    /// Grid coordinate of the middle node, the same along i and j.
    centre: f64,
    /// Distance of the outer nodes.
    half: f64,
    /// `nodes[row][column]`.
    nodes: [[(f64, f64); 3]; 3],
}

type Exact<'a> = &'a dyn Fn(f64, f64) -> Option<(f64, f64)>;

impl Surface {
    fn through(exact: Exact<'_>, centre: f64, half: f64) -> Option<Self> {
        let mut nodes = [[(0.0, 0.0); 3]; 3];
        for (row, dj) in nodes.iter_mut().zip([-half, 0.0, half]) {
            for (node, di) in row.iter_mut().zip([-half, 0.0, half]) {
                *node = exact(centre + di, centre + dj)?;
            }
        }
        Some(Self { centre, half, nodes })
    }

    /// The whole-pixel shift from reference to band, if that is all there is at every node.
    fn whole_shift(&self, grid: &Grid) -> Option<(f64, f64)> {
        let offset = |row: usize, column: usize| {
            let at = |k: usize| self.centre + (k as f64 - 1.0) * self.half;
            let (x, y) = grid.reference(at(column), at(row));
            let node = self.nodes[row][column];
            (node.0 - x, node.1 - y)
        };
        let (dx, dy) = offset(1, 1);
        let (dx, dy) = (dx.round(), dy.round());
        let all = (0..3).all(|row| {
            (0..3).all(|column| {
                let (ox, oy) = offset(row, column);
                (ox - dx).abs() < SAME_GRID_PX && (oy - dy).abs() < SAME_GRID_PX
            })
        });
        all.then_some((dx, dy))
    }

    /// Lagrange's three weights at a grid coordinate.
    fn weights(&self, at: f64) -> [f64; 3] {
        let t = (at - self.centre) / self.half;
        [0.5 * t * (t - 1.0), 1.0 - t * t, 0.5 * t * (t + 1.0)]
    }

    /// The three nodes' mix along one row of the grid.
    fn along(&self, j: f64) -> [(f64, f64); 3] {
        let w = self.weights(j);
        std::array::from_fn(|column| {
            (0..3).fold((0.0, 0.0), |(x, y), row| {
                let node = self.nodes[row][column];
                (x + w[row] * node.0, y + w[row] * node.1)
            })
        })
    }

    fn mixed(&self, row: &[(f64, f64); 3], i: f64) -> (f64, f64) {
        let w = self.weights(i);
        (
            w[0] * row[0].0 + w[1] * row[1].0 + w[2] * row[2].0,
            w[0] * row[0].1 + w[1] * row[1].1 + w[2] * row[2].1,
        )
    }

    /// Whether the surface meets the exact map between its nodes, where it is worst.
    fn is_right(&self, exact: Exact<'_>) -> bool {
        let quarter = self.half / 2.0;
        [-quarter, quarter].into_iter().all(|dj| {
            let row = self.along(self.centre + dj);
            [-quarter, quarter].into_iter().all(|di| {
                let (i, j) = (self.centre + di, self.centre + dj);
                let (x, y) = self.mixed(&row, i);
                exact(i, j).is_some_and(|(ex, ey)| (x - ex).hypot(y - ey) < TOLERANCE_PX)
            })
        })
    }

    fn positions(&self, side: usize) -> Positions {
        let mut weights = [const { Vec::new() }; 3];
        for i in 0..side {
            let of = self.weights(i as f64);
            weights.iter_mut().zip(of).for_each(|(all, w)| all.push(w));
        }
        let (mut x, mut y) = (vec![0.0; side * side], vec![0.0; side * side]);
        for (j, (x, y)) in x.chunks_exact_mut(side).zip(y.chunks_exact_mut(side)).enumerate() {
            let row = self.along(j as f64);
            weighed(&weights, row.map(|node| node.0), x);
            weighed(&weights, row.map(|node| node.1), y);
        }
        Positions { x, y }
    }
}

vectorised! {
    /// The mix of three values at each of many places along a row, of which the weights are given.
    weighed(weights: &[Vec<f64>; 3], values: [f64; 3], out: &mut [f64]) {
        let [a, b, c] = weights;
        for (((out, a), b), c) in out.iter_mut().zip(a).zip(b).zip(c) {
            *out = a * values[0] + b * values[1] + c * values[2];
        }
    }
}
