//! Where objects lie on the image, binned so that drawing and picking look only at what is near.

use crate::app::survey::Survey;
use crate::display::pyramid::{Grid, Scene};

/// Side of the density picture, texels.
const DENSITY: usize = 512;
/// Objects a cell holds on average.
const PER_CELL: usize = 4;

/// Visible objects of one field on its pixel grid.
pub struct Marks {
    /// Zero-based pixels by object; NaN for those elsewhere, hidden or without a position.
    positions: Vec<[f32; 2]>,
    // Objects, cell by cell; `starts` says where each cell begins.
    order: Vec<u32>,
    starts: Vec<u32>,
    across: usize,
    up: usize,
    side: f64,
    /// Objects a texel, top row first, 0 to 255 by the logarithm.
    pub density: (Vec<u8>, [usize; 2]),
}

impl Marks {
    /// Bins the objects of field `field` that pass. Takes a second for a million: not for the window's
    /// thread.
    pub fn of(survey: &Survey, field: i64, scene: &Scene, passes: Option<&Vec<bool>>) -> Self {
        let positions = survey
            .objects()
            .iter()
            .enumerate()
            .map(|(i, o)| {
                let is_shown = o.field == field && passes.is_none_or(|p| p.get(i).copied().unwrap_or(false));
                match (o.x, o.y) {
                    (Some(x), Some(y)) if is_shown => scene
                        .from_reference(x, y)
                        .map_or([f32::NAN; 2], |(x, y)| [x as f32, y as f32]),
                    _ => [f32::NAN; 2],
                }
            })
            .collect();
        Self::binned(positions, scene.grid)
    }

    fn binned(positions: Vec<[f32; 2]>, grid: Grid) -> Self {
        let (w, h) = (grid.width.max(1) as f64, grid.height.max(1) as f64);
        let cells = (positions.len() / PER_CELL).clamp(1, 1 << 20) as f64;
        let side = (w * h / cells).sqrt().max(1.0);
        let (across, up) = ((w / side).ceil() as usize, (h / side).ceil() as usize);
        let mut marks = Self {
            positions,
            order: Vec::new(),
            starts: vec![0; across * up + 1],
            across,
            up,
            side,
            density: (Vec::new(), [1, 1]),
        };
        let cell_of: Vec<Option<usize>> = marks.positions.iter().map(|p| marks.cell(*p)).collect();
        for cell in cell_of.iter().flatten() {
            marks.starts[cell + 1] += 1;
        }
        for i in 1..marks.starts.len() {
            marks.starts[i] += marks.starts[i - 1];
        }
        let mut next = marks.starts.clone();
        marks.order = vec![0; marks.starts.last().copied().unwrap_or(0) as usize];
        for (object, cell) in cell_of.iter().enumerate() {
            if let Some(cell) = cell {
                marks.order[next[*cell] as usize] = object as u32;
                next[*cell] += 1;
            }
        }
        marks.density = density(&marks.positions, grid);
        marks
    }

    fn cell(&self, [x, y]: [f32; 2]) -> Option<usize> {
        if x.is_nan() || y.is_nan() {
            return None;
        }
        let at = |v: f32, n: usize| (((f64::from(v) + 0.5) / self.side).max(0.0) as usize).min(n - 1);
        Some(at(y, self.up) * self.across + at(x, self.across))
    }

    /// Ranges of `order` that hold everything in a view, and perhaps a little more.
    fn ranges(&self, [left, bottom, right, top]: [f64; 4]) -> impl Iterator<Item = std::ops::Range<usize>> {
        let at = |v: f64, n: usize| (((v + 0.5) / self.side).max(0.0) as usize).min(n - 1);
        let (x0, x1) = (at(left, self.across), at(right, self.across));
        (at(bottom, self.up)..=at(top, self.up)).map(move |y| {
            let row = y * self.across;
            self.starts[row + x0] as usize..self.starts[row + x1 + 1] as usize
        })
    }

    /// About how many are in a view; never less than there are.
    pub fn count_in(&self, view: [f64; 4]) -> usize {
        self.ranges(view).map(|r| r.len()).sum()
    }

    /// Number of objects on the image.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Objects in a view (left, bottom, right, top in pixels) with their pixels.
    pub fn within(&self, view: [f64; 4]) -> impl Iterator<Item = (u32, [f64; 2])> {
        self.ranges(view)
            .flat_map(|r| self.order[r].iter().copied())
            .filter_map(move |object| {
                let [x, y] = self.position(object)?;
                let is_in = x >= view[0] && x <= view[2] && y >= view[1] && y <= view[3];
                is_in.then_some((object, [x, y]))
            })
    }

    /// Where an object is, if it is shown on this image.
    pub fn position(&self, object: u32) -> Option<[f64; 2]> {
        let [x, y] = *self.positions.get(object as usize)?;
        (!x.is_nan() && !y.is_nan()).then_some([f64::from(x), f64::from(y)])
    }

    /// The nearest object within `radius` pixels.
    pub fn nearest(&self, [x, y]: [f64; 2], radius: f64) -> Option<u32> {
        self.within([x - radius, y - radius, x + radius, y + radius])
            .map(|(object, p)| (object, (p[0] - x).hypot(p[1] - y)))
            .filter(|(_, distance)| *distance <= radius)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(object, _)| object)
    }

    /// Objects inside a closed line, by the even-odd rule, ascending.
    pub fn inside(&self, outline: &[[f64; 2]]) -> Vec<u32> {
        let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for [x, y] in outline {
            bounds = [
                bounds[0].min(*x),
                bounds[1].min(*y),
                bounds[2].max(*x),
                bounds[3].max(*y),
            ];
        }
        if outline.len() < 3 {
            return Vec::new();
        }
        let mut found: Vec<u32> = self
            .within(bounds)
            .filter(|(_, p)| is_inside(outline, *p))
            .map(|(object, _)| object)
            .collect();
        found.sort_unstable();
        found
    }
}

fn is_inside(outline: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut inside = false;
    let mut before = outline.len() - 1;
    for i in 0..outline.len() {
        let ([xa, ya], [xb, yb]) = (outline[i], outline[before]);
        if (ya > y) != (yb > y) && x < (xb - xa) * (y - ya) / (yb - ya) + xa {
            inside = !inside;
        }
        before = i;
    }
    inside
}

fn density(positions: &[[f32; 2]], grid: Grid) -> (Vec<u8>, [usize; 2]) {
    let scale = DENSITY as f64 / grid.width.max(grid.height).max(1) as f64;
    let size = |n: usize| ((n as f64 * scale).ceil() as usize).clamp(1, DENSITY);
    let (w, h) = (size(grid.width), size(grid.height));
    let mut counts = vec![0u32; w * h];
    for [x, y] in positions {
        if x.is_nan() || y.is_nan() {
            continue;
        }
        let at = |v: f32, whole: usize, n: usize| {
            (((f64::from(v) + 0.5) / whole.max(1) as f64 * n as f64).max(0.0) as usize).min(n - 1)
        };
        counts[(h - 1 - at(*y, grid.height, h)) * w + at(*x, grid.width, w)] += 1;
    }
    let most = f64::from(counts.iter().copied().max().unwrap_or(0))
        .ln_1p()
        .max(1e-9);
    let bytes = counts
        .iter()
        .map(|&n| (f64::from(n).ln_1p() / most * 255.0) as u8)
        .collect();
    (bytes, [w, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_objects_are_found_and_hidden_ones_are_not() {
        let grid = Grid {
            width: 1000,
            height: 800,
        };
        let mut positions: Vec<[f32; 2]> = (0..5000)
            .map(|i| [(i * 37 % 1000) as f32, (i * 91 % 800) as f32 + 0.25])
            .collect();
        positions[17] = [f32::NAN; 2];
        let marks = Marks::binned(positions.clone(), grid);
        assert_eq!(marks.len(), 4999);
        let view = [100.0, 100.0, 250.0, 300.0];
        let expected = |p: &&[f32; 2]| {
            (100.0..=250.0).contains(&f64::from(p[0])) && (100.0..=300.0).contains(&f64::from(p[1]))
        };
        let count = positions.iter().filter(expected).count();
        assert_eq!(marks.within(view).count(), count);
        assert!(marks.count_in(view) >= count && marks.count_in(view) < 4999);
        assert_eq!(marks.position(17), None);
        let outline = [[100.0, 100.0], [250.0, 100.0], [250.0, 300.0], [100.0, 300.0]];
        assert!(marks.inside(&outline).len().abs_diff(count) <= 40);
        let [x, y] = marks.position(40).unwrap();
        let near = marks.nearest([x + 0.1, y], 3.0).unwrap();
        assert_eq!(marks.position(near), Some([x, y]));
        assert_eq!(marks.nearest([-500.0, -500.0], 3.0), None);
    }
}
